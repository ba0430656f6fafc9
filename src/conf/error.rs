//! What can be wrong with a configuration, told so that an operator finds the line.
//!
//! All mistakes are collected before the daemon refuses to start. The text of a secret is never told.

use std::path::PathBuf;

use crate::settings::Settings;

/// Where a value was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Lines count from 1.
    Line { file: String, line: usize },
    /// The environment variable of this name.
    Environment(String),
    /// Nowhere: the value is missing, or the default.
    Unset,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Line { file, line } => write!(f, "{file}:{line}"),
            Place::Environment(name) => write!(f, "environment variable {name}"),
            Place::Unset => f.write_str("configuration"),
        }
    }
}

impl Place {
    /// Reads what `Display` wrote; this is how a place travels through the `config` crate.
    pub(crate) fn parse(origin: Option<&str>) -> Self {
        let Some(origin) = origin else { return Place::Unset };
        if let Some(name) = origin.strip_prefix("environment variable ") {
            return Place::Environment(name.to_owned());
        }
        match origin.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse().ok()?))) {
            Some((file, line)) => Place::Line { file: file.to_owned(), line },
            None => Place::Unset,
        }
    }
}

/// What stood there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Text(String),
    /// Not told.
    Secret,
    Nothing,
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Found::Text(text) => write!(f, "{text:?}"),
            Found::Secret => f.write_str("a secret"),
            Found::Nothing => f.write_str("nothing"),
        }
    }
}

/// One option that can't be used as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: [{group}] {option}: found {found}, expected {expected}")]
pub struct Mistake {
    pub place: Place,
    pub group: String,
    pub option: String,
    pub found: Found,
    pub expected: String,
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: cannot be read: {cause}", .path.display())]
    Unreadable { path: PathBuf, cause: std::io::Error },
    #[error("{}: is {bytes} bytes long, expected at most {most}", .path.display())]
    Huge { path: PathBuf, bytes: u64, most: u64 },
    /// `found` tells no value: it may be a secret.
    #[error("{place}: found {found}, expected {expected}")]
    Syntax { place: Place, found: String, expected: &'static str },
    /// All that keeps the files from being read; what their options say is not judged then.
    #[error("{}", lines(.0))]
    Several(Vec<Error>),
    #[error("{0}")]
    Mistakes(Box<Mistakes>),
    /// A fault of this crate: a table of options and the type it fills disagree.
    #[error("section [{group}]: its options and its type disagree: {problem}")]
    Misfit { group: String, problem: String },
}

impl Error {
    /// All of them as one, if there is any.
    pub(crate) fn any(mut all: Vec<Error>) -> Result<(), Error> {
        match all.pop() {
            None => Ok(()),
            Some(only) if all.is_empty() => Err(only),
            Some(last) => {
                all.push(last);
                Err(Error::Several(all))
            }
        }
    }
}

/// All mistakes in the options, and what an operator should hear besides.
#[derive(Debug)]
pub struct Mistakes {
    pub mistakes: Vec<Mistake>,
    pub warnings: Vec<Warning>,
    /// What else could be read, to be judged further: an option that can't be used has its default here.
    pub rest: Option<Settings>,
}

impl std::fmt::Display for Mistakes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let warnings = self.warnings.iter().map(|warning| format!("warning: {warning}"));
        let all: Vec<String> = self.mistakes.iter().map(Mistake::to_string).chain(warnings).collect();
        f.write_str(&all.join("\n"))
    }
}

fn lines(errors: &[Error]) -> String {
    errors.iter().map(Error::to_string).collect::<Vec<_>>().join("\n")
}

/// What an operator should hear about once; none of it stops the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    pub place: Place,
    pub text: String,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}
