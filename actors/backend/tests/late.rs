//! Whom a new incarnation takes to have calls on their way: what was owed when it began, and what was noted.

use std::time::Duration;

use manilad_domain::deadlines::IN_FLIGHT;
use manilad_domain::intent::{Lane, Verb};
use manilad_domain::outcome::Remedy;
use manilad_domain::status::{RuleState, Status};
use manilad_domain::{InFlight, Share};
use manilad_kit::lab::{self, Lab};

use super::stage::Stage;
use crate::late::OLD;
use manilad_played::{Played, SWITCH, Task, Turn};

/// Whether the last task for a share said that earlier calls may be in flight.
fn last_in_flight(driver: &Played, share: &Share) -> Option<bool> {
    let tasks = driver.asked.lock().unwrap();
    tasks.iter().rev().find_map(|task| match task {
        Task::Share(_, subject) | Task::Apply(subject, _) => (subject.share == share.id).then_some(subject.in_flight),
        _ => None,
    })
}

fn notes(stage: &Stage) -> usize {
    stage.store.all::<InFlight>().unwrap().len()
}

async fn succeed(stage: &mut Stage) {
    stage.life = None;
    stage.lab.settle().await;
    stage.raise().await;
}

async fn deleted(stage: &Stage, share: &Share) {
    let share = stage.stored(share).unwrap();
    stage.owe(&share, Verb::Delete, &[]).await;
    stage.look();
    stage.in_time("gone", || stage.stored(&share).is_none()).await;
}

#[test]
fn what_was_owed_at_the_beginning_may_be_in_flight_and_what_came_later_is_not() {
    lab::run(async |lab| {
        let driver = Played::by(|_, _| Turn::Does);
        let mut stage = Stage::new(&lab, driver.clone());
        let earlier = stage.share(Verb::Create, Status::Creating, &[]).await;
        let exported = stage.share(Verb::Export, Status::Available, &[]).await;
        stage.raise().await;
        stage.in_time("it is at work", || driver.count() > 0).await;
        let later = stage.share(Verb::Create, Status::Creating, &[]).await;
        stage.look();
        let all = [&earlier, &exported, &later];
        let is_done = |share: &&Share| stage.intent(share, Lane::Life).is_none();
        stage.in_time("all is done", || all.iter().all(is_done)).await;
        for share in all {
            deleted(&stage, share).await;
        }
        assert_eq!(all.map(|share| last_in_flight(&driver, share)), [Some(true), Some(false), Some(false)]);
        stage.check();
    });
}

/// What the driver is told of rules in these states, of a share with this key among its metadata, that are owed when an
/// incarnation begins.
async fn asked_for_rules(lab: &Lab, key: &str, states: &[RuleState]) -> Option<bool> {
    let driver = Played::by(|_, _| Turn::Does);
    let mut stage = Stage::new(lab, driver.clone());
    let mut share = stage.share(Verb::Access, Status::Available, &[]).await;
    share.metadata = [(key.to_owned(), "false".to_owned())].into();
    stage.put(share.clone()).await;
    for (number, state) in states.iter().enumerate() {
        stage.rule(&share, &format!("10.0.0.{number}"), *state).await;
    }
    stage.raise().await;
    stage.in_time("settled", || stage.intent(&share, Lane::Access).is_none()).await;
    last_in_flight(&driver, &share)
}

#[test]
fn rules_that_are_only_added_wait_for_nothing_and_all_others_for_certainty() {
    use RuleState::{Active, Applying, Denying, Error, QueuedToApply, QueuedToDeny, QueuedToUpdate, Updating};
    lab::run(async |lab| {
        for (states, in_flight) in [
            (&[QueuedToApply, Active] as &[_], false),
            (&[Applying], false),
            (&[QueuedToApply, QueuedToDeny], true),
            (&[Denying], true),
            (&[QueuedToUpdate, QueuedToApply], true),
            (&[Updating], true),
            (&[QueuedToApply, Error], true),
            (&[Active], true),
            (&[], true),
        ] {
            assert_eq!(asked_for_rules(&lab, "colour", states).await, Some(in_flight), "{states:?}");
        }
        assert_eq!(asked_for_rules(&lab, SWITCH, &[QueuedToApply]).await, Some(true), "a call may know nothing of it");
    });
}

