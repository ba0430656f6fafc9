use std::time::Duration;

use manilad_domain::resource_lock::{LockAction, LockContext};
use manilad_domain::status::{Deletion, Status};
use manilad_domain::{Fault, Instance, ResourceLock};
use manilad_store::{Store, consistency};
use uuid::Uuid;

use super::*;
use crate::Owed;
use crate::share::samples::{cause, decide, instance, now, share, store};
use crate::share::{InBin, change_metadata, delete, reset_status, update};

const VERSION: Microversion = Microversion::MAX;

fn at(seconds: u64) -> Stamp {
    Stamp(now().0 + Duration::from_secs(seconds))
}

fn later(seconds: u64) -> Cause {
    Cause { now: at(seconds), ..cause() }
}

/// A share on a back end, in this status, of this number.
fn placed(number: u128, status: Status) -> Share {
    let one = Instance { status, pool: Some("node1@alpha#one".parse().unwrap()), ..instance(number) };
    Share { id: Uuid::from_u128(0x100 + number).into(), ..share(vec![one]) }
}

fn kept(status: Status) -> (Store, ShareId) {
    let (store, found) = (store(), placed(1, status));
    let id = found.id;
    decide(&store, move |draft| Ok(draft.put(&found)?)).unwrap();
    (store, id)
}

fn bin(store: &Store, id: ShareId, seconds: u64) -> Result<(), Fault> {
    decide(store, move |draft| {
        soft_delete(draft, id, at(seconds), VERSION, now()).map(|((), owed)| assert!(owed.is_empty()))
    })
}

fn take_out(store: &Store, id: ShareId, seconds: u64) -> Result<Restored, Fault> {
    decide(store, move |draft| restore(draft, id, VERSION, at(seconds)).map(|(restored, _)| restored))
}

fn reset(store: &Store, share: ShareId, status: Status) {
    let id = found(store, share).instances[0].id;
    decide(store, move |draft| crate::instance::reset_status(draft, share, id, status, VERSION, &cause())).unwrap();
}

fn found(store: &Store, id: ShareId) -> Share {
    store.get(&id.to_string()).unwrap().unwrap()
}

/// What comes of looking behind a place.
fn look(store: &Store, after: Option<Cursor>, at_most: usize, seconds: u64) -> (Expiry, Vec<Owed>) {
    decide(store, move |draft| expire(draft, after, at_most, Deletion::Usual, &later(seconds))).unwrap()
}

#[test]
fn a_share_is_put_into_the_bin_and_taken_out_again_as_it_was() {
    let (store, id) = kept(Status::Available);
    let before = found(&store, id);
    bin(&store, id, 60).unwrap();
    let binned = found(&store, id);
    assert!(binned.is_soft_deleted() && binned.status() == Status::Available);
    assert_eq!(binned.scheduled_to_be_deleted_at, Some(at(60)));
    assert_eq!(bin(&store, id, 60).unwrap_err().kind, Kind::Forbidden);
    assert_eq!(take_out(&store, id, 10), Ok(Restored::Now));
    assert_eq!(take_out(&store, id, 10), Ok(Restored::Before));
    assert_eq!(found(&store, id), Share { updated_at: Some(at(10)), ..before });
    assert_eq!(consistency(&store), Vec::<String>::new());
}

#[test]
fn what_could_not_be_deleted_is_not_put_into_the_bin() {
    for status in Status::ALL.iter().copied() {
        let (store, id) = kept(status);
        let allowed = ShareAction::Delete.check(status, VERSION);
        assert_eq!(bin(&store, id, 60), allowed, "{status}");
    }
    let (store, id) = kept(Status::Available);
    decide(&store, move |draft| Ok(draft.put(&lock(id))?)).unwrap();
    assert_eq!(bin(&store, id, 60).unwrap_err().kind, Kind::Forbidden);
    assert!(!found(&store, id).is_soft_deleted());
}

fn lock(share_id: ShareId) -> ResourceLock {
    ResourceLock {
        id: Uuid::from_u128(0x10c).into(),
        user_id: "u".into(),
        project_id: "p".into(),
        context: LockContext::User,
        share_id,
        rule_id: None,
        action: LockAction::Delete,
        reason: None,
        brought_by: None,
        created_at: now(),
        updated_at: None,
    }
}

