//! What is asked of resource locks while work is under way, and what holds of all of them, whatever was decided: no lock is
//! there without what it locks, and what a delete lock stands on goes by no request.

use manilad_domain::resource_lock::{LockAction, LockContext, LockedKind};
use manilad_domain::{Microversion, ResourceLock, ResourceLockId, ShareId};

use super::decision::Decision;
use super::*;
use crate::resource_lock::{self, Update};
use crate::settle::Ids;

/// `which` counts round where there are several.
#[derive(Debug, Clone, Copy)]
pub enum LockRequest {
    Create { kind: LockedKind, which: usize, action: LockAction },
    Update { which: usize, action: Option<LockAction> },
    Delete { which: usize },
}

pub fn lock_request() -> impl Strategy<Value = LockRequest> {
    let (which, action) = (|| 0usize..6, || prop::sample::select(LockAction::ALL.to_vec()));
    let kind = prop::sample::select(LockedKind::ALL.to_vec());
    prop_oneof![
        4 => (kind, which(), action()).prop_map(|(kind, which, action)| LockRequest::Create { kind, which, action }),
        2 => (which(), prop::option::of(action())).prop_map(|(which, action)| LockRequest::Update { which, action }),
        3 => which().prop_map(|which| LockRequest::Delete { which }),
    ]
}

impl World {
    fn locks(&self) -> Vec<ResourceLock> {
        self.store.all().unwrap()
    }

    /// A lock of the owner of a share on one of its rules, or on the share itself.
    pub fn new_lock(&self, share: ShareId, rule: Option<AccessRuleId>, action: LockAction, id: Uuid) -> ResourceLock {
        let project_id = self.store.get::<Share>(&share.to_string()).unwrap().map_or("p".into(), |one| one.project_id);
        ResourceLock {
            id: id.into(),
            project_id,
            user_id: "u".into(),
            context: LockContext::User,
            share_id: share,
            rule_id: rule,
            action,
            reason: None,
            brought_by: None,
            created_at: self.now,
            updated_at: None,
        }
    }

    /// Whether a delete lock stands on a share, or on one of its rules.
    pub fn is_locked(&self, share: &Share) -> bool {
        self.locks().iter().any(|lock| lock.share_id == share.id && lock.action == LockAction::Delete)
    }

    pub fn delete_locks(&self, rule: &AccessRule) -> BTreeSet<ResourceLockId> {
        let own = |lock: &ResourceLock| lock.rule_id == Some(rule.id) && lock.action == LockAction::Delete;
        self.locks().into_iter().filter(own).map(|lock| lock.id).collect()
    }

    /// The decision of a request; none where there is nothing that it could be about.
    pub fn lock_decision(&self, request: LockRequest, version: Microversion, seed: Uuid) -> Option<Decision> {
        let (mut ids, now) = (Ids::from(seed), self.now);
        let (id, on_share) = (ids.draw(), ids.draw().into());
        Some(match request {
            LockRequest::Create { kind, which, action } => {
                let (share, rule) = match kind {
                    LockedKind::Share => (self.nth::<Share>(which)?.id, None),
                    LockedKind::AccessRule => {
                        self.nth::<AccessRule>(which).map(|rule| (rule.share_id, Some(rule.id)))?
                    }
                };
                let lock = self.new_lock(share, rule, action, id);
                let key = lock.id;
                let decide = move |draft: &mut Draft<'_>| resource_lock::create(draft, lock, on_share, version);
                Decision::asked(decide).then(move |after| {
                    assert!(after.locks.iter().any(|lock| lock.id == key));
                    let brings = kind == LockedKind::AccessRule && action == LockAction::Delete;
                    assert_eq!(after.locks.iter().any(|lock| lock.brought_by == Some(key)), brings);
                })
            }
            LockRequest::Update { which, action } => {
                let key = self.nth::<ResourceLock>(which)?.id;
                let update = Update { action, reason: Some(Some("r".into())) };
                Decision::asked(move |draft| resource_lock::update(draft, key, update, on_share, version, now)).then(
                    move |after| {
                        let lock = after.locks.iter().find(|lock| lock.id == key).expect("it was changed");
                        assert!(action.is_none_or(|action| lock.action == action), "{lock:?}");
                    },
                )
            }
            LockRequest::Delete { which } => {
                let key = self.nth::<ResourceLock>(which)?.id;
                Decision::asked(move |draft| resource_lock::delete(draft, key)).then(move |after| {
                    let is_of = |lock: &ResourceLock| lock.id == key || lock.brought_by == Some(key);
                    assert!(!after.locks.iter().any(is_of));
                })
            }
        })
    }

    /// What holds of locks, whatever was decided.
    pub fn keep_locks(&self) {
        let shares: BTreeSet<_> = self.store.all::<Share>().unwrap().into_iter().map(|share| share.id).collect();
        let rules: BTreeMap<_, _> =
            self.store.all::<AccessRule>().unwrap().into_iter().map(|rule| (rule.id, rule)).collect();
        let locks = self.locks();
        let mut shown = BTreeSet::new();
        for lock in &locks {
            assert!(shares.contains(&lock.share_id), "what it locks is gone: {lock:?}");
            let Some(rule) = lock.rule_id else {
                assert_eq!(lock.action, LockAction::Delete, "{lock:?}");
                let bringer = lock.brought_by.map(|id| locks.iter().find(|other| other.id == id));
                let stands = |other: &ResourceLock| {
                    other.share_id == lock.share_id && other.rule_id.is_some() && other.action == LockAction::Delete
                };
                assert!(bringer.is_none_or(|other| other.is_some_and(stands)), "it outlives what brought it: {lock:?}");
                continue;
            };
            let is_of_share = rules.get(&rule).is_some_and(|rule| rule.share_id == lock.share_id);
            assert!(is_of_share && lock.brought_by.is_none(), "what it locks is gone: {lock:?}");
            assert!(lock.action == LockAction::Delete || shown.insert(rule), "a second visibility lock: {lock:?}");
        }
    }

    /// Lifts all delete locks, as administrators may.
    pub fn lift_delete_locks(&self) {
        let locks = self.locks().into_iter().filter(|lock| lock.action == LockAction::Delete);
        for lock in locks.filter(|lock| lock.brought_by.is_none()) {
            self.ask(move |draft| resource_lock::delete(draft, lock.id));
        }
    }
}
