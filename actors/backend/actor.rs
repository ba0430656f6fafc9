//! The actor itself: look, hand out, commit, report.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::fut::{ActorFutureExt, WrapFuture};
use actix::{Actor, ActorContext, AsyncContext, Context, Handler, Message, Running};
use manilad_clock::Clock;
use manilad_domain::intent::{self, Verb};
use manilad_domain::pool::PoolReport;
use manilad_domain::service::Incarnation;
use manilad_domain::{AccessRule, Intent};
use manilad_driver::{Arrival, Crew, Driver};
use manilad_kit::{
    Children, End, Parent, Port, Quit, Raising, Registry, Restarts, Ticker, Unanswered, Verdict, Vitals,
};
use manilad_messages::Look;
use manilad_messages::driver::{Noun, Settle, Trouble};
use manilad_messages::presence::Presence;
use manilad_messages::scheduler::{Report, ReportDown};
use manilad_store::{Error, Range, Shared, Store};

use crate::beat::Beat;
use crate::hand::Hands;
use crate::outcome::{Answer, Course, course};
use crate::settle::{Next, Outcome, Settling};
use crate::sweep::{Means, Sweep};
use crate::{meter, patience, task};

/// Report the pools now. Sent by the timer, and by the scheduler when it was raised.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct ReportNow;

/// What a back end is there for, and whom it works with. The same for all its incarnations.
#[derive(Clone)]
pub struct Duties {
    /// `host@backend`
    pub service: String,
    pub availability_zone: String,
    pub clock: Clock,
    pub store: Store,
    pub presence: Presence,
    pub registry: Registry,
    pub driver: Arc<dyn Driver>,
    pub looks: Port<Look>,
    pub report_now: Port<ReportNow>,
    pub reports: Port<Report>,
    pub downs: Port<ReportDown>,
    /// The looks of all back ends, by service.
    pub peers: Arc<BTreeMap<String, Port<Look>>>,
    pub report_every: Duration,
    pub look_every: Duration,
    pub beat_every: Duration,
    /// None: never.
    pub sweep_every: Option<Duration>,
    /// Seconds that user messages live.
    pub message_ttl: u64,
}

/// How many tasks of one noun may be with the driver at once; the array's own limiter is narrower.
const TASKS: usize = 512;
/// How long to wait for a driver actor that takes nothing now.
const SHORT_WAIT: Duration = Duration::from_millis(50);
/// How long a report may take.
const REPORT_PATIENCE: Duration = Duration::from_secs(120);
/// How long children may take to work off what they have when the back end stops.
const STOP_PATIENCE: Duration = Duration::from_secs(20);

/// One incarnation of a back end.
pub struct BackendActor {
    duties: Duties,
    crew: Rc<dyn Crew>,
    quit: Quit,
    children: Children<Noun>,
    ports: BTreeMap<Noun, Port<Settle>>,
    epoch: Option<u64>,
    hands: Hands,
    look_is_due: bool,
    reporting: bool,
    beat: Beat,
    /// None before there is an epoch, or where nothing is to be swept.
    sweep: Option<Sweep>,
    _tickers: [Ticker; 2],
}

impl BackendActor {
    /// Makes the actor on its own thread.
    pub fn new(duties: Duties, raising: &mut Raising<Self>) -> Self {
        raising.plug(&duties.looks);
        raising.plug(&duties.report_now);
        let arrival = Arrival { clock: duties.clock.clone(), fence: raising.fence(), service: duties.service.clone() };
        let crew = duties.driver.arrive(arrival);
        let mut children = Children::new(duties.clock.clone());
        let mut ports = BTreeMap::new();
        for noun in Noun::ALL {
            let name = format!("{}/{}", duties.service, noun.name());
            let patience = Verb::Create;
            let port = Port::new(name.as_str(), TASKS, patience::of(patience).one_try, duties.clock.clone());
            let restarts =
                Restarts::new(5, Duration::from_secs(60), Duration::from_millis(100), Duration::from_secs(10));
            let (vitals, crew, plug): (Vitals, _, _) = (duties.registry.vitals(name), crew.clone(), port.clone());
            children.add(noun, vitals.clone(), restarts, move || crew.raise(noun, &vitals, &plug));
            ports.insert(noun, port);
        }
        let clock = &duties.clock;
        BackendActor {
            crew,
            quit: raising.quit(),
            children,
            ports,
            epoch: None,
            hands: Hands::default(),
            look_is_due: false,
            reporting: false,
            sweep: None,
            beat: Beat::start(clock.clone(), duties.beat_every, duties.presence.clone(), duties.service.clone()),
            _tickers: [
                Ticker::start(clock, duties.look_every, &duties.looks, || Look),
                Ticker::start(clock, duties.report_every, &duties.report_now, || ReportNow),
            ],
            duties,
        }
    }

