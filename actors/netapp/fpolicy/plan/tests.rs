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

fn bring(seen: &mut Seen, number: u128, wanted: Option<&Screening>) -> Result<(), Obstacle> {
    for act in plan(seen, &templates(), &names(number), &volume(number), wanted)? {
        carry_out(seen, act);
    }
    assert_eq!(plan(seen, &templates(), &names(number), &volume(number), wanted), Ok(Vec::new()), "it is done");
    Ok(())
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
        let acts = plan(&before, &templates(), &names(2), &volume(2), Some(&wanted)).unwrap();
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
        let name = format!("vscan{number}");
        let priority = Some(u8::try_from(number + 1).unwrap());
        let (include, events) = (words("exe"), BTreeSet::new());
        seen.policies.push(Policy {
            name,
            events,
            priority,
            volumes: vec![volume(1)],
            include,
            exclude: BTreeSet::new(),
        });
    }
    let others = seen.clone();
    assert_eq!(bring(&mut seen, 1, Some(&screening("exe"))), Err(Obstacle::TooMany));
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
    let taken = bring(&mut seen, 1, Some(&screening("iso")));
    assert_eq!(taken, Err(Obstacle::Taken(names(1).policy)), "another share is under it");
}
