//! Words of a function: numbers, quoted texts, names and signs. A name holds letters, `_` and `.`, never a digit.

use crate::expression::Flaw;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Token<'a> {
    Number(f64),
    Text(&'a str),
    Name(&'a str),
    /// An operator, bracket or separator; the words `and`, `or` and `not` are the signs they stand for.
    Sign(&'static str),
}

/// Longer signs come first, so that `<=` is not read as `<`.
const SIGNS: &[&str] =
    &["<=", ">=", "<>", "!=", "==", "&&", "||", "<", ">", "!", "+", "-", "*", "/", "^", "?", ":", "(", ")", ","];

const WORDS: &[(&str, &str)] = &[("and", "&&"), ("AND", "&&"), ("or", "||"), ("OR", "||"), ("not", "!"), ("NOT", "!")];

/// Cuts `text` into tokens, each with the byte it starts at.
pub fn tokens(text: &str) -> Result<Vec<(usize, Token<'_>)>, Flaw> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let at = text.len() - rest.len();
        let (token, length) = match first {
            '0'..='9' => number(at, rest)?,
            '\'' | '"' => {
                let end = rest[1..].find(first).ok_or_else(|| syntax(at, "a closing quote", "the end"))?;
                (Token::Text(&rest[1..=end]), end + 2)
            }
            _ if is_name(first) => {
                let name = &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())];
                let word = WORDS.iter().find(|(word, _)| *word == name);
                (word.map_or(Token::Name(name), |(_, sign)| Token::Sign(sign)), name.len())
            }
            _ => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
                let sign = sign.ok_or_else(|| syntax(at, "a number, a name or an operator", first))?;
                (Token::Sign(sign), sign.len())
            }
        };
        found.push((at, token));
        rest = rest[length..].trim_start();
    }
    Ok(found)
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || c == '.'
}

fn number(at: usize, rest: &str) -> Result<(Token<'_>, usize), Flaw> {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let whole = digits(rest);
    let fraction = rest[whole..].strip_prefix('.').map_or(0, digits);
    let length = if fraction > 0 { whole + 1 + fraction } else { whole };
    let number = rest[..length].parse().map_err(|_| syntax(at, "a number", &rest[..length]))?;
    Ok((Token::Number(number), length))
}

pub fn syntax(at: usize, expected: &'static str, found: impl ToString) -> Flaw {
    Flaw::Syntax { at, expected, found: found.to_string() }
}