    /// Takes the next epoch; from then on no earlier incarnation's outcome counts.
    fn take_epoch(&mut self, ctx: &mut Context<Self>) {
        let (store, service) = (self.duties.store.clone(), self.duties.service.clone());
        let taking = async move {
            let taken = store.commit("take epoch", move |draft| {
                let last = draft.get::<Incarnation>(&service)?.map_or(0, |incarnation| incarnation.epoch);
                draft.put(&Incarnation { service, epoch: last + 1 })?;
                Ok::<_, Error>(last + 1)
            });
            taken.await
        };
        ctx.wait(taking.into_actor(self).map(|taken, actor, ctx| match taken {
            Ok(epoch) => {
                tracing::info!(backend = actor.duties.service, epoch, "a back end begins");
                actor.epoch = Some(epoch);
                actor.sweep = actor.duties.sweep_every.map(|every| Sweep::start(actor.sweeping(epoch, every)));
                actor.look_soon(ctx);
                actor.report(ctx);
            }
            Err(failed) => actor.quit.because(format!("no epoch could be taken: {failed}"), ctx),
        }));
    }

    fn sweeping(&self, epoch: u64, every: Duration) -> Means {
        let duties = &self.duties;
        Means {
            service: duties.service.clone(),
            epoch,
            clock: duties.clock.clone(),
            store: duties.store.clone(),
            crew: self.crew.clone(),
            looks: duties.looks.clone(),
            every,
        }
    }

    /// Looks once for any number of nudges that came meanwhile.
    fn look_soon(&mut self, ctx: &mut Context<Self>) {
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
        let range = Range::of(intent::BY_SERVICE, [self.duties.service.clone()]);
        let owed: Vec<Shared<Intent>> = match self.duties.store.snapshot().and_then(|snapshot| snapshot.scan(&range)) {
            Ok(page) => page.records,
            Err(problem) => {
                tracing::error!(backend = self.duties.service, %problem, "what is owed could not be read");
                return;
            }
        };
        self.hands.forget_all_but(&owed);
        meter::owed(&self.duties.service, &owed, self.duties.clock.now());
        let now = self.duties.clock.running();
        for intent in owed {
            if self.hands.take(&intent, now) {
                self.begin(intent.into_owned(), ctx);
            }
        }
    }

    fn begin(&mut self, intent: Intent, ctx: &mut Context<Self>) {
        let formed = match task::form(&self.duties.store, &intent) {
            Ok(Some(formed)) => formed,
            Ok(None) => {
                self.hands.let_go(&intent);
                return;
            }
            Err(problem) => {
                tracing::error!(backend = self.duties.service, %problem, "a task could not be formed");
                self.rest(&intent, ctx);
                return;
            }
        };
        let Some(port) = self.ports.get(&formed.task.noun()).cloned() else { return };
        self.touch(&intent);
        let (began, rules) = (self.duties.clock.running(), formed.rules);
        let asking = async move { port.ask(Settle(formed.task)).await };
        ctx.spawn(
            asking.into_actor(self).map(move |answer, actor, ctx| actor.ended(intent, rules, answer, began, ctx)),
        );
    }

    fn ended(
        &mut self,
        intent: Intent,
        rules: Vec<AccessRule>,
        answer: Answer,
        began: Duration,
        ctx: &mut Context<Self>,
    ) {
        self.touch(&intent);
        if let Err(Unanswered::Vacant | Unanswered::Full) = answer {
            return self.wait(&intent, ctx);
        }
        let now = self.duties.clock.running();
        let (took, spent_seconds) = (now - began, self.hands.spend(&intent, now));
        let (outcome, trouble) = match course(&intent, rules, answer, spent_seconds) {
            Course::Settle(outcome) => (outcome, None),
            Course::SettleAndRest(outcome, trouble) => (outcome, Some(trouble)),
        };
        self.tell(&intent, &outcome, trouble.as_ref(), took);
        let Some(epoch) = self.epoch else { return };
        let (duties, rests) = (&self.duties, trouble.is_some());
        let settling = Settling {
            service: duties.service.clone(),
            epoch,
            now: duties.clock.now().into(),
            message_ttl: duties.message_ttl,
            fresh: (0..fresh_ids(&outcome)).map(|_| duties.clock.id()).collect(),
        };
        let (store, settled) = (duties.store.clone(), intent.clone());
        let committing =
            async move { store.commit("settle", move |draft| settling.decide(draft, &settled, outcome)).await };
        ctx.spawn(committing.into_actor(self).map(move |next, actor, ctx| {
            match next {
                Ok(Next::Services(services)) => actor.nudge(&services),
                Ok(Next::Nobody | Next::Stale) => {}
                Err(failed) => {
                    tracing::error!(backend = actor.duties.service, %failed, "an outcome could not be committed");
                    return actor.rest(&intent, ctx);
                }
            }
            if rests {
                return actor.rest(&intent, ctx);
            }
            actor.hands.let_go(&intent);
            actor.look_soon(ctx);
        }));
    }

