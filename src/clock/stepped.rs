//! A clock that tests move by hand. A step wakes those whose time has come in the order of their times, and those of one
//! time in the order in which they lay down, so a test that runs twice goes the same way twice. How to get it wrong: one
//! channel for all sleepers, which wakes them in an order of its own.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::watch;

use crate::source::{Sleep, Source};

/// Moves a stepped clock. Clones move the same clock.
#[derive(Clone)]
pub struct Hand(Arc<Inner>);

struct Inner {
    start: Timestamp,
    state: Mutex<State>,
    sleeping: watch::Sender<usize>,
    lots: Mutex<StdRng>,
}

struct State {
    passed: Duration,
    /// How many sleeps began so far.
    begun: u64,
    /// By when they are due, and which began first; no waker before it was polled.
    sleepers: BTreeMap<(Duration, u64), Option<Waker>>,
}

impl Hand {
    pub(crate) fn new(start: Timestamp) -> Self {
        Hand(Arc::new(Inner {
            start,
            state: Mutex::new(State { passed: Duration::ZERO, begun: 0, sleepers: BTreeMap::new() }),
            sleeping: watch::Sender::new(0),
            lots: Mutex::new(StdRng::seed_from_u64(1)),
        }))
    }

    /// Moves the clock on and wakes every sleeper whose time has come, in order. The woken run when the test next awaits.
    pub fn step(&self, by: Duration) {
        let due: Vec<Waker> = {
            let mut state = self.0.state();
            state.passed += by;
            let passed = state.passed;
            let due = state.sleepers.range_mut(..=(passed, u64::MAX));
            due.filter_map(|(_, waker)| waker.take()).collect()
        };
        due.into_iter().for_each(Waker::wake);
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
        let mut seen = self.0.sleeping.subscribe();
        // The sender lives as long as this hand, so the wait can't fail.
        let _ = seen.wait_for(|count| *count >= many).await;
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
    key: (Duration, u64),
}

impl Future for Sleeper {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.state();
        if state.passed >= self.key.0 {
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

impl Source for Hand {
    fn now(&self) -> Timestamp {
        self.0.start + self.running()
    }

    fn running(&self) -> Duration {
        self.0.state().passed
    }

    fn sleep(&self, pause: Duration) -> Sleep {
        let key = {
            let mut state = self.0.state();
            state.begun += 1;
            let key = (state.passed + pause, state.begun);
            state.sleepers.insert(key, None);
            key
        };
        self.0.sleeping.send_modify(|count| *count += 1);
        Box::pin(Sleeper { clock: self.0.clone(), key })
    }

    fn random(&self) -> u128 {
        self.0.lots.lock().unwrap_or_else(PoisonError::into_inner).random()
    }
}
