//! The language of `filter_function` and `goodness_function`: arithmetic, comparison and choice over named figures.
//!
//! A function is parsed when it is reported and evaluated per request; what its names mean is the caller's affair.
//! Both operands of `and` and `or` are always evaluated, so that an unknown name shows at once and not only in the
//! rare case. How to get it wrong: the precedence, which is not that of other languages. Source: scheduler.md §7.

mod evaluation;
mod lexer;
mod parser;

use crate::extra_spec_operators::Relation;

/// Longest function text, in bytes.
pub const MAX_LENGTH: usize = 4096;
/// How deep parentheses, signs and choices may nest.
pub const MAX_DEPTH: usize = 64;

/// What is wrong with a function, or with the figures it was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    #[error("longer than {MAX_LENGTH} bytes")]
    TooLong,
    #[error("nested deeper than {MAX_DEPTH}")]
    TooDeep,
    #[error("at byte {at}: expected {expected}, found {found}")]
    Syntax { at: usize, expected: &'static str, found: String },
    #[error("{0} is unknown")]
    UnknownName(String),
    #[error("{0} has no value of its own to reckon with")]
    NoValue(String),
    #[error("division by zero")]
    DivisionByZero,
    #[error("a text where a number is needed")]
    NotANumber,
    #[error("a number and a text have no order")]
    NoOrder,
    #[error("a result too large or not real")]
    NotFinite,
    #[error("{0} is not a boolean")]
    NotABoolean(String),
}

/// A value that a function reckons with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operand<'a> {
    Bool(bool),
    Number(f64),
    Text(&'a str),
}

/// A parsed function over names of type `V`.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression<V> {
    Number(f64),
    Text(String),
    Name(V),
    Signed(Sign, Box<Self>),
    Not(Box<Self>),
    Power(Box<Self>, Box<Self>),
    /// From left to right.
    Arithmetic(Box<Self>, Vec<(Arithmetic, Self)>),
    /// `a < b < c` holds when each neighbouring pair does.
    Comparison(Box<Self>, Vec<(Relation, Self)>),
    Choice(Box<[Self; 3]>),
    Logic(Box<Self>, Vec<(Logic, Self)>),
    Call(Function, Vec<Self>),
}

impl<V> Expression<V> {
    /// Whether a name in it is one of these.
    pub fn has_name(&self, is_one: &dyn Fn(&V) -> bool) -> bool {
        let has = |part: &Self| part.has_name(is_one);
        match self {
            Expression::Number(_) | Expression::Text(_) => false,
            Expression::Name(name) => is_one(name),
            Expression::Signed(_, part) | Expression::Not(part) => has(part),
            Expression::Power(base, exponent) => has(base) || has(exponent),
            Expression::Arithmetic(first, rest) => has(first) || rest.iter().any(|(_, part)| has(part)),
            Expression::Comparison(first, rest) => has(first) || rest.iter().any(|(_, part)| has(part)),
            Expression::Choice(parts) => parts.iter().any(has),
            Expression::Logic(first, rest) => has(first) || rest.iter().any(|(_, part)| has(part)),
            Expression::Call(_, arguments) => arguments.iter().any(has),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Plus,
    Minus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logic {
    And,
    Or,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    Abs,
    Max,
    Min,
}

#[cfg(test)]
mod tests;
