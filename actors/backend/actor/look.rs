//! Looking: what has come to be owed, and what of it can begin now.
//!
//! A look begins no more than the children take and than they have in hand of it already, so what waits costs nothing
//! until something ends, a rest is over, or somebody says that there is more. How to get it wrong: to look again and
//! again while nothing can begin; where nothing else will wake this actor, an alarm does.

use std::time::Duration;

use actix::fut::{ActorFutureExt, WrapFuture};
use actix::{AsyncContext, Context};
use manilad_decisions::settle::{Settlement, Settling};
use manilad_domain::{Intent, ServerIntent};
use manilad_messages::driver::{Cancellation, Noun};
use manilad_store::{Error, Snapshot};

use super::BackendActor;
use crate::task::{self, Formed};
use crate::work::{Ticket, Work};
use crate::{meter, patience};

/// How long to wait for a child that takes nothing now and has nothing in hand.
pub(super) const SHORT_WAIT: Duration = Duration::from_millis(50);
/// How often all that is owed is read anew, whatever was heard of it.
const READ_ANEW: Duration = Duration::from_secs(60);
/// How often gauges are set while much is owed.
const METER: Duration = Duration::from_secs(5);
/// So many pieces are counted at each look.
const FEW: usize = 64;

/// When things were last done, in running time.
#[derive(Debug, Default)]
pub(super) struct Times {
    alarm: Option<Duration>,
    read_anew: Option<Duration>,
    metered: Option<Duration>,
}

