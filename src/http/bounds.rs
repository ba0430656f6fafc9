//! What requests may take of the process together: bytes of bodies that are being received, and searches of the store.
//!
//! How to get it wrong: to reserve what a client announces. A client that announces much and sends nothing would keep
//! others out; so only what has arrived counts. Another: to let a search's place go when its client leaves, while the
//! search itself still runs. A third: to bound the searches of all only together, which one project can use up.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use manilad_clock::Clock;
use manilad_domain::Fault;
use manilad_store::Blocking;
use prometheus::{IntCounterVec, IntGauge, register_int_counter_vec, register_int_gauge};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

/// How long a search may wait for its turn.
const SEARCH_PATIENCE: Duration = Duration::from_secs(10);
/// How many searches may wait for each that may run.
const WAITING: usize = 15;
/// What part of the places one project may have.
const PART: usize = 4;
/// How long a search may wait for a place.
const PLACE_PATIENCE: Duration = Duration::from_secs(2);

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

/// Has them told from the start.
pub(crate) fn register_gauges() {
    for gauge in [&BYTES, &SEARCHES] {
        LazyLock::force(gauge);
    }
}

/// Counts what was refused because a bound was reached.
pub(crate) fn refused(what: &str) {
    REFUSED.with_label_values(&[what]).inc();
}

/// The bounds that all requests of a process share.
pub struct Bounds {
    bytes: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
    running: Arc<Semaphore>,
    /// Places that a project may have.
    part: usize,
    /// Where searches run.
    blocking: Blocking,
    /// The places of each project that has some, or waits for one.
    parts: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Bounds {
    /// `bytes` of bodies at once, and `searches` at once where `blocking` says; at least one search.
    pub fn new(bytes: usize, searches: usize, blocking: Blocking) -> Self {
        let searches = searches.max(1);
        let places = searches.saturating_mul(1 + WAITING).min(Semaphore::MAX_PERMITS);
        Bounds {
            bytes: Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))),
            admitted: Arc::new(Semaphore::new(places)),
            running: Arc::new(Semaphore::new(searches.min(Semaphore::MAX_PERMITS))),
            part: places / PART,
            blocking,
            parts: Mutex::default(),
        }
    }

    /// A body that nothing has come of yet.
    pub(crate) fn body(&self) -> Body {
        Body { bytes: Vec::new(), room: self.bytes.clone(), held: None }
    }

    /// A place of a project among those who search, to run in when its turn comes.
    ///
    /// # Errors
    /// Unavailable when none becomes free in time, of the project's or of all.
    pub(crate) async fn place(&self, project: &str, clock: &Clock) -> Result<SearchPermit, Fault> {
        let (part, admitted) = (self.part_of(project), self.admitted.clone());
        let places = async {
            let of_project = part.acquire_owned().await?; // first: who waits for it must not keep a place from others
            Ok::<_, AcquireError>([of_project, admitted.acquire_owned().await?])
        };
        let held = clock.within(PLACE_PATIENCE, places).await.map_err(|_| busy())?.map_err(|_| busy())?;
        Ok(SearchPermit { _held: held, running: self.running.clone(), blocking: self.blocking })
    }

    /// The places of a project. Those of projects that have none and wait for none are forgotten.
    fn part_of(&self, project: &str) -> Arc<Semaphore> {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.retain(|_, part| Arc::strong_count(part) > 1);
        parts.entry(project.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(self.part))).clone()
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
pub struct SearchPermit {
    _held: [OwnedSemaphorePermit; 2],
    running: Arc<Semaphore>,
    blocking: Blocking,
}

