//! Time, randomness and new ids: the seam that tests step.
//!
//! Everything that waits, stamps or draws lots takes a [`Clock`]; nothing else in the daemon may ask the operating
//! system for the time (`clippy.toml` bans it). A stepped clock stands still until its [`Hand`] moves it, so a test
//! of a one-hour time-out takes no time and never sleeps. How to get it wrong: reading two clocks in one decision,
//! or using wall time ([`Clock::now`]) for a wait: waits use running time, which a suspended machine does not spend.

mod source;
mod stepped;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

pub use jiff::Timestamp;
pub use stepped::Hand;
pub use uuid::Uuid;

use source::{Source, System};

/// The time was up before the work was done. Carries the patience that was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed(pub Duration);

impl std::fmt::Display for Elapsed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "not done within {:?}", self.0)
    }
}

impl std::error::Error for Elapsed {}

/// A handle on time, randomness and new ids. Cheap to clone; all clones tell the same time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Source>);

impl Clock {
    /// The operating system's clock.
    pub fn system() -> Self {
        Clock(Arc::new(System::new()))
    }

    /// A clock that stands at `start` until its hand moves it. Ids and lots are drawn from a fixed seed, and sleepers that
    /// are due at one time wake in the order in which they began.
    pub fn stepped(start: Timestamp) -> (Self, Hand) {
        let hand = Hand::new(start);
        (hand.main(), hand)
    }

    /// As [`Clock::stepped`], with everything drawn from `seed`: ids, lots, and the order in which sleepers that are due
    /// at one time wake.
    pub fn seeded(start: Timestamp, seed: u64) -> (Self, Hand) {
        let hand = Hand::seeded(start, seed);
        (hand.main(), hand)
    }

    /// Wall time, for stamps that people read.
    pub fn now(&self) -> Timestamp {
        self.0.now()
    }

    /// Running time since an arbitrary start, for waits, deadlines and ages.
    pub fn running(&self) -> Duration {
        self.0.running()
    }

    /// Resolves after `pause` of running time.
    pub async fn sleep(&self, pause: Duration) {
        self.0.sleep(pause).await;
    }

    /// Does `work`, for at most `patience`. Work that is late is dropped.
    pub async fn within<F: Future>(&self, patience: Duration, work: F) -> Result<F::Output, Elapsed> {
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = self.sleep(patience) => Err(Elapsed(patience)),
        }
    }

    /// A new random (version 4) id.
    pub fn id(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.0.random().to_be_bytes()).into_uuid()
    }

    /// A fraction drawn evenly from 0 (included) to 1 (excluded).
    pub fn fraction(&self) -> f64 {
        (self.0.random() >> 75) as f64 / (1u64 << 53) as f64
    }

    /// `pause`, made up to a quarter longer or shorter, so that those who failed together do not retry together.
    pub fn jittered(&self, pause: Duration) -> Duration {
        pause.mul_f64(0.75 + self.fraction() / 2.0)
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    #[tokio::test]
    async fn late_work_is_dropped_with_the_patience_it_was_granted() {
        let (clock, hand) = Clock::stepped(start());
        let patience = Duration::from_secs(5);
        let waiting = clock.clone();
        let task = tokio::spawn(async move { waiting.within(patience, std::future::pending::<()>()).await });
        hand.until_sleeping(1).await;
        hand.step(patience);
        assert_eq!(task.await.unwrap(), Err(Elapsed(patience)));
    }

    #[test]
    fn ids_are_version_4_and_differ() {
        let (clock, _) = Clock::stepped(start());
        let (a, b) = (clock.id(), clock.id());
        assert_ne!(a, b);
        assert_eq!(a.get_version_num(), 4);
    }

    #[test]
    fn fractions_stay_below_one() {
        let (clock, _) = Clock::stepped(start());
        assert!((0..1000).map(|_| clock.fraction()).all(|f| (0.0..1.0).contains(&f)));
    }
}
