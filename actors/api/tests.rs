//! ApiActor on a stage: a store in memory and stepped time.

use std::sync::mpsc;
use std::time::Duration;

use actix::{Actor, Context, Handler};
use manilad_domain::service::Incarnation;
use manilad_http::health::Health;
use manilad_kit::lab::{self, Lab};
use manilad_kit::{End, Life, Unanswered, Watch, raise};
use manilad_store::{Memory, Options};

use super::*;

/// Counts the looks that it is asked for.
struct Looker(mpsc::Sender<()>);

impl Actor for Looker {
    type Context = Context<Self>;
}

impl Handler<Look> for Looker {
    type Result = ();

    fn handle(&mut self, Look: Look, _: &mut Self::Context) {
        self.0.send(()).unwrap();
    }
}

struct Stage {
    store: Store,
    api: Port<Committed>,
    health: Arc<Health>,
    recipients: Recipients,
    life: Option<Life>,
    lookers: Vec<(Life, mpsc::Receiver<()>)>,
}

impl Stage {
    async fn new(lab: &Lab) -> Self {
        let store = Store::open(Box::new(Memory::default()), Options::default(), lab.clock.clone()).unwrap();
        let port = |name: &str| Port::new(name.to_owned(), 4, Duration::from_secs(30), lab.clock.clone());
        let (scheduler, backend) = (port("scheduler"), port("h@b"));
        let lookers = [&scheduler, &backend].map(|looks| {
            let (sender, receiver) = mpsc::channel();
            let looks = looks.clone();
            let life = raise(&lab.vitals.vitals("looker"), Watch::default(), move |raising| {
                raising.plug(&looks);
                Looker(sender)
            });
            (life, receiver)
        });
        let recipients = Recipients { scheduler, backends: Arc::new(BTreeMap::from([("h@b".to_owned(), backend)])) };
        let api = Port::new("api", 4, Duration::from_secs(30), lab.clock.clone());
        let health = Arc::new(Health::new(lab.clock.clone()));
        let mut stage = Stage { store, api, health, recipients, life: None, lookers: lookers.into() };
        stage.raise(lab);
        lab.settle().await;
        stage
    }

    fn raise(&mut self, lab: &Lab) {
        let (api, store, recipients) = (self.api.clone(), self.store.clone(), self.recipients.clone());
        let pulse = self.health.pulse.clone();
        self.life = Some(raise(&lab.vitals.vitals("api"), Watch::default(), move |raising| {
            raising.plug(&api);
            raising.plug(&pulse);
            ApiActor::new(store, recipients)
        }));
    }

    /// How often the scheduler and the back end have been asked to look since this was last asked.
    fn looks(&self) -> Vec<usize> {
        self.lookers.iter().map(|(_, looks)| looks.try_iter().count()).collect()
    }
}

fn of_backend(name: &str) -> Owed {
    Owed::Backend(name.to_owned())
}

#[test]
fn whom_a_commit_concerns_is_asked_to_look_and_nobody_else() {
    lab::run(async |lab| {
        let stage = Stage::new(&lab).await;
        for (owed, looks) in [
            (vec![Owed::Scheduler], [1, 0]),
            (vec![of_backend("h@b")], [0, 1]),
            (vec![of_backend("h@b"), Owed::Scheduler], [1, 1]),
            (vec![of_backend("h@gone")], [0, 0]),
        ] {
            stage.api.nudge(Committed(owed.clone())).unwrap();
            lab.settle().await;
            assert_eq!(stage.looks(), looks, "{owed:?}");
        }
    });
}

#[test]
fn health_sees_whether_the_writer_answers_and_not_only_that_somebody_is_there() {
    lab::run(async |lab| {
        let stage = Stage::new(&lab).await;
        assert_eq!(stage.health.ailment().await, None);
        let (release, held) = mpsc::channel::<()>();
        let store = stage.store.clone();
        let hung = actix_rt::spawn(async move {
            let hangs = store.commit("test", move |draft| {
                let _released = held.recv();
                draft.put(&Incarnation { service: "h@b".into(), epoch: 1 })
            });
            hangs.await
        });
        lab.step(Duration::from_secs(1)).await;
        let health = stage.health.clone();
        let judged = actix_rt::spawn(async move { health.ailment().await });
        lab.step(Duration::from_secs(5)).await;
        assert_eq!(judged.await.unwrap(), Some("CHANGES ARE NOT TAKEN IN TIME"));
        drop(release);
        hung.await.unwrap().unwrap();
        lab.step(Duration::from_secs(1)).await;
        assert_eq!(stage.health.ailment().await, None);
    });
}

#[test]
fn a_stop_carries_what_was_taken_in_and_a_new_incarnation_goes_on() {
    lab::run(async |lab| {
        let mut stage = Stage::new(&lab).await;
        stage.api.nudge(Committed(vec![Owed::Scheduler])).unwrap();
        let end = stage.life.take().unwrap().stop(Duration::from_secs(30)).await;
        lab.settle().await;
        assert_eq!((end, stage.looks()), (End::Stopped, vec![1, 0]));
        assert!(matches!(stage.api.nudge(Committed(vec![Owed::Scheduler])), Err(Unanswered::Vacant)));
        stage.raise(&lab);
        lab.settle().await;
        stage.api.nudge(Committed(vec![Owed::Scheduler])).unwrap();
        lab.settle().await;
        assert_eq!(stage.looks(), [1, 0]);
    });
}