impl SearchPermit {
    /// Does `work` where it may block when its turn comes. Both places are held until the work ends, whoever waits for it.
    ///
    /// # Errors
    /// Unavailable when no turn came in time, internal when the work broke off.
    pub(crate) async fn run<T: Send + 'static>(
        self,
        clock: &Clock,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<(Self, T), Fault> {
        let turn = clock.within(SEARCH_PATIENCE, self.running.clone().acquire_owned()).await;
        let blocking = self.blocking;
        let turn = Turn::new(turn.map_err(|_| busy())?.map_err(|_| busy())?);
        let work = move || {
            let _held_until_the_work_ends = turn;
            let found = work();
            (self, found)
        };
        let done = blocking.run(work).await;
        done.map_err(|problem| Fault::internal(format!("a look through the store broke off: {problem}")))
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
    use manilad_clock::Hand;

    use super::*;

    #[test]
    fn bodies_share_their_room_and_give_it_back() {
        let bounds = Bounds::new(10, 1, Blocking::Pool);
        let (mut one, mut other) = (bounds.body(), bounds.body());
        assert!(one.add(&[1; 4]) && one.add(&[1; 2]));
        assert!(!other.add(&[2; 5]));
        assert!(other.bytes().is_empty());
        drop(one);
        assert!(other.add(&[2; 10]));
    }

    /// Has a project take so many places.
    async fn take(bounds: &Bounds, project: &str, clock: &Clock, places: usize) -> Vec<SearchPermit> {
        let mut held = Vec::new();
        for _ in 0..places {
            held.push(bounds.place(project, clock).await.unwrap());
        }
        held
    }

    /// Asks for a place while none is free, until patience is over.
    async fn is_refused(bounds: &Arc<Bounds>, project: &'static str, clock: &Clock, hand: &Hand) -> bool {
        let (bounds, clock) = (bounds.clone(), clock.clone());
        let asks = tokio::spawn(async move { bounds.place(project, &clock).await.map(|_| ()) });
        hand.until_sleeping(1).await;
        hand.step(PLACE_PATIENCE);
        asks.await.unwrap().is_err_and(|fault| fault.kind == manilad_domain::fault::Kind::Unavailable)
    }

    #[tokio::test]
    async fn a_project_that_has_its_part_of_the_places_waits_and_is_refused_and_others_find_theirs() {
        let (clock, hand) = Clock::stepped(manilad_clock::Timestamp::UNIX_EPOCH);
        let bounds = Arc::new(Bounds::new(10, 4, Blocking::Pool));
        let mut held = take(&bounds, "a", &clock, 16).await;
        assert!(is_refused(&bounds, "a", &clock, &hand).await);
        assert_eq!(take(&bounds, "b", &clock, 16).await.len(), 16);
        let waits = tokio::spawn({
            let (bounds, clock) = (bounds.clone(), clock.clone());
            async move { bounds.place("a", &clock).await.map(|_| ()) }
        });
        hand.until_sleeping(1).await;
        held.pop();
        waits.await.unwrap().unwrap();
        drop(held);
        take(&bounds, "c", &clock, 1).await;
        assert!(!bounds.parts.lock().unwrap().contains_key("a"), "who has no place takes up no memory");
    }

    #[tokio::test]
    async fn a_search_too_many_is_refused_whoever_asks_and_one_that_ends_makes_room() {
        let (clock, hand) = Clock::stepped(manilad_clock::Timestamp::UNIX_EPOCH);
        let bounds = Arc::new(Bounds::new(10, 4, Blocking::Pool));
        let mut held = Vec::new();
        for project in ["a", "b", "c", "d"] {
            held.extend(take(&bounds, project, &clock, 16).await);
        }
        assert!(is_refused(&bounds, "e", &clock, &hand).await);
        held.pop();
        assert!(bounds.place("e", &clock).await.is_ok());
    }

    #[tokio::test]
    async fn as_many_searches_run_at_once_as_may_and_who_gets_no_turn_in_time_is_refused() {
        let (clock, hand) = Clock::stepped(manilad_clock::Timestamp::UNIX_EPOCH);
        let bounds = Bounds::new(10, 1, Blocking::Pool);
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let [first, second, third] = take(&bounds, "a", &clock, 3).await.try_into().ok().unwrap();
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
