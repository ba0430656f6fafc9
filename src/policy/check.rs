//! One check, parsed, and how it is decided.
//!
//! References to other rules hold the place of the rule in the engine's list, so deciding looks up no names. Deciding
//! recurses; [`crate::parse`] bounds the nesting and [`crate::resolve`] the chain of references, so the stack is safe.

use std::fmt::Display;

use crate::credentials::{Attribute, Credentials, Target};
use crate::template::Template;

/// A reference to a rule by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub(crate) name: String,
    /// Where the rule stands in the engine's list; `None` leads nowhere and denies.
    pub(crate) place: Option<usize>,
}

/// A parsed check. Displays in oslo.policy's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// `@`, or an empty check string.
    Always,
    /// `!`
    Never,
    Not(Box<Check>),
    All(Vec<Check>),
    Any(Vec<Check>),
    Rule(Reference),
    Role(Template),
    /// A constant as Python prints it, against the target.
    Constant {
        /// As written, with its quotes.
        written: String,
        value: String,
        required: Template,
    },
    /// A credential, against the target or a fixed text.
    Attribute {
        attribute: Attribute,
        required: Template,
    },
}

/// The check that stood in the way, and the rule in which it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failed<'e> {
    pub place: usize,
    pub check: &'e Check,
}

/// What a decision is made from.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub checks: &'a [Check],
    pub target: &'a Target<'a>,
    pub credentials: &'a Credentials,
}

impl Check {
    /// Decides this check, written in the rule at `place`. `Err` names the innermost check that did not hold.
    pub(crate) fn decide<'a>(&'a self, place: usize, case: Case<'a>) -> Result<(), Failed<'a>> {
        let required = |template: &'a Template| template.fill(case.target);
        let holds = match self {
            Check::Always => true,
            Check::Never => false,
            Check::Not(inner) => inner.decide(place, case).is_err(),
            Check::All(checks) => return checks.iter().try_for_each(|check| check.decide(place, case)),
            Check::Any(checks) => checks.iter().any(|check| check.decide(place, case).is_ok()),
            Check::Rule(Reference { place: None, .. }) => false,
            Check::Rule(Reference { place: Some(next), .. }) => return case.checks[*next].decide(*next, case),
            Check::Role(role) => required(role).is_some_and(|role| case.credentials.has_role(&role)),
            Check::Constant { value, required: template, .. } => required(template).is_some_and(|text| text == *value),
            Check::Attribute { attribute, required: template } => {
                required(template).is_some_and(|text| case.credentials.holds(attribute, &text))
            }
        };
        if holds { Ok(()) } else { Err(Failed { place, check: self }) }
    }

    /// The references in this check, for settling and for finding circles.
    pub(crate) fn references_mut<'c>(&'c mut self, found: &mut Vec<&'c mut Reference>) {
        match self {
            Check::Rule(reference) => found.push(reference),
            Check::Not(inner) => inner.references_mut(found),
            Check::All(checks) | Check::Any(checks) => checks.iter_mut().for_each(|check| check.references_mut(found)),
            _ => {}
        }
    }

    pub(crate) fn references<'c>(&'c self, found: &mut Vec<&'c Reference>) {
        match self {
            Check::Rule(reference) => found.push(reference),
            Check::Not(inner) => inner.references(found),
            Check::All(checks) | Check::Any(checks) => checks.iter().for_each(|check| check.references(found)),
            _ => {}
        }
    }
}

impl Display for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let joined = |f: &mut std::fmt::Formatter<'_>, checks: &[Check], word: &str| {
            checks.iter().enumerate().try_for_each(|(n, check)| {
                if n > 0 {
                    write!(f, " {word} ")?;
                }
                match check {
                    Check::All(_) | Check::Any(_) => write!(f, "({check})"),
                    _ => write!(f, "{check}"),
                }
            })
        };
        match self {
            Check::Always => f.write_str("@"),
            Check::Never => f.write_str("!"),
            Check::Not(inner) if matches!(**inner, Check::All(_) | Check::Any(_)) => write!(f, "not ({inner})"),
            Check::Not(inner) => write!(f, "not {inner}"),
            Check::All(checks) => joined(f, checks, "and"),
            Check::Any(checks) => joined(f, checks, "or"),
            Check::Rule(reference) => write!(f, "rule:{}", reference.name),
            Check::Role(role) => write!(f, "role:{role}"),
            Check::Constant { written, required, .. } => write!(f, "{written}:{required}"),
            Check::Attribute { attribute, required } => write!(f, "{attribute}:{required}"),
        }
    }
}
