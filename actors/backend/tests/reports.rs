//! What becomes of a back end whose reports fail: once, for a while, or for too long.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix::{Actor, Context, Handler};
use manilad_decisions::promised_capacity::{Promised, Unmade};
use manilad_domain::intent::{Lane, Verb};
use manilad_domain::status::Status;
use manilad_domain::{Instance, Share};
use manilad_kit::lab::{self, Lab};
use manilad_kit::{Life, Watch, raise};
use manilad_messages::scheduler::{NoReport, Report};

use super::stage::{SERVICE, Stage, pool};
use manilad_played::{Played, Turn};

/// Hears what the scheduler would hear of failed reports: whether the back end is down.
struct Ear(Arc<Mutex<Vec<bool>>>);

impl Actor for Ear {
    type Context = Context<Self>;
}

impl Handler<NoReport> for Ear {
    type Result = ();

    fn handle(&mut self, message: NoReport, _: &mut Self::Context) {
        assert_eq!(message.service, SERVICE);
        self.0.lock().unwrap().push(message.is_down);
    }
}

struct Reported {
    stage: Stage,
    played: Played,
    heard: Arc<Mutex<Vec<bool>>>,
    _ear: Life,
}

impl Reported {
    /// A back end whose first report succeeds or fails.
    async fn first(lab: Lab, succeeds: bool) -> Self {
        let played = Played::by(|_, _| Turn::Does);
        played.able.store(succeeds, SeqCst);
        let mut stage = Stage::new(&lab, played.clone());
        let heard = Arc::<Mutex<Vec<bool>>>::default();
        let (port, ear) = (stage.context.no_reports.clone(), Ear(heard.clone()));
        let _ear = raise(&lab.vitals.vitals("ear"), Watch::default(), move |raising| {
            raising.plug(&port);
            ear
        });
        stage.raise().await;
        let reports = played.reports.clone();
        stage.in_time("it reports", || reports.load(SeqCst) == 1).await;
        stage.lab.settle().await;
        Reported { stage, played, heard, _ear }
    }

    fn is_up(&self) -> bool {
        self.stage.context.presence.is_up(SERVICE, self.stage.context.down_after)
    }

    fn count(&self) -> usize {
        self.played.reports.load(SeqCst)
    }

    fn heard(&self) -> Vec<bool> {
        self.heard.lock().unwrap().clone()
    }

    /// Passes seconds, each by itself, so that whatever waits has its turn in time.
    async fn pass(&self, seconds: u64) {
        for _ in 0..seconds {
            self.stage.lab.step(Duration::from_secs(1)).await;
        }
    }

    /// Passes seconds until one more report was made; tells how many.
    async fn until_next(&self) -> u64 {
        let before = self.count();
        for seconds in 1..200 {
            self.pass(1).await;
            if self.count() > before {
                return seconds;
            }
        }
        panic!("no report follows");
    }
}

#[test]
fn one_report_that_fails_is_repeated_in_seconds_and_takes_nothing_down() {
    lab::run(async |lab| {
        let it = Reported::first(lab, true).await;
        it.played.able.store(false, SeqCst);
        it.until_next().await;
        assert_eq!((it.heard(), it.is_up()), (vec![false], true));
        it.played.able.store(true, SeqCst);
        assert!(it.until_next().await <= 2);
        assert_eq!((it.heard(), it.is_up()), (vec![false], true));
        let after = it.until_next().await;
        assert!(after > 50, "the next comes by the timer again, not after {after} s");
    });
}

/// Takes in what is promised by the reports that succeed.
struct Scheduler(Arc<Mutex<Vec<Promised>>>);

impl Actor for Scheduler {
    type Context = Context<Self>;
}

impl Handler<Report> for Scheduler {
    type Result = ();

    fn handle(&mut self, message: Report, _: &mut Self::Context) {
        assert_eq!(message.report.service, SERVICE);
        self.0.lock().unwrap().push(message.promised);
    }
}

