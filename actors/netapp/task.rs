//! How an actor does a task: in a contained future, many side by side, each with an end.
//!
//! A panic or a hang in the work is an answer like any other: nobody knows how far it came, so look again. How to get
//! it wrong: a bare future, which would outlive its actor and act for an incarnation that is gone; or a part of the work
//! that is spawned, whose calls would not know that the task was cancelled.

use std::future::Future;
use std::time::Duration;

use actix::fut::{ActorFutureExt, WrapFuture};
use actix::{Actor, ResponseActFuture};
use manilad_clock::Clock;
use manilad_kit::contained;
use manilad_messages::driver::{Cancellation, Settled, Trouble};

use crate::trouble;

/// How long a task may take; less than a back end waits for its answer.
pub const PATIENCE: Duration = Duration::from_secs(280);

/// What is now true, or why not.
pub type Outcome = Result<Settled, Trouble>;

tokio::task_local! {
    /// Of the task that is being done.
    static CANCELLATION: Cancellation;
}

/// Whether the task that asks was cancelled. What belongs to no task, such as a report, never is.
pub fn is_cancelled() -> bool {
    CANCELLATION.try_with(Cancellation::is_cancelled).unwrap_or(false)
}

/// Does `work` for as long as the actor lives, at most [`PATIENCE`]. Once it is cancelled, it makes no
/// more calls that change something.
pub fn begin<A: Actor>(
    actor: &A,
    clock: &Clock,
    cancellation: Cancellation,
    work: impl Future<Output = Outcome> + 'static,
) -> ResponseActFuture<A, Outcome> {
    let work = contained(clock, PATIENCE, CANCELLATION.scope(cancellation, work));
    Box::pin(work.into_actor(actor).map(|done, _, _| match done {
        Ok(outcome) => outcome,
        Err(lost) => Err(trouble::again(format!("the outcome is not known: {lost}"))),
    }))
}
