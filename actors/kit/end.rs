//! How an incarnation ended: what its parent learns of it.
//!
//! How to get it wrong: to take a stop that nobody asked for, for one in good order.

/// How an incarnation ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum End {
    /// It was asked to stop, and did, with everything that was taken in worked off.
    #[error("stopped")]
    Stopped,
    /// It gave up, for this reason.
    #[error("failed: {0}")]
    Failed(String),
    /// It panicked, with this message.
    #[error("panicked: {0}")]
    Panicked(String),
    /// It showed no pulse, or did not stop, in time.
    #[error("hung")]
    Hung,
}
