//! From a driver's answer to what happens next.

use manilad_domain::Intent;
use manilad_domain::intent::Verb;
use manilad_kit::Unanswered;
use manilad_kit::lab::START;
use manilad_messages::driver::{Remedy, Settled};
use proptest::prelude::*;

use super::played::trouble;
use crate::outcome::{Course, course};
use crate::settle::Outcome;

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

#[test]
fn success_is_settled_and_a_refusal_of_a_creation_too() {
    let created = course(&intent(Verb::Create, 0), Vec::new(), Ok(Ok(Settled::Created(Vec::new()))), 1);
    assert!(matches!(created, Course::Settle(Outcome::Created(_))));
    let refused = course(&intent(Verb::Create, 0), Vec::new(), Ok(Err(trouble(Remedy::Elsewhere))), 1);
    assert!(matches!(refused, Course::Settle(Outcome::Failed(_))));
}

#[test]
fn no_answer_is_tried_again_until_patience_is_over() {
    let early = course(&intent(Verb::Create, 0), Vec::new(), Err(Unanswered::Lost), 1);
    assert!(matches!(early, Course::SettleAndRest(Outcome::Postponed { spent_seconds: 1 }, _)));
    let late = course(&intent(Verb::Create, 180), Vec::new(), Err(Unanswered::Lost), 1);
    assert!(matches!(late, Course::Settle(Outcome::Failed(_))));
    let hung = course(&intent(Verb::Create, 0), Vec::new(), Err(Unanswered::Late), 300);
    assert!(matches!(hung, Course::SettleAndRest(..)), "a first try that hung is followed by a second");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_removal_is_never_given_up(spent in 0u64..100_000, remedy in 0usize..3, took in 0u64..1000) {
        let remedy = [Remedy::Again, Remedy::Elsewhere, Remedy::Never][remedy];
        let answer = Ok(Err(trouble(remedy)));
        let course = course(&intent(Verb::Delete, spent), Vec::new(), answer, took);
        prop_assert!(matches!(course, Course::SettleAndRest(..)), "settled");
    }
}
