//! The actor itself: look, hand out, commit, report.

mod ensure_all;
mod ensuring;
mod look;
mod report;
mod reporting;
mod times;

use std::rc::Rc;
use std::time::Duration;

use actix::fut::{ActorFutureExt, WrapFuture};
use actix::{Actor, ActorContext, AsyncContext, Context, Handler, Running};
use manilad_decisions::settle::Next;
use manilad_decisions::share_server::Cleaning;
use manilad_decisions::{Owed, epoch, in_flight};
use manilad_domain::intent::Verb;
use manilad_domain::outcome::{Remedy, Trouble};
use manilad_driver::{DriverContext, RunningDriver};
use manilad_kit::{Children, End, Parent, Quit, Raising, RestartDecision, Ticker, Unanswered};
use manilad_messages::Look;
use manilad_store::Error;

use crate::backlog::Backlog;
use crate::beat::Beat;
use crate::children::{ChildName, ChildPorts};
use crate::context::{BackendContext, ReportNow};
use crate::failure::{self, AfterFailure};
use crate::late::Late;
use crate::meter;
use crate::operations::{Answer, Settle};
use crate::sweep::{Sweep, SweepContext};
use crate::troubles::Troubles;
use crate::work::Work;
use ensuring::Ensuring;
use reporting::Reporting;
use times::{SHORT_WAIT, Times};

/// How long children may take to work off what they have when the back end stops.
const STOP_PATIENCE: Duration = Duration::from_secs(20);

/// One incarnation of a back end.
pub struct BackendActor {
    context: BackendContext,
    running: Rc<dyn RunningDriver>,
    quit: Quit,
    children: Children<ChildName>,
    ports: ChildPorts,
    epoch: Option<u64>,
    /// Running time when this incarnation began.
    began: Duration,
    backlog: Backlog,
    troubles: Troubles,
    times: Times,
    late: Late,
    look_is_due: bool,
    reporting: Reporting,
    ensuring: Ensuring,
    beat: Beat,
    /// None before there is an epoch, or where nothing is to be swept.
    sweep: Option<Sweep>,
    _tickers: [Ticker; 2],
}

impl BackendActor {
    /// Makes the actor on its own thread.
    pub fn new(context: BackendContext, raising: &mut Raising<Self>) -> Self {
        raising.plug(&context.looks);
        raising.plug(&context.report_now);
        let of_driver =
            DriverContext { clock: context.clock.clone(), fence: raising.fence(), service: context.service.clone() };
        let running = context.driver.start(of_driver);
        let (ports, children) = ChildPorts::new(&context, &running);
        let clock = &context.clock;
        BackendActor {
            running,
            quit: raising.quit(),
            children,
            ports,
            began: clock.running(),
            epoch: None,
            backlog: Backlog::default(),
            troubles: Troubles::default(),
            times: Times::default(),
            late: Late::default(),
            look_is_due: false,
            reporting: Reporting::default(),
            ensuring: Ensuring::default(),
            sweep: None,
            beat: Beat::start(clock.clone(), context.beat_every, context.presence.clone(), context.service.clone()),
            _tickers: [
                Ticker::start(clock, context.look_every, &context.looks, || Look),
                Ticker::start(clock, context.report_every, &context.report_now, || ReportNow),
            ],
            context,
        }
    }

    /// Takes the next epoch; from then on no earlier incarnation's outcome counts.
    fn take_epoch(&mut self, ctx: &mut Context<Self>) {
        let (store, service) = (self.context.store.clone(), self.context.service.clone());
        let abilities = self.context.rules.abilities;
        let taking =
            async move { store.commit("take epoch", move |draft| epoch::take(draft, &service, abilities)).await };
        ctx.wait(taking.into_actor(self).map(|taken, actor, ctx| {
            let taken = taken.map_err(|failed| failed.to_string());
            match taken.and_then(|epoch| Ok((epoch, actor.earlier().map_err(|problem| problem.to_string())?))) {
                Ok((epoch, late)) => {
                    tracing::info!(backend = actor.context.service, epoch, "a back end begins");
                    actor.epoch = Some(epoch);
                    actor.late = late;
                    actor.sweep = actor.context.sweep_every.map(|every| Sweep::start(actor.sweeping(epoch, every)));
                    actor.look_soon(ctx);
                    actor.report(ctx);
                    actor.forget(ctx);
                }
                Err(failed) => actor.quit.because(format!("no epoch could be taken: {failed}"), ctx),
            }
        }));
    }

