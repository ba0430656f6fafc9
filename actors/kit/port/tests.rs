use actix::fut::ActorFutureExt;
use actix::{Actor, AsyncContext, Context, Handler, ResponseFuture, WrapFuture};
use actix_rt::spawn;

use super::*;
use crate::clerk::{Job, PATIENCE, clerk, port};
use crate::lab::{self, Lab};
use crate::{End, Watch, raise};

fn hold(number: u32) -> (oneshot::Sender<()>, Job) {
    let (release, until) = oneshot::channel();
    (release, Job::Hold(number, until))
}

#[test]
fn a_question_is_answered() {
    lab::run(async |lab| {
        let port = port(&lab, 4);
        let (_life, log) = clerk(&lab, &port);
        lab.settle().await;
        assert_eq!(port.ask(Job::Note(7)).await, Ok(0));
        assert_eq!(log.read(), [7]);
        assert_eq!(port.depth(), 0);
        assert_eq!(lab.vitals.vitals("clerk").look().handled, 1);
    });
}

#[test]
fn messages_are_handled_in_the_order_they_came() {
    lab::run(async |lab| {
        let port = port(&lab, 100);
        let (_life, log) = clerk(&lab, &port);
        lab.settle().await;
        (0..100).for_each(|number| port.nudge(Job::Note(number)).unwrap());
        lab.settle().await;
        assert_eq!(log.read(), (0..100).collect::<Vec<_>>());
    });
}

#[test]
fn nothing_is_begun_while_the_actor_waits() {
    lab::run(async |lab| {
        let port = port(&lab, 4);
        let (_life, log) = clerk(&lab, &port);
        lab.settle().await;
        let (release, until) = oneshot::channel();
        port.nudge(Job::Wait(1, until)).unwrap();
        port.nudge(Job::Note(2)).unwrap();
        lab.settle().await;
        assert_eq!((log.read(), port.depth()), (vec![], 1));
        release.send(()).unwrap();
        lab.settle().await;
        assert_eq!(log.read(), [1, 2]);
    });
}

#[test]
fn a_full_port_refuses_and_counts_what_is_in_hand_too() {
    lab::run(async |lab| {
        let port = port(&lab, 2);
        let (_life, _log) = clerk(&lab, &port);
        lab.settle().await;
        let (release, held) = hold(1);
        port.nudge(held).unwrap();
        lab.settle().await;
        let (_keep, held) = hold(2);
        port.nudge(held).unwrap();
        assert_eq!(port.nudge(Job::Note(3)), Err(Unanswered::Full));
        assert_eq!(port.ask(Job::Note(4)).await, Err(Unanswered::Full));
        let look = lab.vitals.vitals("clerk").look();
        assert_eq!((look.depth, look.refused, look.handled), (2, 2, 0));
        release.send(()).unwrap();
        lab.settle().await;
        assert_eq!(port.ask(Job::Note(6)).await, Ok(0));
    });
}

#[test]
fn the_oldest_age_is_that_of_the_longest_unfinished_message() {
    lab::run(async |lab| {
        let port = port(&lab, 4);
        let (_life, _log) = clerk(&lab, &port);
        let oldest = || lab.vitals.vitals("clerk").look().oldest;
        let second = Duration::from_secs(1);
        lab.settle().await;
        assert_eq!(oldest(), None);
        let ((first, held), (second_one, later)) = (hold(1), hold(2));
        port.nudge(held).unwrap();
        lab.step(3 * second).await;
        port.nudge(later).unwrap();
        lab.step(second).await;
        assert_eq!(oldest(), Some(4 * second));
        drop(first);
        lab.settle().await;
        assert_eq!(oldest(), Some(second));
        drop(second_one);
        lab.settle().await;
        assert_eq!(oldest(), None);
    });
}

