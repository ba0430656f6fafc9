//! What waits behind a port: a bounded queue that outlives the actors who read it.
//!
//! The bound counts what waits *and* what is in hand, so a slow actor can't hide a backlog in its own futures. A place
//! is given back by `Drop` ([`Held`]) or by [`Queue::withdraw`], never by a call that a panic could skip. How to get it
//! wrong: dropping a message or waking a task under the lock (either may come back here), or trusting a reader whose
//! term is over: a hung thread may wake up long after its successor has plugged in.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use actix::Message;
use manilad_clock::Clock;
use tokio::sync::oneshot;

use crate::{Fence, Unanswered};

/// Figures of one queue, readable from any thread without a lock.
pub(crate) struct Gauges {
    depth: AtomicUsize,
    oldest: AtomicU64,
    handled: AtomicU64,
    refused: AtomicU64,
}

const NONE: u64 = u64::MAX;

impl Gauges {
    fn new() -> Self {
        Gauges {
            depth: AtomicUsize::new(0),
            oldest: AtomicU64::new(NONE),
            handled: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        }
    }

    pub(crate) fn depth(&self) -> usize {
        self.depth.load(Relaxed)
    }

    /// Running time at which the oldest unfinished message came.
    pub(crate) fn oldest(&self) -> Option<Duration> {
        Some(self.oldest.load(Relaxed)).filter(|nanos| *nanos != NONE).map(Duration::from_nanos)
    }

    pub(crate) fn handled(&self) -> u64 {
        self.handled.load(Relaxed)
    }

    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }
}

struct Waiting<M: Message> {
    serial: u64,
    came: Duration,
    message: M,
    asker: Option<oneshot::Sender<M::Result>>,
}

struct Reader {
    fence: Fence,
    /// False while it works off what is left before it stops.
    open: bool,
}

struct State<M: Message> {
    next: u64,
    waiting: VecDeque<Waiting<M>>,
    in_hand: BTreeMap<u64, Duration>,
    /// Counts those who plugged in; the last of them is the reader.
    term: u64,
    reader: Option<Reader>,
    waker: Option<Waker>,
}

impl<M: Message> State<M> {
    fn depth(&self) -> usize {
        self.waiting.len() + self.in_hand.len()
    }

    fn oldest(&self) -> Option<Duration> {
        let waiting = self.waiting.front().map(|first| first.came);
        let in_hand = self.in_hand.values().next().copied();
        waiting.into_iter().chain(in_hand).min()
    }

    /// The reader, unless its incarnation has ended: a hung one can't unplug itself.
    fn reader(&mut self) -> Option<&mut Reader> {
        self.reader.as_mut().filter(|reader| reader.fence.check().is_ok())
    }

    fn reads(&mut self, term: u64) -> Option<&mut Reader> {
        if self.term == term { self.reader() } else { None }
    }
}

pub(crate) struct Queue<M: Message> {
    bound: usize,
    clock: Clock,
    gauges: Arc<Gauges>,
    state: Mutex<State<M>>,
}

/// What a reader finds.
pub(crate) enum Taken<M: Message> {
    Next(M, Held<M>),
    Nothing,
    /// Another reader has plugged in, or this one is fenced off.
    Replaced,
}

impl<M: Message> Queue<M> {
    pub(crate) fn new(bound: usize, clock: Clock) -> Self {
        Queue {
            bound,
            clock,
            gauges: Arc::new(Gauges::new()),
            state: Mutex::new(State {
                next: 0,
                waiting: VecDeque::new(),
                in_hand: BTreeMap::new(),
                term: 0,
                reader: None,
                waker: None,
            }),
        }
    }

