//! How long things take, and how many are done at a time.
//!
//! Each SVM serves a fixed number of requests at once, reads and writes apart; the rest waits its turn, first come
//! first served. A place is booked ahead: the lane knows when each of its places falls free, so no task needs to hold
//! one. How to get it wrong: letting a caller who went away keep its place for ever; a booking ends by itself.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::Duration;

use uuid::Uuid;

use crate::rest::code::{Refusal, TOO_MANY_REQUESTS};

/// What a request costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    Read,
    Create,
    Clone,
    /// Goes on after its request.
    Split,
    /// Goes on after its request.
    Move,
    Mount,
    Resize,
    Offline,
    Delete,
    Snapshot,
    Policy,
    Network,
    SvmCreate,
    SvmChange,
    SvmDelete,
    Join,
}

/// A table of latencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Everything at once, without limit.
    None,
    /// Calls take no time; what goes on after its call takes what it does in [`Profile::Array`].
    Background,
    /// Published figures of real arrays, at most [`PLACES`] at a time per SVM.
    Array,
}

/// Requests that one SVM serves at once (NetApp/trident issue 1089).
pub const PLACES: usize = 20;

/// Milliseconds. Sources: NetApp/trident issue 1144 (create, mount, policy), ansible-collections/netapp.ontap issues
/// 213 (reads, SVM creation) and 344 (reads); the others are estimates in proportion.
const ARRAY: &[(Cost, u64)] = &[
    (Cost::Read, 45),
    (Cost::Create, 1000),
    (Cost::Clone, 700),
    (Cost::Split, 10_000),
    (Cost::Move, 20_000),
    (Cost::Mount, 500),
    (Cost::Resize, 300),
    (Cost::Offline, 300),
    (Cost::Delete, 600),
    (Cost::Snapshot, 300),
    (Cost::Policy, 200),
    (Cost::Network, 200),
    (Cost::SvmCreate, 8000),
    (Cost::SvmChange, 500),
    (Cost::SvmDelete, 6000),
    (Cost::Join, 8000),
];

impl Profile {
    pub fn of(self, cost: Cost) -> Duration {
        match self {
            Profile::None => Duration::ZERO,
            Profile::Background if !matches!(cost, Cost::Split | Cost::Move) => Duration::ZERO,
            Profile::Background | Profile::Array => ARRAY
                .iter()
                .find(|(known, _)| *known == cost)
                .map_or(Duration::ZERO, |(_, ms)| Duration::from_millis(*ms)),
        }
    }
}

/// From when to when a request is served, in running time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booking {
    pub start: Duration,
    pub end: Duration,
}

/// Reads and writes do not wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Read,
    Write,
}

/// The lanes of all SVMs; `None` is the cluster's own.
pub struct Lanes {
    profile: Profile,
    longest_queue: usize,
    lanes: BTreeMap<(Option<Uuid>, Kind), Lane>,
}

#[derive(Default)]
struct Lane {
    /// When each taken place falls free.
    taken: BinaryHeap<Reverse<Duration>>,
    /// When those who wait will start.
    waiting: VecDeque<Duration>,
}

impl Lanes {
    pub fn new(profile: Profile, longest_queue: usize) -> Self {
        Lanes { profile, longest_queue, lanes: BTreeMap::new() }
    }

    /// Takes the next free place for as long as `cost` needs. Refused (429) when too many wait already.
    pub fn book(&mut self, svm: Option<Uuid>, kind: Kind, cost: Cost, now: Duration) -> Result<Booking, Refusal> {
        let needed = self.profile.of(cost);
        if needed.is_zero() {
            return Ok(Booking { start: now, end: now });
        }
        let lane = self.lanes.entry((svm, kind)).or_default();
        lane.waiting.retain(|start| *start > now);
        if lane.waiting.len() >= self.longest_queue {
            let refusal = Refusal::new(TOO_MANY_REQUESTS, "Too many requests. Try again later.");
            return Err(Refusal { retry_after: Some(1), ..refusal });
        }
        let free = if lane.taken.len() < PLACES { None } else { lane.taken.pop() };
        let start = free.map_or(now, |Reverse(free)| free.max(now));
        if start > now {
            lane.waiting.push_back(start);
        }
        lane.taken.push(Reverse(start + needed));
        Ok(Booking { start, end: start + needed })
    }

    /// How many wait for a place, over all lanes.
    pub fn waiting(&self, now: Duration) -> usize {
        self.lanes.values().flat_map(|lane| &lane.waiting).filter(|start| **start > now).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    fn ends(lanes: &mut Lanes, many: usize, now: Duration) -> Vec<u64> {
        let mut book = || lanes.book(None, Kind::Write, Cost::Create, now).unwrap().end;
        (0..many).map(|_| (book() - now).as_secs()).collect()
    }

    #[test]
    fn twenty_are_served_at_a_time_and_the_rest_in_turn() {
        let mut lanes = Lanes::new(Profile::Array, 1000);
        let ends = ends(&mut lanes, 250, NOW);
        assert_eq!(ends.iter().filter(|end| **end == 1).count(), 20);
        assert_eq!(ends.last(), Some(&13), "250 at 20 at a time are 12.5 rounds");
        assert_eq!(lanes.waiting(NOW), 230);
        assert_eq!(lanes.waiting(NOW + Duration::from_secs(5)), 130);
    }

    #[test]
    fn a_place_falls_free_by_itself() {
        let mut lanes = Lanes::new(Profile::Array, 1000);
        assert_eq!(ends(&mut lanes, 20, NOW), [1; 20]);
        assert_eq!(ends(&mut lanes, 20, NOW + Duration::from_secs(9)), [1; 20]);
    }

    #[test]
    fn svms_and_kinds_do_not_wait_for_each_other() {
        let mut lanes = Lanes::new(Profile::Array, 1000);
        ends(&mut lanes, 40, NOW);
        let other = lanes.book(Some(Uuid::nil()), Kind::Write, Cost::Create, NOW).unwrap();
        let read = lanes.book(None, Kind::Read, Cost::Read, NOW).unwrap();
        assert_eq!((other.start, read.start), (NOW, NOW));
    }

    #[test]
    fn a_full_queue_refuses() {
        let mut lanes = Lanes::new(Profile::Array, 3);
        ends(&mut lanes, 23, NOW);
        let refusal = lanes.book(None, Kind::Write, Cost::Create, NOW).unwrap_err();
        assert_eq!((refusal.status, refusal.code.as_str(), refusal.retry_after), (429, "262160", Some(1)));
        assert!(lanes.book(None, Kind::Write, Cost::Create, NOW + Duration::from_secs(1)).is_ok());
    }

    #[test]
    fn without_latency_nothing_is_limited() {
        let mut lanes = Lanes::new(Profile::None, 0);
        assert_eq!(ends(&mut lanes, 1000, NOW), vec![0; 1000]);
    }
}
