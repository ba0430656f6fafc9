//! Far more owed than a child takes at a time: all of it is done, none of it is turned away, and what waits costs nothing.
//!
//! Cost is counted in tasks, messages and sleeps, never in time: an actor that spins sleeps or asks again and again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use manilad_domain::Share;
use manilad_domain::intent::Verb;
use manilad_domain::outcome::Remedy;
use manilad_domain::status::Status;
use manilad_domain::verb::DriverActor;
use manilad_kit::lab::{self, Lab};
use tokio::sync::Semaphore;

use super::stage::{SERVICE, Stage};
use manilad_played::{Played, TASKS, Task, Turn};

/// More than any child ever takes.
const CROWD: usize = 600;

async fn creations(stage: &Stage, count: usize) -> Vec<Share> {
    let mut shares = Vec::new();
    for _ in 0..count {
        shares.push(stage.share(Verb::Create, Status::Creating, &[]).await);
    }
    shares
}

fn are_available(stage: &Stage, shares: &[Share]) -> bool {
    shares.iter().all(|share| stage.stored(share).unwrap().status() == Status::Available)
}

/// Messages that were refused, over all actors.
fn refused(lab: &Lab) -> u64 {
    lab.vitals.look().iter().map(|look| look.refused).sum()
}

#[test]
fn more_than_a_child_takes_is_done_each_once_and_nothing_is_refused() {
    lab::run(async |lab| {
        let driver = Played::by(|_, _| Turn::Does);
        let mut stage = Stage::new(&lab, driver.clone());
        let shares = creations(&stage, CROWD).await;
        stage.raise().await;
        stage.in_time("all are available", || are_available(&stage, &shares)).await;
        assert_eq!(driver.count(), shares.len());
        assert_eq!(refused(&lab), 0);
        stage.check();
    });
}

/// What a back end sleeps and handles in two minutes in which every task hangs: what spins does more of it.
fn restlessness(owed: usize) -> (u64, u64) {
    lab::run(async |lab| {
        let driver = Played::by(|_, _| Turn::Hangs);
        let mut stage = Stage::new(&lab, driver.clone());
        creations(&stage, owed).await;
        stage.raise().await;
        stage.in_time("the child has all that it takes", || driver.count() == owed.min(TASKS)).await;
        let vitals = lab.vitals.vitals(SERVICE);
        let (slept, handled) = (lab.hand.begun(), vitals.look().handled);
        for _ in 0..1200 {
            lab.step(Duration::from_millis(100)).await;
        }
        assert_eq!((driver.count(), refused(&lab)), (owed.min(TASKS), 0));
        (lab.hand.begun() - slept, vitals.look().handled - handled)
    })
}

#[test]
fn what_waits_behind_tasks_that_hang_is_not_asked_for_and_wakes_nobody() {
    // The child is as full in both, and the two minutes begin when it is: only what waits behind it differs.
    let (slept, handled) = restlessness(TASKS);
    let (slept_of_many, handled_of_many) = restlessness(3000);
    assert!(slept_of_many <= slept + slept / 5, "{slept_of_many} sleeps with 3000 owed, {slept} with a full child");
    assert!(handled_of_many <= handled + 5, "{handled_of_many} messages with 3000 owed, {handled} with a full child");
}

#[test]
fn a_back_end_that_ends_amid_a_crowd_leaves_the_rest_to_the_next_one() {
    lab::run(async |lab| {
        // The first half of what a child takes is done, the rest hangs; the next incarnation finds an array that works.
        let driver =
            Played::by(|_, before| if (TASKS / 2..TASKS).contains(&before) { Turn::Hangs } else { Turn::Does });
        let mut stage = Stage::new(&lab, driver.clone());
        let shares = creations(&stage, CROWD).await;
        stage.raise().await;
        stage.in_time("the rest of the first ones hangs", || driver.count() >= TASKS).await;
        drop(stage.life.take());
        stage.raise().await;
        stage.in_time("all are available", || are_available(&stage, &shares)).await;
        assert_eq!(refused(&lab), 0);
        stage.check();
    });
}

#[test]
fn a_child_that_ends_again_and_again_amid_a_crowd_is_not_asked_while_it_is_away() {
    lab::run(async |lab| {
        let driver = Played::by(|_, before| if [49, 149, 349].contains(&before) { Turn::Panics } else { Turn::Does });
        let mut stage = Stage::new(&lab, driver.clone());
        let shares = creations(&stage, CROWD).await;
        stage.raise().await;
        stage.in_time("all are available", || are_available(&stage, &shares)).await;
        let look = lab.vitals.vitals(format!("{SERVICE}/{}", DriverActor::Share.name())).look();
        assert_eq!((look.restarted.panicked, refused(&lab)), (3, 0));
        stage.check();
    });
}

#[test]
fn removals_that_overtake_owed_creations_end_with_nothing_left() {
    lab::run(async |lab| {
        let permits = Arc::new(Semaphore::new(0));
        let waits = Turn::Waits(permits.clone());
        let driver = Played::by(move |_, before| if before < TASKS { waits.clone() } else { Turn::Does });
        let mut stage = Stage::new(&lab, driver.clone());
        let shares = creations(&stage, CROWD).await;
        stage.raise().await;
        stage.in_time("the child has all that it takes", || driver.count() == TASKS).await;
        for share in &shares {
            stage.owe(share, Verb::Delete, &[]).await;
        }
        stage.look();
        permits.add_permits(TASKS);
        stage.in_time("all are gone", || shares.iter().all(|share| stage.stored(share).is_none())).await;
        let (creations, removals): (Vec<_>, Vec<_>) =
            driver.asked.lock().unwrap().iter().cloned().partition(|task| matches!(task, Task::Share("create", _)));
        // What was not begun when its removal came is not begun any more.
        assert_eq!((creations.len(), removals.len()), (TASKS, shares.len()));
        assert_eq!(refused(&lab), 0);
        stage.check();
    });
}

#[test]
fn a_crowd_that_an_array_turns_away_for_a_while_is_done_once_it_is_back() {
    static IS_AWAY: AtomicBool = AtomicBool::new(true);
    lab::run(async |lab| {
        let script =
            |_: &Task, _| if IS_AWAY.load(Ordering::SeqCst) { Turn::Refuses(Remedy::Again) } else { Turn::Does };
        let driver = Played::by(script);
        let mut stage = Stage::new(&lab, driver.clone());
        let shares = creations(&stage, CROWD).await;
        stage.raise().await;
        stage.in_time("each was tried", || driver.count() > 2 * shares.len()).await;
        IS_AWAY.store(false, Ordering::SeqCst);
        stage.in_time("all are available", || are_available(&stage, &shares)).await;
        let look = lab.vitals.vitals(format!("{SERVICE}/{}", DriverActor::Share.name())).look();
        assert_eq!((look.refused, refused(&lab)), (0, 0));
        stage.check();
    });
}
