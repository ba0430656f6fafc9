//! How each actor is doing, for operators: one [`Vitals`] per actor, all of them in one [`Registry`].
//!
//! Vitals belong to the name, not to the incarnation: counts go on through restarts, and can be read from any thread
//! while the actor hangs. How to get it wrong: taking any lock here that an actor holds while it works.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use manilad_clock::{Clock, Timestamp};

use crate::queue::Gauges;
use crate::{End, RestartDecision};

/// What an actor is up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Being made, or getting ready in its `started`.
    Raising,
    /// Handles messages.
    Up,
    /// Ended; will be raised again after a pause.
    BackingOff,
    /// Not there: never raised, stopped, or given up.
    Down,
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            State::Raising => "raising",
            State::Up => "up",
            State::BackingOff => "backing off",
            State::Down => "down",
        })
    }
}

/// How often an actor was raised again, by the reason of its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Restarted {
    pub failed: u64,
    pub panicked: u64,
    pub hung: u64,
}

/// A look at one actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub name: Arc<str>,
    pub state: State,
    /// When that state began (wall time).
    pub since: Timestamp,
    /// Messages that wait or are in hand, over all ports.
    pub depth: usize,
    /// Age of the oldest of them, in running time.
    pub oldest: Option<Duration>,
    /// Messages answered, since the process began.
    pub handled: u64,
    /// Messages refused because the bound was reached, since the process began.
    pub refused: u64,
    pub restarted: Restarted,
    /// Why the last incarnation ended.
    pub last_end: Option<String>,
}

/// The figures of one actor through all its incarnations. Clones are the same vitals.
#[derive(Clone)]
pub struct Vitals(Arc<Inner>);

struct Inner {
    name: Arc<str>,
    clock: Clock,
    status: Mutex<Status>,
}

struct Status {
    state: State,
    since: Timestamp,
    restarted: Restarted,
    last_end: Option<String>,
    queues: Vec<Arc<Gauges>>,
    /// What the queues that are gone had counted.
    handled: u64,
    refused: u64,
}

impl Vitals {
    fn new(name: Arc<str>, clock: Clock) -> Self {
        let status = Status {
            state: State::Down,
            since: clock.now(),
            restarted: Restarted::default(),
            last_end: None,
            queues: Vec::new(),
            handled: 0,
            refused: 0,
        };
        Vitals(Arc::new(Inner { name, clock, status: Mutex::new(status) }))
    }

    pub fn name(&self) -> &Arc<str> {
        &self.0.name
    }

    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// How the actor is doing now.
    pub fn look(&self) -> Snapshot {
        let status = self.status();
        let now = self.0.clock.running();
        let sum = |figure: fn(&Gauges) -> u64| status.queues.iter().map(|queue| figure(queue)).sum::<u64>();
        Snapshot {
            name: self.0.name.clone(),
            state: status.state,
            since: status.since,
            depth: status.queues.iter().map(|queue| queue.depth()).sum(),
            oldest: status.queues.iter().filter_map(|queue| queue.oldest()).min().map(|came| now.saturating_sub(came)),
            handled: status.handled + sum(Gauges::handled),
            refused: status.refused + sum(Gauges::refused),
            restarted: status.restarted,
            last_end: status.last_end.clone(),
        }
    }

    /// Counts a port's queue in, once. A queue whose port is gone leaves its counts behind.
    pub(crate) fn watch(&self, gauges: &Arc<Gauges>) {
        let mut status = self.status();
        let Status { queues, handled, refused, .. } = &mut *status;
        queues.retain(|queue| {
            let gone = Arc::strong_count(queue) == 1;
            if gone {
                *handled += queue.handled();
                *refused += queue.refused();
            }
            !gone
        });
        if !queues.iter().any(|queue| Arc::ptr_eq(queue, gauges)) {
            queues.push(gauges.clone());
        }
    }

    pub(crate) fn enter(&self, state: State) {
        self.status().enter(state, self.0.clock.now());
    }

    pub(crate) fn ended(&self, end: &End, decision: RestartDecision) {
        let mut status = self.status();
        status.last_end = Some(end.to_string());
        let raised_again = matches!(decision, RestartDecision::RaiseIn(_));
        status.enter(if raised_again { State::BackingOff } else { State::Down }, self.0.clock.now());
        let restarted = &mut status.restarted;
        match end {
            _ if !raised_again => {}
            End::Stopped => {}
            End::Failed(_) => restarted.failed += 1,
            End::Panicked(_) => restarted.panicked += 1,
            End::Hung => restarted.hung += 1,
        }
    }

