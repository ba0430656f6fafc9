//! Outcomes become state: through a back end at work, with a driver that plays by a script.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use manilad_domain::access::{self, AccessRule};
use manilad_domain::intent::{Lane, Verb};
use manilad_domain::message::UserMessage;
use manilad_domain::outcome::Remedy;
use manilad_domain::quota::Usage;
use manilad_domain::service::Incarnation;
use manilad_domain::status::{RuleState, Status};
use manilad_domain::{DetachedInstance, Intent};
use manilad_driver::Subject;
use manilad_kit::lab;
use manilad_store::Range;

use super::stage::{SERVICE, Stage, pool};
use manilad_played::{Played, Task, Turn};

#[test]
fn a_created_instance_is_available_with_its_exports_and_owes_nothing() {
    lab::run(async |lab| {
        let mut stage = Stage::new(&lab, Played::by(|_, _| Turn::Does));
        let share = stage.share(Verb::Create, Status::Creating, &[]).await;
        stage.raise().await;
        stage.in_time("available", || stage.stored(&share).unwrap().status() == Status::Available).await;
        let stored = stage.stored(&share).unwrap();
        assert_eq!(stored.instances[0].exports.len(), 1);
        assert_eq!(stage.intent(&share, Lane::Life), None);
        stage.check();
    });
}

#[test]
fn a_refused_instance_makes_way_for_another_and_goes_and_the_scheduler_chooses_among_the_candidates_that_are_left() {
    lab::run(async |lab| {
        let refuses_the_first = |task: &Task, _: usize| match task {
            Task::Share("create", subject) if subject.pool.pool == "one" => Turn::Refuses(Remedy::Elsewhere),
            _ => Turn::Does,
        };
        let mut stage = Stage::new(&lab, Played::by(refuses_the_first));
        let left = ["node1@alpha#two", "node1@alpha#three"];
        let share = stage.share(Verb::Create, Status::Creating, &left).await;
        stage.raise().await;
        let instances = || stage.stored(&share).unwrap().instances;
        stage.in_time("the refused one is gone", || matches!(&instances()[..], [one] if one.pool.is_none())).await;
        let [successor] = &instances()[..] else { panic!() };
        assert_ne!(successor.id, share.instances[0].id, "a new instance has a new id, and so new names");
        assert_eq!((successor.status, successor.availability_zone.as_deref()), (Status::Creating, None));
        let intent: Intent = stage.store.get(&Intent::key_of(successor.id, Lane::Life)).unwrap().unwrap();
        assert_eq!((intent.verb, intent.service, intent.attempt), (Verb::Place, None, 1));
        assert_eq!(intent.candidates, left.map(pool));
        stage.check();
    });
}

#[test]
fn without_a_next_candidate_the_share_is_in_error_and_its_owner_is_told() {
    lab::run(async |lab| {
        let mut stage = Stage::new(&lab, Played::by(|_, _| Turn::Refuses(Remedy::Elsewhere)));
        let share = stage.share(Verb::Create, Status::Creating, &[]).await;
        stage.raise().await;
        stage.in_time("error", || stage.stored(&share).unwrap().status() == Status::Error).await;
        let messages: Vec<UserMessage> = stage.store.all().unwrap();
        assert_eq!((messages.len(), messages[0].action.id()), (1, "002"));
        assert_eq!(stage.intent(&share, Lane::Life), None);
        stage.check();
    });
}

#[test]
fn a_removal_that_fails_shows_it_and_goes_on_until_the_array_lets_go() {
    lab::run(async |lab| {
        let mut stage = Stage::new(
            &lab,
            Played::by(|_, before| if before < 10 { Turn::Refuses(Remedy::Again) } else { Turn::Does }),
        );
        let share = stage.share(Verb::Delete, Status::Deleting, &[]).await;
        stage.raise().await;
        let shows_it = || stage.stored(&share).is_some_and(|share| share.status() == Status::ErrorDeleting);
        stage.in_time("error_deleting", shows_it).await;
        assert!(stage.intent(&share, Lane::Life).is_some(), "the intent stays");
        while stage.stored(&share).is_some() {
            lab.step(Duration::from_secs(60)).await;
        }
        assert_eq!(stage.store.all::<UserMessage>().unwrap().len(), 1, "told once");
        stage.check();
    });
}

