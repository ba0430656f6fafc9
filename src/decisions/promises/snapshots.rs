//! What is asked of snapshots while work is under way, what comes of that work, and what holds of all of them.

use manilad_domain::metadata::MetadataChange;
use manilad_domain::quota::Limits;
use manilad_domain::snapshot::{SnapshotIds, SnapshotLabels, SnapshotOwner, SnapshotVerb};
use manilad_domain::status::SnapshotStatus;
use manilad_domain::{Microversion, ShareSnapshot, SnapshotIntent};

use super::decision::Decision;
use super::requests::deletion;
use super::work::Said;
use super::*;
use crate::snapshot::{self, NewSnapshot, SnapshotUpdate};

/// `which` counts round where there are several.
#[derive(Debug, Clone, Copy)]
pub enum SnapshotRequest {
    Create { share: usize },
    Manage { share: usize, name: usize },
    Update { which: usize },
    Note { which: usize },
    Delete { which: usize, is_forced: bool },
    Unmanage { which: usize },
    Revert { which: usize },
    Reset { which: usize, status: SnapshotStatus },
}

pub fn snapshot_request() -> impl Strategy<Value = SnapshotRequest> {
    use SnapshotRequest::*;
    let which = || 0usize..4;
    prop_oneof![
        6 => which().prop_map(|share| Create { share }),
        2 => (which(), 0usize..2).prop_map(|(share, name)| Manage { share, name }),
        1 => which().prop_map(|which| Update { which }),
        1 => which().prop_map(|which| Note { which }),
        4 => (which(), any::<bool>()).prop_map(|(which, is_forced)| Delete { which, is_forced }),
        1 => which().prop_map(|which| Unmanage { which }),
        3 => which().prop_map(|which| Revert { which }),
        2 => (which(), prop::sample::select(SnapshotStatus::RESETTABLE.to_vec()))
            .prop_map(|(which, status)| Reset { which, status }),
    ]
}

/// What settles work on a snapshot; none where an answer is no answer to work of that kind at all.
pub fn settlement_of_snapshot(intent: SnapshotIntent, said: Said) -> Option<Settlement> {
    let (verb, service) = (intent.verb, intent.service.clone());
    let looks = matches!(verb, SnapshotVerb::FindSnapshot | SnapshotVerb::ManageSnapshot);
    let (fits, settle): (bool, Settle) = match said {
        Said::Created => (
            verb == SnapshotVerb::CreateSnapshot,
            Box::new(move |by, draft| by.snapshot_taken(draft, &intent, "location".into())),
        ),
        Said::Deleted => {
            (verb == SnapshotVerb::DeleteSnapshot, Box::new(move |by, draft| by.snapshot_deleted(draft, &intent)))
        }
        Said::Found => (looks, Box::new(move |by, draft| by.snapshot_found(draft, &intent, Some(SIZE)))),
        Said::Missing => (looks, Box::new(move |by, draft| by.snapshot_found(draft, &intent, None))),
        Said::Failed(remedy) => (true, Box::new(move |by, draft| by.snapshot_failed(draft, &intent, &trouble(remedy)))),
        Said::Postponed => (true, Box::new(move |by, draft| by.snapshot_postponed(draft, &intent, 1))),
        Said::Moot => (true, Box::new(move |by, draft| by.snapshot_moot(draft, &intent))),
        _ => return None,
    };
    Some(Settlement { fits, service, settle })
}

impl World {
    /// The decision of a request; none where there is nothing that it could be about.
    pub fn snapshot_decision(&self, request: SnapshotRequest, version: Microversion, seed: Uuid) -> Option<Decision> {
        let (now, cause) = (self.now, Cause { request_id: "req-8".into(), now: self.now });
        let id = |which| self.nth::<ShareSnapshot>(which).map(|snapshot| snapshot.id);
        let new = |share| {
            let ids = SnapshotIds { snapshot: seed.into(), instance: Uuid::from_u128(!seed.as_u128()).into() };
            let owner = SnapshotOwner { project_id: "p".into(), user_id: "u".into() };
            let share = self.nth::<Share>(share)?.id;
            Some(NewSnapshot { ids, share, owner, labels: SnapshotLabels::default() })
        };
        Some(match request {
            SnapshotRequest::Create { share } => {
                let asked = new(share)?;
                let limits = Limits::default();
                Decision::asked(move |draft| snapshot::create(draft, asked, &limits, version, &cause))
            }
            SnapshotRequest::Manage { share, name } => {
                let (asked, location) = (new(share)?, ["daily", "hourly"][name].to_owned());
                Decision::asked(move |draft| snapshot::manage(draft, asked, location, version, &cause))
            }
            SnapshotRequest::Update { which } => {
                let (id, update) = (id(which)?, SnapshotUpdate { name: Some(None), description: None });
                Decision::asked(move |draft| snapshot::update(draft, id, update, now))
            }
            SnapshotRequest::Note { which } => {
                let (id, change) = (id(which)?, MetadataChange::Merge([("k".into(), "v".into())].into()));
                Decision::asked(move |draft| snapshot::change_metadata(draft, id, change, &[]))
            }
            SnapshotRequest::Delete { which, is_forced } => {
                let id = id(which)?;
                let delete = if is_forced { snapshot::force_delete } else { snapshot::delete };
                let deletion = deletion(seed);
                Decision::asked(move |draft| delete(draft, id, deletion, &cause))
            }
            SnapshotRequest::Unmanage { which } => {
                let id = id(which)?;
                Decision::asked(move |draft| snapshot::unmanage(draft, id, version, &cause)).removes([id.to_string()])
            }
            SnapshotRequest::Revert { which } => {
                let (id, share) = (id(which)?, self.nth::<ShareSnapshot>(which)?.share_id);
                Decision::asked(move |draft| crate::share::revert(draft, share, id, version, &cause))
            }
            SnapshotRequest::Reset { which, status } => {
                let id = id(which)?;
                Decision::asked(move |draft| snapshot::reset_status(draft, id, status, &cause)).of_administrator()
            }
        })
    }

    pub fn work_on_snapshot(&self, intent: SnapshotIntent, seed: Uuid) {
        let said = match intent.verb {
            SnapshotVerb::CreateSnapshot => Said::Created,
            SnapshotVerb::DeleteSnapshot => Said::Deleted,
            SnapshotVerb::FindSnapshot | SnapshotVerb::ManageSnapshot => Said::Found,
        };
        self.settle_owed(settlement_of_snapshot(intent, said), seed);
    }
}
