//! What the value of an option may be: a pattern, or one that can't work.
//!
//! How to get it wrong: to tell the value of a secret.

use std::fmt;
use std::sync::Arc;

/// A pattern of the configuration, compiled by whoever read it.
#[derive(Clone)]
pub struct Pattern(Arc<Matches>);

type Matches = dyn Fn(&str) -> Result<bool, String> + Send + Sync;

impl Pattern {
    /// `matches` says whether a text begins with what the pattern means, or why that can't be told.
    pub fn new(matches: impl Fn(&str) -> Result<bool, String> + Send + Sync + 'static) -> Self {
        Pattern(Arc::new(matches))
    }

    /// The pattern that everything matches.
    pub fn any() -> Self {
        Pattern::new(|_| Ok(true))
    }

    pub(crate) fn matches(&self, text: &str) -> Result<bool, String> {
        (self.0)(text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pattern")
    }
}

/// An option that can't work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{option} is {value:?}: expected {expected}")]
pub struct Error {
    pub option: &'static str,
    /// Never of a secret.
    pub value: String,
    pub expected: &'static str,
}

pub(crate) fn wrong(option: &'static str, value: impl ToString, expected: &'static str) -> Error {
    Error { option, value: value.to_string(), expected }
}
