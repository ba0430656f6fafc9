//! Panics, hangs, floods and stops: whatever is lost with an actor lies in the store, and is done in the end.

use std::time::Duration;

use manilad_domain::intent::Verb;
use manilad_domain::outcome::Remedy;
use manilad_domain::status::Status;
use manilad_domain::verb::DriverActor;
use manilad_kit::lab::{self, Lab};
use manilad_kit::{End, State, Unanswered};
use manilad_messages::Look;

use super::stage::{SERVICE, Stage};
use manilad_played::{Played, Task, Turn};

/// A share that is asked for while the driver has one bad turn first.
async fn is_made_after(lab: &Lab, bad: Turn) -> Stage {
    let mut stage = Stage::new(lab, Played::by(move |_, before| if before == 0 { bad.clone() } else { Turn::Does }));
    let share = stage.share(Verb::Create, Status::Creating, &[]).await;
    stage.raise().await;
    stage.in_time("available", || stage.stored(&share).unwrap().status() == Status::Available).await;
    stage.check();
    stage
}

#[test]
fn a_driver_actor_that_panics_is_raised_again_and_its_work_is_finished() {
    lab::run(async |lab| {
        is_made_after(&lab, Turn::Panics).await;
        let look = lab.vitals.vitals(format!("{SERVICE}/{}", DriverActor::Share.name())).look();
        assert_eq!((look.state, look.restarted.panicked), (State::Up, 1));
        assert!(look.last_end.unwrap().contains("as the script has it"));
    });
}

#[test]
fn a_task_that_hangs_is_given_up_in_time_and_tried_again() {
    lab::run(async |lab| {
        is_made_after(&lab, Turn::Hangs).await;
    });
}

#[test]
fn an_error_is_tried_again() {
    lab::run(async |lab| {
        is_made_after(&lab, Turn::Refuses(Remedy::Again)).await;
    });
}

#[test]
fn a_flood_of_nudges_is_refused_and_counted_and_all_work_is_done() {
    lab::run(async |lab| {
        let mut stage = Stage::new(&lab, Played::by(|_, _| Turn::Does));
        let mut shares = Vec::new();
        for _ in 0..50 {
            shares.push(stage.share(Verb::Create, Status::Creating, &[]).await);
        }
        stage.raise().await;
        let looks = &stage.context.looks;
        let refused = (0..100).filter(|_| looks.nudge(Look) == Err(Unanswered::Full)).count();
        assert_eq!(refused, 100 - looks.bound());
        stage.in_time("all are made", || shares.iter().all(|share| stage.is_settled(share))).await;
        stage.check();
    });
}

#[test]
fn work_of_which_no_nudge_tells_is_found_by_looking() {
    lab::run(async |lab| {
        let mut stage = Stage::new(&lab, Played::by(|_, _| Turn::Does));
        let first = stage.share(Verb::Create, Status::Creating, &[]).await;
        stage.raise().await;
        stage.in_time("the first is made", || stage.is_settled(&first)).await;
        let second = stage.share(Verb::Create, Status::Creating, &[]).await;
        stage.in_time("the second is made", || stage.is_settled(&second)).await;
        stage.check();
    });
}

#[test]
fn a_back_end_stops_in_good_order_and_the_next_one_goes_on() {
    lab::run(async |lab| {
        let driver = Played::by(|_, _| Turn::Does);
        let mut stage = Stage::new(&lab, driver.clone());
        stage.raise().await;
        let life = stage.life.take().unwrap();
        assert_eq!(life.stop(Duration::from_secs(60)).await, End::Stopped);
        assert_eq!(stage.context.looks.nudge(Look), Err(Unanswered::Vacant));
        let share = stage.share(Verb::Create, Status::Creating, &[]).await;
        stage.raise().await;
        stage.in_time("available", || stage.stored(&share).unwrap().status() == Status::Available).await;
        assert_eq!(driver.count(), 1);
    });
}

#[test]
fn a_driver_whose_actor_keeps_dying_takes_its_back_end_down_with_a_reason() {
    lab::run(async |lab| {
        let mut stage = Stage::new(&lab, Played::by(|_, _| Turn::Panics));
        for _ in 0..30 {
            stage.share(Verb::Create, Status::Creating, &[]).await;
        }
        stage.raise().await;
        let mut life = stage.life.take().unwrap();
        let end = loop {
            if let Some(end) = futures::FutureExt::now_or_never(&mut life) {
                break end;
            }
            stage.step().await;
        };
        assert!(matches!(&end, End::Failed(why) if why.contains("keeps ending")), "{end}");
    });
}

#[test]
fn a_superseded_task_is_not_undone_by_its_late_outcome() {
    lab::run(async |lab| {
        let mut stage = Stage::new(
            &lab,
            Played::by(|task, _| match task {
                Task::Share("create", _) => Turn::Hangs,
                _ => Turn::Does,
            }),
        );
        let share = stage.share(Verb::Create, Status::Creating, &[]).await;
        stage.raise().await;
        stage.owe(&share, Verb::Delete, &[]).await; // the same lane, a higher serial
        stage.look();
        stage.in_time("gone", || stage.stored(&share).is_none()).await;
        stage.check();
    });
}
