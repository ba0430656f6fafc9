use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use manilad_domain::access::{AccessLevel, AccessType};
use manilad_domain::hints::Affinity;
use manilad_domain::intent::{Lane, Verb};
use manilad_domain::quota::{Key, QuotaScope, Values};
use manilad_domain::resource_lock::{LockAction, LockContext};
use manilad_domain::service::Incarnation;
use manilad_domain::share_transfer::KeyDigest;
use manilad_domain::snapshot::{SnapshotIds, SnapshotLabels, SnapshotOwner};
use manilad_domain::status::{Deletion, RuleState};
use manilad_domain::{Instance, Intent, ResourceLock};
use manilad_store::{Store, consistency};
use uuid::Uuid;

use super::*;
use crate::share::samples::{cause, decide, instance, now, settling, share, store};

const KEY: &str = "0123456789abcdef";
const OFFER: Duration = Duration::from_secs(300);

fn id() -> ShareTransferId {
    Uuid::from_u128(0x77).into()
}

/// A share of project `p` on a pool.
fn placed() -> Share {
    let pool = Some("h@b#one".parse().unwrap());
    share(vec![Instance { status: Status::Available, pool, ..instance(1) }])
}

fn stored(share: &Share) -> Store {
    let (store, share) = (store(), share.clone());
    put(&store, share);
    store
}

fn put<R: Record>(store: &Store, record: R) {
    decide(store, move |draft| Ok(draft.put(&record)?)).unwrap();
}

fn offer(store: &Store) -> Result<(), Fault> {
    let transfer = ShareTransfer {
        id: id(),
        share_id: placed().id,
        name: None,
        source_project_id: "p".into(),
        destination_project_id: None,
        key: KeyDigest::of(&Secret::new(KEY), Uuid::from_u128(1)),
        created_at: now(),
        expires_at: Stamp(now().0 + OFFER),
    };
    decide(store, move |draft| create(draft, transfer, Microversion::MAX)).map(drop)
}

fn by(project: &str, clears_rules: bool) -> Acceptance {
    Acceptance { key: Secret::new(KEY), project_id: project.into(), user_id: "v".into(), clears_rules }
}

fn take(store: &Store, asked: Acceptance) -> Result<Vec<crate::Owed>, Fault> {
    let limits = Limits::default();
    let accepted = move |draft: &mut Draft<'_>| accept(draft, id(), &asked, &limits, Microversion::MAX, &cause());
    decide(store, accepted).map(|((), owed)| owed)
}

fn snapshot(number: u128, share: &Share, project: &str) -> ShareSnapshot {
    let ids = SnapshotIds { snapshot: Uuid::from_u128(number).into(), instance: Uuid::from_u128(number + 100).into() };
    let owner = SnapshotOwner { project_id: project.into(), user_id: "u".into() };
    let taken = ShareSnapshot::creating(ids, share, owner, SnapshotLabels::default(), now()).unwrap();
    ShareSnapshot { status: SnapshotStatus::Available, ..taken }
}

fn rule(number: u128) -> AccessRule {
    AccessRule {
        id: Uuid::from_u128(number).into(),
        share_id: placed().id,
        kind: AccessType::Ip,
        to: format!("10.0.0.{number}"),
        level: AccessLevel::Rw,
        key: None,
        state: RuleState::Active,
        metadata: BTreeMap::new(),
        created_at: now(),
        updated_at: None,
    }
}

fn lock(number: u128, rule: Option<&AccessRule>, action: LockAction, context: LockContext) -> ResourceLock {
    ResourceLock {
        id: Uuid::from_u128(number).into(),
        project_id: "p".into(),
        user_id: "u".into(),
        context,
        share_id: placed().id,
        rule_id: rule.map(|rule| rule.id),
        action,
        reason: None,
        brought_by: None,
        created_at: now(),
        updated_at: None,
    }
}

