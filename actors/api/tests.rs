//! ApiActor on a stage: a store in memory and stepped time.

use std::any::Any;
use std::sync::mpsc;
use std::time::Duration;

use manilad_domain::Fault;
use manilad_domain::service::Incarnation;
use manilad_http::health::Health;
use manilad_kit::lab::{self, Lab};
use manilad_kit::{End, Life, Unanswered, Watch, raise};
use manilad_store::{Memory, Options};

use super::*;

struct Stage {
    store: Store,
    api: Port<Decide>,
    health: Arc<Health>,
    doors: Doors,
    life: Option<Life>,
}

const BOUND: usize = 4;

impl Stage {
    async fn new(lab: &Lab) -> Self {
        let store = Store::open(Box::new(Memory::default()), Options::default(), lab.clock.clone()).unwrap();
        let port = |name: &str| Port::new(name.to_owned(), BOUND, Duration::from_secs(30), lab.clock.clone());
        let doors = Doors {
            scheduler: Port::new("scheduler", BOUND, Duration::from_secs(30), lab.clock.clone()),
            backends: Arc::new(BTreeMap::from([("h@b".to_owned(), port("b"))])),
        };
        let api = Port::new("api", BOUND, Duration::from_secs(30), lab.clock.clone());
        let health = Arc::new(Health::new(lab.clock.clone()));
        let mut stage = Stage { store, api, health, doors, life: None };
        stage.raise(lab);
        lab.settle().await;
        stage
    }

    fn raise(&mut self, lab: &Lab) {
        let (api, store, doors) = (self.api.clone(), self.store.clone(), self.doors.clone());
        let pulse = self.health.pulse.clone();
        self.life = Some(raise(&lab.vitals.vitals("api"), Watch::default(), move |raising| {
            raising.plug(&api);
            raising.plug(&pulse);
            ApiActor::new(store, doors)
        }));
    }

    fn epoch(&self) -> u64 {
        self.store.get::<Incarnation>("h@b").unwrap().map_or(0, |one| one.epoch)
    }
}

fn decide(decision: impl FnOnce(&mut manilad_store::Draft<'_>) -> Result<Decided, Fault> + Send + 'static) -> Decide {
    Decide { what: "test", decision: Box::new(decision) }
}

/// Writes an epoch and owes the back end a look.
fn write(epoch: u64) -> Decide {
    decide(move |draft| {
        draft.put(&Incarnation { service: "h@b".into(), epoch }).unwrap();
        Ok(Decided { answer: Box::new(epoch), owed: vec![Owed::Backend("h@b".into()), Owed::Scheduler] })
    })
}

fn answer(answered: Result<Result<Box<dyn Any + Send>, Fault>, Unanswered>) -> u64 {
    *answered.unwrap().unwrap().downcast().unwrap()
}

#[test]
fn an_answer_means_that_the_decision_is_committed() {
    lab::run(async |lab| {
        let stage = Stage::new(&lab).await;
        assert_eq!(answer(stage.api.command(write(7)).await), 7);
        assert_eq!(stage.epoch(), 7);
    });
}

#[test]
fn a_refused_decision_changes_nothing_and_is_told_as_it_is() {
    lab::run(async |lab| {
        let stage = Stage::new(&lab).await;
        let refused = stage.api.command(decide(|draft| {
            draft.put(&Incarnation { service: "h@b".into(), epoch: 1 }).unwrap();
            Err(Fault::conflict("no"))
        }));
        assert_eq!(refused.await.unwrap().unwrap_err(), Fault::conflict("no"));
        assert_eq!(stage.epoch(), 0);
    });
}

#[test]
fn a_decision_that_panics_fails_its_own_request_only() {
    lab::run(async |lab| {
        let stage = Stage::new(&lab).await;
        let failed = stage.api.command(decide(|_| panic!("boom"))).await.unwrap().unwrap_err();
        assert_eq!(failed.kind, manilad_domain::fault::Kind::Internal);
        assert!(!failed.text.contains("boom"), "what went wrong inside is for the log");
        assert_eq!(answer(stage.api.command(write(2)).await), 2);
    });
}

#[test]
fn while_the_store_hangs_a_flood_is_refused_and_every_place_comes_back() {
    lab::run(async |lab| {
        let stage = Stage::new(&lab).await;
        let (release, held) = mpsc::channel::<()>();
        let hangs = decide(move |_| {
            let _released = held.recv();
            Ok(Decided { answer: Box::new(0u64), owed: Vec::new() })
        });
        let first = actix_rt::spawn(stage.api.command(hangs));
        let waiting: Vec<_> = (1..BOUND as u64).map(|epoch| actix_rt::spawn(stage.api.command(write(epoch)))).collect();
        lab.settle().await;
        assert!(matches!(stage.api.command(write(99)).await, Err(Unanswered::Full)));
        drop(release);
        assert_eq!(answer(first.await.unwrap()), 0);
        for (at, asked) in waiting.into_iter().enumerate() {
            assert_eq!(answer(asked.await.unwrap()), at as u64 + 1);
        }
        assert_eq!((stage.api.depth(), stage.epoch()), (0, BOUND as u64 - 1));
    });
}

#[test]
fn health_sees_whether_the_writer_answers_and_not_only_that_somebody_is_there() {
    lab::run(async |lab| {
        let stage = Stage::new(&lab).await;
        assert_eq!(stage.health.ailment().await, None);
        let (release, held) = mpsc::channel::<()>();
        let hangs = decide(move |_| {
            let _released = held.recv();
            Ok(Decided { answer: Box::new(0u64), owed: Vec::new() })
        });
        let hung = actix_rt::spawn(stage.api.command(hangs));
        lab.step(Duration::from_secs(1)).await;
        let health = stage.health.clone();
        let judged = actix_rt::spawn(async move { health.ailment().await });
        lab.step(Duration::from_secs(5)).await;
        assert_eq!(judged.await.unwrap(), Some("CHANGES ARE NOT TAKEN IN TIME"));
        drop(release);
        assert_eq!(answer(hung.await.unwrap()), 0);
        lab.step(Duration::from_secs(1)).await;
        assert_eq!(stage.health.ailment().await, None);
    });
}

#[test]
fn a_stop_answers_what_was_taken_in_and_a_new_incarnation_serves_on() {
    lab::run(async |lab| {
        let mut stage = Stage::new(&lab).await;
        let asked = actix_rt::spawn(stage.api.command(write(5)));
        lab.settle().await;
        let end = stage.life.take().unwrap().stop(Duration::from_secs(30)).await;
        assert_eq!((end, answer(asked.await.unwrap())), (End::Stopped, 5));
        assert!(matches!(stage.api.command(write(6)).await, Err(Unanswered::Vacant)));
        stage.raise(&lab);
        lab.settle().await;
        assert_eq!(answer(stage.api.command(write(6)).await), 6);
    });
}
