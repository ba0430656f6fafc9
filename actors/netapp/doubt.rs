//! Calls whose outcome nobody knows, and until when they may still land.
//!
//! A write without an answer may be carried out after we have looked. So each write that makes something is noted
//! before it is sent, and the note stays until its outcome is certain or the array can't have it in hand any more. How
//! to get it wrong: noting it after the answer, which a panic or an abort never brings.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use manilad_clock::{Clock, Timestamp};
use manilad_domain::{InstanceId, Stamp};
use manilad_ontap::{Class, Error};

/// How long an array may keep a call in hand after nobody waits for it any more.
const MARGIN: Duration = Duration::from_secs(15);

/// The open doubts of one incarnation, each with what its call was about, by whom it concerns.
pub struct Doubts<T, K = InstanceId> {
    clock: Clock,
    /// From the sending of a call to the time when it can't land any more.
    horizon: Duration,
    /// The longest that a call may wait before it is sent.
    wait: Duration,
    /// Running time when this incarnation began, and the instant.
    since: Duration,
    born: Timestamp,
    open: RefCell<BTreeMap<(K, u64), (Duration, T)>>,
    last: Cell<u64>,
}

impl<T: Clone, K: Copy + Ord> Doubts<T, K> {
    /// `patience` is the longest that a call is waited for once it is sent, `wait` the longest before that.
    pub fn new(clock: Clock, patience: Duration, wait: Duration) -> Self {
        let (since, born) = (clock.running(), clock.now());
        Doubts { clock, horizon: patience + MARGIN, wait, since, born, open: RefCell::default(), last: Cell::new(0) }
    }

    /// Makes a call that stays in doubt unless its outcome is certain.
    pub async fn during<R>(&self, of: K, about: T, call: impl Future<Output = Result<R, Error>>) -> Result<R, Error> {
        let key = self.note(of, about);
        let result = call.await;
        let mut open = self.open.borrow_mut();
        match &result {
            Err(error) if !is_certain(error) => {
                let doubt = open.get_mut(&key).zip(error.sent());
                doubt.into_iter().for_each(|((until, _), sent)| *until = sent + self.horizon);
            }
            _ => drop(open.remove(&key)),
        }
        drop(open);
        result
    }

    fn note(&self, of: K, about: T) -> (K, u64) {
        self.last.set(self.last.get() + 1);
        let (key, now) = ((of, self.last.get()), self.clock.running());
        let mut open = self.open.borrow_mut();
        open.retain(|_, (until, _)| *until > now);
        open.insert(key, (now + self.wait + self.horizon, about));
        key
    }

    /// What may still land, and how long the last of it may take.
    pub fn of(&self, whom: K) -> Vec<(Duration, T)> {
        let now = self.clock.running();
        let open = self.open.borrow();
        let own = open.range((whom, 0)..=(whom, u64::MAX));
        let left = own.map(|(_, (until, about))| (until.saturating_sub(now), about.clone()));
        left.filter(|(left, _)| !left.is_zero()).collect()
    }

    /// How long calls of an incarnation before this one may still land on what is known since `then`; none when they can't
    /// any more, or when there was nothing to make calls for.
    pub fn left_of_others(&self, then: Stamp) -> Option<Duration> {
        let left = (self.since + self.horizon).saturating_sub(self.clock.running());
        Some(left).filter(|left| then.0 < self.born && !left.is_zero())
    }

    /// How long something may still land; none when nothing can.
    pub fn left(&self, whom: K) -> Option<Duration> {
        self.of(whom).into_iter().map(|(left, _)| left).max()
    }
}

/// Whether a write that failed is surely over. An error of a look-up that followed it says nothing of the write.
fn is_certain(error: &Error) -> bool {
    let of_the_write = error.endpoint().is_none_or(|endpoint| !endpoint.reads());
    of_the_write && !matches!(error.class(), Class::Unknown | Class::Fenced)
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use manilad_clock::{Timestamp, Uuid};
    use manilad_ontap::Endpoint;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    fn id(number: u128) -> InstanceId {
        InstanceId(Uuid::from_u128(number))
    }

    fn doubts() -> (Doubts<u8>, manilad_clock::Hand) {
        let (clock, hand) = Clock::stepped(Timestamp::UNIX_EPOCH);
        (Doubts::new(clock, PATIENCE, Duration::ZERO), hand)
    }

    fn call(doubts: &Doubts<u8>, about: u8, outcome: Result<(), Error>) {
        let done = doubts.during(id(1), about, std::future::ready(outcome)).now_or_never();
        assert!(done.is_some());
    }

    #[test]
    fn a_certain_outcome_leaves_no_doubt() {
        let (doubts, _) = doubts();
        call(&doubts, 1, Ok(()));
        call(&doubts, 2, Err(Error::refused(Some(Endpoint::VolumeCreate), "no")));
        call(&doubts, 3, Err(Error::refused(None, "can't be written down")));
        assert_eq!(doubts.left(id(1)), None);
    }

    #[test]
    fn a_call_whose_outcome_is_unknown_is_in_doubt_until_it_cannot_land_any_more() {
        let (doubts, hand) = doubts();
        let lost = || Err(Error::refused(Some(Endpoint::Volumes), "the look-up after the write failed"));
        call(&doubts, 1, lost());
        hand.step(Duration::from_secs(10));
        call(&doubts, 2, lost());
        assert_eq!(doubts.left(id(1)), Some(PATIENCE + MARGIN));
        assert_eq!(doubts.left(id(2)), None);
        hand.step(Duration::from_secs(65));
        assert_eq!(doubts.of(id(1)), [(Duration::from_secs(10), 2)]);
        hand.step(Duration::from_secs(10));
        assert_eq!(doubts.left(id(1)), None);
    }

    #[test]
    fn what_was_not_known_before_this_incarnation_has_nothing_to_fear_of_others() {
        let (clock, hand) = Clock::stepped(Timestamp::UNIX_EPOCH);
        hand.step(Duration::from_secs(10));
        let doubts = Doubts::<u8>::new(clock.clone(), PATIENCE, Duration::ZERO);
        let earlier = Stamp(Timestamp::UNIX_EPOCH);
        assert_eq!(doubts.left_of_others(earlier), Some(PATIENCE + MARGIN));
        assert_eq!(doubts.left_of_others(clock.now().into()), None);
        hand.step(PATIENCE + MARGIN);
        assert_eq!(doubts.left_of_others(earlier), None);
    }

    #[test]
    fn a_call_that_is_dropped_on_its_way_stays_in_doubt() {
        let (doubts, _) = doubts();
        let hangs = doubts.during(id(1), 1, std::future::pending::<Result<(), Error>>());
        assert!(hangs.now_or_never().is_none());
        assert!(doubts.left(id(1)).is_some());
    }
}
