use std::cell::Cell;
use std::rc::Rc;

use actix::{ActorContext, ActorFutureExt, AsyncContext, Running, WrapFuture};
use actix_rt::spawn;

use super::*;
use crate::clerk::{Clerk, Job, PATIENCE, WATCH, clerk, port};
use crate::lab::{self, Lab};
use crate::{Fenced, Unanswered};

#[test]
fn a_stop_works_off_what_was_taken_in_and_takes_nothing_more() {
    lab::run(async |lab| {
        let port = port(&lab, 100);
        let (life, log) = clerk(&lab, &port);
        lab.settle().await;
        let (release, until) = oneshot::channel();
        let held = spawn(port.ask(Job::Hold(99, until)));
        tokio::task::yield_now().await;
        (0..40).for_each(|number| port.nudge(Job::Note(number)).unwrap());
        let stopped = spawn(life.stop(PATIENCE));
        lab.settle().await;
        assert_eq!(log.read(), (0..40).collect::<Vec<_>>());
        assert!(!stopped.is_finished(), "one is still in hand");
        assert_eq!(port.nudge(Job::Note(41)), Err(Unanswered::Vacant));
        release.send(()).unwrap();
        assert_eq!(stopped.await.unwrap(), End::Stopped);
        assert_eq!(held.await.unwrap(), Ok(99));
    });
}

#[test]
fn what_does_not_stop_in_time_is_ended_as_hung() {
    lab::run(async |lab| {
        let port = port(&lab, 1);
        let (life, _log) = clerk(&lab, &port);
        lab.settle().await;
        let (_never, until) = oneshot::channel();
        let held = spawn(port.ask(Job::Hold(1, until)));
        lab.settle().await;
        let stopped = spawn(life.stop(PATIENCE / 2));
        lab.step(PATIENCE / 2).await;
        assert_eq!(stopped.await.unwrap(), End::Hung);
        assert_eq!(held.await.unwrap(), Err(Unanswered::Lost));
        assert_eq!(port.depth(), 0);
    });
}

#[test]
fn an_actor_that_gives_up_says_why() {
    lab::run(async |lab| {
        let port = port(&lab, 1);
        let (life, _log) = clerk(&lab, &port);
        lab.settle().await;
        port.nudge(Job::GiveUp).unwrap();
        assert_eq!(life.await, End::Failed("no route".into()));
    });
}

#[test]
fn an_actor_that_stops_unasked_has_failed() {
    lab::run(async |lab| {
        let port = port(&lab, 1);
        let (life, _log) = clerk(&lab, &port);
        lab.settle().await;
        port.nudge(Job::Leave).unwrap();
        assert!(matches!(life.await, End::Failed(why) if why.contains("without being asked")));
    });
}

#[test]
fn a_factory_that_panics_is_an_end() {
    lab::run(async |lab| {
        let life = raise::<Clerk, _>(&lab.vitals.vitals("clerk"), WATCH, |_| panic!("no key"));
        assert_eq!(life.await, End::Panicked("no key".into()));
    });
}

#[test]
fn an_actor_that_turns_is_never_taken_for_hung_however_long_it_lives() {
    lab::run(async |lab| {
        let port = port(&lab, 1);
        let (life, _log) = clerk(&lab, &port);
        for _ in 0..100 {
            lab.step(WATCH.every + WATCH.patience).await;
        }
        assert_eq!(port.ask(Job::Note(1)).await, Ok(0));
        assert_eq!(life.stop(PATIENCE).await, End::Stopped);
    });
}

