//! What is asked of share transfers while work is under way, and what holds of all of them, whatever was decided: who gave a
//! share away keeps no lock on it, and no two transfers of one share are pending.

use manilad_domain::quota::Limits;
use manilad_domain::resource_lock::LockContext;
use manilad_domain::share_transfer::KeyDigest;
use manilad_domain::{Microversion, ResourceLock, Secret, ShareTransfer};

use super::decision::Decision;
use super::*;
use crate::share_transfer::{self, Acceptance};

/// How long a share is offered.
const OFFER: Duration = Duration::from_secs(1200);
const KEY: &str = "0123456789abcdef";

/// `which` counts round where there are several.
#[derive(Debug, Clone, Copy)]
pub enum TransferRequest {
    Create { share: usize },
    Accept { which: usize, has_key: bool, by_owner: bool, clears_rules: bool },
    Delete { which: usize },
}

pub fn transfer_request() -> impl Strategy<Value = TransferRequest> {
    use TransferRequest::{Accept, Create, Delete};
    let which = || 0usize..6;
    let accept = (which(), prop::bool::weighted(0.9), prop::bool::weighted(0.2), any::<bool>());
    prop_oneof![
        4 => which().prop_map(|share| Create { share }),
        3 => accept.prop_map(|(which, has_key, by_owner, clears_rules)| Accept { which, has_key, by_owner, clears_rules }),
        1 => which().prop_map(|which| Delete { which }),
    ]
}

impl World {
    /// The decision of a request; none where there is nothing that it could be about.
    pub fn transfer_decision(&self, request: TransferRequest, version: Microversion, seed: Uuid) -> Option<Decision> {
        let (now, cause) = (self.now, Cause { request_id: "req-9".into(), now: self.now });
        Some(match request {
            TransferRequest::Create { share } => {
                let share = self.nth::<Share>(share)?;
                let key = share.key();
                let transfer = ShareTransfer {
                    id: seed.into(),
                    share_id: share.id,
                    name: None,
                    source_project_id: share.project_id,
                    destination_project_id: None,
                    key: KeyDigest::of(&Secret::new(KEY), seed),
                    created_at: now,
                    expires_at: Stamp(now.0 + OFFER),
                };
                Decision::asked(move |draft| share_transfer::create(draft, transfer, version))
                    .then(move |after| assert_eq!(after.shares[&key].status(), Status::AwaitingTransfer))
            }
            TransferRequest::Accept { which, has_key, by_owner, clears_rules } => {
                let transfer = self.nth::<ShareTransfer>(which)?;
                let is_over = transfer.is_accepted() || transfer.expires_at <= now;
                let (id, share) = (transfer.id, transfer.share_id.to_string());
                let other = if transfer.source_project_id == "p" { "q" } else { "p" };
                let project_id = if by_owner { transfer.source_project_id } else { other.to_owned() };
                let key = Secret::new(if has_key { KEY } else { "0" });
                let asked = Acceptance { key, project_id: project_id.clone(), user_id: "v".to_owned(), clears_rules };
                let limits = Limits::default();
                Decision::asked(move |draft| share_transfer::accept(draft, id, &asked, &limits, version, &cause)).then(
                    move |after| {
                        assert!(has_key && !is_over);
                        let given = &after.shares[&share];
                        assert_eq!((&given.project_id, given.status()), (&project_id, Status::Available));
                        let mut snapshots = after.snapshots.values().filter(|one| one.share_id == given.id);
                        assert!(snapshots.all(|one| one.project_id == project_id), "{:?}", after.snapshots);
                        let mut rules = after.rules.values().filter(|rule| rule.share_id == given.id);
                        assert!(!clears_rules || rules.all(|rule| !rule.state.is_wanted()), "{:?}", after.rules);
                    },
                )
            }
            TransferRequest::Delete { which } => {
                let transfer = self.nth::<ShareTransfer>(which)?;
                let (id, key, share) = (transfer.id, transfer.key(), transfer.share_id.to_string());
                Decision::asked(move |draft| share_transfer::delete(draft, id, now)).then(move |after| {
                    assert!(!after.transfers.contains_key(&key));
                    assert_eq!(after.shares[&share].status(), Status::Available);
                })
            }
        })
    }

    /// What holds of transfers, whatever was decided.
    pub fn keep_transfers(&self) {
        let owners: BTreeMap<_, _> =
            self.store.all::<Share>().unwrap().into_iter().map(|share| (share.id, share.project_id)).collect();
        for lock in self.store.all::<ResourceLock>().unwrap() {
            let is_owners = owners.get(&lock.share_id) == Some(&lock.project_id);
            assert!(is_owners || lock.context != LockContext::User, "who gave the share away holds it: {lock:?}");
        }
        let all: Vec<ShareTransfer> = self.store.all().unwrap();
        let pending: Vec<_> = all.iter().filter(|one| !one.is_accepted()).map(|one| one.share_id).collect();
        assert_eq!(pending.iter().collect::<BTreeSet<_>>().len(), pending.len(), "a share is offered twice: {all:?}");
    }
}
