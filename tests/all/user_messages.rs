//! The tables of user messages against the facts: `tests/facts/user-messages.tsv` has every action, detail and subject of the API.
//!
//! How to get it wrong: to compare the ids alone, which two rows may have got from one another. A name of ours is that of the API,
//! or some words of it in their order.

use std::collections::BTreeSet;
use std::fmt::Debug;

use manilad_domain::message::{Action, Detail, MessageSubject};

const FACTS: &str = include_str!("../facts/user-messages.tsv");

/// The ids of a kind, each with the name that the API has for it.
fn facts(kind: &str) -> Vec<(&'static str, &'static str)> {
    let rows = FACTS.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect::<Vec<_>>());
    rows.filter(|row| row[0] == kind).map(|row| (row[1], row[2])).collect()
}

/// `DriverFailedExtend` as `["DRIVER", "FAILED", "EXTEND"]`.
fn words(variant: impl Debug) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for letter in format!("{variant:?}").chars() {
        if letter.is_uppercase() {
            words.push(String::new());
        }
        words.last_mut().unwrap().extend(letter.to_uppercase());
    }
    words
}

fn is_called(variant: impl Debug, name: &str) -> bool {
    let mut of_the_api = name.split('_');
    words(variant).iter().all(|word| of_the_api.any(|other| other == word))
}

/// Each id has a row that bears its name, and there is no other id.
fn compare<T: Debug + Copy>(kind: &str, all: &[T], id: impl Fn(T) -> &'static str) {
    let facts = facts(kind);
    for (number, name) in &facts {
        let is_there = all.iter().any(|row| id(*row) == *number && is_called(*row, name));
        assert!(is_there, "{kind} {number} {name} has no row in src/domain/message.rs that bears its name");
    }
    let ours: BTreeSet<&str> = all.iter().map(|row| id(*row)).collect();
    assert_eq!(ours, facts.iter().map(|(number, _)| *number).collect(), "the ids of {kind}s");
}

#[test]
fn every_action_detail_and_subject_of_a_user_message_is_the_api_s() {
    assert_eq!((facts("action").len(), facts("detail").len(), facts("subject").len()), (14, 34, 6));
    compare("action", Action::ALL, Action::id);
    compare("detail", Detail::ALL, Detail::id);
    let subjects: Vec<_> = MessageSubject::ALL.iter().map(|subject| ("", subject.name())).collect();
    assert_eq!(subjects, facts("subject"));
}

#[test]
fn a_name_is_found_by_its_words_in_their_order() {
    assert!(is_called(Detail::PortQuotaExceeded, "SHARE_NETWORK_PORT_QUOTA_LIMIT_EXCEEDED"));
    assert!(!is_called(Detail::DriverFailedShrink, "DRIVER_REFUSED_SHRINK"));
    assert!(!is_called(Action::Extend, "SHRINK"));
}
