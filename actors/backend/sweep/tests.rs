//! Rounds on a real store, with surveys that show what the test wants.

use manilad_domain::intent::{Lane, Verb};
use manilad_domain::outcome::Remedy;
use manilad_domain::service::Incarnation;
use manilad_domain::status::{RuleState, RulesStatus, Status};
use manilad_domain::{AccessRule, PoolName, Record, Share};
use manilad_driver::{Difference, Subject};
use manilad_kit::lab::{self, Lab};
use tokio::sync::Semaphore;

use super::*;
use crate::tests::stage::{SERVICE, Stage};
use manilad_played::{Picture, Played, Task, Turn, exports};

fn drifted() -> Condition {
    Condition::Drifted("as the test has it".to_owned())
}

fn showing(marked: Vec<Marked>, condition: Condition) -> Played {
    Played::by(|_, _| Turn::Does)
        .surveyed(move |_| Some(Picture { marked: marked.clone(), condition: condition.clone() }))
}

fn volume(number: u128) -> Marked {
    let instance = InstanceId(uuid::Uuid::from_u128(number));
    Marked { instance, what: "volume", name: format!("share_{number}"), id: number.to_string() }
}

fn subject_of(share: &Share) -> Subject {
    let instance = &share.instances[0];
    crate::subject::subject(share, instance, instance.pool.as_ref().unwrap(), None, "")
}

/// A store whose one service has epoch 1, and a driver.
struct Play {
    stage: Stage,
    driver: Played,
    notes: Rc<Notes>,
}

impl Play {
    async fn new(lab: &Lab, driver: Played) -> Self {
        let stage = Stage::new(lab, driver.clone());
        stage.put(Incarnation { service: SERVICE.to_owned(), epoch: 1 }).await;
        Play { stage, driver, notes: Rc::default() }
    }

    /// A share that is available, with an active rule.
    async fn share(&self) -> Share {
        let share = self.stage.share(Verb::Create, Status::Available, &[]).await;
        let intent = self.stage.intent(&share, Lane::Life).unwrap();
        self.stage.store.commit("test", move |draft| draft.remove(&intent)).await.unwrap();
        self.stage.rule(&share, "10.0.0.1", RuleState::Active).await;
        share
    }

    fn context(&self) -> Rc<SweepContext> {
        let context = &self.stage.context;
        Rc::new(SweepContext {
            service: SERVICE.to_owned(),
            epoch: 1,
            clock: context.clock.clone(),
            store: context.store.clone(),
            running: Rc::new(self.driver.clone()),
            looks: context.looks.clone(),
            every: Duration::from_secs(60),
            page: context.sweep_page,
        })
    }

    fn begin(&self) -> actix_rt::task::JoinHandle<Result<Findings, String>> {
        actix_rt::spawn(self.context().round(self.notes.clone(), BTreeSet::new()))
    }

    async fn round(&self) -> Result<Findings, String> {
        let round = self.begin();
        self.stage.in_time("the round ends", || round.is_finished()).await;
        round.await.unwrap()
    }

    fn is_owed(&self, share: &Share) -> bool {
        let intent = self.stage.intent(share, Lane::Access);
        let status = self.stage.stored(share).unwrap().instances[0].rules_status;
        assert_eq!(status == RulesStatus::Syncing, intent.is_some(), "a status on its way is explained by an intent");
        intent.is_some()
    }
}

#[test]
fn drift_becomes_an_intent_and_the_rules_stay_as_they_are() {
    lab::run(async |lab| {
        let play = Play::new(&lab, showing(Vec::new(), drifted())).await;
        let (one, other) = (play.share().await, play.share().await);
        assert_eq!(play.round().await.unwrap().drifted, 2);
        for share in [&one, &other] {
            assert!(play.is_owed(share));
            let intent = play.stage.intent(share, Lane::Access).unwrap();
            assert_eq!((intent.verb, intent.service.as_deref()), (Verb::Access, Some(SERVICE)));
            assert!(play.notes.was_repair(&intent) && !play.notes.was_repair(&intent));
        }
        let rules: Vec<AccessRule> = play.stage.store.all().unwrap();
        assert!(rules.iter().all(|rule| rule.state == RuleState::Active));
        play.stage.check();
    });
}

