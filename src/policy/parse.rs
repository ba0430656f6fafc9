//! From check string to [`Check`].
//!
//! oslo.policy's grammar: words are split at blanks, parentheses count only at the ends of a word, `not` binds tighter
//! than `and`, `and` tighter than `or`, in any case. What oslo.policy would log and deny is a mistake here, and so is
//! what it would fail on during a request. How to get it wrong: to treat parentheses as tokens wherever they stand; they
//! are part of `%(name)s` too.

use crate::check::{Check, Reference};
use crate::credentials::Attribute;
use crate::error::Mistake;
use crate::template::Template;

/// Deeper nesting is refused, so that neither parsing nor deciding can exhaust the stack.
const MAX_NESTING: usize = 32;

const OPERAND: &str = "a check (kind:match, \"@\" or \"!\"), \"not\" or \"(\"";
const KIND: &str =
    "\"rule\", \"role\", a credential such as user_id, a quoted literal, a whole number, True, False or None";

/// Parses one check string; an empty one always holds.
pub(crate) fn parse(text: &str) -> Result<Check, Mistake> {
    if text.is_empty() {
        return Ok(Check::Always);
    }
    let tokens = tokens(text);
    let mut parser = Parser { tokens: &tokens, depth: 0 };
    let check = parser.any()?;
    match parser.tokens.first() {
        None => Ok(check),
        Some(Token::Close) => Err(Mistake { found: "\")\"".into(), expected: "no \")\" without its \"(\"" }),
        Some(token) => Err(Mistake { found: token.to_string(), expected: "\"and\", \"or\" or the end" }),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Token<'a> {
    And,
    Or,
    Not,
    Open,
    Close,
    Word(&'a str),
}

impl std::fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Token::And => f.write_str("\"and\""),
            Token::Or => f.write_str("\"or\""),
            Token::Not => f.write_str("\"not\""),
            Token::Open => f.write_str("\"(\""),
            Token::Close => f.write_str("\")\""),
            Token::Word(word) => write!(f, "{word:?}"),
        }
    }
}

/// What Python's `\s` matches.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    for word in text.split(is_blank).filter(|word| !word.is_empty()) {
        let opened = word.trim_start_matches('(');
        let clean = opened.trim_end_matches(')');
        tokens.extend((opened.len()..word.len()).map(|_| Token::Open));
        match clean.to_lowercase().as_str() {
            "" => {}
            "and" => tokens.push(Token::And),
            "or" => tokens.push(Token::Or),
            "not" => tokens.push(Token::Not),
            _ => tokens.push(Token::Word(clean)),
        }
        tokens.extend((clean.len()..opened.len()).map(|_| Token::Close));
    }
    tokens
}

struct Parser<'t, 'a> {
    tokens: &'t [Token<'a>],
    depth: usize,
}

impl Parser<'_, '_> {
    fn any(&mut self) -> Result<Check, Mistake> {
        self.joined(Token::Or, Self::all, Check::Any)
    }

    fn all(&mut self) -> Result<Check, Mistake> {
        self.joined(Token::And, Self::operand, Check::All)
    }

    /// Operands joined by `word`; a single one stays itself.
    fn joined(
        &mut self,
        word: Token<'_>,
        operand: fn(&mut Self) -> Result<Check, Mistake>,
        join: fn(Vec<Check>) -> Check,
    ) -> Result<Check, Mistake> {
        let first = operand(self)?;
        if self.tokens.first() != Some(&word) {
            return Ok(first);
        }
        let mut checks = vec![first];
        while self.tokens.first() == Some(&word) {
            self.next();
            checks.push(operand(self)?);
        }
        Ok(join(checks))
    }

    fn operand(&mut self) -> Result<Check, Mistake> {
        match self.next() {
            Some(Token::Not) => Ok(Check::Not(Box::new(self.nested(Self::operand)?))),
            Some(Token::Open) => {
                let inner = self.nested(Self::any)?;
                match self.next() {
                    Some(Token::Close) => Ok(inner),
                    other => Err(Mistake { found: shown(other), expected: "\"and\", \"or\" or \")\"" }),
                }
            }
            Some(Token::Word(word)) => word_check(word),
            other => Err(Mistake { found: shown(other), expected: OPERAND }),
        }
    }

    fn nested(&mut self, inner: fn(&mut Self) -> Result<Check, Mistake>) -> Result<Check, Mistake> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err(Mistake { found: "deeper nesting".into(), expected: "at most 32 levels of \"(\" and \"not\"" });
        }
        let check = inner(self);
        self.depth -= 1;
        check
    }

    fn next(&mut self) -> Option<&Token<'_>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }
}

fn shown(token: Option<&Token<'_>>) -> String {
    token.map_or_else(|| "the end".into(), Token::to_string)
}