    pub(crate) fn bound(&self) -> usize {
        self.bound
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn gauges(&self) -> &Arc<Gauges> {
        &self.gauges
    }

    /// Whether somebody is there who takes messages.
    pub(crate) fn is_served(&self) -> bool {
        self.state().reader().is_some_and(|reader| reader.open)
    }

    /// How many more messages would be taken in now.
    pub(crate) fn room(&self) -> usize {
        let mut state = self.state();
        let is_open = state.reader().is_some_and(|reader| reader.open);
        if is_open { self.bound.saturating_sub(state.depth()) } else { 0 }
    }

    /// Takes a message in, or says why not.
    pub(crate) fn admit(&self, message: M, asker: Option<oneshot::Sender<M::Result>>) -> Result<u64, (Unanswered, M)> {
        let mut state = self.state();
        if !state.reader().is_some_and(|reader| reader.open) {
            return Err((Unanswered::Vacant, message));
        }
        if state.depth() >= self.bound {
            self.gauges.refused.fetch_add(1, Relaxed);
            return Err((Unanswered::Full, message));
        }
        let serial = state.next;
        state.next += 1;
        let came = self.clock.running();
        state.waiting.push_back(Waiting { serial, came, message, asker });
        self.tell(&state);
        let waker = state.waker.take();
        drop(state);
        wake(waker);
        Ok(serial)
    }

    /// Takes back a message that nobody has begun to handle.
    pub(crate) fn withdraw(&self, serial: u64) {
        let mut state = self.state();
        let Ok(at) = state.waiting.binary_search_by_key(&serial, |waiting| waiting.serial) else { return };
        let withdrawn = state.waiting.remove(at);
        self.tell(&state);
        drop(state);
        drop(withdrawn);
    }

    /// Makes the caller the reader, in place of whoever was, until `fence` is up. Returns its term.
    pub(crate) fn plug(&self, fence: Fence) -> u64 {
        let mut state = self.state();
        state.term += 1;
        state.reader = Some(Reader { fence, open: true });
        let term = state.term;
        let waker = state.waker.take();
        drop(state);
        wake(waker);
        term
    }

    /// Lets nothing more in; what is inside can still be taken.
    pub(crate) fn shut(&self, term: u64) {
        if let Some(reader) = self.state().reads(term) {
            reader.open = false;
        }
    }

    /// The reader leaves. What waits stays for the next one.
    pub(crate) fn unplug(&self, term: u64) {
        let mut state = self.state();
        if state.term == term {
            state.reader = None;
            let waker = state.waker.take();
            drop(state);
            drop(waker);
        }
    }

    /// The next message; when there is none, `waker` will be woken by the one that comes.
    pub(crate) fn take(self: &Arc<Self>, term: u64, waker: &Waker) -> Taken<M> {
        let mut state = self.state();
        if state.reads(term).is_none() {
            return Taken::Replaced;
        }
        let Some(next) = state.waiting.pop_front() else {
            state.waker.get_or_insert_with(|| waker.clone()).clone_from(waker);
            return Taken::Nothing;
        };
        state.in_hand.insert(next.serial, next.came);
        Taken::Next(next.message, Held { queue: self.clone(), serial: next.serial, asker: next.asker })
    }

    fn release(&self, serial: u64) {
        let mut state = self.state();
        state.in_hand.remove(&serial);
        self.tell(&state);
    }

    fn tell(&self, state: &State<M>) {
        let oldest = state.oldest().map_or(NONE, |came| u64::try_from(came.as_nanos()).unwrap_or(NONE - 1));
        self.gauges.depth.store(state.depth(), Relaxed);
        self.gauges.oldest.store(oldest, Relaxed);
    }

    fn state(&self) -> MutexGuard<'_, State<M>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a message in hand, and whoever waits for its answer. Dropped unanswered, the asker learns
/// [`Unanswered::Lost`].
pub(crate) struct Held<M: Message> {
    queue: Arc<Queue<M>>,
    serial: u64,
    asker: Option<oneshot::Sender<M::Result>>,
}

impl<M: Message> Held<M> {
    /// Gives the place back, then the answer: an asker who asks again at once must find room.
    pub(crate) fn answer(mut self, answer: M::Result) {
        self.queue.gauges.handled.fetch_add(1, Relaxed);
        let asker = self.asker.take();
        drop(self);
        if let Some(asker) = asker {
            let _left_meanwhile = asker.send(answer);
        }
    }
}

impl<M: Message> Drop for Held<M> {
    fn drop(&mut self) {
        self.queue.release(self.serial);
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(test)]
mod tests;
