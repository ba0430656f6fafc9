//! Calls whose outcome nobody knows, and until when they may still land.
//!
//! A write without an answer may be carried out after we have looked. So each write is noted before it is sent, and the note
//! stays until its outcome is certain or the array can't have it in hand any more. What is neither noted nor says why not is
//! not sent at all: the fence of the [`Connection`](crate::connection::Connection) asks. Of the calls of earlier incarnations
//! only the back end knows whom they concern, see `docs/decisions/0015`; here is known since when there can't have been new
//! ones. How to get it wrong: noting it after the answer, which a panic or an abort never brings; or asking what may land
//! after having looked: it may have landed in between.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use manilad_clock::Clock;
use manilad_domain::InstanceId;
use manilad_ontap::{Class, Error};

tokio::task_local! {
    /// Set around a call that is noted, or needs no note.
    static ACCOUNTED_FOR: ();
}

/// Whether the call that is about to be made is noted, or needs no note.
pub fn is_accounted_for() -> bool {
    ACCOUNTED_FOR.try_with(|()| ()).is_ok()
}

/// Makes calls that change something without a note; `_why` says why it does no harm when they land late.
pub async fn without_note<T>(_why: &'static str, calls: impl Future<Output = T>) -> T {
    ACCOUNTED_FOR.scope((), calls).await
}

/// What a call that may still land does with a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LateSnapshot {
    Takes,
    Removes,
}

/// The calls of one incarnation that may still land, each with what its call was about, by whom it concerns.
pub struct InFlightCalls<T, K = InstanceId> {
    clock: Clock,
    /// From the sending of a call to the time when it can't land any more.
    horizon: Duration,
    /// Running time when this incarnation began: those before it have sent nothing since.
    since: Duration,
    open: RefCell<Open<T, K>>,
    last: Cell<u64>,
}

/// Each call with when it can't land any more, once nobody waits for it.
type Open<T, K> = BTreeMap<(K, u64), (Option<Duration>, T)>;

/// A call that is being made. It may wait for its place before it is sent.
struct PendingCall<'a, T, K: Copy + Ord> {
    calls: &'a InFlightCalls<T, K>,
    key: (K, u64),
    is_certain: bool,
    /// When it was sent, if that is known; surely before the end of this.
    sent: Option<Duration>,
}

impl<T, K: Copy + Ord> Drop for PendingCall<'_, T, K> {
    fn drop(&mut self) {
        let mut open = self.calls.open.borrow_mut();
        if self.is_certain {
            open.remove(&self.key);
        } else if let Some((until, _)) = open.get_mut(&self.key) {
            let sent = self.sent.unwrap_or_else(|| self.calls.clock.running());
            *until = Some(sent + self.calls.horizon);
        }
    }
}

impl<T: Clone, K: Copy + Ord> InFlightCalls<T, K> {
    /// `horizon`: how long after its sending a call may still land.
    pub fn new(clock: Clock, horizon: Duration) -> Self {
        let since = clock.running();
        InFlightCalls { clock, horizon, since, open: RefCell::default(), last: Cell::new(0) }
    }

    /// Makes a call that stays in doubt unless its outcome is certain.
    pub async fn during<R>(&self, of: K, about: T, call: impl Future<Output = Result<R, Error>>) -> Result<R, Error> {
        let mut noted = self.note(of, about);
        let result = ACCOUNTED_FOR.scope((), call).await;
        noted.is_certain = result.as_ref().map_or_else(is_certain, |_| true);
        noted.sent = result.as_ref().err().and_then(Error::sent);
        result
    }

    fn note(&self, of: K, about: T) -> PendingCall<'_, T, K> {
        self.last.set(self.last.get() + 1);
        let (key, now) = ((of, self.last.get()), self.clock.running());
        let mut open = self.open.borrow_mut();
        open.retain(|_, (until, _)| until.is_none_or(|until| until > now));
        open.insert(key, (None, about));
        PendingCall { calls: self, key, is_certain: false, sent: None }
    }

    /// What may still land, and how long the last of it may take.
    pub fn of(&self, whom: K) -> Vec<(Duration, T)> {
        let now = self.clock.running();
        let open = self.open.borrow();
        let own = open.range((whom, 0)..=(whom, u64::MAX));
        let left = |until: Option<Duration>| until.map_or(self.horizon, |until| until.saturating_sub(now));
        let left = own.map(|(_, (until, about))| (left(*until), about.clone()));
        left.filter(|(left, _)| !left.is_zero()).collect()
    }

    /// How long calls of an incarnation before this one may still land; none when they can't any more.
    pub fn left_of_others(&self) -> Option<Duration> {
        let left = (self.since + self.horizon).saturating_sub(self.clock.running());
        Some(left).filter(|left| !left.is_zero())
    }

    /// How long something may still land; none when nothing can. `in_flight`: things of others too.
    pub fn left(&self, whom: K, in_flight: bool) -> Option<Duration> {
        let own = self.of(whom).into_iter().map(|(left, _)| left).max();
        own.max(self.left_of_others().filter(|_| in_flight))
    }
}

