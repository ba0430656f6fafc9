//! From a driver's answer to what happens next.

use manilad_decisions::settle::{Outcome, Settlement};
use manilad_domain::Intent;
use manilad_domain::intent::Verb;
use manilad_kit::Unanswered;
use manilad_kit::lab::START;
use manilad_messages::driver::{Remedy, Settled, Trouble};
use proptest::prelude::*;

use super::played::trouble;
use crate::outcome::{Course, Done, course};
use crate::work::Work;

fn intent(verb: Verb, spent_seconds: u64) -> Intent {
    Intent {
        instance: uuid::Uuid::nil().into(),
        share: uuid::Uuid::nil().into(),
        verb,
        serial: 1,
        service: None,
        candidates: Vec::new(),
        attempt: 1,
        spent_seconds,
        hints: Default::default(),
        request_id: String::new(),
        project_id: String::new(),
        user_id: String::new(),
        created_at: START.into(),
    }
}

fn went(verb: Verb, spent: u64, answer: Result<Result<Settled, Trouble>, Unanswered>, took: u64) -> (Outcome, bool) {
    let answer = answer.map(|said| said.map(Done::Driver));
    let Course { settlement, rests } = course(Work::Share(intent(verb, spent)), Vec::new(), answer, took);
    let Settlement::Share(_, outcome) = settlement else { panic!("{settlement:?}") };
    (outcome, rests.is_some())
}

#[test]
fn success_is_settled_and_a_refusal_of_a_creation_too() {
    let created = went(Verb::Create, 0, Ok(Ok(Settled::Created(Vec::new()))), 1);
    assert!(matches!(created, (Outcome::Created(_), false)));
    let refused = went(Verb::Create, 0, Ok(Err(trouble(Remedy::Elsewhere))), 1);
    assert!(matches!(refused, (Outcome::Failed(_), false)));
}

#[test]
fn rules_of_what_is_not_there_end_at_once_and_removal_of_it_is_never_believed_so() {
    let absent = || Ok(Err(trouble(Remedy::Absent)));
    assert!(matches!(went(Verb::Access, 0, absent(), 1), (Outcome::Unserved(_), false)));
    assert!(matches!(went(Verb::Create, 0, absent(), 1), (Outcome::Failed(_), false)));
    assert!(matches!(went(Verb::Delete, 0, absent(), 1), (Outcome::Failed(_), true)));
}

#[test]
fn no_answer_is_tried_again_until_patience_is_over() {
    let early = went(Verb::Create, 0, Err(Unanswered::Lost), 1);
    assert!(matches!(early, (Outcome::Postponed { spent_seconds: 1 }, true)));
    let late = went(Verb::Create, 180, Err(Unanswered::Lost), 1);
    assert!(matches!(late, (Outcome::Failed(_), false)));
    let (_, rests) = went(Verb::Create, 0, Err(Unanswered::Late), 300);
    assert!(rests, "a first try that hung is followed by a second");
}

#[test]
fn the_answer_to_another_question_is_none() {
    let strange = went(Verb::Create, 0, Ok(Ok(Settled::TornDown)), 1);
    assert!(matches!(strange, (Outcome::Postponed { .. }, true)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_removal_is_never_given_up(spent in 0u64..100_000, remedy in 0usize..3, took in 0u64..1000) {
        let remedy = [Remedy::Again, Remedy::Elsewhere, Remedy::Never][remedy];
        let (_, rests) = went(Verb::Delete, spent, Ok(Err(trouble(remedy))), took);
        prop_assert!(rests, "settled");
    }
}
