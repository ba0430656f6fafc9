//! Runs an actor's context so that its panic is a value, from which [`crate::Parent`] makes a restart (`restart_children.rs`).
//!
//! When an actor panics, tokio drops it while it unwinds, and actix's context then polls the dead actor once more to
//! call its `stopping`: a second panic in there, or in a `drop`, aborts the process. So the panic is caught right here,
//! the context is terminated (no hook is called any more), and what is left is dropped under guard.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{self, Poll};

use actix::dev::ContextFut;
use actix::{Actor, ActorContext, Context};

use crate::contained::words;

pub(crate) struct PanicBoundary<A: Actor<Context = Context<A>>>(Option<ContextFut<A, Context<A>>>);

impl<A: Actor<Context = Context<A>>> PanicBoundary<A> {
    pub(crate) fn new(ctx: Context<A>, actor: A) -> Self {
        PanicBoundary(Some(ctx.into_future(actor)))
    }

    /// Drops what is left; a panic in there is the last word.
    fn dispose(&mut self) -> Result<(), String> {
        let Some(mut body) = self.0.take() else { return Ok(()) };
        body.ctx().terminate();
        caught(move || drop(body))
    }
}

impl<A: Actor<Context = Context<A>>> Future for PanicBoundary<A> {
    type Output = Result<(), String>;

    fn poll(mut self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<Self::Output> {
        let Some(body) = &mut self.0 else { return Poll::Ready(Ok(())) };
        match caught(|| Pin::new(body).poll(task)) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(())) => Poll::Ready(self.dispose()),
            Err(words) => {
                if let Err(more) = self.dispose() {
                    tracing::error!(words = more, "a dead actor panicked again while it was dropped");
                }
                Poll::Ready(Err(words))
            }
        }
    }
}

impl<A: Actor<Context = Context<A>>> Drop for PanicBoundary<A> {
    fn drop(&mut self) {
        if let Err(words) = self.dispose() {
            tracing::error!(words, "an actor panicked while it was dropped");
        }
    }
}

/// The outcome of `work`, or the message of its panic. What `work` touched must not be used after a panic.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| words(&*payload))
}
