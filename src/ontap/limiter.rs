//! How many calls an array bears at a time, learnt from how it answers.
//!
//! One limiter per array and SVM, shared by every client of it. It starts at 20, halves when the array turns calls away (429,
//! 503, refused connections) or lets them run into their deadline, and grows by one per round of calls as long as the limit is what holds calls back; latency that
//! rises only stops the growth, since a slow call is not a refused one. Who must wait waits in line, in a bounded queue. How to
//! get it wrong: halving once per refused call of one burst, which ends at one call at a time for a single hiccup.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use manilad_clock::Clock;
use tokio::sync::oneshot;

use crate::endpoint::Endpoint;
use crate::meter::LimiterGauges;

/// Between what bounds the limit moves, and how many calls may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub start: usize,
    pub least: usize,
    pub most: usize,
    /// Calls that may wait for a place; one more is refused.
    pub queue: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { start: 20, least: 1, most: 64, queue: 512 }
    }
}

/// By array and SVM.
type ByTarget = HashMap<(String, String), Weak<Inner>>;

/// The limiters of a process, one per array and SVM. Clones are the same set.
#[derive(Clone)]
pub struct Limiters {
    clock: Clock,
    limits: Limits,
    limiters: Arc<Mutex<ByTarget>>,
}

impl Limiters {
    pub fn new(clock: Clock, limits: Limits) -> Self {
        Limiters { clock, limits, limiters: Arc::default() }
    }

    /// The limiter of `svm` of `array`; `svm` is empty for calls to the cluster itself. Forgotten with its last user.
    pub fn of(&self, array: &str, svm: &str) -> Limiter {
        let mut limiters = self.limiters.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (array.to_owned(), svm.to_owned());
        if let Some(inner) = limiters.get(&key).and_then(Weak::upgrade) {
            return Limiter(inner);
        }
        limiters.retain(|_, inner| inner.strong_count() > 0);
        let inner = Arc::new(Inner {
            clock: self.clock.clone(),
            limits: self.limits,
            gauges: LimiterGauges::new(array, svm),
            state: Mutex::new(State { limit: self.limits.start as f64, ..State::default() }),
        });
        inner.gauges.show(self.limits.start, 0, 0);
        limiters.insert(key, Arc::downgrade(&inner));
        Limiter(inner)
    }
}

/// Hands out places for calls to one SVM of one array.
#[derive(Clone)]
pub struct Limiter(Arc<Inner>);

struct Inner {
    clock: Clock,
    limits: Limits,
    gauges: LimiterGauges,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    limit: f64,
    in_flight: usize,
    waiting: VecDeque<oneshot::Sender<Permit>>,
    /// Counts halvings, so that the calls of one burst halve once.
    round: u64,
    trends: HashMap<Endpoint, Trend>,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimiterRefusal {
    #[error("{0} calls to this SVM are waiting already")]
    Full(usize),
    #[error("no call to this SVM ended in time to make room")]
    Late,
}

/// How a call outcome, for what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOutcome {
    /// It was answered, well or ill, after that long.
    Answered(Duration),
    /// The array turned it away.
    TurnedAway,
    /// No answer came in all the time that it had.
    TimedOut,
    /// It says nothing of the load: the connection broke, or it was never sent.
    Nothing,
}

/// A place for one call. Dropped, it is free again.
pub struct Permit {
    inner: Arc<Inner>,
    round: u64,
    held: bool,
}

impl Limiter {
    /// A place, by `deadline` of running time; in order of asking.
    pub async fn acquire(&self, deadline: Duration) -> Result<Permit, LimiterRefusal> {
        let waiting = match self.0.enter() {
            Ok(permit) => return Ok(permit),
            Err(waiting) => waiting?,
        };
        let patience = deadline.saturating_sub(self.0.clock.running());
        match self.0.clock.within(patience, waiting).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(LimiterRefusal::Late),
        }
    }

    /// How many calls may be under way now.
    pub fn limit(&self) -> usize {
        self.0.lock().places()
    }

    /// How many are under way.
    pub fn in_flight(&self) -> usize {
        self.0.lock().in_flight
    }

    /// How many wait for a place.
    pub fn waiting(&self) -> usize {
        self.0.lock().queue()
    }
}

impl State {
    fn places(&self) -> usize {
        self.limit as usize
    }

    fn queue(&self) -> usize {
        self.waiting.iter().filter(|waiter| !waiter.is_closed()).count()
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place at once, or one in the queue, or neither.
    fn enter(self: &Arc<Self>) -> Result<Permit, Result<oneshot::Receiver<Permit>, LimiterRefusal>> {
        let mut state = self.lock();
        state.waiting.retain(|waiter| !waiter.is_closed());
        if state.waiting.is_empty() && state.in_flight < state.places() {
            state.in_flight += 1;
            self.show(&state);
            return Ok(self.permit(state.round));
        }
        if state.waiting.len() >= self.limits.queue {
            self.gauges.refused();
            return Err(Err(LimiterRefusal::Full(self.limits.queue)));
        }
        let (hand, waiting) = oneshot::channel();
        state.waiting.push_back(hand);
        self.show(&state);
        Err(Ok(waiting))
    }

    fn permit(self: &Arc<Self>, round: u64) -> Permit {
        Permit { inner: self.clone(), round, held: true }
    }

    fn show(&self, state: &State) {
        self.gauges.show(state.places(), state.in_flight, state.waiting.len());
    }

    /// Frees a place and hands what is free to those who wait, first come first served.
    fn leave(self: &Arc<Self>) {
        let mut state = self.lock();
        state.in_flight = state.in_flight.saturating_sub(1);
        while state.in_flight < state.places() {
            let Some(waiter) = state.waiting.pop_front() else { break };
            match waiter.send(self.permit(state.round)) {
                Ok(()) => state.in_flight += 1,
                Err(mut unwanted) => unwanted.held = false, // its waiter has left; dropped, it must not lock again
            }
        }
        self.show(&state);
    }

    fn learn(&self, endpoint: Endpoint, round: u64, outcome: CallOutcome) {
        let mut state = self.lock();
        match outcome {
            CallOutcome::TurnedAway | CallOutcome::TimedOut if round == state.round => {
                state.limit = (state.limit / 2.0).max(self.limits.least as f64);
                state.round += 1;
            }
            CallOutcome::Answered(took) => {
                let rising = state.trends.entry(endpoint).or_default().rising(took);
                let held_back = state.in_flight >= state.places() || !state.waiting.is_empty();
                if held_back && !rising {
                    state.limit = (state.limit + 1.0 / state.limit).min(self.limits.most as f64);
                }
            }
            CallOutcome::TurnedAway | CallOutcome::TimedOut | CallOutcome::Nothing => {}
        }
    }
}

impl Permit {
    /// Gives the place back and tells how the call outcome.
    pub fn done(self, endpoint: Endpoint, outcome: CallOutcome) {
        self.inner.learn(endpoint, self.round, outcome);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.held {
            self.inner.leave();
        }
    }
}

/// The latency of one kind of call: what it has been recent against what it usually is.
#[derive(Default)]
struct Trend {
    usual: f64,
    recent: f64,
}

impl Trend {
    /// Takes in one latency; whether the recent ones are half as much again above the usual.
    fn rising(&mut self, took: Duration) -> bool {
        let took = took.as_secs_f64();
        if self.usual == 0.0 {
            (self.usual, self.recent) = (took, took);
        }
        self.usual += (took - self.usual) * 0.02;
        self.recent += (took - self.recent) * 0.3;
        self.recent > self.usual * 1.5
    }
}