/// Notes the time of something that is due each `every`; false while it is not.
fn is_due(last: &mut Option<Duration>, every: Duration, now: Duration) -> bool {
    let is_due = last.is_none_or(|last| now.saturating_sub(last) >= every);
    if is_due {
        *last = Some(now);
    }
    is_due
}

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
        let now = self.duties.clock.running();
        let read = self.duties.store.snapshot().and_then(|snapshot| {
            self.read(&snapshot, now)?;
            Ok(snapshot)
        });
        match read {
            Ok(snapshot) => self.begin_all(&snapshot, now, ctx),
            Err(problem) => {
                tracing::error!(backend = self.duties.service, %problem, "what is owed could not be read");
            }
        }
        if self.backlog.len() <= FEW || is_due(&mut self.times.metered, METER, now) {
            meter::owed(&self.duties.service, self.backlog.verbs(), self.duties.clock.now());
        }
        self.troubles.tell(&self.duties.service, &self.backlog, now);
        self.set_alarm(now, ctx);
    }

    fn read(&mut self, snapshot: &Snapshot, now: Duration) -> Result<(), Error> {
        match is_due(&mut self.times.read_anew, READ_ANEW, now) {
            true => self.backlog.read_anew(snapshot, &self.duties.service)?,
            false => self.backlog.read(snapshot, &self.duties.service)?,
        }
        self.backlog.rested(now);
        for server in self.backlog.waited_for() {
            if !task::is_being_set_up(snapshot, server)? {
                self.backlog.serve(server);
            }
        }
        Ok(())
    }

    /// Begins what there is room for.
    fn begin_all(&mut self, snapshot: &Snapshot, now: Duration, ctx: &mut Context<Self>) {
        for noun in Noun::ALL {
            let mut room = self.parts.room(noun, self.backlog.in_hand(noun));
            while room > 0 {
                let Some(ticket) = self.backlog.take(noun, now) else { break };
                self.take_up(snapshot, ticket, ctx);
                room = room.saturating_sub(usize::from(self.backlog.holds(ticket)));
            }
        }
    }

    /// Begins a piece of work as it is owed now.
    fn take_up(&mut self, snapshot: &Snapshot, ticket: Ticket, ctx: &mut Context<Self>) {
        let parts = &self.parts;
        let formed = owed(snapshot, ticket).and_then(|work| {
            let Some(work) = work else { return Ok(None) };
            let formed = match &work {
                Work::Share(intent) => task::form(snapshot, intent),
                Work::Server(intent) => task::form_server(snapshot, intent, parts.has_admin_network()),
            };
            formed.map(|formed| Some((work, formed)))
        });
        match formed {
            Ok(Some((work, formed))) => self.begin(work, formed, ctx),
            Ok(None) => self.backlog.let_go(ticket),
            Err(problem) => {
                tracing::error!(backend = self.duties.service, %problem, "a task could not be formed");
                let clock = self.duties.clock.clone();
                let pause = |tries| clock.jittered(patience::pause(patience::UNREADABLE, tries));
                self.backlog.rest(ticket, clock.running(), pause);
                self.look_soon(ctx);
            }
        }
    }

    fn begin(&mut self, work: Work, formed: Formed, ctx: &mut Context<Self>) {
        let (asking, rules) = match formed {
            Formed::Task { mut task, rules } => {
                self.late.tell(&mut task, &rules);
                (self.parts.task(*task, self.cancellation(work.ticket())), rules)
            }
            Formed::Allocate { server, subnets, admin } => (self.parts.allocate(*server, subnets, admin), Vec::new()),
            Formed::Release { server, allocations } => {
                let in_flight = self.late.concerns(server.id.0);
                (self.parts.release(*server, allocations, in_flight), Vec::new())
            }
            Formed::Seat => return self.settle_at_once(work, Settlement::Seat, ctx),
            Formed::Settle(outcome) => {
                return self.settle_at_once(work, |intent| Settlement::Share(intent, outcome), ctx);
            }
            Formed::Moot => {
                let settlement = match work.clone() {
                    Work::Share(intent) => Settlement::Moot(intent),
                    Work::Server(intent) => Settlement::ServerMoot(intent),
                };
                return self.commit(work, settlement, None, ctx);
            }
            Formed::Wait(server) => {
                let (backend, work_of) = (&self.duties.service, work.subject());
                tracing::debug!(backend, subject = work_of, %server, "waits for its share server");
                return self.backlog.wait(work.ticket(), server);
            }
        };
        self.touch(&work);
        let began = self.duties.clock.running();
        ctx.spawn(asking.into_actor(self).map(move |answer, actor, ctx| actor.ended(work, rules, answer, began, ctx)));
    }

    /// Cancels a task as soon as its work is not owed any more, or what is owed is other work: asked of the newest state.
    fn cancellation(&self, ticket: Ticket) -> Cancellation {
        let store = self.duties.store.clone();
        Cancellation::unless(move || {
            let work = store.snapshot().and_then(|snapshot| owed(&snapshot, ticket));
            work.is_ok_and(|work| work.is_some())
        })
    }

    /// Settles what nobody needs to be asked about.
    fn settle_at_once(&mut self, work: Work, settlement: impl FnOnce(Intent) -> Settlement, ctx: &mut Context<Self>) {
        if let Work::Share(intent) = &work {
            let settlement = settlement(intent.clone());
            // Finding a server is a step of the work, not its end.
            if !matches!(settlement, Settlement::Seat(_)) {
                self.tell(&work, &settlement, None, Duration::ZERO);
            }
            self.commit(work, settlement, None, ctx);
        }
    }

    /// Who settles now.
    pub(super) fn settling(&self, epoch: u64, work: &Work) -> Settling {
        let duties = &self.duties;
        Settling {
            service: duties.service.clone(),
            epoch,
            now: duties.clock.now().into(),
            message_ttl: duties.message_ttl,
            rules: duties.rules,
            in_flight: self.late.concerns(work.ticket().subject),
            ids: duties.clock.id().into(),
        }
    }

    /// What was settled is let go, unless more is owed of it.
    pub(super) fn settled(&mut self, work: &Work, was_stale: bool, ctx: &mut Context<Self>) {
        let ticket = work.ticket();
        let is_open = self.duties.store.snapshot().and_then(|snapshot| owed(&snapshot, ticket));
        match is_open {
            Ok(None) => self.backlog.let_go(ticket),
            Ok(Some(_)) if was_stale => return self.rest(work, None, ctx),
            Ok(Some(_)) => self.backlog.go_on(ticket),
            Err(problem) => {
                tracing::error!(backend = self.duties.service, %problem, "what is owed could not be read");
                return self.rest(work, None, ctx);
            }
        }
        self.look_soon(ctx);
    }

    /// Wakes the actor when the next rest ends; or soon, where something could begin if only its child took it.
    fn set_alarm(&mut self, now: Duration, ctx: &mut Context<Self>) {
        let is_turned_away = |noun: &Noun| self.backlog.has_ready(*noun) && self.backlog.in_hand(*noun) == 0;
        let retry = Noun::ALL.iter().any(is_turned_away).then(|| now + SHORT_WAIT);
        let next = self.backlog.next_rest().into_iter().chain(retry).min();
        let Some(next) = next.filter(|next| self.times.alarm.is_none_or(|set| *next < set)) else { return };
        self.times.alarm = Some(next);
        let (clock, pause) = (self.duties.clock.clone(), next.saturating_sub(now));
        let sleeping = async move { clock.sleep(pause).await };
        ctx.spawn(sleeping.into_actor(self).map(move |(), actor, ctx| {
            if actor.times.alarm == Some(next) {
                actor.times.alarm = None;
            }
            actor.look_soon(ctx);
        }));
    }
}

/// The work of a ticket, if it is still owed.
fn owed(snapshot: &Snapshot, ticket: Ticket) -> Result<Option<Work>, Error> {
    let work = match ticket.lane() {
        Some(lane) => {
            let intent = snapshot.get::<Intent>(&Intent::key_of(ticket.subject.into(), lane))?;
            intent.map(|intent| Work::Share(intent.into_owned()))
        }
        None => {
            let intent = snapshot.get::<ServerIntent>(&ticket.subject.to_string())?;
            intent.map(|intent| Work::Server(intent.into_owned()))
        }
    };
    Ok(work.filter(|work| work.ticket() == ticket))
}
