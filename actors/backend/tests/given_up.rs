//! Work that an administrator gives up by setting a status, while a driver is at it.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use manilad_domain::intent::{Lane, Verb};
use manilad_domain::message::{Detail, UserMessage};
use manilad_domain::outcome::Remedy;
use manilad_domain::status::{RuleState, Status};
use manilad_domain::{InFlight, Intent, Share};
use manilad_kit::lab;
use tokio::sync::Semaphore;

use super::stage::Stage;
use manilad_played::{Played, Task, Turn};

/// As the API does it: the status is set, the intent goes, and a note stays.
async fn reset(stage: &Stage, share: &Share, status: Status) {
    let (key, lane) = (share.id.to_string(), Intent::key_of(share.instances[0].id, Lane::Life));
    let now = stage.lab.clock.now().into();
    let resetting = stage.store.commit("reset", move |draft| {
        let intent: Intent = draft.get(&lane)?.expect("it is owed");
        draft.remove(&intent)?;
        draft.put(&InFlight::of(&intent, now).expect("a back end owes it"))?;
        let mut share: Share = draft.get(&key)?.expect("it is there");
        share.instances[0].status = status;
        draft.put(&share)
    });
    resetting.await.unwrap();
}

/// As the API does it where the status is to be available: the instance is to be looked for.
async fn rescue(stage: &Stage, share: &Share) {
    reset(stage, share, Status::Available).await;
    stage.owe(share, Verb::Rescue, &[]).await;
    stage.look();
}

fn messages(stage: &Stage) -> Vec<Detail> {
    stage.store.all::<UserMessage>().unwrap().into_iter().map(|message| message.detail).collect()
}

/// A back end whose removals wait, and a share whose removal is under way.
async fn removing(stage: &mut Stage, driver: &Played) -> Share {
    let share = stage.share(Verb::Delete, Status::Deleting, &[]).await;
    stage.raise().await;
    stage.in_time("under way", || driver.count() == 1).await;
    share
}

async fn pass(stage: &Stage) {
    for _ in 0..50 {
        stage.step().await;
    }
}

#[test]
fn a_share_whose_status_is_reset_is_not_removed_by_a_task_that_is_under_way() {
    lab::run(async |lab| {
        let permits = Arc::new(Semaphore::new(0));
        let waits = permits.clone();
        let driver = Played::by(move |_, _| Turn::WaitsToAct(waits.clone()));
        let mut stage = Stage::new(&lab, driver.clone());
        let share = removing(&mut stage, &driver).await;
        reset(&stage, &share, Status::Available).await;
        permits.add_permits(1);
        pass(&stage).await;
        assert_eq!(stage.stored(&share).unwrap().status(), Status::Available);
        assert_eq!(messages(&stage), []);
        assert_eq!(driver.count(), 1, "nobody tries again");
        stage.owe(&share, Verb::Delete, &[]).await;
        permits.add_permits(1);
        stage.look();
        stage.in_time("gone", || stage.stored(&share).is_none()).await;
        stage.check();
    });
}

#[test]
fn a_removal_that_happened_though_the_status_was_reset_is_told_and_the_share_is_in_error() {
    lab::run(async |lab| {
        for status in [Status::Available, Status::Error] {
            let permits = Arc::new(Semaphore::new(0));
            let waits = permits.clone();
            let driver = Played::by(move |_, _| Turn::Waits(waits.clone()));
            let mut stage = Stage::new(&lab, driver.clone());
            let share = removing(&mut stage, &driver).await;
            reset(&stage, &share, status).await;
            permits.add_permits(1);
            stage.in_time("a message for the owner", || !messages(&stage).is_empty()).await;
            let stored = stage.stored(&share).unwrap();
            assert_eq!((stored.status(), stored.instances[0].exports.len()), (Status::Error, 0));
            assert_eq!(messages(&stage), [Detail::RemovedAllTheSame]);
            pass(&stage).await;
            assert_eq!(driver.count(), 1);
            stage.check();
        }
    });
}

#[test]
fn a_removal_that_is_asked_for_again_after_a_reset_looks_for_itself() {
    lab::run(async |lab| {
        let permits = Arc::new(Semaphore::new(0));
        let waits = permits.clone();
        let driver = Played::by(move |_, before| if before == 0 { Turn::Waits(waits.clone()) } else { Turn::Does });
        let mut stage = Stage::new(&lab, driver.clone());
        let share = removing(&mut stage, &driver).await;
        reset(&stage, &share, Status::Error).await;
        stage.owe(&share, Verb::Delete, &[]).await;
        permits.add_permits(1);
        stage.in_time("gone", || stage.stored(&share).is_none()).await;
        assert_eq!(messages(&stage), []);
        let removals =
            driver.asked.lock().unwrap().iter().filter(|task| matches!(task, Task::Share("delete", _))).count();
        assert_eq!(removals, 2);
        stage.check();
    });
}