    /// Tells the sweep that an instance is being worked on.
    fn touch(&self, intent: &Intent) {
        if let Some(sweep) = &self.sweep {
            sweep.notes().touch(intent.instance);
        }
    }

    /// The driver actor is just being raised, or has its hands full: nothing was tried, so nothing is spent.
    fn wait(&mut self, intent: &Intent, ctx: &mut Context<Self>) {
        self.hands.let_go(intent);
        let clock = self.duties.clock.clone();
        let waiting = async move { clock.sleep(SHORT_WAIT).await };
        ctx.spawn(waiting.into_actor(self).map(|(), actor, ctx| actor.look_soon(ctx)));
    }

    /// Tries again after a pause that grows with the tries.
    fn rest(&mut self, intent: &Intent, ctx: &mut Context<Self>) {
        let (clock, patience) = (self.duties.clock.clone(), patience::of(intent.verb));
        let pause = self.hands.rest(intent, clock.running(), |tries| clock.jittered(patience::pause(patience, tries)));
        let resting = async move { clock.sleep(pause).await };
        ctx.spawn(resting.into_actor(self).map(|(), actor, ctx| actor.look_soon(ctx)));
    }

    fn nudge(&self, services: &[String]) {
        for service in services {
            if let Some(port) = self.duties.peers.get(service) {
                let _they_look_by_timer_too = port.nudge(Look);
            }
        }
    }

    fn tell(&self, intent: &Intent, outcome: &Outcome, trouble: Option<&Trouble>, took: Duration) {
        let (backend, verb) = (&self.duties.service, intent.verb.name());
        let (share, instance, request_id) = (intent.share, intent.instance, &intent.request_id);
        meter::settled(backend, verb, outcome, took);
        let is_over = trouble.is_none();
        let was_repair = is_over && self.sweep.as_ref().is_some_and(|sweep| sweep.notes().was_repair(intent));
        if was_repair && matches!(outcome, Outcome::Applied { .. }) {
            meter::repaired(backend);
        }
        match (outcome, trouble) {
            (Outcome::Failed(why), _) => {
                tracing::error!(backend, verb, %share, %instance, request_id, why = why.told, "given up");
            }
            (_, Some(why)) => {
                tracing::warn!(backend, verb, %share, %instance, request_id, why = why.told, "will be tried again");
            }
            _ => tracing::info!(backend, verb, %share, %instance, request_id, ?took, "done"),
        }
    }

    fn report(&mut self, ctx: &mut Context<Self>) {
        if std::mem::replace(&mut self.reporting, true) {
            return;
        }
        let work = manilad_kit::contained(&self.duties.clock, REPORT_PATIENCE, self.crew.report());
        ctx.spawn(work.into_actor(self).map(|report, actor, _| {
            actor.reporting = false;
            let (service, duties) = (actor.duties.service.clone(), &actor.duties);
            let why = match report {
                Ok(Ok(pools)) => {
                    actor.beat.set_able(true);
                    duties.presence.beat(&service);
                    let report = PoolReport { service, availability_zone: duties.availability_zone.clone(), pools };
                    let _the_next_one_follows = duties.reports.nudge(Report(report));
                    return;
                }
                Ok(Err(trouble)) => trouble.told,
                Err(lost) => lost.to_string(),
            };
            tracing::warn!(backend = service, why, "the back end can't work");
            actor.beat.set_able(false);
            duties.presence.down(&service);
            let _the_next_one_follows = duties.downs.nudge(ReportDown { service });
        }));
    }
}

/// How many new ids an outcome may need: one per export, a successor, and a message per rule.
fn fresh_ids(outcome: &Outcome) -> usize {
    match outcome {
        Outcome::Created(exports) => exports.len(),
        Outcome::Applied { refused, .. } => refused.len(),
        Outcome::Deleted | Outcome::Postponed { .. } => 0,
        Outcome::Failed(_) => 256,
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
    }
}

impl Parent for BackendActor {
    type Name = Noun;

    fn children(&mut self) -> &mut Children<Noun> {
        &mut self.children
    }

    /// What the child had in hand comes back unanswered and is tried again; here only a child that keeps ending
    /// matters: without it the back end can't work.
    fn child_ended(&mut self, noun: &Noun, end: &End, verdict: Verdict, ctx: &mut Context<Self>) {
        if verdict == Verdict::GiveUp && *end != End::Stopped && ctx.state().alive() {
            self.quit.because(format!("its {} actor keeps ending: {end}", noun.name()), ctx);
        }
    }
}
