//! Whether the task that makes a call was cancelled, so that the call is refused.
//!
//! It is known to all that runs inside of the task's future. How to get it wrong: a part of the work that is spawned,
//! whose calls would not know that the task was cancelled.

use std::future::Future;

use manilad_driver::Cancellation;

tokio::task_local! {
    /// Of the task that is being done.
    static CANCELLATION: Cancellation;
}

/// Whether the task that asks was cancelled. What belongs to no task, such as a report, never is.
pub fn is_cancelled() -> bool {
    CANCELLATION.try_with(Cancellation::is_cancelled).unwrap_or(false)
}

/// Work whose calls ask `cancellation`.
pub fn scoped<T>(cancellation: Cancellation, work: impl Future<Output = T>) -> impl Future<Output = T> {
    CANCELLATION.scope(cancellation, work)
}
