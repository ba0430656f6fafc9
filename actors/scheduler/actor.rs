//! SchedulerActor: takes reports, and finds a place for each share that waits for one.
//!
//! It keeps nothing that a restart may not lose. What is owed lies in the store as intents to place; a message only says
//! that there may be some. One look is under way at a time, and is one commit: shares that arrive meanwhile go together
//! in the next. How to get it wrong: to place before every back end has had its chance to report (a restart would refuse
//! what the missing one would take), or to nudge a back end before the commit is durable.

mod growth;
mod held_room;
mod managed;
mod questions;
mod waiting_shares;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use actix::fut::{self, ActorFutureExt, WrapFuture};
use actix::{Actor, Context, Handler, ResponseActFuture};
use manilad_clock::Clock;
use manilad_decisions::promised_capacity;
use manilad_domain::pool::PoolReport;
use manilad_domain::{InstanceId, PoolName};
use manilad_kit::{Port, Ticker};
use manilad_messages::presence::Presence;
use manilad_messages::scheduler::{NoReport, Report};
use manilad_messages::{Look, SchedulerPorts};
use manilad_store::{Cursor, Error, Snapshot, Store};

use crate::actor::held_room::HeldRoom;
use crate::pools::{Pools, Taken};
use crate::rule_chain::Chain;
use crate::unmade_shares;

/// How long a commit may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the scheduler works with.
#[derive(Clone)]
pub struct SchedulerContext {
    pub store: Store,
    pub clock: Clock,
    pub presence: Presence,
    pub chain: Arc<Chain>,
    /// The enabled back ends, by the name of their service.
    pub backends: Arc<BTreeMap<String, Port<Look>>>,
    /// Asks every back end to report now. Called by each incarnation, which knows no pool yet.
    pub ask_for_reports: Arc<dyn Fn() + Send + Sync>,
    /// The name of the scheduler's own service.
    pub host: String,
    /// `service_down_time`: how long a back end may be silent, and how long its first report is waited for.
    pub down_time: Duration,
    /// `message_ttl`: how long user messages live.
    pub message_life: Duration,
    /// Pause between two looks that nobody asked for.
    pub look_every: Duration,
    /// How many shares are placed in one commit.
    pub placements: usize,
}

/// Finds places for shares.
pub struct SchedulerActor {
    context: SchedulerContext,
    ports: SchedulerPorts,
    pools: Pools,
    looking: Looking,
    /// How far the present round over what is owed has come; none before and after it.
    place_after: Option<Cursor>,
    /// For each settlement that is being committed, the room that is held for it where it places a share.
    held: Vec<Option<HeldRoom>>,
    /// Pools on which more may be promised by now than was booked since their back end reported: a share was to grow there, or a
    /// placement found less room than it was judged by.
    uncounted: BTreeSet<PoolName>,
    _ticker: Option<Ticker>,
}

/// What is promised on the pools of a report, in GiB.
struct Promises {
    /// When the array was asked for it.
    then: BTreeMap<PoolName, i64>,
    /// When it is taken in.
    now: BTreeMap<PoolName, i64>,
    /// What of it has come to be promised since then, and the array is still to give.
    unmade_since: BTreeMap<PoolName, i64>,
    /// The placements that are being committed and are in the sums of now already.
    placed: BTreeSet<InstanceId>,
}

impl Promises {
    /// What the figures of the report are reckoned with. What was given back since then may be in them, so it does not count as
    /// given back once more; nor does it make up for what was promised meanwhile.
    fn in_report(&self, pool: &PoolName) -> f64 {
        let sum = |sums: &BTreeMap<PoolName, i64>| sums.get(pool).copied().unwrap_or(0);
        sum(&self.then).min(sum(&self.now) - sum(&self.unmade_since)) as f64
    }
}

/// Whether a round over what is owed is under way, and whether another was asked for meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looking {
    No,
    Once,
    Again,
}

impl SchedulerActor {
    pub fn new(context: SchedulerContext, ports: SchedulerPorts) -> Self {
        let pools = Pools::default();
        SchedulerActor {
            context,
            ports,
            pools,
            looking: Looking::No,
            place_after: None,
            held: Vec::new(),
            uncounted: BTreeSet::new(),
            _ticker: None,
        }
    }

    /// Takes a report with the promises that it does not tell, and looks whether it helps somebody.
    fn take(&mut self, report: PoolReport, taken: Taken, promises: &Promises) -> ResponseActFuture<Self, ()> {
        let service = report.service.clone();
        match self.pools.report(report, taken, |pool| promises.in_report(pool)) {
            Ok(true) => {
                promises.now.iter().for_each(|(pool, now)| self.pools.count(pool, *now as f64, 0.0));
                self.hold_anew(&service, &promises.placed);
                self.uncounted.retain(|pool| !pool.is_on(&service));
                self.look()
            }
            Ok(false) => done(),
            Err(error) => {
                tracing::error!(service, %error, "a report of pools was not accepted; the earlier one stays in force");
                done()
            }
        }
    }

