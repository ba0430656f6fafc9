//! Where the end of an actor, its panic for one, becomes its restart. Parents are actors that raise other actors from factories,
//! learn how they end, and raise them again.
//!
//! A parent keeps its [`Children`] in a field and implements [`Parent`]; the kit does the rest: it watches, judges by
//! [`Restarts`], pauses (jittered), raises again, and keeps the vitals. The parent only says what an end means to it.
//! Children never outlive their parent. How to get it wrong: stopping the parent without its children; return
//! [`Parent::children_first`] from `Actor::stopping`.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use actix::fut::{ActorFutureExt, WrapFuture};
use actix::{Actor, ActorContext, AsyncContext, Context, Running};
use manilad_clock::Clock;

use crate::life::Stopper;
use crate::{End, Life, RestartDecision, Restarts, Vitals};

/// An actor with children.
pub trait Parent: Actor<Context = Context<Self>> {
    /// What it calls its children.
    type Name: Clone + Ord + Debug + 'static;

    /// Where it keeps them.
    fn children(&mut self) -> &mut Children<Self::Name>;

    /// A child has ended, and `decision` is being carried out: a [`RestartDecision::RaiseIn`] is under way already. Here the
    /// parent draws its own conclusions, such as doubting the work in hand or reporting itself down.
    fn child_ended(&mut self, name: &Self::Name, end: &End, decision: RestartDecision, ctx: &mut Context<Self>);

    /// Raises a child that was [added](Children::add) and does not live.
    fn raise(&mut self, name: &Self::Name, ctx: &mut Context<Self>) {
        let Some(life) = self.children().raise(name) else { return };
        let name = name.clone();
        ctx.spawn(life.into_actor(self).map(move |end, parent, ctx| {
            let decision = parent.children().ended(&name, &end);
            if let RestartDecision::RaiseIn(pause) = decision {
                parent.raise_later(name.clone(), pause, ctx);
            }
            parent.child_ended(&name, &end, decision, ctx);
            if parent.children().have_stopped() {
                ctx.stop(); // which the parent put off for their sake
            }
        }));
    }

    /// Raises every child. For `Actor::started`.
    fn raise_all(&mut self, ctx: &mut Context<Self>) {
        for name in self.children().names() {
            self.raise(&name, ctx);
        }
    }

    /// Raises a child after `pause` of running time: for one that was given up and deserves a late chance.
    fn raise_later(&mut self, name: Self::Name, pause: Duration, ctx: &mut Context<Self>) {
        let clock = self.children().clock.clone();
        let pausing = async move { clock.sleep(pause).await };
        ctx.spawn(pausing.into_actor(self).map(move |(), parent, ctx| parent.raise(&name, ctx)));
    }

    /// Stops the children before the parent: the body of `Actor::stopping`. Each child has `patience` to work off what
    /// it has taken in, and is ended after that; whoever stops the parent must have more. No child is raised any more.
    fn children_first(&mut self, patience: Duration) -> Running {
        if self.children().stop(patience) { Running::Continue } else { Running::Stop }
    }
}

/// The children of one parent: how each is raised, and whether it lives.
pub struct Children<Name> {
    clock: Clock,
    table: BTreeMap<Name, Child>,
    stopping: bool,
}

struct Child {
    vitals: Vitals,
    restarts: Restarts,
    factory: Box<dyn Fn() -> Life>,
    /// There from its raising until the parent has learnt its end.
    stopper: Option<Stopper>,
}

impl<Name: Clone + Ord + Debug> Children<Name> {
    pub fn new(clock: Clock) -> Self {
        Children { clock, table: BTreeMap::new(), stopping: false }
    }

    /// Describes a child, in place of one of that name that was described before. `factory` raises one incarnation of
    /// it, with [`crate::raise`] or [`crate::Threads::raise`] and these `vitals`.
    pub fn add(&mut self, name: Name, vitals: Vitals, restarts: Restarts, factory: impl Fn() -> Life + 'static) {
        let child = Child { vitals, restarts, factory: Box::new(factory), stopper: None };
        self.table.insert(name, child);
    }

    pub fn names(&self) -> Vec<Name> {
        self.table.keys().cloned().collect()
    }

    pub fn lives(&self, name: &Name) -> bool {
        self.table.get(name).is_some_and(|child| child.stopper.is_some())
    }

    fn raise(&mut self, name: &Name) -> Option<Life> {
        let Some(child) = self.table.get_mut(name) else {
            tracing::error!(?name, "an actor that was never registered can't be started");
            return None;
        };
        if self.stopping || child.stopper.is_some() {
            return None;
        }
        let life = (child.factory)();
        child.stopper = Some(life.stopper());
        Some(life)
    }

    fn ended(&mut self, name: &Name, end: &End) -> RestartDecision {
        let Some(child) = self.table.get_mut(name) else { return RestartDecision::GiveUp };
        child.stopper = None;
        let decision = match child.restarts.after(end, self.clock.running()) {
            _ if self.stopping => RestartDecision::GiveUp,
            RestartDecision::RaiseIn(pause) => RestartDecision::RaiseIn(self.clock.jittered(pause)),
            RestartDecision::GiveUp => RestartDecision::GiveUp,
        };
        child.vitals.ended(end, decision);
        let actor = child.vitals.name();
        match decision {
            _ if *end == End::Stopped => tracing::info!(%actor, "stopped"),
            RestartDecision::RaiseIn(pause) => {
                tracing::warn!(%actor, %end, ?pause, "an actor ended and will be restarted")
            }
            RestartDecision::GiveUp => tracing::error!(%actor, %end, "an actor ended and is not restarted"),
        }
        decision
    }

    /// Asks all that live to stop, and says whether there are any.
    fn stop(&mut self, patience: Duration) -> bool {
        self.stopping = true;
        let living = self.table.values().filter_map(|child| child.stopper.as_ref());
        living.inspect(|stopper| stopper.ask(patience)).count() > 0
    }

    fn have_stopped(&self) -> bool {
        self.stopping && self.table.values().all(|child| child.stopper.is_none())
    }
}

#[cfg(test)]
mod tests;
