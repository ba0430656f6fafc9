//! Looking: what has come to be owed, and what of it can begin now.
//!
//! A look begins no more than the children take and than they have in hand of it already, so what waits costs nothing
//! until something ends, a rest is over, or somebody says that there is more. How to get it wrong: to look again and
//! again while nothing can begin; where nothing else will wake this actor, an alarm does.

use std::time::Duration;

use actix::fut::{ActorFutureExt, WrapFuture};
use actix::{AsyncContext, Context};
use manilad_decisions::settle::Settling;
use manilad_domain::verb::{DriverActor, Pauses};
use manilad_driver::Cancellation;
use manilad_store::{Error, Snapshot};

use super::BackendActor;
use super::times::{SHORT_WAIT, is_due};
use crate::failure::AfterFailure;
use crate::operations::{Forming, Step};
use crate::work::{Ticket, Work};
use crate::{meter, operations, subject};

/// How often all that is owed is read anew, whatever was heard of it.
const READ_ANEW: Duration = Duration::from_secs(60);
/// How often gauges are set while much is owed.
const METER: Duration = Duration::from_secs(5);
/// So many pieces are counted at each look.
const FEW: usize = 64;

impl BackendActor {
    /// Looks once for any number of nudges that came meanwhile.
    pub(super) fn look_soon(&mut self, ctx: &mut Context<Self>) {
        if !std::mem::replace(&mut self.look_is_due, true) {
            ctx.spawn(async {}.into_actor(self).map(|(), actor, ctx| {
                actor.look_is_due = false;
                actor.look(ctx);
            }));
        }
    }

    fn look(&mut self, ctx: &mut Context<Self>) {
        if self.epoch.is_none() {
            return;
        }
        let now = self.context.clock.running();
        let read = self.context.store.snapshot().and_then(|snapshot| {
            self.read(&snapshot, now)?;
            Ok(snapshot)
        });
        match read {
            Ok(snapshot) => {
                if let Err(problem) = self.ensure_on(&snapshot, ctx) {
                    tracing::error!(backend = self.context.service, %problem, "shares could not be ensured: the store could not be read");
                }
                self.begin_all(&snapshot, now, ctx);
            }
            Err(problem) => {
                tracing::error!(backend = self.context.service, %problem, "pending operations could not be read from the store");
            }
        }
        if self.backlog.len() <= FEW || is_due(&mut self.times.metered, METER, now) {
            meter::owed(&self.context.service, self.backlog.verbs(), self.context.clock.now());
        }
        self.troubles.log(&self.context.service, &self.backlog, now);
        self.set_alarm(now, ctx);
    }

    fn read(&mut self, snapshot: &Snapshot, now: Duration) -> Result<(), Error> {
        match is_due(&mut self.times.read_anew, READ_ANEW, now) {
            true => self.backlog.read_anew(snapshot, &self.context.service)?,
            false => self.backlog.read(snapshot, &self.context.service)?,
        }
        self.backlog.rested(now);
        for server in self.backlog.waited_for() {
            if !subject::is_being_set_up(snapshot, server)? {
                self.backlog.serve(server);
            }
        }
        Ok(())
    }

    /// Begins what there is room for.
    fn begin_all(&mut self, snapshot: &Snapshot, now: Duration, ctx: &mut Context<Self>) {
        for driver in DriverActor::ALL {
            let mut room = self.ports.room(driver, self.backlog.in_hand(driver));
            while room > 0 {
                let Some(ticket) = self.backlog.take(driver, now) else { break };
                self.take_up(snapshot, ticket, ctx);
                room = room.saturating_sub(usize::from(self.backlog.holds(ticket)));
            }
        }
    }

    /// Begins the next step of a piece of work as it is owed now.
    fn take_up(&mut self, snapshot: &Snapshot, ticket: Ticket, ctx: &mut Context<Self>) {
        let forming = Forming {
            snapshot,
            ports: &self.ports,
            late: &self.late,
            unmanaging_takes_rules: self.context.unmanaging_takes_rules,
            rule_switches: self.context.driver.abilities().rule_switches,
            cancellation: self.cancellation(ticket),
        };
        let formed = ticket
            .owed(snapshot)
            .and_then(|work| work.map(|work| operations::next(&work, &forming).map(|step| (work, step))).transpose());
        match formed {
            Ok(Some((work, step))) => self.begin(work, step, ctx),
            Ok(None) => self.backlog.let_go(ticket),
            Err(problem) => {
                tracing::error!(backend = self.context.service, subject = %ticket.subject, %problem, "a pending operation could not be prepared");
                let clock = self.context.clock.clone();
                let pause = |tries| clock.jittered(Pauses::UNREADABLE.after(tries));
                self.backlog.rest(ticket, clock.running(), pause);
                self.look_soon(ctx);
            }
        }
    }

