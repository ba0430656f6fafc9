//! What every driver must pass: the promises that a back end builds on, whatever the vendor.
//!
//! A driver's tests describe a [`Bench`] and call [`suite`]. How to get it wrong: a bench that answers for the driver
//! instead of asking it.

use std::rc::Rc;

use futures::future::LocalBoxFuture;
use manilad_domain::pool::Pool;

use crate::{Applied, Condition, DesiredRule, Export, Remedy, Subject, Survey, Trouble};

/// An array with nothing on it, and a driver at work on it.
pub trait Bench {
    /// `host@backend`, as the driver was told when it arrived.
    fn service(&self) -> String;

    fn report(&self) -> LocalBoxFuture<'_, Result<Vec<Pool>, Trouble>>;

    fn survey(&self) -> LocalBoxFuture<'_, Result<Rc<dyn Survey>, Trouble>>;

    /// One try, by the actor of shares.
    fn create(&self, subject: Subject) -> LocalBoxFuture<'_, Result<Vec<Export>, Trouble>>;

    /// As [`Bench::create`].
    fn delete(&self, subject: Subject) -> LocalBoxFuture<'_, Result<(), Trouble>>;

    /// One try, by the actor of access rules.
    fn apply(&self, subject: Subject, rules: Vec<DesiredRule>) -> LocalBoxFuture<'_, Result<Applied, Trouble>>;

    /// The driver's next incarnation takes over.
    fn replace(&mut self);

    /// An instance that the array has room for; another for each number.
    fn subject(&self, number: u128) -> Subject;

    /// A rule that the array can enforce; another for each number.
    fn rule(&self, number: u128) -> DesiredRule;

    /// A rule that it can't.
    fn strange_rule(&self, number: u128) -> DesiredRule;

    /// What is on the array of any instance, for people; empty when nothing is.
    fn left(&self) -> String;
}

/// Puts a driver through all of it.
pub async fn suite(bench: &mut impl Bench) {
    reports_pools_of_its_own(bench).await;
    makes_an_instance_once(bench).await;
    enforces_whole_sets(bench).await;
    sees_what_is_there(bench).await;
    keeps_instances_apart(bench).await;
    leaves_nothing(bench).await;
    takes_no_rules_for_what_is_not_there(bench).await;
    let marked = surveyed(bench).await.marked().to_vec();
    assert!(marked.is_empty(), "nothing is there, and yet {marked:?}");
}

async fn surveyed(bench: &impl Bench) -> Rc<dyn Survey> {
    bench.survey().await.expect("an array at work can be looked at")
}

async fn reports_pools_of_its_own(bench: &impl Bench) {
    let pools = bench.report().await.expect("an array at work has pools");
    assert!(!pools.is_empty());
    assert!(pools.iter().all(|pool| pool.name.service() == bench.service()), "pools are named after their back end");
    let home = bench.subject(1).pool;
    assert!(pools.iter().any(|pool| pool.name == home), "{home} is not reported");
}

async fn makes_an_instance_once(bench: &mut impl Bench) {
    let first = bench.create(bench.subject(1)).await.expect("there is room");
    assert!(!first.is_empty(), "nobody could mount it");
    assert_eq!(bench.create(bench.subject(1)).await, Ok(first.clone()), "a second try finds what the first made");
    bench.replace();
    assert_eq!(bench.create(bench.subject(1)).await, Ok(first), "so does another incarnation");
}

async fn enforces_whole_sets(bench: &impl Bench) {
    let subject = bench.subject(1);
    let all_taken = Ok(Applied::AllBut(Vec::new()));
    for rules in [vec![bench.rule(1), bench.rule(2)], vec![bench.rule(2)], vec![bench.rule(2)], Vec::new()] {
        assert_eq!(bench.apply(subject.clone(), rules).await, all_taken);
    }
    let strange = bench.strange_rule(3);
    let rules = vec![bench.rule(1), strange.clone(), bench.rule(2)];
    match bench.apply(subject, rules).await {
        Ok(Applied::AllBut(refused)) => {
            let ids: Vec<_> = refused.iter().map(|rule| rule.id).collect();
            assert_eq!(ids, [strange.id], "only the rule at fault is refused");
        }
        other => panic!("a strange rule ends with {other:?}"),
    }
}

async fn sees_what_is_there(bench: &impl Bench) {
    let (subject, other) = (bench.subject(1), bench.subject(2));
    let (one, two) = (bench.rule(1), bench.rule(2));
    for rules in [vec![one.clone(), two.clone()], vec![one.clone()], Vec::new()] {
        let applied = bench.apply(subject.clone(), rules.clone()).await;
        assert_eq!(applied, Ok(Applied::AllBut(Vec::new())));
        let survey = surveyed(bench).await;
        assert!(survey.marked().iter().all(|marked| marked.instance == subject.instance));
        assert!(!survey.marked().is_empty(), "what is made carries the mark");
        assert_eq!(survey.judge(&subject, &rules), Condition::Sound);
        for others in [vec![two.clone()], vec![bench.rule(4), one.clone(), two.clone()]] {
            let condition = survey.judge(&subject, &others);
            assert!(matches!(condition, Condition::Drifted(_)), "{rules:?} in force, {others:?} wanted: {condition:?}");
        }
        assert!(matches!(survey.judge(&other, &rules), Condition::Missing(_)), "it was never made");
    }
}

async fn keeps_instances_apart(bench: &impl Bench) {
    let second = bench.subject(2);
    bench.create(second.clone()).await.expect("there is room for two");
    assert_eq!(bench.delete(bench.subject(1)).await, Ok(()));
    assert!(!bench.left().is_empty(), "the other one went too");
    let rules = vec![bench.rule(1)];
    assert_eq!(bench.apply(second, rules).await, Ok(Applied::AllBut(Vec::new())), "the other one goes on");
}

async fn leaves_nothing(bench: &mut impl Bench) {
    bench.replace();
    assert_eq!(bench.delete(bench.subject(2)).await, Ok(()));
    assert_eq!(bench.left(), "");
    assert_eq!(bench.delete(bench.subject(2)).await, Ok(()), "what is gone is deleted");
    assert_eq!(bench.delete(bench.subject(3)).await, Ok(()), "so is what never was");
}

async fn takes_no_rules_for_what_is_not_there(bench: &impl Bench) {
    let trouble = bench.apply(bench.subject(3), vec![bench.rule(1)]).await;
    assert!(trouble.is_err_and(|trouble| trouble.remedy != Remedy::Elsewhere));
    assert_eq!(bench.left(), "");
}