    /// For whom calls of incarnations before this one may be on their way.
    fn earlier(&self) -> Result<Late, Error> {
        Late::read(&self.context.store.snapshot()?, &self.context.service, self.context.clock.running())
    }

    fn sweeping(&self, epoch: u64, every: Duration) -> SweepContext {
        let context = &self.context;
        SweepContext {
            service: context.service.clone(),
            epoch,
            clock: context.clock.clone(),
            store: context.store.clone(),
            running: self.running.clone(),
            looks: context.looks.clone(),
            every,
            page: context.sweep_page,
        }
    }

    fn ended(&mut self, work: Work, answer: Answer, began: Duration, ctx: &mut Context<Self>) {
        self.touch(&work);
        let now = self.context.clock.running();
        let ticket = work.ticket();
        let answered = match answer {
            // The actor that is asked is just being raised, or has its hands full: nothing was tried.
            Err(Unanswered::Vacant | Unanswered::Full) => {
                self.backlog.put_off(ticket, now + SHORT_WAIT);
                return self.look_soon(ctx);
            }
            Err(why) => Err(failure::unanswered(why)),
            Ok(answered) => answered,
        };
        let (took, spent_seconds) = (now - began, self.backlog.spend(ticket, now));
        match answered {
            Ok(settle) => {
                self.log_done(&work, took);
                self.commit(work, settle, None, ctx);
            }
            Err(trouble) => {
                let after = AfterFailure::of(&work, &trouble, spent_seconds);
                self.log_trouble(&work, after, &trouble, took);
                self.tell_sweep(&work, after);
                let rests = after.goes_on(&work).then(|| trouble.clone());
                self.commit(work.clone(), after.settle(work, trouble), rests, ctx);
            }
        }
    }

    /// Settles; where the work `rests`, it is tried again after a pause, because of this.
    fn commit(&mut self, work: Work, settle: Settle, rests: Option<Trouble>, ctx: &mut Context<Self>) {
        let Some(epoch) = self.epoch else { return };
        let (settling, store) = (self.settling(epoch, &work), self.context.store.clone());
        let committing = async move { store.commit("settle", move |draft| settle(settling, draft)).await };
        ctx.spawn(committing.into_actor(self).map(move |next, actor, ctx| {
            let was_stale = matches!(next, Ok(Next::Stale));
            match next {
                Ok(Next::Settled(owed)) => actor.nudge(&owed),
                Ok(Next::Stale) => {}
                Ok(Next::RemovedAllTheSame(owed)) => {
                    let (backend, subject) = (&actor.context.service, work.subject());
                    tracing::error!(
                        backend,
                        subject,
                        request_id = work.request_id(),
                        "a removal could not be stopped when the status was reset: what it removed is gone"
                    );
                    actor.nudge(&owed);
                }
                Err(failed) => {
                    let (backend, subject) = (&actor.context.service, work.subject());
                    let request_id = work.request_id();
                    tracing::error!(backend, subject, request_id, %failed, "the result of an operation could not be stored");
                    return actor.rest(&work, None, ctx);
                }
            }
            match rests {
                Some(trouble) if !was_stale => {
                    // What is begun once more, and has come no further meanwhile, comes to nothing each time.
                    let is_first = work.spent_seconds() == 0;
                    let is_under_way =
                        matches!(trouble.remedy, Remedy::UnderWay { begins, .. } if !begins || is_first);
                    actor.backlog.note_under_way(work.ticket(), is_under_way);
                    if !is_under_way {
                        actor.troubles.note(&trouble);
                    }
                    actor.rest(&work, Some(trouble.remedy), ctx);
                }
                _ => {
                    actor.settled(&work, was_stale, ctx);
                    // After the commit: what was made is not promised any more.
                    actor.report_early(ctx);
                }
            }
        }));
    }

