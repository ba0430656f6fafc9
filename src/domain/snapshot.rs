//! Snapshots of shares: what a share held at an instant, kept on the back end beside it. Source: resources.md §5.
//!
//! A snapshot lives where the instance of its share does, so it has one instance itself, under an id of its own. How to get it
//! wrong: to let a share go while it has snapshots; they would go with its volume, and nobody had asked for that.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::ids::{InstanceId, ShareId, ShareTypeId, SnapshotId, SnapshotInstanceId};
use crate::intent::{Cause, at_serial};
use crate::quota::{Charge, Resource};
use crate::record::{Index, Record, Row};
use crate::share::{Protocol, Share};
use crate::stamp::Stamp;
use crate::status::{ActionDoc, SnapshotStatus};
pub use crate::verb::SnapshotVerb;

/// A snapshot of a share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareSnapshot {
    pub id: SnapshotId,
    /// Of its one instance; what it is called on the array derives from it.
    pub instance: SnapshotInstanceId,
    pub share_id: ShareId,
    /// The instance of the share that it was taken of.
    pub share_instance: InstanceId,
    /// `host@backend` where it lives.
    pub service: String,
    pub project_id: String,
    pub user_id: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub metadata: BTreeMap<String, String>,
    pub status: SnapshotStatus,
    /// GiB; none until the back end has told it, of one that was there before.
    pub size: Option<u64>,
    /// GiB of the share when it was taken.
    pub share_size: u64,
    pub protocol: Protocol,
    /// Of the share, on whose account it counts.
    pub type_id: Option<ShareTypeId>,
    /// How the back end calls it, once that is known.
    pub location: Option<String>,
    /// Percent of its making.
    pub progress: Option<u8>,
    pub created_at: Stamp,
    pub updated_at: Option<Stamp>,
    /// The back end took it later than this; none where it was there before anybody asked.
    pub taken_after: Option<Stamp>,
    /// The back end had taken it by then; none until it has told so.
    pub taken_before: Option<Stamp>,
}

/// Rows by which snapshots are found.
pub mod index {
    use super::Index;

    /// project, created_at: a tenant's list in its default order.
    pub const BY_PROJECT: Index = Index("project");
    /// created_at: the administrator's list in its default order.
    pub const BY_CREATION: Index = Index("created");
    /// share, created_at: which has it, the oldest first?
    pub const BY_SHARE: Index = Index("share");
    /// project: what is gone for its owner, while the array has still to let go of it.
    pub const DEFERRED_DELETION: Index = Index("deferred-deletion");
    /// snapshot instance: whose is it?
    pub const BY_INSTANCE: Index = Index("instance");
}

impl Record for ShareSnapshot {
    const KIND: &'static str = "snapshot";

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn rows(&self) -> Vec<Row> {
        let created = self.created_at.text();
        let mut rows = vec![
            index::BY_PROJECT.row([self.project_id.clone(), created.clone()]),
            index::BY_SHARE.row([self.share_id.to_string(), created.clone()]),
            index::BY_INSTANCE.row([self.instance.to_string()]),
            index::BY_CREATION.row([created]),
        ];
        if self.status.is_deferred_deletion() {
            rows.push(index::DEFERRED_DELETION.row([self.project_id.clone()]));
        }
        rows
    }

    /// Nothing, once it is gone for its owner.
    fn charges(&self) -> Vec<Charge> {
        if self.status.is_deferred_deletion() {
            return Vec::new();
        }
        let charge = |resource, amount| Charge {
            project: self.project_id.clone(),
            user: self.user_id.clone(),
            share_type: self.type_id,
            resource,
            amount,
        };
        let size = i64::try_from(self.size.unwrap_or(0)).unwrap_or(i64::MAX);
        vec![charge(Resource::Snapshots, 1), charge(Resource::SnapshotGigabytes, size)]
    }
}

/// Work that is owed for a snapshot. There is one at most; a later one takes the place of the earlier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotIntent {
    pub snapshot: SnapshotId,
    pub verb: SnapshotVerb,
    /// Drawn from the store's sequence; tells this intent from any other that the snapshot ever had.
    pub serial: u64,
    /// `host@backend`
    pub service: String,
    /// Seconds of running time already spent, over restarts.
    pub spent_seconds: u64,
    /// The request that caused the work.
    pub request_id: String,
    pub created_at: Stamp,
}

impl SnapshotIntent {
    /// Work on a snapshot, owed by its back end.
    pub fn new(snapshot: &ShareSnapshot, verb: SnapshotVerb, serial: u64, cause: &Cause) -> Self {
        SnapshotIntent {
            snapshot: snapshot.id,
            verb,
            serial,
            service: snapshot.service.clone(),
            spent_seconds: 0,
            request_id: cause.request_id.clone(),
            created_at: cause.now,
        }
    }
}

/// service, serial: what a back end owes its snapshots, in the order in which it came to be owed.
pub const INTENTS_BY_SERVICE: Index = Index("service");

