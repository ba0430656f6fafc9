//! A clock that tests move by hand, so that a test that runs twice goes the same way twice.
//!
//! A step wakes those whose time has come in the order of their times. Those of one time wake in the order in which they
//! lay down or, on a [seeded](crate::Clock::seeded) clock, in an order drawn from the seed. Randomness comes in streams:
//! each [fork](Hand::fork) draws from one of its own, so what one part of a simulation draws does not move the others.
//! How to get it wrong: one channel for all sleepers, which wakes them in an order of its own.

use std::collections::BTreeMap;
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Bound;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::watch;

use crate::Clock;
use crate::source::{Sleep, Source};

/// Moves a stepped clock. Clones move the same clock.
#[derive(Clone)]
pub struct Hand(Arc<Inner>);

struct Inner {
    start: Timestamp,
    seed: u64,
    state: Mutex<State>,
    sleeping: watch::Sender<usize>,
}

struct State {
    passed: Duration,
    /// How many sleeps began so far.
    begun: u64,
    /// Where sleepers of one time draw their order from; without it, they wake in the order in which they began.
    ranks: Option<StdRng>,
    /// No waker before the sleeper was polled.
    sleepers: BTreeMap<Key, Option<Waker>>,
}

/// The order in which sleepers wake.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    due: Duration,
    rank: u64,
    number: u64,
}

impl Key {
    /// Behind all that are due at `due` or before.
    fn behind(due: Duration) -> Key {
        Key { due, rank: u64::MAX, number: u64::MAX }
    }
}

impl Hand {
    pub(crate) fn new(start: Timestamp) -> Self {
        Hand::with(start, 1, None)
    }

    pub(crate) fn seeded(start: Timestamp, seed: u64) -> Self {
        Hand::with(start, seed, Some(stream(seed, "order of sleepers")))
    }

    fn with(start: Timestamp, seed: u64, ranks: Option<StdRng>) -> Self {
        let state = State { passed: Duration::ZERO, begun: 0, ranks, sleepers: BTreeMap::new() };
        Hand(Arc::new(Inner { start, seed, state: Mutex::new(state), sleeping: watch::Sender::new(0) }))
    }

    /// A clock that tells the same time and draws from a stream of its own, which follows from the seed and `name`: the
    /// same name gives the same draws from the beginning, however much others draw.
    pub fn fork(&self, name: &str) -> Clock {
        self.clock(stream(self.0.seed, name))
    }

    /// The clock that draws straight from the seed.
    pub(crate) fn main(&self) -> Clock {
        self.clock(StdRng::seed_from_u64(self.0.seed))
    }

    fn clock(&self, random: StdRng) -> Clock {
        Clock(Arc::new(Stepped { inner: self.0.clone(), random: Mutex::new(random) }))
    }

    /// Moves the clock on and wakes every sleeper whose time has come, in order. The woken run when the test next awaits.
    pub fn step(&self, by: Duration) {
        let to = self.running().saturating_add(by);
        self.step_to(to);
    }

    /// As [`Hand::step`], to a running time. The clock never goes back.
    pub fn step_to(&self, running: Duration) {
        let due: Vec<Waker> = {
            let mut state = self.0.state();
            state.passed = state.passed.max(running);
            let last = Key::behind(state.passed);
            state.sleepers.range_mut(..=last).filter_map(|(_, waker)| waker.take()).collect()
        };
        due.into_iter().for_each(Waker::wake);
    }

    /// The running time at which the next sleeper is due; none when nobody sleeps. Those that were woken and did not run
    /// yet don't count.
    pub fn next_due(&self) -> Option<Duration> {
        let state = self.0.state();
        let ahead = (Bound::Excluded(Key::behind(state.passed)), Bound::Unbounded);
        state.sleepers.range(ahead).next().map(|(key, _)| key.due)
    }

    /// Running time since the start.
    pub fn running(&self) -> Duration {
        self.0.state().passed
    }

    /// How many sleeps are under way.
    pub fn sleeping(&self) -> usize {
        *self.0.sleeping.borrow()
    }

    /// How many sleeps began so far: what spins begins many.
    pub fn begun(&self) -> u64 {
        self.0.state().begun
    }

    /// Resolves when at least `many` sleeps are under way: the moment to step.
    pub async fn until_sleeping(&self, many: usize) {
        let mut count = self.0.sleeping.subscribe();
        // The sender lives as long as this hand, so the wait can't fail.
        let _ = count.wait_for(|count| *count >= many).await;
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One sleep, which counts from when it was asked for until it is dropped.
struct Sleeper {
    clock: Arc<Inner>,
    key: Key,
}

impl Future for Sleeper {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.state();
        if state.passed >= self.key.due {
            return Poll::Ready(());
        }
        if let Some(waker) = state.sleepers.get_mut(&self.key) {
            *waker = Some(context.waker().clone());
        }
        Poll::Pending
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let waker = self.clock.state().sleepers.remove(&self.key);
        drop(waker); // outside the lock: it may drop a task that sleeps too
        self.clock.sleeping.send_modify(|count| *count -= 1);
    }
}

/// A stepped clock: the time of the hand, and a stream of its own to draw from.
struct Stepped {
    inner: Arc<Inner>,
    random: Mutex<StdRng>,
}

impl Source for Stepped {
    fn now(&self) -> Timestamp {
        self.inner.start + self.running()
    }

    fn running(&self) -> Duration {
        self.inner.state().passed
    }

    fn sleep(&self, pause: Duration) -> Sleep {
        let key = {
            let mut state = self.inner.state();
            state.begun += 1;
            let rank = state.ranks.as_mut().map_or(0, Rng::random);
            let key = Key { due: state.passed.saturating_add(pause), rank, number: state.begun };
            state.sleepers.insert(key, None);
            key
        };
        self.inner.sleeping.send_modify(|count| *count += 1);
        Box::pin(Sleeper { clock: self.inner.clone(), key })
    }

    fn random(&self) -> u128 {
        self.random.lock().unwrap_or_else(PoisonError::into_inner).random()
    }
}

fn stream(seed: u64, name: &str) -> StdRng {
    let mut hasher = DefaultHasher::new(); // without a random key: the same in every process
    (seed, name).hash(&mut hasher);
    StdRng::seed_from_u64(hasher.finish())
}

#[cfg(test)]
mod tests;
