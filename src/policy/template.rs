//! The right-hand side of a check: text in which `%(name)s` stands for a field of the target.
//!
//! This is the only part of Python's `%` formatting that policies use; any other conversion is refused at load, because
//! oslo.policy would fail on it in the middle of a request. A field that the target lacks makes the check fail.

use std::borrow::Cow;

use crate::credentials::Target;
use crate::error::Mistake;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(String),
}

/// A parsed right-hand side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Part>);

const CONVERSION: &str = "%(name)s for a field of the target, or %% for a per cent sign";

impl Template {
    /// Parses `text`; the mistake quotes what follows the offending per cent sign.
    pub(crate) fn parse(text: &str) -> Result<Self, Mistake> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            literal.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('%') {
                literal.push('%');
                rest = after;
                continue;
            }
            let (name, after) =
                field(rest).ok_or_else(|| Mistake { found: format!("\"%{rest}\""), expected: CONVERSION })?;
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(Part::Field(name.to_owned()));
            rest = after;
        }
        literal.push_str(rest);
        if !literal.is_empty() || parts.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Template(parts))
    }

    /// The text with the target's fields filled in; `None` if the target lacks one.
    pub(crate) fn fill<'a>(&'a self, target: &Target<'a>) -> Option<Cow<'a, str>> {
        let part = |part: &'a Part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Field(name) => target.get(name),
        };
        match self.0.as_slice() {
            [only] => part(only).map(Cow::Borrowed),
            many => many.iter().map(part).collect::<Option<String>>().map(Cow::Owned),
        }
    }
}

/// Splits `(name)s` and what follows. Parentheses inside a name balance, as in Python.
fn field(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('(')?;
    let mut depth = 1;
    let end = inner.find(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    let after = inner[end + 1..].strip_prefix('s')?;
    Some((&inner[..end], after))
}

impl std::fmt::Display for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(&text.replace('%', "%%")),
            Part::Field(name) => write!(f, "%({name})s"),
        })
    }
}
