//! The root: raises every other actor, raises it again when it ends, and is the only one that may end the process.

use std::collections::BTreeMap;
use std::time::Duration;

use actix::{Actor, Context, Running};
use manilad_api::{ApiActor, Recipients};
use manilad_backend::{BackendActor, BackendContext};
use manilad_clock::Clock;
use manilad_keeper::{KeeperActor, KeeperContext};
use manilad_kit::{Children, End, Life, Parent, Port, Registry, RestartDecision, Restarts, Threads, Watch, raise};
use manilad_messages::SchedulerPorts;
use manilad_messages::api::{Committed, Pulse};
use manilad_messages::presence::Presence;
use manilad_scheduler::{SchedulerActor, SchedulerContext};
use manilad_store::Store;

/// Hung threads that the process bears before it ends to be started afresh.
const HUNG_THREADS: usize = 3;
/// How long all children together may take to stop.
const STOP_PATIENCE: Duration = Duration::from_secs(30);
/// After how long a child that was given up is given a late chance.
const LATE_CHANCE: Duration = Duration::from_secs(60);

/// Whom the root raises.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Child {
    Api,
    Scheduler,
    Keeper,
    /// By service, `host@backend`.
    Backend(String),
}

/// What the children are made of.
pub struct RootContext {
    pub clock: Clock,
    pub store: Store,
    pub registry: Registry,
    pub presence: Presence,
    pub api: Port<Committed>,
    pub pulse: Port<Pulse>,
    pub recipients: Recipients,
    pub scheduler: SchedulerContext,
    pub scheduler_ports: SchedulerPorts,
    pub keeper: KeeperContext,
    pub backends: BTreeMap<String, BackendContext>,
    pub threads: Threads,
}

impl RootContext {
    /// The threads that back ends live on.
    pub fn threads() -> Threads {
        Threads::new(HUNG_THREADS)
    }
}

/// The root of the tree.
pub struct Root {
    children: Children<Child>,
    presence: Presence,
}

impl Root {
    pub fn new(context: RootContext) -> Self {
        let RootContext { clock, store, registry, presence, api, pulse, recipients, .. } = context;
        let RootContext { scheduler, scheduler_ports, keeper, backends, threads, .. } = context;
        let mut children = Children::new(clock.clone());
        let restarts =
            || Restarts::new(10, Duration::from_secs(60), Duration::from_millis(50), Duration::from_secs(15));
        let mut add = |child: Child, name: &str, factory: Box<dyn Fn() -> Life>| {
            children.add(child, registry.vitals(name), restarts(), factory);
        };
        let (vitals, of_store) = (registry.vitals("api"), store.clone());
        add(
            Child::Api,
            "api",
            Box::new(move || {
                let (store, recipients, api, pulse) =
                    (of_store.clone(), recipients.clone(), api.clone(), pulse.clone());
                raise(&vitals, Watch::default(), move |raising| {
                    raising.plug(&api);
                    raising.plug(&pulse);
                    ApiActor::new(store, recipients)
                })
            }),
        );
        let vitals = registry.vitals("scheduler");
        add(
            Child::Scheduler,
            "scheduler",
            Box::new(move || {
                let (context, ports) = (scheduler.clone(), scheduler_ports.clone());
                raise(&vitals, Watch::default(), move |raising| {
                    ports.plug(raising);
                    SchedulerActor::new(context, ports)
                })
            }),
        );
        let vitals = registry.vitals("keeper");
        add(
            Child::Keeper,
            "keeper",
            Box::new(move || {
                let keeper = keeper.clone();
                raise(&vitals, Watch::default(), move |raising| KeeperActor::new(keeper, raising))
            }),
        );
        for (service, context) in backends {
            let (vitals, threads) = (registry.vitals(service.as_str()), threads.clone());
            let name = service.clone();
            add(
                Child::Backend(service),
                &name,
                Box::new(move || {
                    let context = context.clone();
                    threads.raise(&vitals, Watch::default(), move |raising| BackendActor::new(context, raising))
                }),
            );
        }
        Root { children, presence }
    }
}

impl Actor for Root {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.raise_all(ctx);
    }

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        self.children_first(STOP_PATIENCE)
    }
}

impl Parent for Root {
    type Name = Child;

    fn children(&mut self) -> &mut Children<Child> {
        &mut self.children
    }

    fn child_ended(&mut self, child: &Child, end: &End, decision: RestartDecision, ctx: &mut Context<Self>) {
        if !is_lost(end, decision) {
            return;
        }
        if let Child::Backend(service) = child {
            self.presence.down(service);
        }
        self.raise_later(child.clone(), LATE_CHANCE, ctx);
    }
}

/// Whether a child is away until it gets a late chance. One that is raised again at once reports at once; if it does not, its silence
/// tells. One that was told to stop goes with the daemon: were it called down, the scheduler, which may still be at work, would refuse
/// shares that the next daemon can place.
fn is_lost(end: &End, decision: RestartDecision) -> bool {
    decision == RestartDecision::GiveUp && *end != End::Stopped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_back_end_is_away_when_it_is_given_up_and_not_when_it_is_told_to_stop_or_raised_again() {
        let panicked = || End::Panicked("why".into());
        assert!(is_lost(&panicked(), RestartDecision::GiveUp));
        assert!(!is_lost(&End::Stopped, RestartDecision::GiveUp));
        assert!(!is_lost(&panicked(), RestartDecision::RaiseIn(Duration::ZERO)));
    }
}
