//! The judgement on a stage: stepped time, and an actor in ApiActor's place that does as it is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use actix::{Actor, Arbiter, Context, Handler, ResponseFuture};
use actix_web::rt::spawn;
use manilad_kit::lab::{self, Lab};
use manilad_kit::{Life, Watch, raise};

use super::*;

/// Answers as it is told, or never.
struct Stub {
    answer: Option<Result<(), Error>>,
    asked: Arc<AtomicUsize>,
}

impl Actor for Stub {
    type Context = Context<Self>;
}

impl Handler<Pulse> for Stub {
    type Result = ResponseFuture<Result<(), Error>>;

    fn handle(&mut self, _: Pulse, _: &mut Self::Context) -> Self::Result {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match self.answer.clone() {
            Some(answer) => Box::pin(async { answer }),
            None => Box::pin(std::future::pending()),
        }
    }
}

/// Raises one; how often it was asked, and its life.
async fn stub(lab: &Lab, health: &Health, answer: Option<Result<(), Error>>) -> (Arc<AtomicUsize>, Life) {
    let (asked, pulse) = (Arc::<AtomicUsize>::default(), health.pulse.clone());
    let stub = Stub { answer, asked: asked.clone() };
    let life = raise(&lab.vitals.vitals("api"), Watch::default(), move |raising| {
        raising.plug(&pulse);
        stub
    });
    lab.settle().await;
    (asked, life)
}

/// What is found of an actor that answers so.
fn found(answer: Option<Result<(), Error>>) -> Option<&'static str> {
    lab::run(async |lab| {
        let health = Arc::new(Health::new(lab.clock.clone()));
        let (_asked, _life) = stub(&lab, &health, answer).await;
        let judged = spawn(async move { health.ailment().await });
        lab.step(PATIENCE).await;
        judged.await.unwrap()
    })
}

#[test]
fn the_daemon_is_well_when_the_writer_answers_whatever_it_lacks() {
    assert_eq!(found(Some(Ok(()))), None);
    assert_eq!(found(Some(Err(Error::NoSpace { free: 1, reserve: 2 }))), None);
    assert_eq!(found(Some(Err(Error::Descriptors { action: "write".into() }))), None);
}

#[test]
fn an_actor_that_hangs_or_is_away_and_a_store_that_ended_are_ailments() {
    assert_eq!(found(None), Some(LATE));
    assert_eq!(found(Some(Err(Error::Lost { reason: "gone".into() }))), Some(NO_STORE));
    assert_eq!(found(Some(Err(Error::Closed))), Some(NO_STORE));
    assert_eq!(found(Some(Err(Error::Full { limit: 1 }))), Some(LATE), "asked again, and full to the end");
    lab::run(async |lab| assert_eq!(Health::new(lab.clock.clone()).ailment().await, Some(NOBODY)));
}

#[test]
fn a_crowd_asks_one_question_and_a_later_one_another() {
    lab::run(async |lab| {
        let health = Arc::new(Health::new(lab.clock.clone()));
        let (asked, _life) = stub(&lab, &health, Some(Ok(()))).await;
        for _ in 0..100 {
            let health = health.clone();
            spawn(async move { assert_eq!(health.ailment().await, None) });
        }
        lab.settle().await;
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        lab.step(FRESH).await;
        assert_eq!((health.ailment().await, asked.load(Ordering::Relaxed)), (None, 2));
    });
}

#[test]
fn who_leaves_with_the_question_in_hand_keeps_nobody_from_asking() {
    lab::run(async |lab| {
        let health = Arc::new(Health::new(lab.clock.clone()));
        let (_asked, _life) = stub(&lab, &health, None).await;
        for _ in 0..2 * QUESTIONS {
            let health = health.clone();
            let leaving = spawn(async move { health.ailment().await });
            lab.settle().await;
            leaving.abort();
        }
        lab.settle().await;
        assert_eq!(health.ailment().await, Some(LATE));
    });
}

#[test]
fn a_thread_of_the_server_that_hangs_is_an_ailment_until_it_goes_on() {
    lab::run(async |lab| {
        let health = Arc::new(Health::new(lab.clock.clone()));
        let (_asked, _life) = stub(&lab, &health, Some(Ok(()))).await;
        let (worker, of_worker) = (Arbiter::new(), health.clone());
        let (go_on, held) = channel::<()>();
        let (tell, told) = oneshot::channel();
        worker.spawn_fn(move || {
            of_worker.enlist();
            let _nobody_waits = tell.send(());
            let _until_told = held.recv();
        });
        told.await.unwrap();
        let of_asker = health.clone();
        let judged = spawn(async move { of_asker.ailment().await });
        lab.step(PATIENCE).await;
        assert_eq!(judged.await.unwrap(), Some(NO_WORKER));
        drop(go_on);
        let (tell, told) = oneshot::channel();
        worker.spawn(async move {
            tokio::task::yield_now().await;
            let _nobody_waits = tell.send(());
        });
        told.await.unwrap();
        lab.step(FRESH).await;
        assert_eq!(health.ailment().await, None);
        worker.stop();
        worker.join().unwrap();
        lab.step(FRESH).await;
        assert_eq!(health.ailment().await, None, "one that ended is replaced by the server");
    });
}
