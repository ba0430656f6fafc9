//! What requests may take of the process together: bytes of bodies that are being received, and searches of the store.
//!
//! How to get it wrong: to reserve what a client announces. A client that announces much and sends nothing would keep
//! others out; so only what has arrived counts. Another: to let a search's place go when its client leaves, while the
//! search itself still runs.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use manilad_clock::Clock;
use manilad_domain::Fault;
use prometheus::{IntCounterVec, IntGauge, register_int_counter_vec, register_int_gauge};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a search may wait for its turn.
const SEARCH_PATIENCE: Duration = Duration::from_secs(10);
/// How many searches may wait for each that may run.
const WAITING: usize = 15;

#[allow(clippy::expect_used, reason = "the names are constants and registered once; a clash is a build defect")]
static BYTES: LazyLock<IntGauge> = LazyLock::new(|| {
    register_int_gauge!("manilad_http_body_bytes", "Bytes of request bodies in memory").expect("registered once")
});

#[allow(clippy::expect_used, reason = "the names are constants and registered once; a clash is a build defect")]
static SEARCHES: LazyLock<IntGauge> = LazyLock::new(|| {
    register_int_gauge!("manilad_http_searches", "Searches of the store that run for requests")
        .expect("registered once")
});

#[allow(clippy::expect_used, reason = "the names are constants and registered once; a clash is a build defect")]
static REFUSED: LazyLock<IntCounterVec> = LazyLock::new(|| {
    register_int_counter_vec!(
        "manilad_http_refused_total",
        "What was refused because a bound was reached, by what is bounded",
        &["what"]
    )
    .expect("registered once")
});

/// Counts what was refused because a bound was reached.
pub(crate) fn refused(what: &str) {
    REFUSED.with_label_values(&[what]).inc();
}

/// The bounds that all requests of a process share.
pub struct Bounds {
    bytes: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
    running: Arc<Semaphore>,
}

impl Bounds {
    /// `bytes` of bodies at once, and `searches` at once; at least one search.
    pub fn new(bytes: usize, searches: usize) -> Self {
        let searches = searches.max(1);
        Bounds {
            bytes: Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))),
            admitted: Arc::new(Semaphore::new(searches.saturating_mul(1 + WAITING).min(Semaphore::MAX_PERMITS))),
            running: Arc::new(Semaphore::new(searches.min(Semaphore::MAX_PERMITS))),
        }
    }

    /// A body that nothing has come of yet.
    pub(crate) fn body(&self) -> Body {
        Body { bytes: Vec::new(), room: self.bytes.clone(), held: None }
    }

    /// A place among those who search, to run in when its turn comes.
    ///
    /// # Errors
    /// Unavailable when too many have one already.
    pub(crate) fn place(&self) -> Result<Place, Fault> {
        let admitted = self.admitted.clone().try_acquire_owned().map_err(|_| busy())?;
        Ok(Place { _admitted: admitted, running: self.running.clone() })
    }

    /// Places that are free.
    #[cfg(test)]
    pub(crate) fn places(&self) -> usize {
        self.admitted.available_permits()
    }
}

fn busy() -> Fault {
    refused("search");
    Fault::unavailable("Too many lists are being searched at once; try again.")
}

/// A body as it comes in. What it takes is given back when it is dropped.
pub struct Body {
    bytes: Vec<u8>,
    room: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
}

impl Body {
    /// Adds what has arrived, if there is room for it.
    pub(crate) fn add(&mut self, chunk: &[u8]) -> bool {
        let room = u32::try_from(chunk.len()).ok().and_then(|size| self.room.clone().try_acquire_many_owned(size).ok());
        let Some(room) = room else {
            refused("body");
            return false;
        };
        match &mut self.held {
            Some(held) => held.merge(room),
            None => self.held = Some(room),
        }
        self.bytes.extend_from_slice(chunk);
        BYTES.add(i64::try_from(chunk.len()).unwrap_or(i64::MAX));
        true
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        BYTES.sub(i64::try_from(self.bytes.len()).unwrap_or(i64::MAX));
    }
}

/// A search's place, which it holds from its first look at the store to its last. It runs only now and then: a list that
/// is sent to a slow client keeps others from having a place, and not from running.
pub struct Place {
    _admitted: OwnedSemaphorePermit,
    running: Arc<Semaphore>,
}

impl Place {
    /// Does `work` on the blocking pool when its turn comes. Both places are held until the work ends, whoever waits for it.
    ///
    /// # Errors
    /// Unavailable when no turn came in time, internal when the pool dropped the work.
    pub(crate) async fn run<T: Send + 'static>(
        self,
        clock: &Clock,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<(Self, T), Fault> {
        let turn = clock.within(SEARCH_PATIENCE, self.running.clone().acquire_owned()).await;
        let turn = Turn::new(turn.map_err(|_| busy())?.map_err(|_| busy())?);
        let done = tokio::task::spawn_blocking(move || {
            let _held_until_the_work_ends = turn;
            let found = work();
            (self, found)
        });
        done.await.map_err(|problem| Fault::internal(format!("a look through the store broke off: {problem}")))
    }
}

/// A search's turn.
struct Turn(#[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit);

impl Turn {
    fn new(permit: OwnedSemaphorePermit) -> Self {
        SEARCHES.inc();
        Turn(permit)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        SEARCHES.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_share_their_room_and_give_it_back() {
        let bounds = Bounds::new(10, 1);
        let (mut one, mut other) = (bounds.body(), bounds.body());
        assert!(one.add(&[1; 4]) && one.add(&[1; 2]));
        assert!(!other.add(&[2; 5]));
        assert!(other.bytes().is_empty());
        drop(one);
        assert!(other.add(&[2; 10]));
    }

    #[test]
    fn a_search_too_many_is_refused_and_one_that_ends_makes_room() {
        let bounds = Bounds::new(10, 16);
        let mut places: Vec<_> = (0..16 * (1 + WAITING)).map(|_| bounds.place().unwrap()).collect();
        assert_eq!(bounds.place().err().unwrap().kind, manilad_domain::fault::Kind::Unavailable);
        places.pop();
        assert!(bounds.place().is_ok());
    }

    #[tokio::test]
    async fn as_many_searches_run_at_once_as_may_and_who_gets_no_turn_in_time_is_refused() {
        let (clock, hand) = Clock::stepped(manilad_clock::Timestamp::UNIX_EPOCH);
        let bounds = Bounds::new(10, 1);
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let (first, second, third) = (bounds.place().unwrap(), bounds.place().unwrap(), bounds.place().unwrap());
        let one_clock = clock.clone();
        let one = tokio::spawn(async move { first.run(&one_clock, move || ended.recv()).await.map(|_| ()) });
        while bounds.running.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let other_clock = clock.clone();
        let other = tokio::spawn(async move { second.run(&other_clock, || ()).await.map(|_| ()) });
        hand.until_sleeping(1).await;
        hand.step(SEARCH_PATIENCE);
        assert!(other.await.unwrap().is_err());
        end.send(()).unwrap();
        one.await.unwrap().unwrap();
        third.run(&clock, || ()).await.map(|_| ()).unwrap();
    }
}