impl Record for SnapshotIntent {
    const KIND: &'static str = "snapshot_intent";

    fn key(&self) -> String {
        self.snapshot.to_string()
    }

    fn rows(&self) -> Vec<Row> {
        vec![INTENTS_BY_SERVICE.row([self.service.clone(), at_serial(self.serial)])]
    }
}

/// Who asks for a snapshot, whose it will be: an administrator's of another project's share is the administrator's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotOwner {
    pub project_id: String,
    pub user_id: String,
}

/// What a snapshot is called, and what is noted about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SnapshotLabels {
    pub name: Option<String>,
    pub description: Option<String>,
    pub metadata: BTreeMap<String, String>,
}

/// The ids of a snapshot and of its instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotIds {
    pub snapshot: SnapshotId,
    pub instance: SnapshotInstanceId,
}

impl ShareSnapshot {
    /// A snapshot of a share that its back end has still to take; none where the share is on no back end.
    pub fn creating(
        ids: SnapshotIds,
        share: &Share,
        owner: SnapshotOwner,
        labels: SnapshotLabels,
        now: Stamp,
    ) -> Option<Self> {
        let instance = share.main_instance()?;
        Some(ShareSnapshot {
            id: ids.snapshot,
            instance: ids.instance,
            share_id: share.id,
            share_instance: instance.id,
            service: instance.pool.as_ref()?.service(),
            project_id: owner.project_id,
            user_id: owner.user_id,
            name: labels.name,
            description: labels.description,
            metadata: labels.metadata,
            status: SnapshotStatus::Creating,
            size: Some(share.size),
            share_size: share.size,
            protocol: share.protocol,
            type_id: share.type_id,
            location: None,
            progress: Some(0),
            created_at: now,
            updated_at: None,
            taken_after: Some(now),
            taken_before: None,
        })
    }

    /// Whether the back end may have taken it after `other`, so that a revert to `other` would take it away. What failed without ever
    /// having been there counts from when it was asked for.
    pub fn may_be_newer_than(&self, other: &Self) -> bool {
        let is_awaited = matches!(self.status, SnapshotStatus::Creating | SnapshotStatus::ManageStarting);
        let latest = self.taken_before.or(Some(self.created_at).filter(|_| !is_awaited));
        latest.zip(other.taken_after).is_none_or(|(latest, earliest)| latest > earliest)
    }

    /// The same as the back end has just told that it is there.
    pub fn seen(self, now: Stamp) -> Self {
        ShareSnapshot { taken_before: self.taken_before.or(Some(now)), progress: Some(100), ..self }
    }
}

/// What the status of a snapshot has a say in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotAction {
    Update,
    ChangeMetadata,
    Delete,
    ForceDelete,
    Unmanage,
    ResetStatus,
}