#[test]
fn a_report_tells_what_was_promised_when_it_began() {
    lab::run(async |lab| {
        let played = Played::by(|_, _| Turn::Does);
        let answering = played.report_permit.clone().try_acquire_owned().unwrap();
        let mut stage = Stage::new(&lab, played.clone());
        let promised = Arc::<Mutex<Vec<Promised>>>::default();
        let (port, scheduler) = (stage.context.reports.clone(), Scheduler(promised.clone()));
        let _life = raise(&lab.vitals.vitals("scheduler"), Watch::default(), move |raising| {
            raising.plug(&port);
            scheduler
        });
        let before = stage.share(Verb::Create, Status::Creating, &[]).await;
        let last_serial = stage.intent(&before, Lane::Life).unwrap().serial;
        let elsewhere = Share { id: lab.clock.id().into(), ..before.clone() };
        let moved = Instance { pool: Some(pool("node1@alpha2#one")), ..before.instances[0].clone() };
        stage.put(Share { instances: vec![Instance { id: lab.clock.id().into(), ..moved }], ..elsewhere }).await;
        stage.raise().await;
        let reports = played.reports.clone();
        stage.in_time("it is asked", || reports.load(SeqCst) == 1).await;
        let later = stage.share(Verb::Create, Status::Creating, &[]).await;
        assert_ne!(later.id, before.id);
        drop(answering);
        stage.in_time("it reports", || promised.lock().unwrap().len() == 1).await;
        let unmade = Unmade { pool: pool("node1@alpha#one"), share_type: None, size: 1 };
        let expected = Promised { sums: [(pool("node1@alpha#one"), 1)].into(), unmade: vec![unmade], last_serial };
        assert_eq!(*promised.lock().unwrap(), [expected]);
    });
}

#[test]
fn a_back_end_is_down_once_reports_have_failed_for_the_down_time_and_up_with_the_next_that_succeeds() {
    lab::run(async |lab| {
        let it = Reported::first(lab, true).await;
        it.played.able.store(false, SeqCst);
        it.until_next().await;
        it.pass(58).await;
        assert!(it.is_up() && it.heard().iter().all(|is_down| !is_down), "{:?}", it.heard());
        it.pass(2).await;
        assert!(!it.is_up() && it.heard().last() == Some(&true), "{:?}", it.heard());
        it.pass(600).await;
        assert!(!it.is_up(), "no sign of life is given meanwhile");
        it.played.able.store(true, SeqCst);
        it.until_next().await;
        assert!(it.is_up());
        it.played.able.store(false, SeqCst);
        it.until_next().await;
        assert!(it.is_up() && it.heard().last() == Some(&false), "a later failure is counted anew");
    });
}

#[test]
fn pauses_between_failing_reports_grow_to_the_period() {
    lab::run(async |lab| {
        let it = Reported::first(lab, false).await;
        it.pass(60).await;
        let soon = it.count();
        assert!((5..=9).contains(&soon), "{soon} in the first minute");
        it.pass(600).await;
        let later = it.count() - soon;
        assert!((10..=25).contains(&later), "{later} in ten minutes, by the timer and repeated");
    });
}

#[test]
fn a_back_end_whose_first_report_fails_is_up_with_the_first_that_succeeds() {
    lab::run(async |lab| {
        let it = Reported::first(lab, false).await;
        it.pass(20).await;
        assert!(!it.is_up() && it.heard().len() > 2 && !it.heard().contains(&true), "{:?}", it.heard());
        it.played.able.store(true, SeqCst);
        it.until_next().await;
        assert!(it.is_up());
    });
}

#[test]
fn work_that_succeeds_while_reports_fail_has_one_made_at_once() {
    lab::run(async |lab| {
        let it = Reported::first(lab, false).await;
        it.pass(600).await;
        it.until_next().await;
        assert!(!it.is_up(), "the pauses have grown to the period");
        it.played.able.store(true, SeqCst);
        let share = it.stage.share(Verb::Create, Status::Creating, &[]).await;
        it.stage.look();
        it.stage.in_time("it is made", || it.stage.is_settled(&share)).await;
        it.stage.lab.settle().await;
        assert!(it.is_up(), "the array answers");
    });
}

#[test]
fn a_crowd_of_successes_while_reports_fail_has_no_more_than_one_made_in_a_second() {
    lab::run(async |lab| {
        let it = Reported::first(lab, false).await;
        it.pass(600).await;
        it.until_next().await;
        let before = it.count();
        for _ in 0..50 {
            let share = it.stage.share(Verb::Create, Status::Creating, &[]).await;
            it.stage.look();
            it.stage.lab.settle().await;
            assert!(it.stage.is_settled(&share));
        }
        assert_eq!(it.count() - before, 1);
    });
}