#[test]
fn an_actor_that_waits_for_ever_has_no_pulse_and_is_fenced_and_ended() {
    lab::run(async |lab| {
        let port = port(&lab, 2);
        let plug = port.clone();
        let (tell, fence) = oneshot::channel();
        let life = raise(&lab.vitals.vitals("clerk"), WATCH, move |raising| {
            raising.plug(&plug);
            tell.send(raising.fence()).unwrap();
            Clerk { log: Default::default(), quit: raising.quit() }
        });
        lab.settle().await;
        let fence = fence.await.unwrap();
        let (never, until) = oneshot::channel();
        port.nudge(Job::Wait(1, until)).unwrap();
        lab.step(WATCH.every).await;
        lab.step(WATCH.patience - Duration::from_nanos(1)).await;
        assert_eq!(fence.check(), Ok(()));
        assert!(!never.is_closed());
        lab.step(Duration::from_nanos(1)).await;
        assert_eq!(life.await, End::Hung);
        assert_eq!(fence.check(), Err(Fenced));
        lab.settle().await;
        assert!(never.is_closed(), "the actor is dropped");
    });
}

/// Counts its hooks, and panics where it is told to.
struct Fragile {
    hooks: Rc<Cell<u32>>,
    panics: &'static [&'static str],
}

impl Fragile {
    fn reach(&self, place: &'static str) {
        if self.panics.contains(&place) {
            panic!("in {place}");
        }
    }
}

impl Actor for Fragile {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.reach("started");
        ctx.stop();
    }

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        self.hooks.set(self.hooks.get() + 1);
        self.reach("stopping");
        Running::Stop
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.hooks.set(self.hooks.get() + 1);
        self.reach("stopped");
    }
}

impl Drop for Fragile {
    fn drop(&mut self) {
        self.reach("drop");
    }
}

async fn end_of_fragile(lab: &Lab, panics: &'static [&'static str]) -> (End, u32) {
    let hooks = Rc::new(Cell::new(0));
    let counted = hooks.clone();
    let life = raise(&lab.vitals.vitals("fragile"), WATCH, move |_| Fragile { hooks: counted, panics });
    (life.await, hooks.get())
}

#[test]
fn a_panic_anywhere_is_an_end_and_never_that_of_the_process() {
    lab::run(async |lab| {
        for (panics, words, hooks) in [
            (&["started"][..], "in started", 0),
            (&["started", "stopping", "stopped", "drop"][..], "in started", 0),
            (&["stopping", "drop"][..], "in stopping", 1),
            (&["stopped", "drop"][..], "in stopped", 2),
            (&["drop"][..], "in drop", 2),
        ] {
            assert_eq!(end_of_fragile(&lab, panics).await, (End::Panicked(words.into()), hooks), "{panics:?}");
        }
    });
}

#[test]
fn a_dropped_life_ends_its_actor_and_puts_up_the_fence() {
    lab::run(async |lab| {
        let (hooks, (tell, fence)) = (Rc::new(Cell::new(0)), oneshot::channel());
        let counted = hooks.clone();
        let life = raise(&lab.vitals.vitals("lasting"), WATCH, move |raising| {
            tell.send(raising.fence()).unwrap();
            Lasting(counted)
        });
        lab.settle().await;
        let fence = fence.await.unwrap();
        assert_eq!((fence.check(), hooks.get()), (Ok(()), 0));
        drop(life);
        lab.settle().await;
        assert_eq!((fence.check(), hooks.get()), (Err(Fenced), 1));
        assert_eq!(lab.hand.sleeping(), 0, "nobody watches any more");
    });
}

/// Counts when it is dropped.
struct Lasting(Rc<Cell<u32>>);

impl Actor for Lasting {
    type Context = Context<Self>;
}

impl Drop for Lasting {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

/// Needs something before it can begin.
struct Preparing(Option<oneshot::Receiver<()>>);

impl Actor for Preparing {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let ready = self.0.take().unwrap();
        ctx.wait(ready.into_actor(self).map(|_, _, _| ()));
    }
}

#[test]
fn an_actor_is_up_only_when_what_it_waits_for_at_its_start_is_done() {
    lab::run(async |lab| {
        let vitals = lab.vitals.vitals("preparing");
        assert_eq!(vitals.look().state, State::Down);
        let (ready, waits) = oneshot::channel();
        let _life = raise(&vitals, WATCH, |_| Preparing(Some(waits)));
        lab.settle().await;
        assert_eq!(vitals.look().state, State::Raising);
        ready.send(()).unwrap();
        lab.settle().await;
        assert_eq!(vitals.look().state, State::Up);
    });
}
