use std::collections::BTreeMap;

use manilad_domain::access::{AccessLevel, AccessType};
use manilad_domain::fault::Kind;
use manilad_domain::status::{Deletion, RuleState, Status};
use manilad_domain::{Instance, Intent, Record, intent::Lane};
use manilad_store::{Store, consistency};
use uuid::Uuid;

use super::*;
use crate::share::samples::{cause, decide, instance, now, share, store};
use crate::{access, share as shares};

fn rule(state: RuleState) -> AccessRule {
    AccessRule {
        id: Uuid::from_u128(7).into(),
        share_id: share(Vec::new()).id,
        kind: AccessType::Ip,
        to: "10.0.0.1".into(),
        level: AccessLevel::Rw,
        key: None,
        state,
        metadata: BTreeMap::new(),
        created_at: now(),
        updated_at: None,
    }
}

fn lock(number: u128, rule: Option<&AccessRule>, action: LockAction) -> ResourceLock {
    ResourceLock {
        id: Uuid::from_u128(number).into(),
        project_id: "p".into(),
        user_id: "u".into(),
        context: LockContext::User,
        share_id: share(Vec::new()).id,
        rule_id: rule.map(|rule| rule.id),
        action,
        reason: Some("r".into()),
        brought_by: None,
        created_at: now(),
        updated_at: None,
    }
}

/// A store with a share of this status, on a pool, and a rule of it.
fn found(status: Status, rule: AccessRule) -> Store {
    let store = store();
    let one = Instance { status, pool: Some("node@alpha#one".parse().unwrap()), ..instance(1) };
    decide(&store, move |draft| Ok(draft.put(&share(vec![one])).and_then(|()| draft.put(&rule))?)).unwrap();
    store
}

fn place(store: &Store, lock: ResourceLock) -> Result<ResourceLock, Fault> {
    let on_share = Uuid::from_u128(lock.id.0.as_u128() + 100).into();
    decide(store, move |draft| create(draft, lock, on_share, Microversion::MAX)).map(|(lock, _)| lock)
}

/// The ids of all locks.
fn left(store: &Store) -> Vec<u128> {
    assert_eq!(consistency(store), Vec::<String>::new());
    store.all::<ResourceLock>().unwrap().iter().map(|lock| lock.id.0.as_u128()).collect()
}

#[test]
fn a_delete_lock_on_a_rule_brings_one_on_its_share_that_comes_and_goes_with_its_action_and_with_it() {
    let rule = rule(RuleState::Active);
    let store = found(Status::Available, rule.clone());
    place(&store, lock(1, Some(&rule), LockAction::Delete)).unwrap();
    assert_eq!(left(&store), [1, 101]);
    let brought: ResourceLock = store.get(&ResourceLockId(Uuid::from_u128(101)).to_string()).unwrap().unwrap();
    let id = Uuid::from_u128(1);
    assert_eq!((brought.rule_id, brought.reason), (None, Some(format!("Locked by access lock: {id}"))));
    let turn = |action| {
        let change = Update { action: Some(action), reason: None };
        let on_share = Uuid::from_u128(102).into();
        let changed = decide(&store, move |draft| update(draft, id.into(), change, on_share, Microversion::MAX, now()));
        changed.map(|(lock, _)| (lock.action, lock.reason))
    };
    assert_eq!(turn(LockAction::Show).unwrap(), (LockAction::Show, Some("r".into())));
    assert_eq!(left(&store), [1]);
    assert_eq!(place(&store, lock(2, Some(&rule), LockAction::Show)).unwrap_err().kind, Kind::Conflict);
    turn(LockAction::Delete).unwrap();
    assert_eq!(left(&store), [1, 102]);
    decide(&store, move |draft| delete(draft, id.into())).unwrap();
    assert_eq!(left(&store), [0_u128; 0]);
    let gone = decide(&store, move |draft| delete(draft, id.into()));
    assert_eq!(gone.unwrap_err().kind, Kind::Missing);
}

