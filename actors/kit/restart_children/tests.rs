use std::cell::RefCell;
use std::rc::Rc;

use tokio::sync::oneshot;

use super::*;
use crate::clerk::{Job, Log, PATIENCE, WATCH, clerk, port};
use crate::lab::{self, Lab};
use crate::{Port, State, Unanswered, raise};

const SECOND: Duration = Duration::from_secs(1);
/// Longer than `SECOND` after any jitter.
const PAUSE: Duration = Duration::from_millis(1251);

type Ends = Rc<RefCell<Vec<(&'static str, End, bool)>>>;

struct Chief {
    children: Children<&'static str>,
    ends: Ends,
    deaf: Option<Port<Job>>,
}

impl Actor for Chief {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.raise_all(ctx);
        let other_work = std::future::pending::<()>(); // it must not keep the chief alive when it is to stop
        ctx.spawn(other_work.into_actor(self));
    }

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        self.children_first(PATIENCE)
    }
}

impl Parent for Chief {
    type Name = &'static str;

    fn children(&mut self) -> &mut Children<&'static str> {
        &mut self.children
    }

    fn child_ended(&mut self, name: &&'static str, end: &End, decision: RestartDecision, _: &mut Context<Self>) {
        self.ends.borrow_mut().push((name, end.clone(), decision == RestartDecision::GiveUp));
        assert!(self.deaf.is_none(), "a chief that panics at the end of a child");
    }
}

struct Family {
    chief: Life,
    /// That of the first child.
    port: Port<Job>,
    /// That of the last.
    other: Port<Job>,
    ends: Ends,
    /// Which incarnation handled something.
    log: Log,
}

