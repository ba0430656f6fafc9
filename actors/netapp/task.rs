//! How an actor does a task: in a contained future, many side by side, each with an end.
//!
//! A panic or a hang in the work is an answer like any other: nobody knows how far it came, so look again. How to get
//! it wrong: a bare future, which would outlive its actor and act for an incarnation that is gone.

use std::future::Future;
use std::time::Duration;

use actix::fut::{ActorFutureExt, WrapFuture};
use actix::{Actor, ResponseActFuture};
use manilad_clock::Clock;
use manilad_kit::contained;
use manilad_messages::driver::{Settled, Trouble};

use crate::trouble;

/// How long a task may take; less than a back end waits for its answer.
pub const PATIENCE: Duration = Duration::from_secs(280);

/// What is now true, or why not.
pub type Outcome = Result<Settled, Trouble>;

/// Does `work` for as long as the actor lives, at most [`PATIENCE`].
pub fn begin<A: Actor>(
    actor: &A,
    clock: &Clock,
    work: impl Future<Output = Outcome> + 'static,
) -> ResponseActFuture<A, Outcome> {
    let work = contained(clock, PATIENCE, work);
    Box::pin(work.into_actor(actor).map(|done, _, _| match done {
        Ok(outcome) => outcome,
        Err(lost) => Err(trouble::again(format!("the outcome is not known: {lost}"))),
    }))
}