#[test]
fn work_that_replaces_other_work_begins_as_soon_as_that_has_ended() {
    lab::run(async |lab| {
        let permits = Arc::new(Semaphore::new(0));
        let waits = permits.clone();
        let driver = Played::by(move |task, _| match task {
            Task::Share("create", _) => Turn::WaitsToAct(waits.clone()),
            _ => Turn::Does,
        });
        let mut stage = Stage::new(&lab, driver.clone());
        let share = stage.share(Verb::Create, Status::Creating, &[]).await;
        stage.raise().await;
        stage.in_time("under way", || driver.count() == 1).await;
        stage.owe(&share, Verb::Delete, &[]).await;
        stage.look();
        pass(&stage).await;
        let began = lab.clock.running();
        permits.add_permits(1);
        stage.in_time("gone", || stage.stored(&share).is_none()).await;
        let took = lab.clock.running() - began;
        assert!(took < Duration::from_secs(2), "a cancelled try is no failure to rest from: {took:?}");
        stage.check();
    });
}

#[test]
fn a_rescued_share_is_served_where_it_can_be_mounted_now_and_its_rules_are_applied_anew() {
    lab::run(async |lab| {
        let permits = Arc::new(Semaphore::new(0));
        let waits = permits.clone();
        let driver = Played::by(move |task, _| match task {
            Task::Share("delete", _) => Turn::WaitsToAct(waits.clone()),
            _ => Turn::Does,
        });
        let mut stage = Stage::new(&lab, driver.clone());
        let share = removing(&mut stage, &driver).await;
        stage.rule(&share, "10.0.0.1", RuleState::Active).await;
        rescue(&stage, &share).await;
        permits.add_permits(1);
        let is_done = || stage.intent(&share, Lane::Life).is_none() && stage.intent(&share, Lane::Access).is_none();
        stage.in_time("rescued", is_done).await;
        let stored = stage.stored(&share).unwrap();
        assert_eq!((stored.status(), stored.instances[0].exports.len()), (Status::Available, 2));
        assert_eq!(messages(&stage), []);
        let asked = driver.asked.lock().unwrap().clone();
        assert!(
            matches!(asked[..], [Task::Share("delete", _), Task::Share("rescue", _), Task::Apply(..)]),
            "{asked:?}"
        );
        stage.check();
    });
}

#[test]
fn a_share_that_is_called_available_and_is_not_on_the_array_is_in_error_and_its_owner_is_told() {
    lab::run(async |lab| {
        let driver = Played::by(|task, _| match task {
            Task::Share("delete", _) => Turn::Refuses(Remedy::Wait(Duration::from_secs(600))),
            _ => Turn::Does,
        });
        driver.is_there.store(false, SeqCst);
        let mut stage = Stage::new(&lab, driver.clone());
        let share = removing(&mut stage, &driver).await;
        pass(&stage).await;
        rescue(&stage, &share).await;
        stage.in_time("a message for the owner", || !messages(&stage).is_empty()).await;
        let stored = stage.stored(&share).unwrap();
        assert_eq!((stored.status(), stored.instances[0].exports.len()), (Status::Error, 0));
        assert_eq!((messages(&stage), stage.intent(&share, Lane::Life)), (vec![Detail::VolumeAbsent], None));
        stage.check();
    });
}

#[test]
fn a_rescue_that_is_cut_off_is_begun_again_by_the_next_incarnation() {
    lab::run(async |lab| {
        let driver = Played::by(|_, before| if before < 2 { Turn::Hangs } else { Turn::Does });
        let mut stage = Stage::new(&lab, driver.clone());
        let share = stage.share(Verb::Rescue, Status::Available, &[]).await;
        stage.raise().await;
        stage.in_time("under way", || driver.count() == 1).await;
        stage.life = None;
        stage.lab.settle().await;
        stage.raise().await;
        stage.in_time("rescued", || stage.intent(&share, Lane::Life).is_none()).await;
        let asked = driver.asked.lock().unwrap().clone();
        assert!(
            asked[1..].iter().all(|task| matches!(task, Task::Share("rescue", subject) if subject.in_flight)),
            "{asked:?}"
        );
        stage.check();
    });
}