#[test]
fn rules_become_active_denied_ones_go_and_the_share_is_in_step() {
    lab::run(async |lab| {
        let mut stage = Stage::new(&lab, Played::by(|_, _| Turn::Does));
        let share = stage.share(Verb::Access, Status::Available, &[]).await;
        stage.rule(&share, "10.0.0.1", RuleState::QueuedToApply).await;
        stage.rule(&share, "10.0.0.2", RuleState::QueuedToDeny).await;
        stage.rule(&share, "10.0.0.3", RuleState::Error).await;
        stage.raise().await;
        let rules = || -> Vec<AccessRule> {
            stage.store.scan(Range::of(access::BY_SHARE, [share.id.to_string()])).unwrap().records
        };
        stage.in_time("settled", || stage.intent(&share, Lane::Access).is_none()).await;
        let mut states: Vec<_> = rules().iter().map(|rule| (rule.to.clone(), rule.state)).collect();
        states.sort();
        assert_eq!(states, [("10.0.0.1".into(), RuleState::Active), ("10.0.0.3".into(), RuleState::Error)]);
        stage.check();
    });
}

#[test]
fn a_share_goes_with_its_last_live_instance_and_what_another_back_end_owes_is_unseen_and_uncharged() {
    lab::run(async |lab| {
        let is_away = Arc::new(AtomicBool::new(true));
        let away = is_away.clone();
        let is_other = |subject: &Subject| subject.pool.pool == "two";
        let driver = Played::by(move |task, _| match task {
            Task::Share("delete", subject) if is_other(subject) && away.load(Relaxed) => Turn::Refuses(Remedy::Again),
            _ => Turn::Does,
        });
        let mut stage = Stage::new(&lab, driver);
        let mut share = stage.share(Verb::Delete, Status::Deleting, &[]).await;
        let mut refused = share.instances[0].clone();
        refused.id = lab.clock.id().into();
        refused.pool = Some(pool("node1@alpha#two"));
        refused.superseded = true;
        share.instances.insert(0, refused);
        stage.put(share.clone()).await;
        stage.owe(&share, Verb::Delete, &[]).await;
        stage.raise().await;
        stage.in_time("the share is gone", || stage.stored(&share).is_none()).await;
        let store = stage.store.clone();
        let detached = || store.all::<DetachedInstance>().unwrap();
        assert_eq!(detached().len(), 1);
        let usage = stage.store.commit("test", |draft| draft.usage("p")).await.unwrap();
        assert_eq!(usage, Usage::of("p"), "nobody is charged");
        stage.check();
        stage.life = None;
        stage.raise().await;
        is_away.store(false, Relaxed);
        stage.in_time("the array lets go", || detached().is_empty() && store.all::<Intent>().unwrap().is_empty()).await;
        stage.check();
    });
}

#[test]
fn each_of_300_rules_that_are_given_up_has_a_message_of_its_own() {
    lab::run(async |lab| {
        let mut stage = Stage::new(&lab, Played::by(|_, _| Turn::Refuses(Remedy::Never)));
        let share = stage.share(Verb::Access, Status::Available, &[]).await;
        for number in 0..300 {
            stage.rule(&share, &format!("10.0.{}.{}", number / 250, number % 250), RuleState::QueuedToApply).await;
        }
        stage.raise().await;
        stage.in_time("given up", || stage.intent(&share, Lane::Access).is_none()).await;
        let messages: Vec<UserMessage> = stage.store.all().unwrap();
        assert_eq!(messages.len(), 300);
        assert!(messages.iter().all(|message| !message.id.0.is_nil()));
        stage.check();
    });
}

#[test]
fn work_that_is_owed_for_what_is_gone_ends() {
    lab::run(async |lab| {
        let mut stage = Stage::new(&lab, Played::by(|_, _| Turn::Does));
        let share = stage.share(Verb::Access, Status::Available, &[]).await;
        let gone = share.clone();
        stage.store.commit("test", move |draft| draft.remove(&gone)).await.unwrap();
        stage.raise().await;
        stage.in_time("ended", || stage.intent(&share, Lane::Access).is_none()).await;
        stage.check();
    });
}

#[test]
fn the_outcome_of_an_earlier_incarnation_counts_for_nothing() {
    lab::run(async |lab| {
        let mut stage = Stage::new(&lab, Played::by(|_, before| if before == 0 { Turn::Hangs } else { Turn::Does }));
        let share = stage.share(Verb::Create, Status::Creating, &[]).await;
        stage.raise().await;
        let store = stage.store.clone();
        let epoch = || store.get::<Incarnation>(SERVICE).unwrap().map_or(0, |one| one.epoch);
        stage.in_time("the first epoch", || epoch() == 1).await;
        stage.put(Incarnation { service: SERVICE.into(), epoch: 7 }).await;
        lab.step(Duration::from_secs(301)).await; // the hung task is given up, and tried again
        for _ in 0..40 {
            lab.step(Duration::from_secs(1)).await;
        }
        assert_eq!(stage.stored(&share).unwrap().status(), Status::Creating, "an old epoch commits nothing");
        stage.life = None;
        stage.raise().await;
        stage.in_time("available", || stage.stored(&share).unwrap().status() == Status::Available).await;
        assert_eq!(epoch(), 8);
        stage.check();
    });
}