/// Whether a write that failed is surely over; one that was fenced off was never sent. An error of a look-up that followed
/// it says nothing of the write.
fn is_certain(error: &Error) -> bool {
    let of_the_write = error.endpoint().is_none_or(|endpoint| !endpoint.reads());
    of_the_write && error.class() != Class::Unknown
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use manilad_clock::{Timestamp, Uuid};
    use manilad_ontap::Endpoint;

    use super::*;

    const HORIZON: Duration = Duration::from_secs(75);

    fn id(number: u128) -> InstanceId {
        InstanceId(Uuid::from_u128(number))
    }

    fn calls() -> (InFlightCalls<u8>, manilad_clock::Hand) {
        let (clock, hand) = Clock::stepped(Timestamp::UNIX_EPOCH);
        (InFlightCalls::new(clock, HORIZON), hand)
    }

    fn call(calls: &InFlightCalls<u8>, about: u8, outcome: Result<(), Error>) {
        let done = calls.during(id(1), about, std::future::ready(outcome)).now_or_never();
        assert!(done.is_some());
    }

    #[test]
    fn a_certain_outcome_leaves_no_doubt() {
        let (calls, _) = calls();
        call(&calls, 1, Ok(()));
        call(&calls, 2, Err(Error::refused(Some(Endpoint::VolumeCreate), "no")));
        call(&calls, 3, Err(Error::refused(None, "can't be written down")));
        assert_eq!(calls.left(id(1), false), None);
    }

    #[test]
    fn a_call_whose_outcome_is_unknown_is_in_doubt_until_it_cannot_land_any_more() {
        let (calls, hand) = calls();
        let lost = || Err(Error::refused(Some(Endpoint::Volumes), "the look-up after the write failed"));
        call(&calls, 1, lost());
        hand.step(Duration::from_secs(10));
        call(&calls, 2, lost());
        assert_eq!(calls.left(id(1), false), Some(HORIZON));
        assert_eq!(calls.left(id(2), false), None);
        hand.step(Duration::from_secs(65));
        assert_eq!(calls.of(id(1)), [(Duration::from_secs(10), 2)]);
        hand.step(Duration::from_secs(10));
        assert_eq!(calls.left(id(1), false), None);
    }

    #[test]
    fn calls_of_an_earlier_incarnation_count_from_the_beginning_of_this_one_where_there_may_be_some() {
        let (clock, hand) = Clock::stepped(Timestamp::UNIX_EPOCH);
        hand.step(Duration::from_secs(10));
        let calls = InFlightCalls::<u8>::new(clock, HORIZON);
        hand.step(Duration::from_secs(70));
        assert_eq!((calls.left(id(1), true), calls.left(id(1), false)), (Some(Duration::from_secs(5)), None));
        call(&calls, 1, Err(Error::refused(Some(Endpoint::Volumes), "the look-up after the write failed")));
        assert_eq!(calls.left(id(1), true), Some(HORIZON), "its own come later");
        hand.step(HORIZON);
        assert_eq!(calls.left(id(1), true), None);
    }

    #[test]
    fn a_call_may_land_as_long_after_nobody_waits_for_it_any_more_however_long_it_was_waited_for() {
        let (calls, hand) = calls();
        let mut hangs = Box::pin(calls.during(id(1), 1, std::future::pending::<Result<(), Error>>()));
        assert!((&mut hangs).now_or_never().is_none());
        hand.step(HORIZON * 2);
        assert_eq!(calls.left(id(1), false), Some(HORIZON), "it is on its way");
        drop(hangs);
        hand.step(HORIZON - Duration::from_secs(1));
        assert_eq!(calls.left(id(1), false), Some(Duration::from_secs(1)));
    }

    #[test]
    fn a_call_is_accounted_for_while_it_is_noted_or_needs_no_note() {
        let (calls, _) = calls();
        let is_asked = || async { Ok::<_, Error>(is_accounted_for()) };
        assert!(!is_accounted_for());
        assert_eq!(calls.during(id(1), 1, is_asked()).now_or_never(), Some(Ok(true)));
        assert_eq!(without_note("nothing is changed", is_asked()).now_or_never(), Some(Ok(true)));
        assert!(!is_accounted_for());
    }

    #[test]
    fn a_call_that_is_dropped_on_its_way_stays_in_doubt() {
        let (calls, _) = calls();
        let hangs = calls.during(id(1), 1, std::future::pending::<Result<(), Error>>());
        assert!(hangs.now_or_never().is_none());
        assert!(calls.left(id(1), false).is_some());
    }
}