/// The rows that say so are these, and any other refuses.
#[test]
fn in_the_bin_a_share_is_deleted_restored_or_put_right_by_an_administrator_and_nothing_else() {
    let done = ShareAction::ALL.iter().filter(|action| action.in_bin() == InBin::Done);
    use ShareAction::{Delete, ForceDelete, Lock, ResetInstance, Restore};
    assert_eq!(done.copied().collect::<Vec<_>>(), [Delete, Restore, ForceDelete, ResetInstance]);
    let (store, id) = kept(Status::Available);
    let whole = found(&store, id);
    bin(&store, id, 60).unwrap();
    for action in ShareAction::ALL {
        assert!(action.check_bin(&whole).is_ok());
        let action = *action;
        let refused = decide(&store, move |draft| current(draft, id, action).map(drop));
        let expected = match action.in_bin() {
            InBin::Done => None,
            InBin::Conflict => Some(Kind::Conflict),
            InBin::Forbidden => Some(Kind::Forbidden),
        };
        assert_eq!(
            (refused.err().map(|fault| fault.kind), action == Lock),
            (expected, expected == Some(Kind::Conflict))
        );
    }
    let forbidden = |outcome: Result<(), Fault>| assert_eq!(outcome.unwrap_err().kind, Kind::Forbidden);
    forbidden(decide(&store, move |draft| update(draft, id, Default::default(), VERSION, now()).map(drop)));
    forbidden(decide(&store, move |draft| {
        let change = manilad_domain::metadata::MetadataChange::Remove("k".into());
        change_metadata(draft, id, change, &[], &[], VERSION, &cause()).map(drop)
    }));
    forbidden(decide(&store, move |draft| reset_status(draft, id, Status::Error, VERSION, &cause()).map(drop)));
    decide(&store, move |draft| delete(draft, id, Deletion::Usual, VERSION, &cause()).map(drop)).unwrap();
    assert_eq!(found(&store, id).status(), Status::Deleting);
}

#[test]
fn a_share_is_taken_out_of_the_bin_until_its_removal_has_begun() {
    let (store, id) = kept(Status::Available);
    bin(&store, id, 60).unwrap();
    assert_eq!(take_out(&store, id, 100), Ok(Restored::Now), "its time was over, and it was there");
    bin(&store, id, 60).unwrap();
    assert_eq!(look(&store, None, 8, 60).0, Expiry { removed: 1, ..Expiry::default() });
    for status in [Status::Deleting, Status::ErrorDeleting] {
        assert_eq!(take_out(&store, id, 100).unwrap_err().kind, Kind::Forbidden, "{status}");
        reset(&store, id, Status::ErrorDeleting);
    }
    reset(&store, id, Status::Error);
    assert_eq!(take_out(&store, id, 100), Ok(Restored::Now), "an administrator has given its removal up");
    let (store, id) = kept(Status::Deleting);
    assert_eq!(take_out(&store, id, 0), Ok(Restored::Before), "it was not in the bin");
}

#[test]
fn what_is_over_goes_so_many_at_a_time_and_each_is_owed_to_its_back_end() {
    let store = store();
    for number in 1..=5 {
        let share = placed(number, Status::Available);
        let (id, seconds) = (share.id, if number == 5 { 61 } else { 60 });
        decide(&store, move |draft| Ok(draft.put(&share)?)).unwrap();
        bin(&store, id, seconds).unwrap();
    }
    assert_eq!(look(&store, None, 8, 59), (Expiry::default(), Vec::new()));
    let (first, owed) = look(&store, None, 3, 60);
    assert_eq!((first.removed, owed), (3, vec![Owed::Backend("node1@alpha".into()); 3]));
    let (second, _) = look(&store, first.next, 3, 60);
    assert_eq!(second, Expiry { removed: 1, ..Expiry::default() });
    let going =
        |store: &Store| store.all::<Share>().unwrap().iter().filter(|one| one.status() == Status::Deleting).count();
    assert_eq!(going(&store), 4);
    // What goes already is neither removed again nor in the way.
    let (again, owed) = look(&store, None, 8, 61);
    assert_eq!((again.removed, again.kept, owed.len(), going(&store)), (1, vec![], 1, 5));
    assert_eq!(consistency(&store), Vec::<String>::new());
}

#[test]
fn what_can_t_go_when_its_time_is_over_stays_and_says_why_and_goes_later() {
    let (store, id) = kept(Status::Available);
    bin(&store, id, 60).unwrap();
    decide(&store, move |draft| Ok(draft.put(&lock(id))?)).unwrap();
    let (locked, owed) = look(&store, None, 1, 60);
    assert!(owed.is_empty() && locked.removed == 0 && locked.kept[0].1.contains("lock"), "{locked:?}");
    let behind = look(&store, locked.next, 1, 60).0;
    assert_eq!(behind, Expiry::default(), "what can't go is met once");
    decide(&store, move |draft| Ok(draft.remove(&lock(id))?)).unwrap();
    reset(&store, id, Status::Migrating);
    assert_eq!(
        look(&store, None, 8, 60).0.kept,
        [(id, "A share can be deleted when it is available, inactive or in error; this one is migrating.".to_owned())]
    );
    reset(&store, id, Status::Error);
    assert_eq!(look(&store, None, 8, 60).0.removed, 1);
}

#[test]
fn what_was_never_placed_is_gone_as_soon_as_its_time_is_over() {
    let store = store();
    let nowhere = Instance { status: Status::Error, ..instance(1) };
    let share = share(vec![nowhere]);
    let id = share.id;
    decide(&store, move |draft| Ok(draft.put(&share)?)).unwrap();
    bin(&store, id, 0).unwrap();
    assert_eq!(look(&store, None, 8, 0).0.removed, 1);
    assert_eq!(store.all::<Share>().unwrap(), []);
}