#[test]
fn more_than_a_page_of_instances_is_judged_once_each() {
    lab::run(async |lab| {
        let play = Play::new(&lab, showing(Vec::new(), Condition::Sound)).await;
        let mut shares = Vec::new();
        for number in 0..2 * play.stage.context.sweep_page + 3 {
            let mut share = play.share().await;
            if number % 2 == 0 {
                let pool: PoolName = "node1@alpha#two".parse().unwrap();
                let fresh = lab.clock.id().into();
                let second = manilad_domain::Instance { id: fresh, pool: Some(pool), ..share.instances[0].clone() };
                share.instances.push(second);
                play.stage.put(share.clone()).await;
            }
            shares.push(share);
        }
        let judged = play.round().await.unwrap().judged;
        let all: HashSet<_> = shares.iter().flat_map(|share| &share.instances).map(|one| one.id).collect();
        assert_eq!(judged, all);
        assert_eq!(play.driver.judged.lock().unwrap().len(), all.len());
        assert!(shares.iter().all(|share| !play.is_owed(share)));
    });
}

#[test]
fn what_is_missing_is_reported_and_no_record_changes() {
    lab::run(async |lab| {
        let play = Play::new(&lab, showing(Vec::new(), Condition::Missing("no volume".to_owned()))).await;
        let share = play.share().await;
        let before = play.stage.stored(&share);
        let missing = play.round().await.unwrap().missing;
        assert_eq!(missing, BTreeMap::from([(share.instances[0].id, "no volume".to_owned())]));
        assert_eq!(play.stage.stored(&share), before);
        assert!(!play.is_owed(&share));
    });
}

#[test]
fn instances_with_open_work_or_not_available_are_left_alone() {
    lab::run(async |lab| {
        let play = Play::new(&lab, showing(Vec::new(), drifted())).await;
        let owed = play.share().await;
        play.stage.owe(&owed, Verb::Access, &[]).await;
        let going = play.stage.share(Verb::Delete, Status::Deleting, &[]).await;
        let broken = play.share().await;
        let mut error = broken.clone();
        error.instances[0].status = Status::Error;
        play.stage.put(error).await;
        assert!(play.round().await.unwrap().judged.is_empty());
        assert!(
            play.stage.intent(&going, Lane::Access).is_none() && play.stage.intent(&broken, Lane::Access).is_none()
        );
    });
}

#[test]
fn what_is_worked_on_during_the_survey_is_left_alone_in_this_round_only() {
    lab::run(async |lab| {
        let mut driver = showing(vec![volume(7)], Condition::Missing("not yet".to_owned()));
        driver.permits = std::sync::Arc::new(Semaphore::new(0));
        let play = Play::new(&lab, driver).await;
        let (busy, quiet) = (play.share().await, play.share().await);
        let round = play.begin();
        lab.settle().await;
        play.notes.touch(busy.instances[0].id);
        play.notes.touch(volume(7).instance);
        play.driver.permits.add_permits(1000);
        play.stage.in_time("the round ends", || round.is_finished()).await;
        let findings = round.await.unwrap().unwrap();
        assert_eq!(findings.missing.into_keys().collect::<Vec<_>>(), [quiet.instances[0].id]);
        assert!(findings.strays.is_empty());
        play.notes.round_ends();
        play.notes.touch(busy.instances[0].id);
        let findings = play.round().await.unwrap();
        assert_eq!((findings.missing.len(), findings.strays.len()), (2, 1));
    });
}

#[test]
fn a_stray_is_what_no_back_end_knows_and_what_a_second_look_still_finds() {
    lab::run(async |lab| {
        let driver = Played::by(|_, _| Turn::Does).surveyed(|before| {
            let marked = [volume(1), volume(2)].into_iter().take(2 - before % 2).collect();
            Some(Picture { marked, condition: Condition::Sound })
        });
        let play = Play::new(&lab, driver).await;
        let strays = play.round().await.unwrap().strays;
        assert_eq!(strays.into_values().collect::<Vec<_>>(), [volume(1)], "the other went in between");
        assert_eq!(*play.driver.surveys.lock().unwrap(), 2);
        assert_eq!(play.driver.count(), 0, "no task is given to the driver for strays");
        // Elsewhere it is known, whatever its state.
        let mut share = play.share().await;
        share.instances[0].id = volume(1).instance;
        share.instances[0].pool = Some("node1@beta#one".parse().unwrap());
        share.instances[0].superseded = true;
        play.stage.put(share).await;
        assert!(play.round().await.unwrap().strays.is_empty());
    });
}