/// The only share there is.
fn only(store: &Store) -> Share {
    assert_eq!(consistency(store), Vec::<String>::new());
    let mut all: Vec<Share> = store.all().unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// What a project uses of shares, GiB, snapshots and their GiB.
fn in_use(store: &Store, project: &'static str) -> [i64; 4] {
    let usage = decide(store, move |draft| Ok(draft.usage(project)?)).unwrap();
    [Key::Shares, Key::Gigabytes, Key::Snapshots, Key::SnapshotGigabytes]
        .map(|key| usage.in_use(&QuotaScope::Project, key))
}

fn limit(store: &Store, project: &'static str, key: Key, limit: i64) {
    let values: Values = [(key, limit)].into();
    let set =
        move |draft: &mut Draft<'_>| quota::set(draft, &Limits::default(), project, &QuotaScope::Project, values, true);
    decide(store, set).unwrap();
}

#[test]
fn a_share_is_offered_once_when_it_is_available_and_nothing_binds_it_to_its_project() {
    for status in Status::ALL {
        let mut share = placed();
        share.instances[0].status = *status;
        let refused = offer(&stored(&share)).err().map(|fault| fault.kind);
        assert_eq!(refused, (*status != Status::Available).then_some(Kind::Invalid), "{status}");
    }
    let refused = |share: Share| offer(&stored(&share)).unwrap_err().kind;
    let mut bound = placed();
    bound.instances[0].network = Some(Uuid::from_u128(9).into());
    assert_eq!(refused(bound), Kind::Invalid);
    assert_eq!(refused(Share { mount_point_name: Some("p_home".into()), ..placed() }), Kind::Invalid);
    assert_eq!(refused(Share { project_id: "q".into(), ..placed() }), Kind::Invalid, "it went to another meanwhile");
    assert_eq!(offer(&store()).unwrap_err().kind, Kind::Invalid);
    let nowhere = Instance { status: Status::Available, ..instance(1) };
    assert_eq!(refused(share(vec![nowhere])), Kind::Invalid);
    assert!(offer(&stored(&Share { mount_point_name: Some("home".into()), ..placed() })).is_ok());

    let store = stored(&placed());
    put(&store, ShareSnapshot { status: SnapshotStatus::Error, ..snapshot(2, &placed(), "p") });
    assert_eq!(offer(&store).unwrap_err().kind, Kind::Invalid);
    put(&store, snapshot(2, &placed(), "p"));
    offer(&store).unwrap();
    assert_eq!(only(&store).status(), Status::AwaitingTransfer);
    assert_eq!(offer(&store).unwrap_err().kind, Kind::Invalid);

    // While its back end is looking for it, nobody knows whether it is there.
    let (store, found) = (stored(&placed()), placed());
    put(&store, Intent::new(&found, &found.instances[0], Verb::Rescue, 1, &cause()));
    assert_eq!(offer(&store).unwrap_err().kind, Kind::Conflict);
}

#[test]
fn who_has_the_key_gets_the_share_with_all_that_it_uses_and_leaves_nothing_with_its_former_owner() {
    let store = stored(&placed());
    put(&store, snapshot(2, &placed(), "p"));
    put(&store, snapshot(3, &placed(), "z"));
    let hidden = rule(7);
    put(&store, hidden.clone());
    put(&store, lock(11, None, LockAction::Delete, LockContext::User));
    put(&store, lock(12, Some(&hidden), LockAction::Show, LockContext::User));
    put(&store, lock(13, None, LockAction::Delete, LockContext::Admin));
    offer(&store).unwrap();
    let wrong = Acceptance { key: Secret::new("0123456789abcdee"), ..by("q", false) };
    let refusal = take(&store, wrong).unwrap_err();
    assert_eq!(refusal.kind, Kind::Invalid);
    assert!(!refusal.text.contains("0123456789"), "{refusal}");
    assert_eq!(take(&store, by("q", false)).unwrap(), []);

    let share = only(&store);
    assert_eq!((share.project_id.as_str(), share.user_id.as_str()), ("q", "v"));
    assert_eq!(share.status(), Status::Available);
    assert_eq!([in_use(&store, "p"), in_use(&store, "z")], [[0; 4]; 2]);
    assert_eq!(in_use(&store, "q"), [1, 1, 2, 2]);
    let owners = |lock: ResourceLock| (lock.id.0.as_u128(), lock.project_id, lock.user_id);
    let locks: Vec<_> = store.all::<ResourceLock>().unwrap().into_iter().map(owners).collect();
    let owned = |number, project: &str, user: &str| (number, project.to_owned(), user.to_owned());
    assert_eq!(locks, [owned(11, "q", "v"), owned(12, "q", "v"), owned(13, "p", "u")]);
    let told: ShareTransfer = store.get(&id().to_string()).unwrap().unwrap();
    assert_eq!(told.destination_project_id.as_deref(), Some("q"));

    assert_eq!(take(&store, by("z", false)).unwrap_err().kind, Kind::Invalid, "it is taken");
    let withdrawal = decide(&store, |draft| delete(draft, id(), now()));
    assert_eq!(withdrawal.unwrap_err().kind, Kind::Invalid);
    assert_eq!(only(&store).project_id, "q");
}

#[test]
fn neighbours_of_two_projects_forget_one_another_and_of_one_they_remember() {
    for (project, expected) in [("q", 0), ("p", 1)] {
        let (mut here, mut there) = (placed(), Share { id: Uuid::from_u128(6).into(), ..share(vec![instance(2)]) });
        Affinity::Same.remember(&mut here.metadata, there.id).unwrap();
        Affinity::Same.remember(&mut there.metadata, here.id).unwrap();
        let store = stored(&here);
        put(&store, there);
        offer(&store).unwrap();
        take(&store, by(project, false)).unwrap();
        let left: Vec<_> = store.all::<Share>().unwrap().into_iter().map(|share| share.metadata.len()).collect();
        assert_eq!(left, [expected; 2], "{project}");
    }
}

#[test]
fn whoever_has_no_room_or_may_not_use_the_type_gets_nothing() {
    for key in [Key::Shares, Key::Gigabytes, Key::Snapshots, Key::SnapshotGigabytes] {
        let store = stored(&placed());
        put(&store, snapshot(2, &placed(), "p"));
        offer(&store).unwrap();
        limit(&store, "q", key, 0);
        assert_eq!(take(&store, by("q", false)).unwrap_err().kind, Kind::OverLimit, "{key:?}");
        assert_eq!(only(&store).project_id, "p");
        limit(&store, "q", key, 1);
        take(&store, by("q", false)).unwrap();
    }
    // What is the project's already needs no room.
    let store = stored(&placed());
    put(&store, snapshot(2, &placed(), "q"));
    offer(&store).unwrap();
    limit(&store, "q", Key::Snapshots, 1);
    take(&store, by("q", false)).unwrap();

    let closed = ShareType {
        id: Uuid::from_u128(0xc).into(),
        name: "closed".into(),
        description: None,
        is_public: false,
        projects: BTreeSet::from(["q".to_owned()]),
        extra_specs: BTreeMap::new(),
        created_at: now(),
        updated_at: None,
    };
    let store = stored(&Share { type_id: Some(closed.id), ..placed() });
    put(&store, closed);
    offer(&store).unwrap();
    assert_eq!(take(&store, by("z", false)).unwrap_err().kind, Kind::Invalid);
    take(&store, by("q", false)).unwrap();
}

#[test]
fn rules_are_denied_on_acceptance_over_the_locks_of_the_former_owner_and_not_over_those_of_administrators() {
    for (context, refused) in [(LockContext::User, None), (LockContext::Admin, Some(Kind::Forbidden))] {
        let store = stored(&placed());
        put(&store, rule(7));
        put(&store, rule(8));
        put(&store, lock(11, Some(&rule(8)), LockAction::Delete, context));
        offer(&store).unwrap();
        let taken = take(&store, by("q", true));
        assert_eq!(taken.as_ref().err().map(|fault| fault.kind), refused);
        let states: BTreeSet<_> = store.all::<AccessRule>().unwrap().into_iter().map(|rule| rule.state).collect();
        let is_taken = refused.is_none();
        assert_eq!(states, [if is_taken { RuleState::QueuedToDeny } else { RuleState::Active }].into());
        let owed: Option<Intent> = store.get(&Intent::key_of(instance(1).id, Lane::Access)).unwrap();
        assert_eq!(owed.map(|intent| intent.project_id), is_taken.then(|| "q".to_owned()));
        assert_eq!(only(&store).project_id, if is_taken { "q" } else { "p" });
    }
}

#[test]
fn a_transfer_ends_when_it_is_withdrawn_when_its_time_is_over_and_when_its_share_awaits_it_no_more() {
    let gone = |store: &Store| store.all::<ShareTransfer>().unwrap().is_empty();
    let offered = || {
        let store = stored(&placed());
        offer(&store).unwrap();
        store
    };
    let store = offered();
    decide(&store, |draft| delete(draft, id(), now())).unwrap();
    assert!(gone(&store) && only(&store).status() == Status::Available);
    assert_eq!(decide(&store, |draft| delete(draft, id(), now())).unwrap_err().kind, Kind::Missing);

    let (store, before, then) = (offered(), Stamp(now().0 + OFFER / 2), Stamp(now().0 + OFFER));
    assert_eq!(decide(&store, move |draft| Ok(expire(draft, before, 8)?)).unwrap(), 0);
    let late = move |draft: &mut Draft<'_>| {
        let cause = Cause { now: then, ..cause() };
        accept(draft, id(), &by("q", false), &Limits::default(), Microversion::MAX, &cause)
    };
    assert_eq!(decide(&store, late).unwrap_err().kind, Kind::Invalid, "nobody has removed it yet");
    assert_eq!(decide(&store, move |draft| Ok(expire(draft, then, 8)?)).unwrap(), 1);
    assert!(gone(&store) && only(&store).status() == Status::Available);

    // What was accepted stays with whom it went to.
    let store = offered();
    take(&store, by("q", false)).unwrap();
    decide(&store, move |draft| Ok(expire(draft, then, 8)?)).unwrap();
    assert!(gone(&store) && only(&store).project_id == "q");

    let (share, one) = (placed().id, instance(1).id);
    for status in Status::RESETTABLE {
        let store = offered();
        let reset =
            move |draft: &mut Draft<'_>| share::reset_status(draft, share, *status, Microversion::MAX, &cause());
        decide(&store, reset).unwrap();
        assert!(gone(&store) && only(&store).status() == *status, "{status}");
    }
    let store = offered();
    assert_eq!(
        decide(&store, move |draft| share::delete(draft, share, Deletion::Usual, Microversion::MAX, &cause()))
            .unwrap_err()
            .kind,
        Kind::Forbidden
    );
    decide(&store, move |draft| share::force_delete(draft, share, Deletion::Usual, Microversion::MAX, &cause()))
        .unwrap();
    assert!(gone(&store));
    let store = offered();
    let last = move |draft: &mut Draft<'_>| {
        crate::instance::force_delete(draft, share, one, Deletion::Usual, Microversion::MAX, &cause())
    };
    decide(&store, last).unwrap();
    assert!(gone(&store));

    // A removal that was given up before the share was offered happened all the same.
    let store = offered();
    put(&store, Incarnation { service: "h@b".into(), epoch: 1 });
    let removal = Intent::new(&placed(), &placed().instances[0], Verb::Delete, 1, &cause());
    decide(&store, move |draft| Ok(settling().deleted(draft, &removal)?)).unwrap();
    assert!(gone(&store) && only(&store).status() == Status::Error);
}