    fn begin(&mut self, work: Work, step: Step, ctx: &mut Context<Self>) {
        match step {
            Step::Ask(asking) => {
                self.touch(&work);
                let began = self.context.clock.running();
                ctx.spawn(asking.into_actor(self).map(move |answer, actor, ctx| actor.ended(work, answer, began, ctx)));
            }
            Step::End(Ok(()), settle) => {
                self.log_done(&work, Duration::ZERO);
                self.commit(work, settle, None, ctx);
            }
            Step::End(Err(trouble), settle) => {
                self.log_trouble(&work, AfterFailure::GivenUp, &trouble, Duration::ZERO);
                self.commit(work, settle, None, ctx);
            }
            Step::Decide(settle) => self.commit(work, settle, None, ctx),
            Step::Wait(server) => {
                let (backend, subject) = (&self.context.service, work.subject());
                tracing::debug!(backend, subject, %server, "waits for its share server");
                self.backlog.wait(work.ticket(), server);
            }
        }
    }

    /// Cancels a task as soon as its work is not owed any more, or what is owed is other work: asked of the newest state.
    fn cancellation(&self, ticket: Ticket) -> Cancellation {
        let store = self.context.store.clone();
        Cancellation::unless(move || {
            let work = store.snapshot().and_then(|snapshot| ticket.owed(&snapshot));
            work.is_ok_and(|work| work.is_some())
        })
    }

    /// Who settles now.
    pub(super) fn settling(&self, epoch: u64, work: &Work) -> Settling {
        let context = &self.context;
        Settling {
            service: context.service.clone(),
            epoch,
            now: context.clock.now().into(),
            message_ttl: context.message_ttl,
            rules: context.rules,
            in_flight: self.late.concerns(work.ticket().subject),
            ids: context.clock.id().into(),
        }
    }

    /// What was settled is let go, unless more is owed of it.
    pub(super) fn settled(&mut self, work: &Work, was_stale: bool, ctx: &mut Context<Self>) {
        let ticket = work.ticket();
        let is_open = self.context.store.snapshot().and_then(|snapshot| ticket.owed(&snapshot));
        match is_open {
            Ok(None) => {
                // What failed ended the repair when that was logged; what is left of its rules keeps the intent open.
                if !was_stale && self.was_repair(work) {
                    meter::repaired(&self.context.service);
                }
                self.backlog.let_go(ticket);
            }
            Ok(Some(_)) if was_stale => return self.rest(work, None, ctx),
            Ok(Some(_)) => self.backlog.go_on(ticket),
            Err(problem) => {
                tracing::error!(backend = self.context.service, %problem, "pending operations could not be read from the store");
                return self.rest(work, None, ctx);
            }
        }
        self.look_soon(ctx);
    }

    /// Wakes the actor when the next rest ends; or soon, where something could begin if only its child took it.
    fn set_alarm(&mut self, now: Duration, ctx: &mut Context<Self>) {
        let is_turned_away =
            |driver: &DriverActor| self.backlog.has_ready(*driver) && self.backlog.in_hand(*driver) == 0;
        let retry = DriverActor::ALL.iter().any(is_turned_away).then(|| now + SHORT_WAIT);
        let next = self.backlog.next_rest().into_iter().chain(retry).min();
        let Some(next) = next.filter(|next| self.times.alarm.is_none_or(|set| *next < set)) else { return };
        self.times.alarm = Some(next);
        let (clock, pause) = (self.context.clock.clone(), next.saturating_sub(now));
        let sleeping = async move { clock.sleep(pause).await };
        ctx.spawn(sleeping.into_actor(self).map(move |(), actor, ctx| {
            if actor.times.alarm == Some(next) {
                actor.times.alarm = None;
            }
            actor.look_soon(ctx);
        }));
    }
}