#[test]
fn strays_that_are_known_need_no_second_look() {
    lab::run(async |lab| {
        let play = Play::new(&lab, showing(vec![volume(1)], Condition::Sound)).await;
        let confirmed = BTreeSet::from([key_of(&volume(1))]);
        let round = actix_rt::spawn(play.context().round(play.notes.clone(), confirmed));
        play.stage.in_time("the round ends", || round.is_finished()).await;
        assert_eq!(round.await.unwrap().unwrap().strays.len(), 1);
        assert_eq!(*play.driver.surveys.lock().unwrap(), 1);
    });
}

#[test]
fn a_survey_that_fails_changes_nothing() {
    lab::run(async |lab| {
        let play = Play::new(&lab, Played::by(|_, _| Turn::Does)).await;
        let share = play.share().await;
        assert!(play.round().await.unwrap_err().contains("as the script has it"));
        assert!(!play.is_owed(&share));
    });
}

#[test]
fn a_replaced_incarnation_and_changed_rules_owe_nothing() {
    lab::run(async |lab| {
        let play = Play::new(&lab, showing(Vec::new(), drifted())).await;
        let share = play.share().await;
        let rules: Vec<_> = play.stage.store.all().unwrap();
        let owe = async |epoch, rules| {
            let one =
                Drifted { share: share.id, instance: share.instances[0].id, rules, request_id: "req-1".to_owned() };
            let sweeping = Sweeping { service: SERVICE.to_owned(), epoch, now: lab.clock.now().into() };
            play.stage.store.commit("test", move |draft| sweeping.repair(draft, &[one])).await.unwrap()
        };
        assert_eq!(owe(2, rules.clone()).await, []);
        assert_eq!(owe(1, Vec::new()).await, [], "a rule came since");
        assert!(!play.is_owed(&share));
        assert_eq!(owe(1, rules.clone()).await.len(), 1);
        assert_eq!(owe(1, rules).await, [], "it is owed already");
    });
}

#[test]
fn a_back_end_sweeps_by_itself_and_drift_is_mended_by_the_driver() {
    lab::run(async |lab| {
        let driver = Played::by(|_, _| Turn::Does).surveyed(|before| {
            let condition = if before == 1 { drifted() } else { Condition::Sound };
            Some(Picture { marked: Vec::new(), condition })
        });
        let mut play = Play::new(&lab, driver).await;
        let share = play.share().await;
        play.stage.context.sweep_every = Some(Duration::from_secs(60));
        play.stage.raise().await;
        play.stage.in_time("four rounds", || *play.driver.surveys.lock().unwrap() >= 4).await;
        let tasks = play.driver.asked.lock().unwrap().clone();
        assert!(
            matches!(&tasks[..], [Task::Apply(subject, desired)]
            if subject.instance == share.instances[0].id && desired.len() == 1),
            "{tasks:?}"
        );
        assert!(!play.is_owed(&share));
        play.stage.check();
    });
}

#[test]
fn paths_that_changed_on_the_array_are_followed_as_soon_as_the_driver_notices() {
    lab::run(async |lab| {
        let driver = showing(Vec::new(), Condition::Sound);
        let mut play = Play::new(&lab, driver).await;
        let share = play.share().await;
        play.stage.context.sweep_every = Some(Duration::from_secs(3600));
        play.stage.raise().await;
        play.stage.in_time("the first round", || *play.driver.surveys.lock().unwrap() == 1).await;
        let now = exports(&subject_of(&share));
        *play.driver.exports.lock().unwrap() = Some(now.clone());
        play.driver.moved.notify_one();
        let paths = |play: &Play| {
            let stored = play.stage.stored(&share).unwrap();
            stored.instances[0].exports.iter().map(|one| one.path.clone()).collect::<Vec<_>>()
        };
        let expected: Vec<_> = now.iter().map(|export| export.path.clone()).collect();
        play.stage.in_time("the paths are followed", || paths(&play) == expected).await;
        play.driver.moved.notify_one();
        let before = *play.driver.surveys.lock().unwrap();
        play.stage.in_time("another round", || *play.driver.surveys.lock().unwrap() > before).await;
        lab.settle().await;
        assert_eq!(play.driver.count(), 1, "what is recorded already is not asked for again");
        play.stage.check();
    });
}