    /// Tells the sweep that an instance is being worked on.
    fn touch(&self, work: &Work) {
        if let (Some(sweep), Work::Share(intent)) = (&self.sweep, work) {
            sweep.notes().touch(intent.instance);
        }
    }

    /// What was denied and is given up may be in force all the same, and so may what was allowed.
    fn tell_sweep(&self, work: &Work, after: AfterFailure) {
        if let (Some(sweep), Work::Share(intent), AfterFailure::GivenUp) = (&self.sweep, work, after)
            && intent.verb == Verb::Access
        {
            sweep.notes().rules_were_given_up();
        }
    }

    /// Tries again after a pause that grows with the tries, but no later than what may still come can come.
    fn rest(&mut self, work: &Work, after: Option<Remedy>, ctx: &mut Context<Self>) {
        let (clock, mut operation) = (self.context.clock.clone(), work.operation());
        if operation.is_removal {
            operation.pauses.longest = self.context.removal_pause;
        }
        let pause = |tries| match after {
            // Nothing can be done before: it is only looked again.
            Some(Remedy::Wait(left)) if operation.is_removal => left,
            Some(Remedy::Wait(left)) => clock.jittered(operation.pauses.after(tries)).min(left),
            _ => clock.jittered(operation.pauses.after(tries)),
        };
        self.backlog.rest(work.ticket(), clock.running(), pause);
        self.look_soon(ctx);
    }

    fn nudge(&self, owed: &[Owed]) {
        for one in owed {
            let port = match one {
                Owed::Scheduler => Some(&self.context.scheduler),
                Owed::Backend(service) => self.context.peers.get(service),
            };
            let _they_look_by_timer_too = port.map(|port| port.nudge(Look));
        }
    }

    fn log_done(&mut self, work: &Work, took: Duration) {
        let (backend, verb) = (&self.context.service, work.operation().name);
        meter::settled(backend, verb, "done", took);
        tracing::info!(backend, verb, subject = work.subject(), request_id = work.request_id(), ?took, "done");
    }

    /// What is tried again is logged for all together, and here for who looks closely; a removal that is refused, and a
    /// wait for an earlier call that begins, once.
    fn log_trouble(&mut self, work: &Work, after: AfterFailure, trouble: &Trouble, took: Duration) {
        let (backend, verb, is_removal) = (&self.context.service, work.operation().name, work.operation().is_removal);
        let (subject, request_id, why) = (work.subject(), work.request_id(), &trouble.reason);
        meter::settled(backend, verb, if after == AfterFailure::GivenUp { "failed" } else { "postponed" }, took);
        if let (Remedy::AddressTaken(address), AfterFailure::GivenUp) = (trouble.remedy, after) {
            tracing::warn!(backend, subject, request_id, %address, "an address is already in use on the array: it is not handed out for a day");
        }
        match after {
            AfterFailure::GivenUp if !is_removal => {
                tracing::warn!(backend, verb, subject, request_id, why, "an operation failed for good");
                let _ends_the_repair = self.was_repair(work);
            }
            _ if is_removal && !trouble.remedy.goes_on() && self.backlog.is_news(work.ticket()) => {
                tracing::error!(backend, verb, subject, request_id, why, "the array refuses a removal");
            }
            _ => tracing::debug!(backend, verb, subject, request_id, why, "will be tried again"),
        }
        match trouble.remedy {
            Remedy::Wait(left) if !is_removal && self.backlog.is_news(work.ticket()) => {
                let left_seconds = left.as_secs();
                tracing::info!(backend, verb, subject, request_id, why, left_seconds, "an operation waits");
            }
            Remedy::UnderWay { .. } if self.backlog.is_news(work.ticket()) => {
                tracing::info!(backend, verb, subject, request_id, why, "the array works at it by itself");
            }
            _ => {}
        }
    }