    fn status(&self) -> MutexGuard<'_, Status> {
        self.0.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Status {
    fn enter(&mut self, state: State, now: Timestamp) {
        if self.state != state {
            self.state = state;
            self.since = now;
        }
    }
}

impl std::fmt::Debug for Vitals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vitals({})", self.0.name)
    }
}

/// The vitals of every actor, in the order of their names. Clones are the same registry.
#[derive(Clone)]
pub struct Registry(Arc<Entries>);

struct Entries {
    clock: Clock,
    vitals: Mutex<BTreeMap<Arc<str>, Vitals>>,
}

impl Registry {
    pub fn new(clock: Clock) -> Self {
        Registry(Arc::new(Entries { clock, vitals: Mutex::default() }))
    }

    /// The vitals of that name, made at the first call. A label such as `backend/alpha/share`.
    pub fn vitals(&self, name: impl Into<Arc<str>>) -> Vitals {
        let name = name.into();
        let mut vitals = self.0.vitals.lock().unwrap_or_else(PoisonError::into_inner);
        vitals.entry(name.clone()).or_insert_with(|| Vitals::new(name, self.0.clock.clone())).clone()
    }

    /// How everybody is doing.
    pub fn look(&self) -> Vec<Snapshot> {
        let vitals = self.0.vitals.lock().unwrap_or_else(PoisonError::into_inner);
        vitals.values().map(Vitals::look).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fence, Port, lab};

    struct Ping;

    impl actix::Message for Ping {
        type Result = ();
    }

    fn stepped() -> (Registry, Clock, manilad_clock::Hand) {
        let (clock, hand) = Clock::stepped(lab::START);
        (Registry::new(clock.clone()), clock, hand)
    }

    #[test]
    fn one_name_has_one_set_of_vitals() {
        let (registry, ..) = stepped();
        registry.vitals("keeper").enter(State::Up);
        assert_eq!(registry.vitals("keeper").look().state, State::Up);
        registry.vitals("api");
        let names: Vec<_> = registry.look().into_iter().map(|snapshot| snapshot.name).collect();
        assert_eq!(names, ["api".into(), "keeper".into()] as [Arc<str>; 2]);
    }

    #[test]
    fn a_state_is_dated_from_its_beginning() {
        let (registry, _, hand) = stepped();
        let vitals = registry.vitals("keeper");
        let second = Duration::from_secs(1);
        hand.step(second);
        vitals.enter(State::Up);
        hand.step(second);
        vitals.enter(State::Up);
        assert_eq!(vitals.look().since, lab::START + second);
    }

    #[test]
    fn ends_are_counted_by_reason_and_the_last_one_is_kept() {
        let (registry, ..) = stepped();
        let vitals = registry.vitals("keeper");
        let again = RestartDecision::RaiseIn(Duration::ZERO);
        vitals.ended(&End::Hung, again);
        vitals.ended(&End::Panicked("boom".into()), again);
        assert_eq!(vitals.look().state, State::BackingOff);
        vitals.ended(&End::Failed("no route".into()), RestartDecision::GiveUp);
        let look = vitals.look();
        assert_eq!(look.restarted, Restarted { failed: 0, panicked: 1, hung: 1 });
        assert_eq!(look.last_end.as_deref(), Some("failed: no route"));
        assert_eq!(look.state, State::Down);
    }

    #[test]
    fn figures_are_summed_over_ports_and_outlive_them() {
        let (registry, clock, hand) = stepped();
        let vitals = registry.vitals("keeper");
        let lasting = Port::<Ping>::new("keeper", 2, Duration::from_secs(1), clock.clone());
        let passing = Port::<Ping>::new("keeper", 1, Duration::from_secs(1), clock.clone());
        for port in [&lasting, &passing, &lasting] {
            vitals.watch(port.queue().gauges());
            port.queue().plug(Fence::new());
        }
        lasting.nudge(Ping).unwrap();
        hand.step(Duration::from_secs(3));
        passing.nudge(Ping).unwrap();
        passing.nudge(Ping).unwrap_err();
        hand.step(Duration::from_secs(4));
        let look = vitals.look();
        assert_eq!((look.depth, look.oldest, look.refused), (2, Some(Duration::from_secs(7)), 1));
        drop(passing);
        vitals.watch(lasting.queue().gauges());
        let look = vitals.look();
        assert_eq!((look.depth, look.refused), (1, 1));
    }
}
