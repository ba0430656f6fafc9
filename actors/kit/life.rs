//! One incarnation as its parent sees it: something that ends, and can be stopped.
//!
//! A task of its own watches each incarnation, beside every mailbox: it asks for the pulse, judges by running time, and
//! carries out the orderly stop. Dropping a [`Life`] ends the incarnation. How to get it wrong: watching from inside the
//! parent's context, where a busy or waiting parent would take its children for hung.

use std::future::Future;
use std::pin::Pin;
use std::task::{self, Poll};
use std::time::Duration;

use actix::{Actor, Context};
use manilad_clock::Clock;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::contained::words_of_task;
use crate::raising::{Incarnation, Order, Raising};
use crate::vitals::{State, Vitals};
use crate::{End, Fence, OwnedTask};

/// How closely an incarnation is watched, in running time.
#[derive(Debug, Clone, Copy)]
pub struct Watch {
    /// Pause between two looks.
    pub every: Duration,
    /// How long it may be without a pulse. Longer than anything the actor does in `Context::wait`, an
    /// `AtomicResponse`, or a handler.
    pub patience: Duration,
}

impl Default for Watch {
    fn default() -> Self {
        Watch { every: Duration::from_secs(10), patience: Duration::from_secs(60) }
    }
}

/// Raises an actor on the current arbiter. A panic of the factory is an end like any other.
pub fn raise<A, F>(vitals: &Vitals, watch: Watch, factory: F) -> Life
where
    A: Actor<Context = Context<A>>,
    F: FnOnce(&mut Raising<A>) -> A + 'static,
{
    let (incarnation, mut watcher, stopper) = incarnate(vitals, watch, factory);
    let task = actix_rt::spawn(incarnation.live());
    watcher.guard.cut = Some(Box::new(move || task.abort()));
    Life::new(stopper, watcher.run())
}

/// An incarnation that does not live yet, the watcher who will see to it, and the way to stop it.
pub(crate) fn incarnate<F>(vitals: &Vitals, watch: Watch, factory: F) -> (Incarnation<F>, Watcher, Stopper) {
    vitals.enter(State::Raising);
    let fence = Fence::new();
    let (orders, taken) = mpsc::channel(2); // a pulse and a stop: the watcher never has more under way
    let (tell, ended) = oneshot::channel();
    let (stopper, stops) = mpsc::channel(1);
    let incarnation = Incarnation { vitals: vitals.clone(), fence: fence.clone(), orders: taken, ended: tell, factory };
    let guard = IncarnationGuard { fence, cut: None };
    let watcher = Watcher { clock: vitals.clock().clone(), watch, orders, ended, stops, guard };
    (incarnation, watcher, Stopper(stopper))
}

/// An incarnation under watch. Resolves with its end; dropped before that, the incarnation is ended without ceremony.
pub struct Life {
    stopper: Stopper,
    watched: JoinHandle<End>,
    _ends_with_us: OwnedTask,
}

impl Life {
    pub(crate) fn new(stopper: Stopper, watched: impl Future<Output = End> + 'static) -> Life {
        let watched = actix_rt::spawn(watched);
        Life { stopper, _ends_with_us: OwnedTask::of(&watched), watched }
    }

    /// Stops the incarnation later, and from elsewhere.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Asks the incarnation to stop in good order, with `patience`, and waits for its end.
    pub async fn stop(self, patience: Duration) -> End {
        self.stopper.ask(patience);
        self.await
    }
}

impl Future for Life {
    type Output = End;

    fn poll(mut self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<End> {
        let end = Pin::new(&mut self.watched).poll(task);
        end.map(|end| end.unwrap_or_else(|failure| End::Panicked(words_of_task(failure))))
    }
}

/// Asks one incarnation to stop. Clones ask the same one.
#[derive(Clone)]
pub struct Stopper(mpsc::Sender<Duration>);

impl Stopper {
    /// Asks the incarnation to stop in good order: nothing more is taken in, what is there is worked off. After
    /// `patience` it is ended anyway. Its [`Life`] tells when.
    pub fn ask(&self, patience: Duration) {
        let _asked_before_or_ended = self.0.try_send(patience);
    }
}

pub(crate) struct Watcher {
    clock: Clock,
    watch: Watch,
    orders: mpsc::Sender<Order>,
    ended: oneshot::Receiver<End>,
    stops: mpsc::Receiver<Duration>,
    pub guard: IncarnationGuard,
}

impl Watcher {
    pub(crate) async fn run(self) -> End {
        let Watcher { clock, watch, orders, mut ended, mut stops, guard: _ends_with_us } = self;
        loop {
            tokio::select! {
                biased;
                end = &mut ended => return end_of(end),
                Some(patience) = stops.recv() => {
                    let _it_may_have_ended = orders.try_send(Order::Stop);
                    return clock.within(patience, ended).await.map_or(End::Hung, end_of);
                }
                () = clock.sleep(watch.every) => {}
            }
            let (asker, pulse) = oneshot::channel();
            let _it_may_have_ended = orders.try_send(Order::Pulse(asker));
            if clock.within(watch.patience, pulse).await.is_err() {
                return End::Hung;
            }
        }
    }
}

fn end_of(end: Result<End, oneshot::error::RecvError>) -> End {
    end.unwrap_or_else(|_| End::Failed("its thread ended".into()))
}

/// Holds an incarnation: dropped, it raises the fence and ends what still lives.
pub(crate) struct IncarnationGuard {
    fence: Fence,
    pub cut: Option<Box<dyn FnOnce()>>,
}

impl Drop for IncarnationGuard {
    fn drop(&mut self) {
        self.fence.raise();
        if let Some(cut) = self.cut.take() {
            cut();
        }
    }
}

#[cfg(test)]
mod tests;
