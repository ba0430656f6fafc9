//! Asking an actor, with a bound and a patience, through a handle that survives the actor's restarts.
//!
//! actix's own `send` is not bounded by the mailbox, skips a queued message whose asker has left, and loses the whole
//! mailbox when the actor panics. A port keeps its own queue outside the actor; an incarnation is fed from it while it
//! lives (`raising.plug(&port)`), and the actor only implements actix's `Handler<M>`. How to get it wrong: using
//! [`Port::ask`] for something that must be done even if the asker leaves (that is [`Port::nudge`]), or taking
//! [`Unanswered::Lost`] or [`Unanswered::Late`] for "was not done": it may have been.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use actix::Message;
use manilad_clock::Clock;
use tokio::sync::oneshot;

use crate::Unanswered;
use crate::queue::Queue;

/// A bounded way to an actor that handles `M`. Clones are the same port.
pub struct Port<M: Message> {
    name: Arc<str>,
    patience: Duration,
    queue: Arc<Queue<M>>,
}

impl<M> Port<M>
where
    M: Message + Send + 'static,
    M::Result: Send,
{
    /// A port that nobody is plugged into yet.
    ///
    /// `bound` is the number of messages that may wait or be in hand at once; `patience` is how long an asker waits for
    /// its answer, in running time, from the asking.
    pub fn new(name: impl Into<Arc<str>>, bound: usize, patience: Duration, clock: Clock) -> Self {
        Port { name: name.into(), patience, queue: Arc::new(Queue::new(bound, clock)) }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn bound(&self) -> usize {
        self.queue.bound()
    }

    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// How many messages wait or are in hand.
    pub fn depth(&self) -> usize {
        self.queue.gauges().depth()
    }

    /// Whether somebody is there to take messages.
    pub fn is_served(&self) -> bool {
        self.queue.is_served()
    }

    /// How many more messages it would take now; none while nobody is there to take them.
    pub fn room(&self) -> usize {
        self.queue.room()
    }

    /// Asks, and waits for the answer. An asker who leaves (drops the future, or runs out of patience) takes the
    /// question back, unless the actor has begun to handle it.
    pub fn ask(&self, message: M) -> impl Future<Output = Result<M::Result, Unanswered>> + Send + use<M> {
        let port = self.clone();
        async move {
            let (serial, answer) = port.post(message)?;
            let _leaving = Leaving { queue: &port.queue, serial };
            port.wait(answer).await
        }
    }

    /// Tells, without waiting. It counts against the bound until it is handled.
    pub fn nudge(&self, message: M) -> Result<(), Unanswered> {
        self.queue.admit(message, None).map(drop).map_err(|(why, _)| why)
    }

    /// Takes the message in now; the receiver ends when it is handled or lost.
    pub(crate) fn post(&self, message: M) -> Result<(u64, oneshot::Receiver<M::Result>), Unanswered> {
        let (asker, answer) = oneshot::channel();
        let serial = self.queue.admit(message, Some(asker)).map_err(|(why, _)| why)?;
        Ok((serial, answer))
    }

    async fn wait(&self, answer: oneshot::Receiver<M::Result>) -> Result<M::Result, Unanswered> {
        match self.queue.clock().within(self.patience, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(Unanswered::Lost),
            Err(_) => Err(Unanswered::Late),
        }
    }

    pub(crate) fn queue(&self) -> &Arc<Queue<M>> {
        &self.queue
    }
}

struct Leaving<'a, M: Message> {
    queue: &'a Queue<M>,
    serial: u64,
}

impl<M: Message> Drop for Leaving<'_, M> {
    fn drop(&mut self) {
        self.queue.withdraw(self.serial);
    }
}

impl<M: Message> Clone for Port<M> {
    fn clone(&self) -> Self {
        Port { name: self.name.clone(), patience: self.patience, queue: self.queue.clone() }
    }
}

impl<M: Message> std::fmt::Debug for Port<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Port({})", self.name)
    }
}

#[cfg(test)]
mod tests;