#[test]
fn an_array_is_swept_within_minutes_after_rules_were_given_up() {
    lab::run(async |lab| {
        let driver = Played::by(|task, _| match task {
            Task::Apply(..) => Turn::Refuses(Remedy::Never),
            _ => Turn::Does,
        });
        let driver = driver.surveyed(|_| Some(Picture { marked: Vec::new(), condition: Condition::Sound }));
        let mut play = Play::new(&lab, driver).await;
        let share = play.share().await;
        play.stage.context.sweep_every = Some(Duration::from_secs(36_000));
        play.stage.raise().await;
        play.stage.in_time("the first round", || *play.driver.surveys.lock().unwrap() == 1).await;
        let begun = play.stage.context.clock.running();
        let denied = play.stage.rule(&share, "10.0.0.2", RuleState::QueuedToDeny).await;
        play.stage.owe(&share, Verb::Access, &[]).await;
        play.stage.in_time("another round", || *play.driver.surveys.lock().unwrap() == 2).await;
        assert!(play.stage.context.clock.running() - begun < FIRST * 2);
        let rule: AccessRule = play.stage.store.get(&denied.key()).unwrap().unwrap();
        assert_eq!(rule.state, RuleState::Error, "what was given up is told");
        play.stage.check();
    });
}

#[test]
fn a_replaced_incarnation_and_open_work_owe_no_look_at_paths() {
    lab::run(async |lab| {
        let play = Play::new(&lab, showing(Vec::new(), Condition::Sound)).await;
        let share = play.share().await;
        let owe = async |epoch| {
            let one = Moved { share: share.id, instance: share.instances[0].id, request_id: "req-1".to_owned() };
            let sweeping = Sweeping { service: SERVICE.to_owned(), epoch, now: lab.clock.now().into() };
            play.stage.store.commit("test", move |draft| sweeping.follow(draft, &[one])).await.unwrap()
        };
        assert_eq!(owe(2).await, 0);
        assert_eq!(owe(1).await, 1);
        assert_eq!(play.stage.intent(&share, Lane::Life).map(|intent| intent.verb), Some(Verb::Export));
        assert_eq!(owe(1).await, 0, "it is owed already");
    });
}

impl Play {
    /// A share with an active rule, whose instance is in this status.
    async fn share_in(&self, status: Status) -> Share {
        let mut share = self.share().await;
        share.instances[0].status = status;
        self.stage.put(share.clone()).await;
        share
    }

    fn differs(&self, aspects: &[Aspect]) {
        let differences = aspects.iter().map(|aspect| Difference { aspect: *aspect, reason: "as it is".to_owned() });
        *self.driver.differences.lock().unwrap() = differences.collect();
    }
}

#[test]
fn what_differs_is_told_and_nothing_is_owed() {
    lab::run(async |lab| {
        let play = Play::new(&lab, showing(Vec::new(), Condition::Sound)).await;
        let share = play.share().await;
        play.differs(Aspect::ALL);
        let before = play.stage.stored(&share);
        let findings = play.round().await.unwrap();
        let found: Vec<_> = findings.differing.keys().map(|(_, aspect)| *aspect).collect();
        assert_eq!((found, findings.missing.len()), (Aspect::ALL.to_vec(), 0));
        assert!(play.stage.intent(&share, Lane::Life).is_none() && !play.is_owed(&share));
        assert_eq!(play.stage.stored(&share), before);
    });
}

#[test]
fn shares_that_are_transferred_or_could_not_be_resized_are_looked_at_and_their_size_is_not() {
    lab::run(async |lab| {
        for status in [Status::AwaitingTransfer, Status::ExtendingError, Status::ShrinkingError] {
            let play = Play::new(&lab, showing(Vec::new(), drifted())).await;
            let share = play.share_in(status).await;
            play.differs(&[Aspect::Size]);
            let findings = play.round().await.unwrap();
            assert_eq!((findings.drifted, findings.differing.len()), (1, 0), "{status}");
            assert!(play.is_owed(&share), "{status}");
        }
    });
}

#[test]
fn a_share_in_error_that_is_sound_is_found_and_not_changed() {
    lab::run(async |lab| {
        for (condition, differs, is_sound) in [
            (Condition::Sound, false, true),
            (Condition::Sound, true, false),
            (drifted(), false, false),
            (Condition::Missing("no volume".to_owned()), false, false),
        ] {
            let play = Play::new(&lab, showing(Vec::new(), condition)).await;
            let share = play.share_in(Status::Error).await;
            play.differs(if differs { &[Aspect::Size] } else { &[] });
            let before = play.stage.stored(&share);
            let findings = play.round().await.unwrap();
            assert_eq!(findings.sound.contains_key(&share.instances[0].id), is_sound);
            assert!(findings.missing.is_empty() && findings.differing.is_empty());
            assert_eq!(play.stage.stored(&share), before);
            assert!(play.stage.intent(&share, Lane::Life).is_none() && !play.is_owed(&share));
        }
    });
}
