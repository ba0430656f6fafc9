//! Why a network has no addresses, or does not take them back.

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
#[error("{told}")]
pub struct Error {
    pub kind: Kind,
    /// What the tenant is told.
    pub detail: Detail,
    pub told: String,
}
