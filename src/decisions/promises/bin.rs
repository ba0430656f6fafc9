//! What is asked of the recycle bin while work is under way, and what holds of what is in it, whatever was decided: it is left
//! as it is, so that it is restored as it was, and nothing comes to it that would keep it there for good.

use manilad_domain::resource_lock::LockAction;
use manilad_domain::{Microversion, ResourceLock, ShareSnapshot};

use super::decision::Decision;
use super::*;
use crate::share::{self, Restored};

/// How long a share stays in the bin.
const RETENTION: Duration = Duration::from_secs(900);

/// `which` counts round where there are several.
#[derive(Debug, Clone, Copy)]
pub enum BinRequest {
    SoftDelete { which: usize },
    Restore { which: usize },
}

pub fn bin_request() -> impl Strategy<Value = BinRequest> {
    let which = || 0usize..6;
    prop_oneof![
        3 => which().prop_map(|which| BinRequest::SoftDelete { which }),
        2 => which().prop_map(|which| BinRequest::Restore { which }),
    ]
}

fn is_going(picture: &Picture, share: &Share) -> bool {
    share.live().all(|one| picture.owed(one, Lane::Life) == Some(Verb::Delete))
}

impl World {
    /// The decision of a request; none where there is nothing that it could be about.
    pub fn bin_decision(&self, request: BinRequest, version: Microversion) -> Option<Decision> {
        let now = self.now;
        Some(match request {
            BinRequest::SoftDelete { which } => {
                let share = self.nth::<Share>(which)?;
                let (id, until, is_locked) = (share.id, Stamp(now.0 + RETENTION), self.is_locked(&share));
                Decision::asked(move |draft| share::soft_delete(draft, id, until, version, now)).then(move |after| {
                    assert!(!is_locked && !share.is_soft_deleted(), "{share:?}");
                    let expected = Share { scheduled_to_be_deleted_at: Some(until), updated_at: Some(now), ..share };
                    assert_eq!(after.shares[&id.to_string()], expected);
                })
            }
            BinRequest::Restore { which } => {
                let share = self.nth::<Share>(which)?;
                let id = share.id;
                Decision::asked(move |draft| {
                    let (restored, owed) = share::restore(draft, id, version, now)?;
                    assert_eq!(restored == Restored::Now, share.is_soft_deleted());
                    Ok((restored, owed))
                })
                .then(move |after| assert!(!after.shares[&id.to_string()].is_soft_deleted()))
            }
        })
    }

    /// Looks for what is to leave the bin for good.
    pub fn emptying(&self, at_most: usize) -> Decision {
        let (now, cause) = (self.now, Cause { request_id: "req-10".into(), now: self.now });
        let is_over = |share: &Share| share.scheduled_to_be_deleted_at.is_some_and(|at| at <= now);
        let over: Vec<Share> = self.store.all::<Share>().unwrap().into_iter().filter(is_over).collect();
        let unplaced = over.iter().flat_map(|share| &share.instances).filter(|one| one.pool.is_none());
        let unplaced: Vec<_> = unplaced.map(|one| one.id.to_string()).collect();
        Decision::asked(move |draft| share::expire(draft, None, at_most, Deletion::Usual, &cause))
            .removes(unplaced)
            .then(move |after| {
                if over.len() < at_most {
                    let left = over.iter().filter_map(|share| after.shares.get(&share.key()));
                    let may_stay = |share: &Share| {
                        let can_go = matches!(share.status(), Status::Available | Status::Inactive | Status::Error);
                        is_going(after, share) || !can_go
                    };
                    left.for_each(|share| assert!(may_stay(share), "its time is over, and it stays: {share:?}"));
                }
            })
    }

    /// What holds of shares in the bin, whatever was decided.
    pub fn keep_bin(&self) {
        let shares: Vec<Share> = self.store.all().unwrap();
        let binned: BTreeSet<_> = shares.iter().filter(|share| share.is_soft_deleted()).map(|share| share.id).collect();
        let snapshots: Vec<ShareSnapshot> = self.store.all().unwrap();
        assert!(snapshots.iter().all(|one| !binned.contains(&one.share_id)), "in the bin with {snapshots:?}");
        let locks: Vec<ResourceLock> = self.store.all().unwrap();
        let holds = |lock: &&ResourceLock| lock.action == LockAction::Delete && binned.contains(&lock.share_id);
        assert_eq!(locks.iter().find(holds), None, "it could not leave the bin");
        let awaited = |share: &&Share| share.is_soft_deleted() && share.status() == Status::AwaitingTransfer;
        assert_eq!(shares.iter().find(awaited), None, "it is offered and in the bin");
    }
}

impl Picture {
    /// What was in the bin and is there still is as it was, but for what its back end and administrators say of it.
    pub fn keep_what_is_in_the_bin(&self, before: &Picture) {
        for (key, was) in before.shares.iter().filter(|(_, share)| share.is_soft_deleted()) {
            let Some(share) = self.shares.get(key).filter(|share| share.is_soft_deleted()) else { continue };
            let said = |share: &Share| {
                // Neighbours remember one another, whatever becomes of one of them.
                Share { instances: Vec::new(), updated_at: None, metadata: BTreeMap::new(), ..share.clone() }
            };
            assert_eq!(said(share), said(was));
            let rules = |picture: &Picture| -> BTreeMap<_, _> {
                let own = picture.rules.values().filter(|rule| rule.share_id == share.id);
                own.map(|rule| (rule.id, rule.level)).collect()
            };
            let were = rules(before);
            assert!(rules(self).iter().all(|(id, level)| were.get(id) == Some(level)), "its rules changed: {share:?}");
        }
    }
}