    /// Settles what is owed, unless that is under way or has to wait.
    fn look(&mut self) -> ResponseActFuture<Self, ()> {
        if self.looking != Looking::No {
            self.looking = Looking::Again;
            return done();
        }
        if !self.review() || self.pools.is_waiting(self.context.clock.running()) {
            return done();
        }
        self.looking = Looking::Once;
        self.go_on()
    }

    /// Settles the next of a round. At its end there is another, if one was asked for meanwhile.
    fn go_on(&mut self) -> ResponseActFuture<Self, ()> {
        match self.settle_some() {
            Some(settling) => Box::pin(settling.into_actor(self).then(|settled, scheduler, _| {
                if scheduler.conclude(settled) { scheduler.go_on() } else { scheduler.end_round() }
            })),
            None => self.end_round(),
        }
    }

    fn end_round(&mut self) -> ResponseActFuture<Self, ()> {
        match std::mem::replace(&mut self.looking, Looking::No) {
            Looking::Again => self.look(),
            Looking::No | Looking::Once => done(),
        }
    }

    /// Takes off a pool whatever is promised on it by now.
    ///
    /// # Errors
    /// As [`Snapshot::get`].
    fn count(&mut self, pool: &PoolName) -> Result<(), Error> {
        let snapshot = self.context.store.snapshot()?;
        let mut size = 0.0;
        for held in self.held.iter().flatten().filter(|held| held.booking.pool() == pool) {
            if !held.is_placed_in(&snapshot)? {
                size += held.booking.size();
            }
        }
        self.pools.count(pool, promised_capacity::sum_on(&snapshot, pool)? as f64, size);
        Ok(())
    }

    /// The placements that are being committed and are in this state of the store already.
    ///
    /// # Errors
    /// As [`Snapshot::get`].
    fn placed_in(&self, snapshot: &Snapshot) -> Result<BTreeSet<InstanceId>, Error> {
        let held = self.held.iter().flatten().map(|held| Ok(held.is_placed_in(snapshot)?.then_some(held.instance)));
        held.filter_map(Result::transpose).collect()
    }

    /// Holds room anew that a report of a back end has ended, but for placements that were in the sums when it was taken in.
    fn hold_anew(&mut self, service: &str, placed: &BTreeSet<InstanceId>) {
        let ended = |held: &&mut HeldRoom| held.booking.pool().is_on(service) && !placed.contains(&held.instance);
        for held in self.held.iter_mut().flatten().filter(ended) {
            if let Some(anew) = self.pools.book_anew(&held.booking) {
                held.booking = anew;
            }
        }
    }
}

fn done() -> ResponseActFuture<SchedulerActor, ()> {
    Box::pin(fut::ready(()))
}

impl Actor for SchedulerActor {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        let SchedulerContext { clock, backends, down_time, look_every, .. } = &self.context;
        let until = clock.running() + *down_time;
        backends.keys().for_each(|service| self.pools.expect(service, until));
        self._ticker = Some(Ticker::start(clock, *look_every, &self.ports.look, || Look));
        (self.context.ask_for_reports)();
    }
}

impl Handler<Look> for SchedulerActor {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, _: Look, _: &mut Self::Context) -> Self::Result {
        self.look()
    }
}

impl Handler<Report> for SchedulerActor {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, Report { mut report, promised }: Report, _: &mut Self::Context) -> Self::Result {
        let clock = &self.context.clock;
        let taken = Taken { running: clock.running(), at: clock.now().into() };
        let store = &self.context.store;
        let promises = store.snapshot().and_then(|snapshot| {
            unmade_shares::deduct(&snapshot, &mut report, &promised.unmade)?;
            let now = promised_capacity::sums(&snapshot, &report.service)?;
            let unmade_since = promised.unmade_since(&snapshot, &report.service)?;
            Ok(Promises { then: promised.sums, now, unmade_since, placed: self.placed_in(&snapshot)? })
        });
        match promises {
            Ok(promises) => self.take(report, taken, &promises),
            Err(error) => {
                tracing::error!(service = report.service, %error, "promised capacity can't be read; the report of pools is not accepted");
                done()
            }
        }
    }
}

impl Handler<NoReport> for SchedulerActor {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, NoReport { service, is_down }: NoReport, _: &mut Self::Context) -> Self::Result {
        self.pools.missed(&service, is_down);
        self.look()
    }
}

#[cfg(test)]
mod tests;