/// A chief over clerks, each of which is raised again twice within a minute.
fn family(lab: &Lab, names: &[&'static str]) -> Family {
    let ports: Vec<_> = names.iter().map(|_| port(lab, 8)).collect();
    let (ends, log) = (Ends::default(), Log::default());
    let mut children = Children::new(lab.clock.clone());
    for (name, port) in names.iter().zip(&ports) {
        let vitals = lab.vitals.vitals(*name);
        let (raised, plug, log) = (vitals.clone(), port.clone(), log.clone());
        let count = std::cell::Cell::new(0);
        children.add(*name, vitals, Restarts::new(2, 60 * SECOND, SECOND, SECOND), move || {
            count.set(count.get() + 1);
            log.note(count.get());
            let (plug, log) = (plug.clone(), log.clone());
            raise(&raised, WATCH, move |raising| {
                raising.plug(&plug);
                crate::clerk::Clerk { log, quit: raising.quit() }
            })
        });
    }
    let chief = Chief { children, ends: ends.clone(), deaf: None };
    let chief = raise(&lab.vitals.vitals("chief"), WATCH, move |_| chief);
    Family { chief, port: ports[0].clone(), other: ports[ports.len() - 1].clone(), ends, log }
}

#[test]
fn a_child_that_panics_is_raised_again_after_its_pause_and_not_before() {
    lab::run(async |lab| {
        let family = family(&lab, &["clerk"]);
        let vitals = lab.vitals.vitals("clerk");
        lab.settle().await;
        assert_eq!(vitals.look().state, State::Up);
        assert_eq!(family.port.ask(Job::Panic).await, Err(Unanswered::Lost));
        lab.step(SECOND * 3 / 4 - Duration::from_nanos(1)).await;
        assert_eq!((vitals.look().state, family.log.read()), (State::BackingOff, vec![1]));
        lab.step(PAUSE).await;
        assert_eq!((vitals.look().state, family.log.read()), (State::Up, vec![1, 2]));
        assert_eq!(family.port.ask(Job::Note(7)).await, Ok(0));
        assert_eq!(family.ends.borrow()[..], [("clerk", End::Panicked("boom".into()), false)]);
        assert_eq!(vitals.look().restarted.panicked, 1);
    });
}

#[test]
fn a_child_that_ends_too_often_is_given_up_and_its_parent_told() {
    lab::run(async |lab| {
        let family = family(&lab, &["clerk"]);
        for deadly in [Job::Panic, Job::GiveUp, Job::Leave] {
            lab.step(PAUSE).await;
            family.port.nudge(deadly).unwrap();
        }
        lab.step(60 * SECOND).await;
        assert_eq!(family.log.read(), [1, 2, 3]);
        let given_up: Vec<bool> = family.ends.borrow().iter().map(|(_, _, given_up)| *given_up).collect();
        assert_eq!(given_up, [false, false, true]);
        let look = lab.vitals.vitals("clerk").look();
        assert_eq!(look.state, State::Down);
        assert_eq!((look.restarted.panicked, look.restarted.failed), (1, 1));
        assert_eq!(lab.vitals.vitals("chief").look().state, State::Up, "one child's end is not its parent's");
    });
}

#[test]
fn a_child_that_hangs_is_raised_again() {
    lab::run(async |lab| {
        let family = family(&lab, &["clerk"]);
        lab.settle().await;
        let (_never, until) = oneshot::channel();
        family.port.nudge(Job::Wait(1, until)).unwrap();
        lab.step(WATCH.every).await;
        lab.step(WATCH.patience).await;
        assert_eq!(family.ends.borrow()[..], [("clerk", End::Hung, false)]);
        lab.step(PAUSE).await;
        assert_eq!(family.port.ask(Job::Note(7)).await, Ok(0));
        assert_eq!(lab.vitals.vitals("clerk").look().restarted.hung, 1);
    });
}

#[test]
fn a_parent_stops_after_its_children_have_worked_off_what_they_had() {
    lab::run(async |lab| {
        let family = family(&lab, &["clerk", "idle"]);
        lab.settle().await;
        let (release, until) = oneshot::channel();
        family.port.nudge(Job::Hold(9, until)).unwrap();
        lab.settle().await;
        let stopped = actix_rt::spawn(family.chief.stop(2 * PATIENCE));
        lab.settle().await;
        assert!(!stopped.is_finished());
        assert_eq!(family.port.nudge(Job::Note(1)), Err(Unanswered::Vacant));
        release.send(()).unwrap();
        assert_eq!(stopped.await.unwrap(), End::Stopped);
        assert_eq!(family.log.read(), [1, 1, 9]);
        for child in ["clerk", "idle"] {
            assert_eq!(lab.vitals.vitals(child).look().state, State::Down);
        }
        assert!(family.ends.borrow().iter().all(|(_, end, given_up)| *end == End::Stopped && *given_up));
    });
}

#[test]
fn a_child_that_does_not_stop_in_time_does_not_hold_its_parent_up() {
    lab::run(async |lab| {
        let family = family(&lab, &["clerk"]);
        lab.settle().await;
        let (_never, until) = oneshot::channel();
        family.port.nudge(Job::Hold(9, until)).unwrap();
        lab.settle().await;
        let stopped = actix_rt::spawn(family.chief.stop(2 * PATIENCE));
        lab.step(PATIENCE).await;
        assert_eq!(stopped.await.unwrap(), End::Stopped);
        assert_eq!(family.ends.borrow()[..], [("clerk", End::Hung, true)]);
    });
}

#[test]
fn nobody_is_raised_again_once_the_parent_stops() {
    lab::run(async |lab| {
        let family = family(&lab, &["busy", "deadly"]);
        lab.settle().await;
        let (release, until) = oneshot::channel();
        family.port.nudge(Job::Hold(9, until)).unwrap();
        family.other.nudge(Job::Panic).unwrap();
        lab.settle().await;
        assert_eq!(lab.vitals.vitals("deadly").look().state, State::BackingOff);
        let stopped = actix_rt::spawn(family.chief.stop(2 * PATIENCE));
        lab.step(PAUSE).await;
        assert!(!stopped.is_finished());
        release.send(()).unwrap();
        assert_eq!(stopped.await.unwrap(), End::Stopped);
        assert_eq!(family.log.read(), [1, 1, 9], "each was raised once");
    });
}

#[test]
fn children_end_with_a_parent_that_panics() {
    lab::run(async |lab| {
        let port = port(&lab, 4);
        let (plug, vitals) = (port.clone(), lab.vitals.vitals("clerk"));
        let mut children = Children::new(lab.clock.clone());
        let quitter = lab.vitals.vitals("quitter");
        children.add("quitter", quitter.clone(), Restarts::new(9, SECOND, SECOND, SECOND), move || {
            raise::<crate::clerk::Clerk, _>(&quitter, WATCH, |_| panic!("at once"))
        });
        let clerk_lab = lab.clone();
        children.add("clerk", vitals, Restarts::new(9, SECOND, SECOND, SECOND), move || clerk(&clerk_lab, &plug).0);
        let chief = Chief { children, ends: Ends::default(), deaf: Some(port.clone()) };
        let life = raise(&lab.vitals.vitals("chief"), WATCH, move |_| chief);
        assert!(matches!(life.await, End::Panicked(_)));
        lab.settle().await;
        assert_eq!(port.ask(Job::Note(1)).await, Err(Unanswered::Vacant));
        assert_eq!(lab.hand.sleeping(), 0, "nobody is left, and nobody is going to be raised");
    });
}

#[test]
fn a_living_child_is_not_raised_twice() {
    lab::run(async |lab| {
        let mut children = Children::new(lab.clock.clone());
        let port = port(&lab, 4);
        let (plug, made) = (port.clone(), Rc::new(std::cell::Cell::new(0)));
        let (counted, clerk_lab) = (made.clone(), lab.clone());
        let restarts = Restarts::new(9, SECOND, SECOND, SECOND);
        children.add("clerk", lab.vitals.vitals("clerk"), restarts, move || {
            counted.set(counted.get() + 1);
            clerk(&clerk_lab, &plug).0
        });
        let life = children.raise(&"clerk");
        assert!(life.is_some() && children.lives(&"clerk"));
        assert!(children.raise(&"clerk").is_none());
        assert!(children.raise(&"stranger").is_none());
        assert_eq!(made.get(), 1);
    });
}
