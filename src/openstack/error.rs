//! What can go wrong between us and the cloud's services, and what of it a caller may learn.
//!
//! [`Error`] is for the operator and names option, file, address or status. [`Refusal`] is for the caller of our API:
//! two outcomes only. No variant may carry a token, a password or a request body.

use std::sync::Arc;
use std::time::Duration;

/// A failure between us and a service, in the operator's terms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An option is missing or can't be used.
    #[error("option {option}: expected {expected}")]
    Option { option: &'static str, expected: &'static str },
    /// A certificate or key file can't be used.
    #[error("option {option}: file {path}: {why}")]
    File { option: &'static str, path: String, why: String },
    /// The HTTP client could not be built.
    #[error("the HTTP client can't be set up: {0}")]
    Setup(String),
    /// No answer, after all attempts.
    #[error("{what}: no answer: {why}")]
    Unreachable { what: &'static str, why: String },
    /// No answer within the time granted for the whole question.
    #[error("{what}: not done within {patience:?}")]
    Late { what: &'static str, patience: Duration },
    /// An answer with a status that makes no sense here, or a failure that outlasted all attempts.
    #[error("{what}: unexpected status {status}")]
    Status { what: &'static str, status: u16 },
    /// An answer that can't be understood.
    #[error("{what}: malformed answer: {why}")]
    Malformed { what: &'static str, why: String },
    /// Keystone does not accept the service user's credential, or somebody a service token it has just issued.
    #[error("{what}: the service user is rejected: check its credential in the configuration")]
    Rejected { what: &'static str },
    /// The catalogue does not tell where a service is.
    #[error("the catalogue has no {interface} endpoint of the service {kind} in region {region}")]
    NoEndpoint { kind: &'static str, interface: String, region: String },
    /// More questions are under way than allowed; this one was not asked.
    #[error("{limit} token validations are under way, which is the limit")]
    Busy { limit: usize },
}

/// Why a token opens no door.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The token is not valid, or names no user: HTTP 401.
    #[error("the token is not valid")]
    Unauthorized,
    /// Nobody can tell at present: HTTP 503. The reason is for the log, not for the caller.
    #[error("tokens can't be validated at present: {0}")]
    Unavailable(Arc<Error>),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal::Unavailable(Arc::new(error))
    }
}
