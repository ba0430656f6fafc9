//! From a failed try to what follows.

use manilad_domain::Intent;
use manilad_domain::intent::Verb;
use manilad_domain::outcome::Remedy;
use manilad_kit::Unanswered;
use manilad_kit::lab::START;
use proptest::prelude::*;

use crate::failure::{AfterFailure, unanswered};
use crate::work::Work;
use manilad_played::trouble;

fn work(verb: Verb, spent_seconds: u64) -> Work {
    Work::Share(Intent {
        instance: uuid::Uuid::nil().into(),
        share: uuid::Uuid::nil().into(),
        verb,
        serial: 1,
        service: None,
        candidates: Vec::new(),
        attempt: 1,
        spent_seconds,
        hints: Default::default(),
        arguments: Box::default(),
        request_id: String::new(),
        project_id: String::new(),
        user_id: String::new(),
        created_at: START.into(),
    })
}

#[test]
fn a_refusal_is_given_up_at_once_and_a_removal_goes_on_all_the_same() {
    for remedy in [Remedy::Elsewhere, Remedy::Never, Remedy::Absent] {
        for (verb, goes_on) in
            [(Verb::Create, false), (Verb::Access, false), (Verb::Export, false), (Verb::Delete, true)]
        {
            let work = work(verb, 0);
            let after = AfterFailure::of(&work, &trouble(remedy), 1);
            assert_eq!((after, after.goes_on(&work)), (AfterFailure::GivenUp, goes_on), "{verb:?} {remedy:?}");
        }
    }
}

#[test]
fn no_answer_is_tried_again_until_patience_is_over() {
    let after = |before, took, why| AfterFailure::of(&work(Verb::Create, before), &unanswered(why), took);
    assert_eq!(after(0, 1, Unanswered::Lost), AfterFailure::Again { spent_seconds: 1 });
    assert_eq!(after(180, 1, Unanswered::Lost), AfterFailure::GivenUp);
    let hung = after(0, 300, Unanswered::Late);
    assert_eq!(hung, AfterFailure::Again { spent_seconds: 300 }, "a first try that hung is followed by a second");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_removal_is_never_given_up(spent in 0u64..100_000, remedy in 0usize..3, took in 0u64..1000) {
        let remedy = [Remedy::Again, Remedy::Elsewhere, Remedy::Never][remedy];
        let work = work(Verb::Delete, spent);
        prop_assert!(AfterFailure::of(&work, &trouble(remedy), took).goes_on(&work));
    }
}