    /// Whether work that has ended was to bring rules back that had drifted.
    fn was_repair(&self, work: &Work) -> bool {
        match (&self.sweep, work) {
            (Some(sweep), Work::Share(intent)) if !intent.verb.gives_way() => {
                sweep.notes().was_repair(intent) && intent.verb == Verb::Access
            }
            _ => false,
        }
    }

    /// Removes share servers that nobody has used for long. What was unused while the daemon was off gets its time.
    fn clean(&mut self, ctx: &mut Context<Self>) {
        let (context, now) = (&self.context, self.context.clock.now());
        let (Some(epoch), Some(unused_for)) = (self.epoch, context.rules.unused_for) else { return };
        if context.clock.running().saturating_sub(self.began) < unused_for {
            return;
        }
        let cleaning = Cleaning {
            service: context.service.clone(),
            epoch,
            now: now.into(),
            then: (now - unused_for).into(),
            request_id: format!("req-{}", context.clock.id()),
        };
        if !cleaning.is_worth_it(&context.store).unwrap_or(true) {
            return;
        }
        let store = context.store.clone();
        let committing = async move { store.commit("remove unused", |draft| cleaning.decide(draft)).await };
        ctx.spawn(committing.into_actor(self).map(|gone, actor, ctx| match gone {
            Ok(0) => {}
            Ok(servers) => {
                tracing::info!(backend = actor.context.service, servers, "share servers that nobody uses go");
                actor.look_soon(ctx);
            }
            Err(failed) => {
                tracing::warn!(backend = actor.context.service, %failed, "unused share servers could not be removed")
            }
        }));
    }

    /// Removes notes of calls that can't be on their way any more.
    fn forget(&mut self, ctx: &mut Context<Self>) {
        let (service, clock) = (self.context.service.clone(), &self.context.clock);
        let over = self.context.store.snapshot();
        let over = over.and_then(|snapshot| self.late.over(&snapshot, &service, clock, self.began));
        let notes = match over {
            Ok(notes) if notes.is_empty() => return,
            Ok(notes) => notes,
            Err(problem) => {
                return tracing::warn!(backend = service, %problem, "records of pending calls could not be removed");
            }
        };
        let store = self.context.store.clone();
        let committing =
            async move { store.commit("forget calls", move |draft| in_flight::forget(draft, &notes)).await };
        ctx.spawn(committing.into_actor(self).map(move |forgotten, _, _| {
            if let Err(failed) = forgotten {
                tracing::warn!(backend = service, %failed, "records of pending calls could not be removed");
            }
        }));
    }
}

impl Actor for BackendActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.raise_all(ctx);
        self.take_epoch(ctx);
    }

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        self.children_first(STOP_PATIENCE)
    }
}

impl Handler<Look> for BackendActor {
    type Result = ();

    fn handle(&mut self, Look: Look, ctx: &mut Self::Context) {
        self.look_soon(ctx);
    }
}

impl Handler<ReportNow> for BackendActor {
    type Result = ();

    fn handle(&mut self, ReportNow: ReportNow, ctx: &mut Self::Context) {
        self.report(ctx);
        self.clean(ctx);
        self.forget(ctx);
    }
}

impl Parent for BackendActor {
    type Name = ChildName;

    fn children(&mut self) -> &mut Children<ChildName> {
        &mut self.children
    }

    /// What the child had in hand comes back unanswered and is tried again; here only a child that keeps ending
    /// matters: without it the back end can't work.
    fn child_ended(&mut self, child: &ChildName, end: &End, decision: RestartDecision, ctx: &mut Context<Self>) {
        if decision == RestartDecision::GiveUp && *end != End::Stopped && ctx.state().alive() {
            self.quit.because(format!("its {} actor keeps ending: {end}", child.name()), ctx);
        }
    }
}