#[test]
fn nobody_plugged_in_is_vacant_and_not_a_refusal() {
    lab::run(async |lab| {
        let port = port(&lab, 1);
        assert_eq!(port.ask(Job::Note(1)).await, Err(Unanswered::Vacant));
        let (life, _log) = clerk(&lab, &port);
        lab.settle().await;
        assert_eq!(port.ask(Job::Note(2)).await, Ok(0));
        drop(life);
        lab.settle().await;
        assert_eq!(port.nudge(Job::Note(3)), Err(Unanswered::Vacant));
        assert_eq!(lab.vitals.vitals("clerk").look().refused, 0);
    });
}

#[test]
fn an_asker_out_of_patience_is_late_and_what_had_begun_keeps_its_place_until_it_is_done() {
    lab::run(async |lab| {
        let port = port(&lab, 2);
        let (_life, log) = clerk(&lab, &port);
        lab.settle().await;
        let (release, held) = hold(1);
        let asked = spawn(port.ask(held));
        lab.step(PATIENCE).await;
        assert_eq!(asked.await.unwrap(), Err(Unanswered::Late));
        assert_eq!(port.depth(), 1);
        release.send(()).unwrap();
        lab.settle().await;
        assert_eq!((port.depth(), log.read()), (0, vec![1]));
    });
}

/// A clerk that waits, so that what comes next stays in the queue; dropping the sender lets it go on.
async fn busy(lab: &Lab, port: &Port<Job>) -> oneshot::Sender<()> {
    lab.settle().await;
    let (release, until) = oneshot::channel();
    port.nudge(Job::Wait(0, until)).unwrap();
    lab.settle().await;
    assert_eq!(port.depth(), 0, "a clerk that waits has answered already");
    release
}

#[test]
fn an_asker_that_leaves_takes_back_what_has_not_begun() {
    lab::run(async |lab| {
        let port = port(&lab, 2);
        let (_life, log) = clerk(&lab, &port);
        let release = busy(&lab, &port).await;
        let (leaves, stays) = (spawn(port.ask(Job::Note(1))), spawn(port.ask(Job::Note(2))));
        lab.settle().await;
        assert_eq!(port.depth(), 2);
        leaves.abort();
        lab.settle().await;
        assert_eq!(port.depth(), 1);
        drop(release);
        assert_eq!(stays.await.unwrap(), Ok(0));
        assert_eq!(log.read(), [0, 2]);
    });
}

#[test]
fn an_asker_out_of_patience_takes_back_what_has_not_begun() {
    lab::run(async |lab| {
        let port = port(&lab, 2);
        let (_life, log) = clerk(&lab, &port);
        let release = busy(&lab, &port).await;
        let asked = spawn(port.ask(Job::Note(1)));
        lab.step(PATIENCE).await;
        assert_eq!(asked.await.unwrap(), Err(Unanswered::Late));
        assert_eq!(port.depth(), 0);
        drop(release);
        lab.settle().await;
        assert_eq!(log.read(), [0]);
    });
}

#[test]
fn nudges_are_handled_though_nobody_waits_for_them() {
    lab::run(async |lab| {
        let port = port(&lab, 3);
        let (_life, log) = clerk(&lab, &port);
        let release = busy(&lab, &port).await;
        port.nudge(Job::Note(1)).unwrap();
        port.nudge(Job::Note(2)).unwrap();
        lab.step(PATIENCE).await;
        assert_eq!(port.depth(), 2);
        drop(release);
        lab.settle().await;
        assert_eq!((log.read(), port.depth()), (vec![0, 1, 2], 0));
    });
}

#[test]
fn a_panic_loses_what_is_in_hand_and_keeps_what_waits_for_the_next_incarnation() {
    lab::run(async |lab| {
        let port = port(&lab, 8);
        let (life, _log) = clerk(&lab, &port);
        lab.settle().await;
        let (_keep, held) = hold(1);
        let in_hand = spawn(port.ask(held));
        lab.settle().await;
        let (deadly, waits) = (spawn(port.ask(Job::Panic)), spawn(port.ask(Job::Note(2))));
        assert_eq!(life.await, End::Panicked("boom".into()));
        assert_eq!(in_hand.await.unwrap(), Err(Unanswered::Lost));
        assert_eq!(deadly.await.unwrap(), Err(Unanswered::Lost));
        assert_eq!(port.ask(Job::Note(3)).await, Err(Unanswered::Vacant));
        assert_eq!(port.depth(), 1);

        let (_next, log) = clerk(&lab, &port);
        assert_eq!(waits.await.unwrap(), Ok(0));
        assert_eq!(log.read(), [2]);
    });
}

