//! What may happen to a snapshot, step by step.

use manilad_domain::fault::Kind;
use manilad_domain::message::{Detail, UserMessage};
use manilad_domain::outcome::{Remedy, Trouble};
use manilad_domain::quota::{Key, Limits, QuotaScope, Values};
use manilad_domain::service::Incarnation;
use manilad_domain::share::Abilities;
use manilad_domain::snapshot::{SnapshotIds, SnapshotLabels, SnapshotOwner, SnapshotVerb};
use manilad_domain::status::{Deletion, SnapshotStatus, Status};
use manilad_domain::{Fault, InFlight, Instance, Microversion, Record, Share, ShareSnapshot, SnapshotIntent};
use manilad_store::{Store, consistency};
use uuid::Uuid;

use super::*;
use crate::settle::Next;
use crate::share::samples::{cause, decide, instance, now, settling, share, store};
use crate::{Owed, Settling};

/// A share that is served, with or without snapshots.
fn served(snapshot_support: bool) -> Share {
    let pool = Some("h@b#one".parse().unwrap());
    let placed = Instance { status: Status::Available, pool, ..instance(1) };
    Share { abilities: Abilities { snapshot_support, ..Abilities::default() }, size: 3, ..share(vec![placed]) }
}

fn stored(share: &Share) -> Store {
    let (store, share) = (store(), share.clone());
    decide(&store, move |draft| {
        draft.put(&Incarnation { service: "h@b".into(), epoch: 1 })?;
        Ok(draft.put(&share)?)
    })
    .unwrap();
    store
}

fn asked(number: u128, share: &Share) -> NewSnapshot {
    let ids = SnapshotIds { snapshot: Uuid::from_u128(number).into(), instance: Uuid::from_u128(number + 100).into() };
    let owner = SnapshotOwner { project_id: "p".into(), user_id: "u".into() };
    NewSnapshot { ids, share: share.id, owner, labels: SnapshotLabels::default() }
}

fn take(store: &Store, number: u128, share: &Share) -> Result<(ShareSnapshot, Vec<Owed>), Fault> {
    let asked = asked(number, share);
    let limits = Limits::default();
    decide(store, move |draft| create(draft, asked, &limits, Microversion::MAX, &cause()))
}

