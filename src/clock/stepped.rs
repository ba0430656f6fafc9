//! A clock that tests move by hand. Sleepers wait on a watch of the running time, so one step wakes all that are due.

use std::sync::{Arc, Mutex, PoisonError};
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
    passed: watch::Sender<Duration>,
    sleeping: Arc<watch::Sender<usize>>,
    lots: Mutex<StdRng>,
}

impl Hand {
    pub(crate) fn new(start: Timestamp) -> Self {
        Hand(Arc::new(Inner {
            start,
            passed: watch::Sender::new(Duration::ZERO),
            sleeping: Arc::new(watch::Sender::new(0)),
            lots: Mutex::new(StdRng::seed_from_u64(1)),
        }))
    }

    /// Moves the clock on and wakes every sleeper whose time has come. The woken run when the test next awaits.
    pub fn step(&self, by: Duration) {
        self.0.passed.send_modify(|passed| *passed += by);
    }

    /// How many sleeps are under way.
    pub fn sleeping(&self) -> usize {
        *self.0.sleeping.borrow()
    }

    /// Resolves when at least `many` sleeps are under way: the moment to step.
    pub async fn until_sleeping(&self, many: usize) {
        let mut seen = self.0.sleeping.subscribe();
        // The sender lives as long as this hand, so the wait can't fail.
        let _ = seen.wait_for(|count| *count >= many).await;
    }
}

struct Sleeping(Arc<watch::Sender<usize>>);

impl Sleeping {
    fn new(count: &Arc<watch::Sender<usize>>) -> Self {
        count.send_modify(|count| *count += 1);
        Sleeping(count.clone())
    }
}

impl Drop for Sleeping {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Source for Hand {
    fn now(&self) -> Timestamp {
        self.0.start + self.running()
    }

    fn running(&self) -> Duration {
        *self.0.passed.borrow()
    }

    fn sleep(&self, pause: Duration) -> Sleep {
        let due = self.running() + pause;
        let mut passed = self.0.passed.subscribe();
        let counted = Sleeping::new(&self.0.sleeping);
        Box::pin(async move {
            let _counted = counted;
            if passed.wait_for(|passed| *passed >= due).await.is_err() {
                std::future::pending::<()>().await; // the hand is gone: time stands still for good
            }
        })
    }

    fn random(&self) -> u128 {
        self.0.lots.lock().unwrap_or_else(PoisonError::into_inner).random()
    }
}
