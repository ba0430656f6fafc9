//! From words to an expression, by recursive descent. From loose to tight: `or`, `and`, `? :`, comparison, `not`,
//! `+ -`, `* /`, sign, `^` (right to left), function. Choices bind tighter than `and`: `a ? b : c and d` asks `d` always.

use crate::expression::lexer::{Token, syntax, tokens};
use crate::expression::{Arithmetic, Expression, Flaw, Function, Logic, MAX_DEPTH, MAX_LENGTH, Sign};
use crate::extra_spec_operators::Relation;

const ADDITIVE: &[(&str, Arithmetic)] = &[("+", Arithmetic::Add), ("-", Arithmetic::Subtract)];
const MULTIPLICATIVE: &[(&str, Arithmetic)] = &[("*", Arithmetic::Multiply), ("/", Arithmetic::Divide)];
const RELATIONS: &[(&str, Relation)] = &[
    ("<", Relation::Less),
    ("<=", Relation::LessOrEqual),
    ("==", Relation::Equal),
    ("!=", Relation::NotEqual),
    ("<>", Relation::NotEqual),
    (">=", Relation::GreaterOrEqual),
    (">", Relation::Greater),
];
const SIGNS: &[(&str, Sign)] = &[("+", Sign::Plus), ("-", Sign::Minus)];
const NOT: &[(&str, ())] = &[("!", ())];
const AND: &[(&str, Logic)] = &[("&&", Logic::And)];
const OR: &[(&str, Logic)] = &[("||", Logic::Or)];
/// The functions, with the fewest and the most arguments they take.
const FUNCTIONS: &[(&str, Function, usize, usize)] =
    &[("abs", Function::Abs, 1, 1), ("max", Function::Max, 2, usize::MAX), ("min", Function::Min, 2, usize::MAX)];

impl<V> Expression<V> {
    /// Reads a function. `bind` tells what a name means.
    ///
    /// # Errors
    /// Where the text departs from the language, and what was expected there; or what `bind` says of a name.
    pub fn parse(text: &str, bind: &mut dyn FnMut(&str) -> Result<V, Flaw>) -> Result<Self, Flaw> {
        if text.len() > MAX_LENGTH {
            return Err(Flaw::TooLong);
        }
        let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0, end: text.len(), bind };
        let expression = parser.or()?;
        match parser.tokens.get(parser.next) {
            None => Ok(expression),
            Some(_) => Err(parser.unexpected("an operator or the end")),
        }
    }
}

struct Parser<'a, V> {
    tokens: Vec<(usize, Token<'a>)>,
    next: usize,
    depth: usize,
    end: usize,
    bind: &'a mut dyn FnMut(&str) -> Result<V, Flaw>,
}

type Parsed<V> = Result<Expression<V>, Flaw>;
type Join<T, V> = fn(Box<Expression<V>>, Vec<(T, Expression<V>)>) -> Expression<V>;