#[test]
fn what_waits_for_an_incarnation_that_never_comes_is_late() {
    lab::run(async |lab| {
        let port = port(&lab, 8);
        let (life, _log) = clerk(&lab, &port);
        let _busy = busy(&lab, &port).await;
        let waits = spawn(port.ask(Job::Note(1)));
        lab.settle().await;
        drop(life);
        lab.step(PATIENCE).await;
        assert_eq!(waits.await.unwrap(), Err(Unanswered::Late));
        assert_eq!(port.depth(), 0);
    });
}

#[test]
fn a_newcomer_takes_over_and_the_one_before_takes_nothing_more() {
    lab::run(async |lab| {
        let port = port(&lab, 4);
        let (_old, before) = clerk(&lab, &port);
        lab.settle().await;
        let (_new, after) = clerk(&lab, &port);
        lab.settle().await;
        assert_eq!(port.ask(Job::Note(1)).await, Ok(0));
        assert_eq!((before.read(), after.read()), (vec![], vec![1]));
    });
}

#[test]
fn a_port_is_asked_from_other_threads() {
    lab::run(async |lab| {
        let port = port(&lab, 4);
        let (_life, log) = clerk(&lab, &port);
        lab.settle().await;
        let (answer, answered) = oneshot::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            answer.send(runtime.block_on(port.ask(Job::Note(1)))).unwrap();
        });
        assert_eq!(answered.await.unwrap(), Ok(0));
        assert_eq!(log.read(), [1]);
    });
}

/// Answers from a task of its own, which panics.
struct Careless;

impl Actor for Careless {
    type Context = Context<Self>;
}

impl Handler<Job> for Careless {
    type Result = ResponseFuture<u32>;

    fn handle(&mut self, _: Job, _: &mut Self::Context) -> Self::Result {
        Box::pin(async { panic!("careless") })
    }
}

#[test]
fn an_answer_that_will_never_come_is_lost_and_its_place_given_back() {
    lab::run(async |lab| {
        let port = port(&lab, 1);
        let plug = port.clone();
        let _life = raise(&lab.vitals.vitals("careless"), Watch::default(), move |raising| {
            raising.plug(&plug);
            Careless
        });
        lab.settle().await;
        for _ in 0..3 {
            assert_eq!(port.ask(Job::Note(1)).await, Err(Unanswered::Lost));
        }
        assert_eq!(port.depth(), 0);
    });
}

/// Keeps its own port from ever running empty, until another future of the same actor gets its turn.
struct Tireless {
    port: Port<Job>,
    handled: u32,
    interrupted: bool,
}

impl Actor for Tireless {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.port.nudge(Job::Note(0)).unwrap();
        let turns = async { tokio::task::yield_now().await };
        ctx.spawn(turns.into_actor(self).map(|(), tireless, _| tireless.interrupted = true));
    }
}

impl Handler<Job> for Tireless {
    type Result = u32;

    fn handle(&mut self, _: Job, _: &mut Self::Context) -> u32 {
        self.handled += 1;
        assert!(self.handled < 1000, "the actor's other futures starve");
        if !self.interrupted {
            self.port.nudge(Job::Note(0)).unwrap();
        }
        0
    }
}

#[test]
fn a_busy_port_does_not_starve_the_actors_other_futures() {
    lab::run(async |lab| {
        let port = port(&lab, 4);
        let plug = port.clone();
        let life = raise(&lab.vitals.vitals("tireless"), Watch::default(), move |raising| {
            raising.plug(&plug);
            Tireless { port: plug, handled: 0, interrupted: false }
        });
        lab.settle().await;
        assert_eq!(port.depth(), 0);
        assert_eq!(life.stop(PATIENCE).await, End::Stopped);
    });
}
