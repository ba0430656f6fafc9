//! What is done so that a volume is under one policy, or under none.

use manilad_clock::Uuid;
use manilad_domain::InstanceId;

use super::*;
use crate::fpolicy::screening::words;

fn templates() -> FpolicyTemplates {
    crate::tests::samples::templates("share_%(share_id)s").fpolicy
}

fn names(number: u128) -> FpolicyNames {
    FpolicyNames::of(&templates(), InstanceId(Uuid::from_u128(number)))
}

fn screening(include: &str) -> Screening {
    let operations = [("nfsv3", words("create,write")), ("nfsv4", words("create,write"))];
    Screening { include: words(include), exclude: BTreeSet::new(), operations: operations.into() }
}

fn volume(number: u128) -> String {
    format!("share_{number}")
}

/// Has the array do it, as an array does.
fn carry_out(seen: &mut Seen, act: Act) {
    let find = |seen: &mut Seen, name: &str| seen.policies.iter().position(|one| one.name == name).unwrap();
    match act {
        Act::MakeEvent(event) => {
            assert!(seen.events.iter().all(|one| one.name != event.name), "{event:?}");
            seen.events.push(event);
        }
        Act::Make(policy) => {
            assert!(seen.policies.iter().all(|one| one.name != policy.name && one.priority != policy.priority));
            assert!(policy.events.iter().all(|name| seen.events.iter().any(|event| event.name == *name)));
            seen.policies.push(policy);
        }
        Act::Disable(name) => {
            let place = find(seen, &name);
            assert!(seen.policies[place].priority.take().is_some(), "{name} is not enabled");
        }
        Act::SetVolumes(name, volumes) => {
            let place = find(seen, &name);
            assert_eq!(seen.policies[place].priority, None, "an enabled policy can't be changed");
            seen.policies[place].volumes = volumes;
        }
        Act::Enable(name, priority) => {
            assert!(seen.policies.iter().all(|one| one.priority != Some(priority)));
            let place = find(seen, &name);
            assert_eq!(seen.policies[place].priority.replace(priority), None, "{name} is enabled");
        }
        Act::Remove(name) => {
            let place = find(seen, &name);
            let gone = seen.policies.remove(place);
            assert_eq!(gone.priority, None, "an enabled policy can't be removed");
        }
        Act::RemoveEvent(name) => {
            assert!(seen.policies.iter().all(|policy| !policy.events.contains(&name)), "{name} is attached");
            let before = seen.events.len();
            seen.events.retain(|event| event.name != name);
            assert_eq!(seen.events.len(), before - 1);
        }
    }
}

fn planned(seen: &Seen, number: u128, wanted: Option<&Screening>) -> Result<Vec<Act>, TooMany> {
    let instance = InstanceId(Uuid::from_u128(number));
    plan(seen, &templates(), Wish { instance, volume: &volume(number), screening: wanted })
}

fn bring(seen: &mut Seen, number: u128, wanted: Option<&Screening>) -> Result<(), TooMany> {
    for act in planned(seen, number, wanted)? {
        carry_out(seen, act);
    }
    assert_eq!(planned(seen, number, wanted), Ok(Vec::new()), "it is done");
    Ok(())
}

/// As others have theirs.
fn of_others(name: &str, priority: u8) -> Policy {
    Policy {
        name: name.to_owned(),
        events: BTreeSet::new(),
        priority: Some(priority),
        volumes: vec![volume(1)],
        include: words("exe"),
        exclude: BTreeSet::new(),
        is_of_volumes: true,
        is_native: true,
    }
}

#[test]
fn shares_of_one_type_are_under_one_policy_that_goes_with_the_last_of_them() {
    let mut seen = Seen::default();
    let wanted = screening("exe,bat");
    bring(&mut seen, 1, Some(&wanted)).unwrap();
    bring(&mut seen, 2, Some(&wanted)).unwrap();
    assert_eq!((seen.policies.len(), seen.events.len()), (1, 2));
    assert_eq!(seen.policies[0].volumes, [volume(1), volume(2)]);
    assert_eq!(seen.policies[0].name, names(1).policy);
    bring(&mut seen, 3, Some(&screening("iso"))).unwrap();
    assert_eq!(seen.policies.iter().map(|one| one.priority).collect::<Vec<_>>(), [Some(1), Some(2)]);
    bring(&mut seen, 1, None).unwrap();
    assert_eq!(seen.policies[0].volumes, [volume(2)], "the first has gone, and its name stays");
    bring(&mut seen, 2, None).unwrap();
    bring(&mut seen, 3, None).unwrap();
    assert_eq!(seen, Seen::default());
}

#[test]
fn a_share_whose_type_says_otherwise_by_now_changes_its_policy() {
    let mut seen = Seen::default();
    bring(&mut seen, 1, Some(&screening("exe"))).unwrap();
    bring(&mut seen, 2, Some(&screening("exe"))).unwrap();
    bring(&mut seen, 2, Some(&screening("iso"))).unwrap();
    assert_eq!(seen.policies.iter().map(|one| one.volumes.clone()).collect::<Vec<_>>(), [[volume(1)], [volume(2)]]);
}

