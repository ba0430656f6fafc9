//! A regular expression from the configuration.
//!
//! Operators' patterns use look-ahead (`^((?!aggr0).)*$` is the usual one for aggregates), so the engine backtracks; it
//! gives up after a bounded number of steps instead of hanging.

use fancy_regex::Regex;
use serde::Deserialize;

/// A compiled pattern.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern {
    start: Regex,
    whole: Regex,
}

/// Why a pattern can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error("{0}")]
    Syntax(String),
    /// Trying the pattern on this name took too many steps.
    #[error("{pattern:?} takes too many steps on {name:?}")]
    TooCostly { pattern: String, name: String },
}

impl Pattern {
    /// Whether `name` begins with something the pattern matches, as Python's `re.match` has it.
    ///
    /// # Errors
    /// [`Unusable::TooCostly`] when the bound on backtracking is reached.
    pub fn matches(&self, name: &str) -> Result<bool, Unusable> {
        decided(&self.start, name)
    }

    /// Whether the pattern matches the whole of `name`.
    ///
    /// # Errors
    /// [`Unusable::TooCostly`] when the bound on backtracking is reached.
    pub fn matches_whole(&self, name: &str) -> Result<bool, Unusable> {
        decided(&self.whole, name)
    }
}

fn decided(regex: &Regex, name: &str) -> Result<bool, Unusable> {
    regex.is_match(name).map_err(|_| Unusable::TooCostly { pattern: regex.as_str().to_owned(), name: name.to_owned() })
}

impl TryFrom<String> for Pattern {
    type Error = Unusable;

    fn try_from(pattern: String) -> Result<Self, Unusable> {
        let compile = |text: &str| Regex::new(text).map_err(|error| Unusable::Syntax(error.to_string()));
        // The pattern alone first: a stray parenthesis must not pair with one of ours.
        compile(&pattern)?;
        Ok(Pattern { start: compile(&format!(r"\A(?:{pattern})"))?, whole: compile(&format!(r"\A(?:{pattern})\z"))? })
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.start.as_str() == other.start.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn a_pattern_matches_at_the_start_and_may_look_ahead() {
        assert_eq!(pattern("aggr").matches("aggr1"), Ok(true));
        assert_eq!(pattern("ggr").matches("aggr1"), Ok(false));
        assert_eq!(pattern("a|x").matches("bx"), Ok(false));
        let data = pattern("^((?!aggr0).)*$");
        assert_eq!((data.matches("aggr1"), data.matches("cl1_aggr0_01")), (Ok(true), Ok(false)));
    }

    #[test]
    fn a_whole_match_is_more_than_one_at_the_start() {
        let project = pattern("[0-9a-f\\-]+");
        assert_eq!((project.matches("extensions"), project.matches_whole("extensions")), (Ok(true), Ok(false)));
        assert_eq!(project.matches_whole("0a-1"), Ok(true));
        assert_eq!(pattern("a|ab").matches_whole("ab"), Ok(true));
    }

    #[test]
    fn a_broken_pattern_is_refused() {
        for broken in ["(", "a)", ")(", "[", "*", "(?P<x"] {
            assert!(matches!(Pattern::try_from(broken.to_owned()), Err(Unusable::Syntax(_))), "{broken}");
        }
    }

    #[test]
    fn a_pattern_that_backtracks_without_end_gives_up() {
        let evil = pattern(r"(a|a)*\1b");
        assert!(matches!(evil.matches(&"a".repeat(200)), Err(Unusable::TooCostly { .. }) | Ok(false)));
    }
}
