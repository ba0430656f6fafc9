//! Why a question has no answer.
//!
//! How to get it wrong: to take [`Unanswered::Lost`] or [`Unanswered::Late`] for "was not done": it may have been.

/// Why a question has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unanswered {
    /// The bound is reached. The message was not taken; this is counted as a refusal.
    #[error("too many messages are waiting")]
    Full,
    /// No actor is plugged in, or the one that is takes nothing more because it stops. The message was not taken.
    #[error("nobody is there to answer")]
    Vacant,
    /// The patience of the port is over. Work that had begun goes on.
    #[error("no answer in time")]
    Late,
    /// The actor ended while it had the question in hand. Whether the work was done is unknown.
    #[error("the actor ended with the question in hand")]
    Lost,
}