#[test]
fn whatever_a_try_left_half_done_the_next_one_completes() {
    let wanted = screening("exe");
    for first in [1, 2] {
        let mut before = Seen::default();
        if first == 2 {
            bring(&mut before, 1, Some(&wanted)).unwrap();
        }
        let acts = planned(&before, 2, Some(&wanted)).unwrap();
        for done in 0..=acts.len() {
            let mut seen = before.clone();
            acts[..done].iter().for_each(|act| carry_out(&mut seen, act.clone()));
            let mut abandoned = seen.clone();
            bring(&mut seen, 2, Some(&wanted)).unwrap();
            assert!(seen.policies.iter().all(|policy| policy.priority.is_some()));
            bring(&mut abandoned, 2, None).unwrap();
            assert!(abandoned.policies.iter().all(|policy| !policy.volumes.contains(&volume(2))));
            assert!(abandoned.policies.iter().all(|policy| policy.priority.is_some()), "others are screened still");
            assert_eq!(abandoned.events.len(), before.events.len(), "nothing is left of it");
        }
    }
}

#[test]
fn what_others_have_is_left_alone_and_counts() {
    let mut seen = Seen::default();
    for number in 0..MOST_POLICIES {
        seen.policies.push(of_others(&format!("vscan{number}"), u8::try_from(number + 1).unwrap()));
    }
    let others = seen.clone();
    assert_eq!(bring(&mut seen, 1, Some(&screening("exe"))), Err(TooMany));
    bring(&mut seen, 1, None).unwrap();
    assert_eq!(seen, others);
}

#[test]
fn an_event_that_a_try_made_by_what_the_type_said_then_is_made_anew_and_one_in_use_is_not() {
    let mut seen = Seen::default();
    let stale =
        Event { name: names(1).events["nfsv3"].clone(), protocol: "nfsv3".to_owned(), operations: words("read") };
    seen.events.push(stale);
    bring(&mut seen, 1, Some(&screening("exe"))).unwrap();
    assert_eq!(seen.events.len(), 2);
    bring(&mut seen, 2, Some(&screening("exe"))).unwrap();
    bring(&mut seen, 1, Some(&screening("iso"))).unwrap();
    assert_eq!(seen.policies.iter().map(|one| one.volumes.clone()).collect::<Vec<_>>(), [[volume(2)], [volume(1)]]);
    assert!(seen.policies.iter().all(|policy| templates().policy.made(&policy.name)));
    bring(&mut seen, 1, None).unwrap();
    bring(&mut seen, 2, None).unwrap();
    assert_eq!(seen, Seen::default());
}

#[test]
fn the_share_that_a_policy_is_named_after_comes_under_another_before_it_leaves_that() {
    let mut seen = Seen::default();
    bring(&mut seen, 1, Some(&screening("exe"))).unwrap();
    let acts = planned(&seen, 1, Some(&screening("iso"))).unwrap();
    let place = |wanted: fn(&Act) -> bool| acts.iter().position(wanted);
    assert!(place(|act| matches!(act, Act::Make(_))) < place(|act| matches!(act, Act::Disable(_))), "{acts:?}");
    bring(&mut seen, 1, Some(&screening("iso"))).unwrap();
    assert_eq!((seen.policies.len(), seen.events.len()), (1, 2));
    assert_eq!(seen.policies[0].include, words("iso"));
}

#[test]
fn where_an_svm_is_full_the_policy_that_goes_makes_room_and_its_priority_is_taken() {
    let mut seen = Seen::default();
    bring(&mut seen, 1, Some(&screening("exe"))).unwrap();
    for number in 1..MOST_POLICIES {
        seen.policies.push(of_others(&format!("vscan{number}"), u8::try_from(number + 1).unwrap()));
    }
    bring(&mut seen, 1, Some(&screening("iso"))).unwrap();
    assert_eq!(seen.policies.iter().find(|one| one.include == words("iso")).unwrap().priority, Some(1));
    assert_eq!((seen.policies.len(), seen.events.len()), (MOST_POLICIES, 2));
}

#[test]
fn a_policy_of_others_that_is_called_as_ours_are_is_left_alone() {
    let shares = Policy { volumes: Vec::new(), is_of_volumes: false, ..of_others(&names(7).policy, 1) };
    let narrowed = Policy { is_of_volumes: false, ..of_others(&names(8).policy, 2) };
    let others = vec![shares, narrowed];
    let mut seen = Seen { policies: others.clone(), events: Vec::new() };
    bring(&mut seen, 1, Some(&screening("exe"))).unwrap();
    bring(&mut seen, 1, None).unwrap();
    assert_eq!(seen.policies, others);
}

#[test]
fn no_share_joins_a_policy_that_refuses_less_than_ours_do() {
    let mut seen = Seen::default();
    bring(&mut seen, 1, Some(&screening("exe"))).unwrap();
    seen.policies[0].is_native = false;
    bring(&mut seen, 2, Some(&screening("exe"))).unwrap();
    assert_eq!(seen.policies.len(), 2);
}

#[test]
fn events_that_are_left_of_a_try_go_whichever_share_it_was_for() {
    let mut seen = Seen::default();
    bring(&mut seen, 1, Some(&screening("exe"))).unwrap();
    seen.policies.clear();
    bring(&mut seen, 2, Some(&screening("exe"))).unwrap();
    assert_eq!((seen.policies.len(), seen.events.len()), (1, 2));
}

#[test]
fn whoever_finds_a_policy_of_ours_out_of_force_puts_it_in_force_and_no_other() {
    let mut seen = Seen::default();
    bring(&mut seen, 1, Some(&screening("exe"))).unwrap();
    seen.policies[0].priority = None;
    seen.policies.push(of_others("vscan", 1));
    let acts = reinstatement(&seen.policies, &templates());
    assert_eq!(acts, [Act::Enable(names(1).policy, 2)]);
}
