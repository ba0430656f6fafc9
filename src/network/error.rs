//! Why a network has no addresses, or does not take them back; and why a plugin can't be made of its options.

use manilad_domain::message::Detail;

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The service is away, busy, or the outcome is unknown: try again.
    Unknown,
    /// It said no, or the configuration can't work: no use to try again.
    Refused,
}

/// A failure, told to operators; never with a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Error {
    pub kind: Kind,
    /// What the tenant is told.
    pub detail: Detail,
    pub reason: String,
}

impl Error {
    pub(crate) fn refused(reason: impl Into<String>) -> Self {
        Error { kind: Kind::Refused, detail: Detail::NoShareServer, reason: reason.into() }
    }

    pub(crate) fn unknown(reason: impl Into<String>) -> Self {
        Error { kind: Kind::Unknown, detail: Detail::NoShareServer, reason: reason.into() }
    }
}

/// An option with which a plugin could never work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{option}: found {found:?}, expected {expected}")]
pub struct Misfit {
    pub option: &'static str,
    pub found: String,
    pub expected: String,
}

impl Misfit {
    pub(crate) fn new(option: &'static str, found: impl ToString, expected: impl Into<String>) -> Self {
        Misfit { option, found: found.to_string(), expected: expected.into() }
    }
}
