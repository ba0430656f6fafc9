//! What can be wrong with rules, told so that an operator finds the place.

use std::path::PathBuf;

/// Where a rule was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The table of defaults.
    BuiltIn,
    /// A policy file.
    File(PathBuf),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::BuiltIn => f.write_str("built-in rules"),
            Origin::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// What is wrong inside one check string.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found {found}, expected {expected}")]
pub struct Mistake {
    pub found: String,
    pub expected: &'static str,
}

/// Why no engine could be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{origin}: rule {rule:?}: {mistake}")]
    Check { origin: Origin, rule: String, mistake: Mistake },
    #[error("{origin}: rule {rule:?} is defined twice, expected once")]
    Repeated { origin: Origin, rule: String },
    #[error("rules refer to each other in a circle, expected none: {}", .rules.join(" -> "))]
    Circle { rules: Vec<String> },
    #[error("rules refer to each other in too long a chain, expected at most {most}: {}", .rules.join(" -> "))]
    Chain { rules: Vec<String>, most: usize },
    #[error("{}: {problem}, expected a YAML map of rule name to check string", .path.display())]
    File { path: PathBuf, problem: String },
    #[error("{}: cannot be read: {cause}", .path.display())]
    Unreadable { path: PathBuf, cause: std::io::Error },
}
