//! Feeds one incarnation of an actor from a port.
//!
//! A pump is a future inside the actor's context, so it rests while the actor `wait`s and goes when the actor goes,
//! however that happens. How to get it wrong: working off the whole queue in one poll (timers and the pulse of the same
//! actor would starve), or calling a message done when `handle` returns although its answer is still a future.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{self, Poll};

use actix::dev::MessageResponse;
use actix::fut::ActorFuture;
use actix::{Actor, AsyncContext, Context, Handler, Message};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::sync::oneshot;

use crate::Fence;
use crate::queue::{Held, Queue, Taken};

/// Messages handled in one poll before the actor's other futures get their turn.
const BATCH: usize = 16;

/// The orderly end of one incarnation: asked for, and how many pumps still have work.
#[derive(Default)]
pub(crate) struct Drain {
    asked: Cell<bool>,
    pumps: Cell<usize>,
}

impl Drain {
    pub(crate) fn ask(&self) {
        self.asked.set(true);
    }

    pub(crate) fn asked(&self) -> bool {
        self.asked.get()
    }

    pub(crate) fn done(&self) -> bool {
        self.pumps.get() == 0
    }
}

pub(crate) struct Pump<M: Message> {
    queue: Arc<Queue<M>>,
    term: u64,
    drain: Rc<Drain>,
    in_hand: FuturesUnordered<InHand<M>>,
}

impl<M: Message> Pump<M> {
    pub(crate) fn new(queue: Arc<Queue<M>>, fence: Fence, drain: Rc<Drain>) -> Self {
        drain.pumps.set(drain.pumps.get() + 1);
        Pump { term: queue.plug(fence), queue, drain, in_hand: FuturesUnordered::new() }
    }

    fn settle(&mut self, task: &mut task::Context<'_>) {
        while let Poll::Ready(Some(())) = self.in_hand.poll_next_unpin(task) {}
    }

    fn hand_over<A>(&mut self, message: M, held: Held<M>, actor: &mut A, ctx: &mut Context<A>)
    where
        A: Actor<Context = Context<A>> + Handler<M>,
    {
        let (teller, mut answer) = oneshot::channel();
        // A panic in here unwinds through `held`: the place is given back, the asker learns that its question is lost.
        actor.handle(message, ctx).handle(ctx, Some(teller));
        match answer.try_recv() {
            Ok(answer) => held.answer(answer),
            Err(oneshot::error::TryRecvError::Empty) => self.in_hand.push(InHand { held: Some(held), answer }),
            Err(oneshot::error::TryRecvError::Closed) => drop(held),
        }
    }
}

impl<A, M> ActorFuture<A> for Pump<M>
where
    A: Actor<Context = Context<A>> + Handler<M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, actor: &mut A, ctx: &mut Context<A>, task: &mut task::Context<'_>) -> Poll<()> {
        let pump = self.get_mut();
        if pump.drain.asked() {
            pump.queue.shut(pump.term);
        }
        for _ in 0..BATCH {
            pump.settle(task);
            if ctx.waiting() {
                return Poll::Pending; // the context polls all its futures again when the wait is over
            }
            let replaced = match pump.queue.take(pump.term, task.waker()) {
                Taken::Next(message, held) => {
                    pump.hand_over(message, held, actor, ctx);
                    continue;
                }
                Taken::Nothing => false,
                Taken::Replaced => true,
            };
            let leaving = replaced || pump.drain.asked();
            if leaving && pump.in_hand.is_empty() {
                task.waker().wake_by_ref(); // whoever waits for the drain looks again
                return Poll::Ready(());
            }
            return Poll::Pending;
        }
        task.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<M: Message> Drop for Pump<M> {
    fn drop(&mut self) {
        self.queue.unplug(self.term);
        self.drain.pumps.set(self.drain.pumps.get() - 1);
    }
}

struct InHand<M: Message> {
    held: Option<Held<M>>,
    answer: oneshot::Receiver<M::Result>,
}

impl<M: Message> Future for InHand<M> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<()> {
        Pin::new(&mut self.answer).poll(task).map(|answer| {
            if let (Some(held), Ok(answer)) = (self.held.take(), answer) {
                held.answer(answer);
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clerk::{Job, PATIENCE};
    use crate::{Port, Unanswered, lab};

    #[test]
    fn a_port_is_vacant_as_soon_as_its_pump_is_gone() {
        let (clock, _hand) = manilad_clock::Clock::stepped(lab::START);
        let port = Port::<Job>::new("clerk", 4, PATIENCE, clock);
        let drain = Rc::<Drain>::default();
        let pump = Pump::new(port.queue().clone(), Fence::new(), drain.clone());
        assert_eq!((port.nudge(Job::Note(1)), drain.done()), (Ok(()), false));
        drop(pump);
        assert_eq!((port.nudge(Job::Note(2)), drain.done()), (Err(Unanswered::Vacant), true));
    }
}