impl SnapshotAction {
    pub const ALL: &'static [Self] = &[
        SnapshotAction::Update,
        SnapshotAction::ChangeMetadata,
        SnapshotAction::Delete,
        SnapshotAction::ForceDelete,
        SnapshotAction::Unmanage,
        SnapshotAction::ResetStatus,
    ];

    pub const fn doc(self) -> ActionDoc {
        const REMOVAL: &str = "`deleting`; then it is gone, or `error_deleting` and a message, and its removal goes on. With deferred deletion `deferred_deleting` and `error_deferred_deleting`, of which its owner sees nothing";
        const AS_IT_IS: &str = "its status stays";
        let (what, policies, follows): (_, &[_], _) = match self {
            SnapshotAction::Update => ("change its name or description", &["share:snapshot_update"], AS_IT_IS),
            SnapshotAction::ChangeMetadata => {
                ("change its metadata", &["share_snapshot:update_metadata", "share_snapshot:delete_metadata"], AS_IT_IS)
            }
            SnapshotAction::Delete => ("delete", &["share:delete_snapshot"], REMOVAL),
            SnapshotAction::ForceDelete => ("delete by force", &["share_snapshot:force_delete"], REMOVAL),
            SnapshotAction::Unmanage => (
                "unmanage",
                &["share_snapshot:unmanage_snapshot"],
                "it is forgotten; what of it is on the array stays there",
            ),
            SnapshotAction::ResetStatus => (
                "reset the status, of the snapshot or of its instance",
                &["share_snapshot:reset_status", "share_snapshot_instance:reset_status"],
                "the status that was asked for, and pending work is given up. If that is `available`, the back end looks for it: it stays so, or is `error` with a message",
            ),
        };
        ActionDoc { what, policies, follows }
    }

    /// In which statuses it is allowed.
    pub fn statuses(self) -> Vec<SnapshotStatus> {
        let allowed = |status: &SnapshotStatus| match self {
            SnapshotAction::Delete => matches!(status, SnapshotStatus::Available | SnapshotStatus::Error),
            SnapshotAction::Unmanage => !status.is_transitional(),
            _ => true,
        };
        SnapshotStatus::ALL.iter().copied().filter(allowed).collect()
    }

    /// Whether it may be done to what is in this status.
    ///
    /// # Errors
    /// Invalid for a delete, forbidden else.
    pub fn check(self, status: SnapshotStatus) -> Result<(), Fault> {
        if self.statuses().contains(&status) {
            return Ok(());
        }
        Err(match self {
            SnapshotAction::Delete if status == SnapshotStatus::ManageError => {
                Fault::invalid("The snapshot could not be managed: unmanage it instead.")
            }
            SnapshotAction::Delete => Fault::invalid(format!(
                "A snapshot can be deleted when it is available or in error; this one is {status}."
            )),
            _ => Fault::forbidden(format!("A snapshot can't be unmanaged while it is {status}.")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Kind;

    #[test]
    fn a_snapshot_is_deleted_in_two_statuses_and_unmanaged_where_nothing_is_under_way() {
        use SnapshotStatus::{Available, Error, ErrorDeferredDeleting, ErrorDeleting, ManageError, UnmanageError};
        assert_eq!(SnapshotAction::Delete.statuses(), [Available, Error]);
        let settled = [Available, Error, ErrorDeleting, ErrorDeferredDeleting, ManageError, UnmanageError];
        let mut unmanaged = SnapshotAction::Unmanage.statuses();
        unmanaged.sort();
        let mut settled = settled.to_vec();
        settled.sort();
        assert_eq!(unmanaged, settled);
        for status in SnapshotStatus::ALL {
            assert!(SnapshotAction::ForceDelete.check(*status).is_ok());
            let kinds = [SnapshotAction::Delete, SnapshotAction::Unmanage]
                .map(|action| action.check(*status).err().map(|fault| fault.kind));
            assert!(kinds[0].is_none_or(|kind| kind == Kind::Invalid), "{status}");
            assert!(kinds[1].is_none_or(|kind| kind == Kind::Forbidden), "{status}");
        }
    }

    #[test]
    fn what_may_have_been_taken_later_is_newer_and_what_is_awaited_may_always_be() {
        let at = |minute: u8| Stamp::parse(&format!("2026-01-01T00:{minute:02}:00.000000"));
        let one = |status, before: Option<Stamp>, after: Option<Stamp>| ShareSnapshot {
            status,
            taken_before: before,
            taken_after: after,
            created_at: at(5).unwrap(),
            ..sample()
        };
        use SnapshotStatus::{Available, Creating, Error};
        let taken = one(Available, at(20), at(10));
        for (other, is_newer) in [
            (one(Available, at(11), None), true),
            (one(Available, at(10), None), false),
            (one(Available, at(9), None), false),
            (one(Creating, None, None), true),
            (one(Error, None, None), false),
        ] {
            assert_eq!(other.may_be_newer_than(&taken), is_newer, "{:?} {:?}", other.status, other.taken_before);
        }
        assert!(
            one(Error, None, None).may_be_newer_than(&one(Available, None, None)),
            "when that was taken nobody knows"
        );
        let seen = one(Creating, None, None).seen(at(30).unwrap());
        assert_eq!(
            (seen.taken_before, seen.progress, seen.clone().seen(at(40).unwrap()).taken_before),
            (at(30), Some(100), at(30))
        );
    }

    fn sample() -> ShareSnapshot {
        let id = uuid::Uuid::from_u128;
        ShareSnapshot {
            id: id(1).into(),
            instance: id(2).into(),
            share_id: id(3).into(),
            share_instance: id(4).into(),
            service: "h@b".to_owned(),
            project_id: "p".to_owned(),
            user_id: "u".to_owned(),
            name: None,
            description: None,
            metadata: BTreeMap::new(),
            status: SnapshotStatus::Available,
            size: Some(3),
            share_size: 5,
            protocol: Protocol::Nfs,
            type_id: None,
            location: None,
            progress: None,
            created_at: Stamp::parse("2026-01-01").unwrap(),
            updated_at: None,
            taken_after: None,
            taken_before: None,
        }
    }

    #[test]
    fn a_snapshot_counts_with_its_own_size_until_it_is_gone_for_its_owner() {
        let charged = |status| {
            let charges = ShareSnapshot { status, ..sample() }.charges();
            charges.iter().map(|one| (one.resource, one.amount)).collect::<Vec<_>>()
        };
        let both = [(Resource::Snapshots, 1), (Resource::SnapshotGigabytes, 3)];
        assert_eq!(
            (charged(SnapshotStatus::Available), charged(SnapshotStatus::Deleting)),
            (both.to_vec(), both.to_vec())
        );
        assert!(charged(SnapshotStatus::DeferredDeleting).is_empty());
        let found: Vec<Index> = sample().rows().iter().map(|row| row.index).collect();
        assert!(
            [index::BY_PROJECT, index::BY_CREATION, index::BY_SHARE].iter().all(|index| found.contains(index)),
            "{found:?}"
        );
        assert_eq!(sample().key(), uuid::Uuid::from_u128(1).to_string());
    }
}