fn only<R: Record>(store: &Store) -> R {
    let mut all: Vec<R> = store.all().unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// Snapshots, and their GiB.
fn in_use(store: &Store) -> (i64, i64) {
    let usage = decide(store, |draft| Ok(draft.usage("p")?)).unwrap();
    let of = |key| usage.in_use(&QuotaScope::Project, key);
    (of(Key::Snapshots), of(Key::SnapshotGigabytes))
}

fn settle(
    store: &Store,
    settle: impl FnOnce(Settling, &mut Draft<'_>) -> Result<Next, Error> + Send + 'static,
) -> Next {
    decide(store, move |draft| Ok(settle(settling(), draft)?)).unwrap()
}

fn trouble() -> Trouble {
    Trouble { remedy: Remedy::Never, detail: Detail::UnknownError, reason: "so".into() }
}

#[test]
fn a_snapshot_is_as_large_as_its_share_counts_and_is_owed_by_the_back_end_of_its_share() {
    let share = served(true);
    let store = stored(&share);
    let (snapshot, owed) = take(&store, 1, &share).unwrap();
    assert_eq!(owed, [Owed::Backend("h@b".into())]);
    assert_eq!((snapshot.status, snapshot.size, snapshot.share_size), (SnapshotStatus::Creating, Some(3), 3));
    let intent: SnapshotIntent = only(&store);
    assert_eq!(in_use(&store), (1, 3));
    settle(&store, move |settling, draft| settling.snapshot_taken(draft, &intent, "name".into()));
    let snapshot: ShareSnapshot = only(&store);
    assert_eq!((snapshot.status, snapshot.progress), (SnapshotStatus::Available, Some(100)));
    assert_eq!(snapshot.location.as_deref(), Some("name"));
    assert_eq!(store.all::<SnapshotIntent>().unwrap(), []);
    assert_eq!(consistency(&store), Vec::<String>::new());
}

#[test]
fn a_snapshot_is_refused_where_its_share_has_none_is_not_available_or_is_gone_and_beyond_the_quota() {
    let kind = |store: &Store, share: &Share| take(store, 1, share).unwrap_err().kind;
    let share = served(false);
    assert_eq!(kind(&stored(&share), &share), Kind::Unprocessable);
    let mut share = served(true);
    assert_eq!(kind(&store(), &share), Kind::Missing);
    share.instances[0].status = Status::Extending;
    assert_eq!(kind(&stored(&share), &share), Kind::Invalid);
    let share = served(true);
    let store = stored(&share);
    let (asked, limits) = (asked(1, &share), Limits::default().under(&Values::from([(Key::SnapshotGigabytes, 2)])));
    let refused = decide(&store, move |draft| create(draft, asked, &limits, Microversion::MAX, &cause())).unwrap_err();
    assert_eq!(refused.kind, Kind::OverLimit);
    assert_eq!(store.all::<ShareSnapshot>().unwrap(), []);
}

#[test]
fn a_share_with_snapshots_is_not_deleted_and_one_whose_last_instance_an_administrator_removes_takes_them_along() {
    let share = served(true);
    let store = stored(&share);
    take(&store, 1, &share).unwrap();
    let (id, instance) = (share.id, share.instances[0].id);
    let deleted =
        decide(&store, move |draft| crate::share::delete(draft, id, Deletion::Usual, Microversion::MAX, &cause()));
    assert_eq!(deleted.unwrap_err().kind, Kind::Forbidden);
    let forced = decide(&store, move |draft| {
        crate::share::force_delete(draft, id, Deletion::Usual, Microversion::MAX, &cause())
    });
    assert_eq!(forced.unwrap_err().kind, Kind::Invalid);
    decide(&store, move |draft| {
        crate::instance::force_delete(draft, id, instance, Deletion::Usual, Microversion::MAX, &cause())
    })
    .unwrap();
    let intent: Intent = only(&store);
    settle(&store, move |settling, draft| settling.deleted(draft, &intent));
    assert!(store.all::<ShareSnapshot>().unwrap().is_empty() && store.all::<SnapshotIntent>().unwrap().is_empty());
    assert_eq!(consistency(&store), Vec::<String>::new());
}

#[test]
fn a_snapshot_that_can_not_be_taken_is_in_error_with_a_message_and_a_note_that_a_call_may_come_late() {
    let share = served(true);
    let store = stored(&share);
    take(&store, 1, &share).unwrap();
    let intent: SnapshotIntent = only(&store);
    settle(&store, move |settling, draft| settling.snapshot_failed(draft, &intent, &trouble()));
    assert_eq!(only::<ShareSnapshot>(&store).status, SnapshotStatus::Error);
    assert_eq!(only::<InFlight>(&store).subject, Uuid::from_u128(1));
    assert_eq!(only::<UserMessage>(&store).resource_id, Uuid::from_u128(1).to_string());
    assert_eq!(store.all::<SnapshotIntent>().unwrap(), []);
}

#[test]
fn a_removal_that_fails_is_told_once_and_goes_on_until_the_snapshot_is_gone() {
    let share = served(true);
    let store = stored(&share);
    let id = take(&store, 1, &share).unwrap().0.id;
    decide(&store, move |draft| force_delete(draft, id, Deletion::Usual, &cause())).unwrap();
    let intent: SnapshotIntent = only(&store);
    for _ in 0..2 {
        let intent = intent.clone();
        settle(&store, move |settling, draft| settling.snapshot_failed(draft, &intent, &trouble()));
    }
    assert_eq!(only::<ShareSnapshot>(&store).status, SnapshotStatus::ErrorDeleting);
    only::<UserMessage>(&store);
    settle(&store, move |settling, draft| settling.snapshot_deleted(draft, &intent));
    assert!(store.all::<ShareSnapshot>().unwrap().is_empty() && store.all::<SnapshotIntent>().unwrap().is_empty());
    assert_eq!(in_use(&store), (0, 0));
}

#[test]
fn what_is_deferred_is_free_at_once_fails_in_silence_and_goes_with_its_share_or_by_itself() {
    let share = served(true);
    let store = stored(&share);
    let snapshots = [1, 2].map(|number| take(&store, number, &share).unwrap().0.id);
    let id = share.id;
    let removal = move |draft: &mut Draft<'_>| {
        crate::share::force_delete(draft, id, Deletion::Deferred, Microversion::MAX, &cause())
    };
    for snapshot in snapshots {
        assert_eq!(decide(&store, removal).unwrap_err().kind, Kind::Invalid);
        decide(&store, move |draft| force_delete(draft, snapshot, Deletion::Deferred, &cause())).unwrap();
    }
    assert_eq!(in_use(&store), (0, 0));
    let owed: Vec<SnapshotIntent> = store.all().unwrap();
    for intent in owed.clone() {
        settle(&store, move |settling, draft| settling.snapshot_failed(draft, &intent, &trouble()));
    }
    let all: Vec<ShareSnapshot> = store.all().unwrap();
    assert!(all.iter().all(|one| one.status == SnapshotStatus::ErrorDeferredDeleting), "{all:?}");
    let intent = owed[0].clone();
    settle(&store, move |settling, draft| settling.snapshot_deleted(draft, &intent));
    only::<ShareSnapshot>(&store);

    decide(&store, removal).unwrap();
    let usage = decide(&store, |draft| Ok(draft.usage("p")?)).unwrap();
    assert_eq!(usage.in_use(&QuotaScope::Project, Key::Shares), 0);
    let intent: Intent = only(&store);
    let failed = intent.clone();
    settle(&store, move |settling, draft| settling.failed(draft, &failed, &trouble()));
    assert_eq!(only::<Share>(&store).status(), Status::ErrorDeferredDeleting);
    assert_eq!(store.all::<UserMessage>().unwrap(), []);
    settle(&store, move |settling, draft| settling.deleted(draft, &intent));
    assert!(store.all::<Share>().unwrap().is_empty() && store.all::<ShareSnapshot>().unwrap().is_empty());
    assert!(store.all::<SnapshotIntent>().unwrap().is_empty());
    assert_eq!(consistency(&store), Vec::<String>::new());
}

#[test]
fn nothing_is_reverted_to_a_snapshot_that_was_said_to_be_available_until_it_is_found() {
    let abilities = Abilities { snapshot_support: true, revert_to_snapshot_support: true, ..Abilities::default() };
    let share = Share { abilities, ..served(true) };
    let store = stored(&share);
    let id = take(&store, 1, &share).unwrap().0.id;
    decide(&store, move |draft| reset_status(draft, id, SnapshotStatus::Available, &cause())).unwrap();
    let look: SnapshotIntent = only(&store);
    assert_eq!(look.verb, SnapshotVerb::FindSnapshot);
    let revert = |store: &Store| {
        let of = share.id;
        decide(store, move |draft| crate::share::revert(draft, of, id, Microversion::MAX, &cause()))
    };
    let refused = revert(&store).unwrap_err();
    assert!(refused.kind == Kind::Conflict && refused.text.contains("looked for"), "{refused:?}");
    settle(&store, move |settling, draft| settling.snapshot_found(draft, &look, Some(3)));
    revert(&store).unwrap();
}

#[test]
fn a_removal_that_an_administrator_gave_up_and_that_happens_all_the_same_leaves_the_snapshot_in_error() {
    let share = served(true);
    let store = stored(&share);
    let id = take(&store, 1, &share).unwrap().0.id;
    decide(&store, move |draft| force_delete(draft, id, Deletion::Usual, &cause())).unwrap();
    let removal: SnapshotIntent = only(&store);
    decide(&store, move |draft| reset_status(draft, id, SnapshotStatus::Available, &cause())).unwrap();
    let look: SnapshotIntent = only(&store);
    assert_eq!(look.verb, SnapshotVerb::FindSnapshot);
    let next = settle(&store, move |settling, draft| settling.snapshot_deleted(draft, &removal));
    assert_eq!(next, Next::RemovedAllTheSame(Vec::new()));
    assert_eq!(only::<ShareSnapshot>(&store).status, SnapshotStatus::Error);
    let next = settle(&store, move |settling, draft| settling.snapshot_found(draft, &look, Some(3)));
    assert_eq!(next, Next::Stale);
}

#[test]
fn a_managed_snapshot_gets_its_size_from_the_back_end_and_one_that_is_not_there_is_in_manage_error() {
    let share = served(true);
    for (found, status, size) in
        [(Some(5), SnapshotStatus::Available, Some(5)), (None, SnapshotStatus::ManageError, None)]
    {
        let store = stored(&share);
        let manage_as = |number| {
            let asked = asked(number, &share);
            decide(&store, move |draft| manage(draft, asked, "daily".into(), Microversion::MAX, &cause()))
        };
        let managed = manage_as(1).unwrap().0;
        assert_eq!((managed.status, managed.size), (SnapshotStatus::ManageStarting, None));
        assert_eq!(manage_as(2).unwrap_err().kind, Kind::Conflict);
        let intent: SnapshotIntent = only(&store);
        settle(&store, move |settling, draft| settling.snapshot_found(draft, &intent, found));
        let snapshot: ShareSnapshot = only(&store);
        assert_eq!((snapshot.status, snapshot.size), (status, size));
        decide(&store, move |draft| unmanage(draft, snapshot.id, Microversion::MAX, &cause())).unwrap();
        assert_eq!(store.all::<ShareSnapshot>().unwrap(), []);
        assert_eq!(consistency(&store), Vec::<String>::new());
    }
}

#[test]
fn a_snapshot_may_be_newer_unless_it_was_there_before_the_other_one_was_asked_for() {
    use SnapshotStatus::{Available, Creating, Deleting, Error, ManageError, ManageStarting};
    let share = served(true);
    let (like, _) = take(&stored(&share), 1, &share).unwrap();
    let at = |second| Stamp(now().0 + std::time::Duration::from_secs(second));
    let of = |status, created: u64, after: Option<u64>, before: Option<u64>| ShareSnapshot {
        status,
        created_at: at(created),
        taken_after: after.map(at),
        taken_before: before.map(at),
        ..like.clone()
    };
    let target = of(Available, 50, Some(50), Some(60));
    for (other, expected) in [
        (of(Available, 40, Some(40), Some(49)), false),
        (of(Available, 40, Some(40), Some(55)), true),
        (of(Deleting, 70, Some(70), Some(80)), true),
        (of(Creating, 40, Some(40), None), true),
        (of(Error, 40, Some(40), None), false),
        (of(Error, 55, Some(55), None), true),
        (of(Available, 40, None, Some(45)), false),
        (of(Available, 55, None, Some(58)), true),
        (of(ManageStarting, 40, None, None), true),
        (of(ManageError, 40, None, None), false),
    ] {
        assert_eq!(other.may_be_newer_than(&target), expected, "{other:?}");
    }
    let managed = of(Available, 50, None, Some(60));
    assert!(of(Available, 40, Some(40), Some(49)).may_be_newer_than(&managed), "it may be older than it was managed");
    assert!(target.may_be_newer_than(&of(Available, 59, Some(59), Some(70))), "it may be the later of two");
}