#[test]
fn work_that_ended_in_doubt_is_noted_for_the_next_incarnation_until_nothing_can_be_on_its_way() {
    lab::run(async |lab| {
        let refuses_at_first = |task: &Task, before: usize| match task {
            Task::Share("create", _) if before == 0 => Turn::Refuses(Remedy::Elsewhere),
            Task::Share("create", _) if before == 1 => Turn::Refuses(Remedy::Again),
            _ => Turn::Does,
        };
        let driver = Played::by(refuses_at_first);
        let mut stage = Stage::new(&lab, driver.clone());
        stage.raise().await;
        let given_up = stage.share(Verb::Create, Status::Creating, &[]).await;
        stage.look();
        stage.in_time("given up", || stage.stored(&given_up).unwrap().status() == Status::Error).await;
        let twice = stage.share(Verb::Create, Status::Creating, &[]).await;
        stage.look();
        stage.in_time("made", || stage.stored(&twice).unwrap().status() == Status::Available).await;
        let at_once = stage.share(Verb::Create, Status::Creating, &[]).await;
        stage.look();
        stage.in_time("made", || stage.stored(&at_once).unwrap().status() == Status::Available).await;
        assert_eq!(notes(&stage), 2, "who was served at the first try has nothing on its way");
        succeed(&mut stage).await;
        for (share, in_flight) in [(&given_up, true), (&at_once, false)] {
            deleted(&stage, share).await;
            assert_eq!(last_in_flight(&driver, share), Some(in_flight));
        }
        lab.step(IN_FLIGHT).await;
        stage.in_time("the notes are gone", || notes(&stage) == 0).await;
        deleted(&stage, &twice).await;
        assert_eq!(last_in_flight(&driver, &twice), Some(false), "by now nothing is on its way");
        stage.check();
    });
}

#[test]
fn notes_do_not_gather_where_no_incarnation_lives_long_enough_and_what_they_told_holds_for_the_one_that_ends_them() {
    lab::run(async |lab| {
        let driver = Played::by(|task, _| match task {
            Task::Share("create", _) => Turn::Refuses(Remedy::Elsewhere),
            _ => Turn::Does,
        });
        let mut stage = Stage::new(&lab, driver.clone());
        let share = stage.share(Verb::Create, Status::Creating, &[]).await;
        stage.raise().await;
        stage.in_time("given up", || stage.stored(&share).unwrap().status() == Status::Error).await;
        for _ in 0..3 {
            succeed(&mut stage).await;
            lab.step(IN_FLIGHT / 2).await;
            stage.step().await;
        }
        assert_eq!(notes(&stage), 1, "no incarnation has seen it for long enough");
        stage.life = None;
        lab.step(OLD).await;
        stage.raise().await;
        let began = lab.clock.running();
        stage.in_time("gone", || notes(&stage) == 0).await;
        assert!(lab.clock.running() - began < Duration::from_secs(10));
        deleted(&stage, &share).await;
        assert_eq!(last_in_flight(&driver, &share), Some(true));
        stage.check();
    });
}

#[test]
fn what_was_in_flight_is_so_for_the_incarnation_after_the_next_too() {
    lab::run(async |lab| {
        let driver = Played::by(|_, _| Turn::Does);
        let mut stage = Stage::new(&lab, driver.clone());
        let share = stage.share(Verb::Create, Status::Creating, &[]).await;
        stage.raise().await;
        stage.in_time("made", || stage.stored(&share).unwrap().status() == Status::Available).await;
        succeed(&mut stage).await;
        deleted(&stage, &share).await;
        assert_eq!(
            last_in_flight(&driver, &share),
            Some(true),
            "made at the first try, but not of the first incarnation"
        );
    });
}

#[test]
fn waiting_for_calls_uses_up_no_patience_and_ends_when_they_cannot_land_any_more() {
    lab::run(async |lab| {
        const LEFT: Duration = Duration::from_secs(400);
        let began = lab.clock.running();
        let clock = lab.clock.clone();
        let waits = move |_: &Task, _: usize| match (began + LEFT).saturating_sub(clock.running()) {
            Duration::ZERO => Turn::Does,
            left => Turn::Refuses(Remedy::Wait(left)),
        };
        let driver = Played::by(waits);
        let mut stage = Stage::new(&lab, driver.clone());
        let denied = stage.share(Verb::Access, Status::Available, &[]).await;
        stage.rule(&denied, "10.0.0.1", RuleState::QueuedToDeny).await;
        let deleted = stage.share(Verb::Delete, Status::Deleting, &[]).await;
        stage.raise().await;
        let is_done = || stage.stored(&deleted).is_none() && stage.intent(&denied, Lane::Access).is_none();
        stage.in_time("done", is_done).await;
        let took = lab.clock.running() - began;
        assert!(took >= LEFT && took < LEFT + Duration::from_secs(10), "{took:?}");
        let tries = driver.asked.lock().unwrap().iter().filter(|task| matches!(task, Task::Share("delete", _))).count();
        assert_eq!(tries, 2, "at once, and at the end");
        assert!(stage.store.all::<manilad_domain::AccessRule>().unwrap().is_empty());
        assert!(stage.store.all::<manilad_domain::message::UserMessage>().unwrap().is_empty());
        stage.check();
    });
}