#[test]
fn what_is_going_can_t_be_locked_and_a_share_can_t_be_hidden() {
    for status in Status::ALL {
        let rule = rule(RuleState::Active);
        let store = found(*status, rule.clone());
        use Status::{
            DeferredDeleting, Deleting, ErrorDeferredDeleting, ErrorDeleting, ManageErrorUnmanageStarting,
            UnmanageError, UnmanageStarting,
        };
        let goes = [
            Deleting,
            ErrorDeleting,
            DeferredDeleting,
            ErrorDeferredDeleting,
            UnmanageStarting,
            ManageErrorUnmanageStarting,
            UnmanageError,
        ];
        let expected = goes.contains(status).then_some(Kind::Conflict);
        let refused = |lock| place(&store, lock).err().map(|fault| fault.kind);
        assert_eq!(refused(lock(1, None, LockAction::Delete)), expected, "{status}");
        assert_eq!(refused(lock(2, Some(&rule), LockAction::Delete)), expected, "{status}");
        assert_eq!(refused(lock(3, Some(&rule), LockAction::Show)), None, "{status}");
        assert_eq!(refused(lock(4, None, LockAction::Show)), Some(Kind::Invalid));
    }
    for state in RuleState::ALL {
        let rule = rule(*state);
        let store = found(Status::Available, rule.clone());
        let refused = place(&store, lock(1, Some(&rule), LockAction::Show)).err().map(|fault| fault.kind);
        assert_eq!(refused, (!state.is_wanted()).then_some(Kind::Conflict), "{state}");
    }
    let store = found(Status::Available, rule(RuleState::Active));
    let unknown = ResourceLock { share_id: Uuid::nil().into(), ..lock(1, None, LockAction::Delete) };
    assert_eq!(place(&store, unknown).unwrap_err().kind, Kind::Invalid);
}

#[test]
fn a_lock_on_a_rule_keeps_its_share_too_though_what_it_brought_was_lifted() {
    let rule = rule(RuleState::Active);
    let store = found(Status::Available, rule.clone());
    place(&store, lock(1, Some(&rule), LockAction::Delete)).unwrap();
    decide(&store, |draft| delete(draft, Uuid::from_u128(101).into())).unwrap();
    let id = rule.share_id;
    let removal = decide(&store, move |draft| shares::delete(draft, id, Deletion::Usual, Microversion::MAX, &cause()));
    assert_eq!(removal.unwrap_err().kind, Kind::Forbidden);
    let by_force =
        decide(&store, move |draft| shares::force_delete(draft, id, Deletion::Usual, Microversion::MAX, &cause()));
    assert_eq!(by_force.unwrap_err().kind, Kind::Invalid);
    let one = instance(1).id;
    let last = decide(&store, move |draft| {
        crate::instance::force_delete(draft, id, one, Deletion::Usual, Microversion::MAX, &cause())
    });
    assert_eq!(last.unwrap_err().kind, Kind::Invalid);
    assert_eq!(store.all::<Intent>().unwrap(), []);
}

#[test]
fn a_denial_passes_over_the_locks_that_it_names_and_no_others() {
    let rule = rule(RuleState::Active);
    let store = found(Status::Available, rule.clone());
    for number in [1, 2] {
        place(&store, lock(number, Some(&rule), LockAction::Delete)).unwrap();
    }
    let deny = |numbers: &[u128]| {
        let passed_over = numbers.iter().map(|number| Uuid::from_u128(*number).into()).collect();
        let (share, id) = (rule.share_id, rule.id);
        decide(&store, move |draft| access::deny(draft, share, id, &passed_over, Microversion::MAX, &cause()))
    };
    assert_eq!(deny(&[]).unwrap_err().kind, Kind::Forbidden);
    assert_eq!(deny(&[1]).unwrap_err().kind, Kind::Forbidden);
    deny(&[1, 2]).unwrap();
    assert_eq!(left(&store), [1, 2, 101, 102], "they go with the rule, and not before");
    assert!(store.get::<Intent>(&Intent::key_of(instance(1).id, Lane::Access)).unwrap().is_some());
    let gone: AccessRule = store.get(&rule.key()).unwrap().unwrap();
    decide(&store, move |draft| Ok(end_with_rule(draft, &gone)?)).unwrap();
    assert_eq!(left(&store), [0_u128; 0]);
    assert_eq!(store.all::<AccessRule>().unwrap(), []);
}
