//! How an actor does a task: in a contained future, many side by side, each with an end.
//!
//! A panic or a hang in the work is an answer like any other: nobody knows how far it came, so look again. Whatever it logs
//! names the request that caused it, by a span. How to get it wrong: a bare future, which would outlive its actor and act for an
//! incarnation that is gone.

use std::future::Future;
use std::rc::Rc;

use actix::fut::{ActorFutureExt, WrapFuture};
use actix::{Actor, ResponseActFuture};
use manilad_domain::deadlines::DRIVER_TRY;
use manilad_driver::{Cancellation, ServerSubject, SnapshotSubject, Subject, Trouble};
use manilad_kit::contained;
use tracing::{Instrument, Span};

use crate::array::Array;
use crate::cancellation::scoped;
use crate::trouble;

/// What a handler answers: what is now true, or why not.
pub type Answer<A, T> = ResponseActFuture<A, Result<T, Trouble>>;

/// Does `work` for as long as the actor lives, at most [`DRIVER_TRY`]. Once it is cancelled, it makes no
/// more calls that change something. What it logs is logged within `span`.
fn begin<A: Actor, T: 'static>(
    actor: &A,
    array: &Array,
    cancellation: Cancellation,
    span: Span,
    work: impl Future<Output = Result<T, Trouble>> + 'static,
) -> Answer<A, T> {
    let work = contained(&array.clock, DRIVER_TRY, scoped(cancellation, work.instrument(span)));
    Box::pin(work.into_actor(actor).map(|done, _, _| match done {
        Ok(outcome) => outcome,
        Err(lost) => Err(trouble::again(format!("the outcome is not known: {lost}"))),
    }))
}

/// As [`begin`], for an instance. What was known of its share server is forgotten when it fails.
pub fn begin_on_instance<A: Actor, T: 'static>(
    actor: &A,
    array: &Rc<Array>,
    subject: Subject,
    cancellation: Cancellation,
    work: impl AsyncFnOnce(&Array, &Subject) -> Result<T, Trouble> + 'static,
) -> Answer<A, T> {
    let own = array.clone();
    // As an error, so that it is there whatever else is logged.
    let span = tracing::error_span!("task", request_id = subject.request_id, share = %subject.share);
    begin(actor, array, cancellation, span, async move {
        work(&own, &subject).await.inspect_err(|_| own.forget_svm_of(&subject))
    })
}

/// As [`begin_on_instance`], for a snapshot of an instance.
pub fn begin_on_snapshot<A: Actor, T: 'static>(
    actor: &A,
    array: &Rc<Array>,
    subject: Box<SnapshotSubject>,
    cancellation: Cancellation,
    work: impl AsyncFnOnce(&Array, &SnapshotSubject) -> Result<T, Trouble> + 'static,
) -> Answer<A, T> {
    let own = array.clone();
    let share = &subject.share;
    let span =
        tracing::error_span!("task", request_id = share.request_id, share = %share.share, snapshot = %subject.snapshot);
    begin(actor, array, cancellation, span, async move {
        work(&own, &subject).await.inspect_err(|_| own.forget_svm_of(&subject.share))
    })
}

/// As [`begin`], for a share server.
pub fn begin_on_server<A: Actor, T: 'static>(
    actor: &A,
    array: &Rc<Array>,
    subject: Box<ServerSubject>,
    cancellation: Cancellation,
    work: impl AsyncFnOnce(&Array, &ServerSubject) -> Result<T, Trouble> + 'static,
) -> Answer<A, T> {
    let own = array.clone();
    let span = tracing::error_span!("task", request_id = subject.request_id, server = %subject.server.id);
    begin(actor, array, cancellation, span, async move { work(&own, &subject).await })
}