impl<V> Parser<'_, V> {
    fn unexpected(&self, expected: &'static str) -> Flaw {
        match self.tokens.get(self.next) {
            None => syntax(self.end, expected, "the end"),
            Some((at, Token::Number(number))) => syntax(*at, expected, number),
            Some((at, Token::Text(text))) => syntax(*at, expected, format_args!("{text:?}")),
            Some((at, Token::Name(word) | Token::Sign(word))) => syntax(*at, expected, word),
        }
    }

    /// Takes the next token if it is one of these signs.
    fn take<T: Copy>(&mut self, signs: &[(&str, T)]) -> Option<T> {
        let Some((_, Token::Sign(sign))) = self.tokens.get(self.next) else {
            return None;
        };
        let found = signs.iter().find(|(name, _)| name == sign).map(|(_, meaning)| *meaning);
        self.next += usize::from(found.is_some());
        found
    }

    fn need(&mut self, sign: &'static str) -> Result<(), Flaw> {
        self.take(&[(sign, ())]).ok_or_else(|| self.unexpected(sign))
    }

    fn deeper(&mut self, part: fn(&mut Self) -> Parsed<V>) -> Parsed<V> {
        if self.depth == MAX_DEPTH {
            return Err(Flaw::TooDeep);
        }
        self.depth += 1;
        let parsed = part(self);
        self.depth -= 1;
        parsed
    }

    /// Parts joined by signs of one level, from left to right; a single part stands for itself.
    fn joined<T: Copy>(
        &mut self,
        signs: &[(&str, T)],
        part: fn(&mut Self) -> Parsed<V>,
        join: Join<T, V>,
    ) -> Parsed<V> {
        let first = part(self)?;
        let mut more = Vec::new();
        while let Some(sign) = self.take(signs) {
            more.push((sign, part(self)?));
        }
        Ok(if more.is_empty() { first } else { join(Box::new(first), more) })
    }

    fn or(&mut self) -> Parsed<V> {
        self.joined(OR, Self::and, Expression::Logic)
    }

    fn and(&mut self) -> Parsed<V> {
        self.joined(AND, Self::choice, Expression::Logic)
    }

    fn choice(&mut self) -> Parsed<V> {
        let condition = self.comparison()?;
        if self.take(&[("?", ())]).is_none() {
            return Ok(condition);
        }
        let then = self.deeper(Self::choice)?;
        self.need(":")?;
        let otherwise = self.deeper(Self::choice)?;
        Ok(Expression::Choice(Box::new([condition, then, otherwise])))
    }

    fn comparison(&mut self) -> Parsed<V> {
        self.joined(RELATIONS, Self::negation, Expression::Comparison)
    }

    fn negation(&mut self) -> Parsed<V> {
        match self.take(NOT) {
            Some(()) => Ok(Expression::Not(Box::new(self.deeper(Self::negation)?))),
            None => self.sum(),
        }
    }

    fn sum(&mut self) -> Parsed<V> {
        self.joined(ADDITIVE, Self::product, Expression::Arithmetic)
    }

    fn product(&mut self) -> Parsed<V> {
        self.joined(MULTIPLICATIVE, Self::signed, Expression::Arithmetic)
    }

    fn signed(&mut self) -> Parsed<V> {
        match self.take(SIGNS) {
            Some(sign) => Ok(Expression::Signed(sign, Box::new(self.deeper(Self::signed)?))),
            None => self.power(),
        }
    }

    fn power(&mut self) -> Parsed<V> {
        let base = self.primary()?;
        match self.take(&[("^", ())]) {
            Some(()) => Ok(Expression::Power(Box::new(base), Box::new(self.deeper(Self::signed)?))),
            None => Ok(base),
        }
    }

    fn primary(&mut self) -> Parsed<V> {
        if self.take(&[("(", ())]).is_some() {
            let inner = self.deeper(Self::or)?;
            self.need(")")?;
            return Ok(inner);
        }
        let token = self.tokens.get(self.next).map(|(_, token)| *token);
        let parsed = match token {
            Some(Token::Number(number)) => Expression::Number(number),
            Some(Token::Text(text)) => Expression::Text(text.to_owned()),
            Some(Token::Name(name)) if matches!(self.tokens.get(self.next + 1), Some((_, Token::Sign("(")))) => {
                return self.call(name);
            }
            Some(Token::Name(name)) => Expression::Name((self.bind)(name)?),
            Some(Token::Sign(_)) | None => return Err(self.unexpected("a number, a text, a name or (")),
        };
        self.next += 1;
        Ok(parsed)
    }

    fn call(&mut self, name: &str) -> Parsed<V> {
        let row = FUNCTIONS.iter().find(|(of, ..)| *of == name);
        let (_, function, fewest, most) = row.ok_or_else(|| self.unexpected("abs, max or min"))?;
        self.next += 2;
        let mut arguments = vec![self.deeper(Self::or)?];
        while self.take(&[(",", ())]).is_some() {
            arguments.push(self.deeper(Self::or)?);
        }
        if arguments.len() < *fewest || arguments.len() > *most {
            return Err(self.unexpected("one argument for abs, two or more for max and min"));
        }
        self.need(")")?;
        Ok(Expression::Call(*function, arguments))
    }
}