/// A single check: `@`, `!` or `kind:match`.
fn word_check(word: &str) -> Result<Check, Mistake> {
    match word {
        "@" => return Ok(Check::Always),
        "!" => return Ok(Check::Never),
        _ => {}
    }
    let Some((kind, required)) = word.split_once(':') else {
        return Err(Mistake { found: format!("{word:?}"), expected: OPERAND });
    };
    match kind {
        "rule" => Ok(Check::Rule(Reference { name: required.to_owned(), place: None })),
        "role" => Ok(Check::Role(Template::parse(required)?)),
        "http" | "https" => Err(Mistake {
            found: format!("{word:?}"),
            expected: "a check that is decided here: asking a remote server is not supported",
        }),
        _ => match constant(kind) {
            Some(value) => Ok(Check::Constant {
                written: kind.to_owned(),
                value: value.to_owned(),
                required: Template::parse(required)?,
            }),
            None if is_attribute(kind) => {
                Ok(Check::Attribute { attribute: Attribute::named(kind), required: Template::parse(required)? })
            }
            None => Err(Mistake { found: format!("{kind:?}"), expected: KIND }),
        },
    }
}

/// The value of a quoted literal, a whole number, `True`, `False` or `None`, as Python prints it.
fn constant(kind: &str) -> Option<&str> {
    if let "True" | "False" | "None" = kind {
        return Some(kind);
    }
    for quote in ['\'', '"'] {
        if let Some(text) = kind.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return (!text.contains([quote, '\\'])).then_some(text);
        }
    }
    let digits = kind.strip_prefix('-').unwrap_or(kind);
    let number = kind == "0" || (digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0'));
    (number && !digits.is_empty()).then_some(kind)
}

/// Names joined by dots or hyphens.
fn is_attribute(kind: &str) -> bool {
    kind.split(['.', '-']).all(|name| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> String {
        parse(text).map_or_else(|mistake| mistake.to_string(), |check| check.to_string())
    }

    #[test]
    fn not_binds_tighter_than_and_which_binds_tighter_than_or() {
        assert_eq!(shown("role:a or role:b and not role:c"), "role:a or (role:b and not role:c)");
        assert_eq!(shown("not role:a and role:b"), "not role:a and role:b");
        assert_eq!(shown("(role:a OR role:b) AND role:c"), "(role:a or role:b) and role:c");
        assert_eq!(shown("not (role:a or role:b)"), "not (role:a or role:b)");
    }

    #[test]
    fn parentheses_inside_a_word_belong_to_it() {
        assert_eq!(shown("(user_id:%(user_id)s)"), "user_id:%(user_id)s");
        assert_eq!(shown("((project_id:%(project_id)s) or @)"), "project_id:%(project_id)s or @");
    }

    #[test]
    fn an_empty_check_always_holds_and_a_blank_one_is_a_mistake() {
        assert_eq!(parse(""), Ok(Check::Always));
        assert!(shown("  ").starts_with("found the end, expected a check"));
    }

    #[test]
    fn a_mistake_says_what_was_found_and_what_was_expected() {
        assert_eq!(shown("role:a role:b"), "found \"role:b\", expected \"and\", \"or\" or the end");
        assert_eq!(shown("(role:a"), "found the end, expected \"and\", \"or\" or \")\"");
        assert_eq!(shown("role:a)"), "found \")\", expected no \")\" without its \"(\"");
        assert!(shown("role:a and").starts_with("found the end, expected a check"));
        assert!(shown("admin").starts_with("found \"admin\", expected a check"));
        assert!(shown("http://policy.example/check").contains("remote server is not supported"));
        assert!(shown("user_id:%d").starts_with("found \"%d\", expected %(name)s"));
        assert!(shown("'quoted'").starts_with("found \"'quoted'\", expected a check"));
    }

    #[test]
    fn deep_nesting_is_refused_and_does_not_exhaust_the_stack() {
        for deep in ["(".repeat(100_000) + "@" + &")".repeat(100_000), "not ".repeat(100_000) + "@"] {
            assert!(parse(&deep).unwrap_err().expected.contains("at most 32 levels"));
        }
        assert!(parse(&("not ".repeat(32) + "@")).is_ok());
    }

    fn checks() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            Just("@".to_owned()),
            Just("!".to_owned()),
            "(role|rule|user_id|'lit'|12|True|a\\.b-c):[a-z%]{0,4}".prop_map(|word| word.replace('%', "%%")),
            "project_id:x?%\\([a-z]{1,3}\\)sy?",
        ];
        word.prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(|a| format!("not ({a})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} and {b})")),
                (inner.clone(), inner).prop_map(|(a, b)| format!("{a} or ({b})")),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_displayed_parses_to_the_same_check(text in checks()) {
            let check = parse(&text).unwrap();
            prop_assert_eq!(parse(&check.to_string()).unwrap(), check);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,40}") {
            let _ = parse(&text);
        }
    }
}
