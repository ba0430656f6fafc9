//! A share, its instances and their export locations: one stored value.
//!
//! Status, host and export locations of a share derive from one representative instance by one rule
//! ([`Share::main_instance`]). An instance that a back end refused stays in the record, marked `superseded`, until its back end
//! has let go of it; it never shows in what the share shows, so a back end that is away holds nobody up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::flag::flag_word;
use crate::ids::{
    EncryptionKeyId, ExportLocationId, InstanceId, QosTypeId, ShareId, ShareNetworkId, ShareServerId, ShareTypeId,
    SnapshotId,
};
pub use crate::managed_place::{ManagedPlace, within_address};
use crate::metadata::Entries;
use crate::microversion::Microversion;
use crate::pool::PoolName;
use crate::quota::{Charge, Resource};
use crate::record::{Addend, Index, Record, Row};
use crate::stamp::Stamp;
use crate::status::{RulesStatus, Status, TaskState};

/// A protocol that shares are served by. Only those that a driver of ours can serve can be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    Nfs,
    Cifs,
}

impl Protocol {
    pub const ALL: [Self; 2] = [Protocol::Nfs, Protocol::Cifs];

    pub const fn name(self) -> &'static str {
        match self {
            Protocol::Nfs => "NFS",
            Protocol::Cifs => "CIFS",
        }
    }

    /// Reads a protocol in any case.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name().eq_ignore_ascii_case(text))
    }
}

/// What a share can do besides being mounted; copied from its type when it is created.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abilities {
    pub snapshot_support: bool,
    pub create_share_from_snapshot_support: bool,
    pub revert_to_snapshot_support: bool,
    pub mount_snapshot_support: bool,
    #[serde(default)]
    pub snapshot_inherit_share_access_support: bool,
}

/// Where an instance can be mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportLocation {
    pub id: ExportLocationId,
    /// `address:/junction` for NFS, `\\address\share` for CIFS.
    pub path: String,
    pub is_admin_only: bool,
    /// On the node that holds the data, as the back end has it.
    pub preferred: bool,
    /// What an administrator says instead; it stays whatever the back end has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preference: Option<bool>,
    /// What tenants note about it.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    pub created_at: Stamp,
    /// `None` as long as it is as it was made.
    pub updated_at: Option<Stamp>,
}

impl ExportLocation {
    /// Whether clients are to prefer it.
    pub fn is_preferred(&self) -> bool {
        self.preference.unwrap_or(self.preferred)
    }

    /// When it became as it is. Clients read a time here, so a location that never changed tells when it was made.
    pub fn changed_at(&self) -> Stamp {
        self.updated_at.unwrap_or(self.created_at)
    }
}

/// The metadata key that says whether clients are to prefer a location.
const PREFERRED: &str = "preferred";

impl ExportLocation {
    /// Its metadata as clients see it.
    pub fn entries(&self) -> Entries {
        let mut entries = self.metadata.clone();
        entries.insert(PREFERRED.to_owned(), if self.is_preferred() { "True" } else { "False" }.to_owned());
        entries
    }

    /// Gives it the metadata that a client sees.
    ///
    /// # Errors
    /// Invalid for a preference that is neither yes nor no.
    pub fn set_entries(&mut self, mut entries: Entries) -> Result<(), Fault> {
        let is_preferred = match entries.remove(PREFERRED) {
            None => false,
            Some(word) => flag_word(&word)
                .ok_or_else(|| Fault::invalid(format!("Metadata preferred must be True or False, not {word:?}.")))?,
        };
        if is_preferred != self.is_preferred() {
            self.preference = Some(is_preferred);
        }
        self.metadata = entries;
        Ok(())
    }
}

/// One realisation of a share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    pub id: InstanceId,
    pub status: Status,
    /// Refused by its back end and replaced by another candidate; on its way out, outside what the share shows.
    #[serde(default)]
    pub superseded: bool,
    /// `host@backend#pool`, once placed.
    pub pool: Option<PoolName>,
    /// Name of the zone of its back end, once placed; before, the zone that was asked for.
    pub availability_zone: Option<String>,
    /// The share network that it is to be served in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<ShareNetworkId>,
    /// What serves it there, once that is decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ShareServerId>,
    pub rules_status: RulesStatus,
    pub exports: Vec<ExportLocation>,
    /// Locations that it had and may have again, by which they keep their ids and what was noted about them; the newest
    /// last, and only so many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_exports: Vec<ExportLocation>,
    pub progress: Option<u8>,
    /// Work that was to let go of it was given up, so that its volume may carry no mark any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_be_let_go: bool,
    pub created_at: Stamp,
    pub updated_at: Option<Stamp>,
}

/// From how many percent of its progress on an instance that comes to another pool than that of its snapshot has its room there.
pub const MOVES_FROM: u8 = 50;

impl Instance {
    /// A fresh instance that waits for its back end.
    pub fn creating(id: InstanceId, zone: Option<String>, now: Stamp) -> Self {
        Instance {
            id,
            status: Status::Creating,
            superseded: false,
            pool: None,
            availability_zone: zone,
            network: None,
            server: None,
            rules_status: RulesStatus::Active,
            exports: Vec::new(),
            former_exports: Vec::new(),
            progress: None,
            may_be_let_go: false,
            created_at: now,
            updated_at: None,
        }
    }
}

/// A share with its instances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    pub id: ShareId,
    pub project_id: String,
    pub user_id: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub protocol: Protocol,
    /// GiB; 0 until the size of a share that is managed is known.
    pub size: u64,
    pub is_public: bool,
    pub metadata: BTreeMap<String, String>,
    pub type_id: Option<ShareTypeId>,
    /// The one that its type named when it was made; nobody is shown it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qos_type_id: Option<QosTypeId>,
    pub abilities: Abilities,
    pub mount_point_name: Option<String>,
    /// What it began with; the snapshot may have gone since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_id: Option<SnapshotId>,
    #[serde(default)]
    pub task_state: Option<TaskState>,
    /// What the server that serves it is encrypted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption_key: Option<EncryptionKeyId>,
    /// From when on it is deleted for good. As long as it says so, the share is in the recycle bin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_to_be_deleted_at: Option<Stamp>,
    pub created_at: Stamp,
    pub updated_at: Option<Stamp>,
    pub instances: Vec<Instance>,
}

/// Rows by which shares are found. Lists tell of the recycle bin only when they are asked for it, so what is in it has rows of
/// its own in place of those of lists.
pub mod index {
    use super::Index;

    /// project, created_at, id: a tenant's list in its default order.
    pub const BY_PROJECT: Index = Index("project");
    /// created_at, id: the administrator's list in its default order.
    pub const BY_CREATION: Index = Index("created");
    /// project, name.
    pub const BY_NAME: Index = Index("name");
    /// created_at: the public ones.
    pub const PUBLIC: Index = Index("public");
    /// project, created_at: what a project has in the recycle bin.
    pub const BINNED_BY_PROJECT: Index = Index("bin-project");
    /// created_at: all that is in the recycle bin.
    pub const BINNED_BY_CREATION: Index = Index("bin-created");
    /// created_at: the public ones in the recycle bin.
    pub const BINNED_PUBLIC: Index = Index("bin-public");
    /// scheduled_to_be_deleted_at: what is to leave the recycle bin for good, the next one first.
    pub const BY_REMOVAL: Index = Index("removal");
    /// project: what is gone for its owner, while the array has still to let go of it.
    pub const DEFERRED_DELETION: Index = Index("deferred-deletion");
    /// `host@backend`, pool: the instances of a back end.
    pub const BY_HOST: Index = Index("host");
    /// type: is it in use?
    pub const BY_TYPE: Index = Index("type");
    /// QoS type: is it in use?
    pub const BY_QOS_TYPE: Index = Index("qos_type");
    /// instance: which share owns it?
    pub const BY_INSTANCE: Index = Index("instance");
    /// share network: who is to be served in it?
    pub const BY_NETWORK: Index = Index("network");
    /// snapshot: what began with it?
    pub const BY_SNAPSHOT: Index = Index("snapshot");
    /// As [`super::ManagedPlace::key`] has it: what is to be managed, or could not be.
    pub const BY_MANAGED_PATH: Index = Index("managed-path");
    /// share server: whom does it serve?
    pub const BY_SERVER: Index = Index("server");
    /// encryption key, project: who uses it?
    pub const BY_ENCRYPTION_KEY: Index = Index("encryption-key");
}

impl Record for Share {
    const KIND: &'static str = "share";

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn rows(&self) -> Vec<Row> {
        let mut rows = self.rows_of_lists();
        if let Some(id) = self.type_id {
            rows.push(index::BY_TYPE.row([id.to_string()]));
        }
        if self.status().is_deferred_deletion() {
            rows.push(index::DEFERRED_DELETION.row([self.project_id.clone()]));
        }
        rows.extend(self.qos_type_id.map(|id| index::BY_QOS_TYPE.row([id.to_string()])));
        rows.extend(self.snapshot_id.map(|id| index::BY_SNAPSHOT.row([id.to_string()])));
        let of_key = |id: EncryptionKeyId| index::BY_ENCRYPTION_KEY.row([id.to_string(), self.project_id.clone()]);
        rows.extend(self.encryption_key.map(of_key));
        for instance in &self.instances {
            rows.push(index::BY_INSTANCE.row([instance.id.to_string()]));
            if let Some(pool) = &instance.pool {
                rows.push(index::BY_HOST.row([pool.service(), pool.pool.clone()]));
            }
            rows.extend(instance.network.map(|id| index::BY_NETWORK.row([id.to_string()])));
            rows.extend(instance.server.map(|id| index::BY_SERVER.row([id.to_string()])));
            if let Some(pool) = instance.pool.as_ref().filter(|_| self.size == 0) {
                let place =
                    |export: &ExportLocation| ManagedPlace::of(self, instance, &export.path).key(&pool.service());
                rows.extend(instance.exports.iter().map(place).map(|key| index::BY_MANAGED_PATH.row(key)));
            }
        }
        rows.sort();
        rows.dedup();
        rows
    }

    /// Nothing, once it is gone for its owner.
    fn charges(&self) -> Vec<Charge> {
        if self.status().is_deferred_deletion() {
            return Vec::new();
        }
        let charge = |resource, amount| Charge {
            project: self.project_id.clone(),
            user: self.user_id.clone(),
            share_type: self.type_id,
            resource,
            amount,
        };
        vec![charge(Resource::Shares, 1), charge(Resource::Gigabytes, i64::try_from(self.size).unwrap_or(i64::MAX))]
    }

    /// What each instance promises of its pool, a superseded one until its back end has let go of it.
    fn addends(&self) -> Vec<Addend> {
        let amount = i64::try_from(self.size).unwrap_or(i64::MAX);
        let placed = self.instances.iter().filter_map(|instance| instance.pool.as_ref());
        placed.map(|pool| Addend { sum: promised_on(pool), amount }).collect()
    }
}

/// The name of the sum of what is promised on a pool, in GiB.
pub fn promised_on(pool: &PoolName) -> String {
    format!("{PROMISED}{pool}")
}

/// What the names of the sums of all pools of a back end, `host@backend`, begin with.
pub fn promised_by(service: &str) -> String {
    format!("{PROMISED}{service}#")
}

/// The pool on which the sum of this name is promised; none for another sum.
pub fn pool_of_sum(name: &str) -> Option<PoolName> {
    name.strip_prefix(PROMISED)?.parse().ok()
}

const PROMISED: &str = "promised/";

impl Share {
    /// Whether it is in the recycle bin.
    pub fn is_soft_deleted(&self) -> bool {
        self.scheduled_to_be_deleted_at.is_some()
    }

    fn rows_of_lists(&self) -> Vec<Row> {
        let created = self.created_at.text();
        let of_project = [self.project_id.clone(), created.clone()];
        let public = |index: Index| self.is_public.then(|| index.row([created.clone()]));
        let mut rows = Vec::new();
        if let Some(at) = self.scheduled_to_be_deleted_at {
            rows.push(index::BINNED_BY_PROJECT.row(of_project));
            rows.push(index::BINNED_BY_CREATION.row([created.clone()]));
            rows.extend(public(index::BINNED_PUBLIC));
            rows.push(index::BY_REMOVAL.row([at.text()]));
            return rows;
        }
        rows.push(index::BY_PROJECT.row(of_project));
        rows.push(index::BY_CREATION.row([created.clone()]));
        rows.extend(public(index::PUBLIC));
        rows.extend(self.name.as_ref().map(|name| index::BY_NAME.row([self.project_id.clone(), name.clone()])));
        rows
    }

    /// The instance that stands for the share: the one whose status comes first in the order of preference.
    pub fn main_instance(&self) -> Option<&Instance> {
        self.instances
            .iter()
            .filter(|instance| !instance.superseded)
            .min_by_key(|instance| instance.status.preference())
    }

    /// The status of the share, as its instances have it. A share whose last instance is gone is being deleted.
    pub fn status(&self) -> Status {
        self.main_instance().map_or(Status::Deleting, |instance| instance.status)
    }

    /// The status as a client of `version` may see it.
    pub fn status_at(&self, version: Microversion) -> Status {
        self.status().at(version)
    }

    /// The worst over the live instances that are available; active when there is none.
    pub fn rules_status(&self) -> RulesStatus {
        self.live()
            .filter(|one| one.status == Status::Available)
            .map(|one| one.rules_status)
            .max()
            .unwrap_or(RulesStatus::Active)
    }

    /// The instances that are part of what the share shows.
    pub fn live(&self) -> impl Iterator<Item = &Instance> {
        self.instances.iter().filter(|instance| !instance.superseded)
    }

    pub fn instance(&self, id: InstanceId) -> Option<&Instance> {
        self.instances.iter().find(|instance| instance.id == id)
    }

    pub fn instance_mut(&mut self, id: InstanceId) -> Option<&mut Instance> {
        self.instances.iter_mut().find(|instance| instance.id == id)
    }

    pub fn export_mut(&mut self, id: ExportLocationId) -> Option<&mut ExportLocation> {
        self.instances.iter_mut().flat_map(|instance| &mut instance.exports).find(|export| export.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_location_that_was_kept_before_it_had_metadata_still_reads() {
        let old = r#"{"id":"5f6a9f0e-0000-4000-8000-000000000001","path":"a:/b","is_admin_only":false,
                      "preferred":true,"created_at":"2026-01-01T00:00:00.000000","updated_at":null}"#;
        let read: ExportLocation = serde_json::from_str(old).unwrap();
        assert!(read.preferred && read.metadata.is_empty());
    }

    /// As it was kept before there was a recycle bin.
    const OLD: &str = r#"{"id":"5f6a9f0e-0000-4000-8000-000000000002","project_id":"p","user_id":"u","name":"n",
        "description":null,"protocol":"NFS","size":1,"is_public":true,"metadata":{},"type_id":null,
        "abilities":{"snapshot_support":false,"create_share_from_snapshot_support":false,
        "revert_to_snapshot_support":false,"mount_snapshot_support":false},"mount_point_name":null,
        "created_at":"2026-01-01T00:00:00.000000","updated_at":null,"instances":[]}"#;

    #[test]
    fn a_share_that_was_kept_before_there_was_a_recycle_bin_still_reads_and_is_not_in_it() {
        let read: Share = serde_json::from_str(OLD).unwrap();
        assert!(!read.is_soft_deleted());
        let written = serde_json::to_string(&read).unwrap();
        assert!(!written.contains("scheduled_to_be_deleted_at"), "{written}");
    }

    #[test]
    fn a_share_is_in_the_lists_or_in_those_of_the_recycle_bin_and_charged_in_both() {
        let share: Share = serde_json::from_str(OLD).unwrap();
        let binned = Share { scheduled_to_be_deleted_at: Stamp::parse("2026-01-08"), ..share.clone() };
        let indexes = |share: &Share| share.rows().into_iter().map(|row| row.index).collect::<Vec<_>>();
        use index::{BINNED_BY_CREATION, BINNED_BY_PROJECT, BINNED_PUBLIC, BY_REMOVAL};
        use index::{BY_CREATION, BY_NAME, BY_PROJECT, PUBLIC};
        assert_eq!(indexes(&share), [BY_CREATION, BY_NAME, BY_PROJECT, PUBLIC]);
        assert_eq!(indexes(&binned), [BINNED_BY_CREATION, BINNED_BY_PROJECT, BINNED_PUBLIC, BY_REMOVAL]);
        assert_eq!((binned.charges(), binned.addends()), (share.charges(), share.addends()));
    }

    #[test]
    fn preferred_is_an_entry_like_others_to_clients_and_a_flag_to_us() {
        let mut export = ExportLocation {
            id: "5f6a9f0e-0000-4000-8000-000000000001".parse().unwrap(),
            path: "a:/b".to_owned(),
            is_admin_only: false,
            preferred: true,
            preference: None,
            metadata: [("k".to_owned(), "v".to_owned())].into(),
            created_at: Stamp::parse("2026-01-01").unwrap(),
            updated_at: None,
        };
        let mut entries = export.entries();
        assert_eq!(entries.get(PREFERRED).map(String::as_str), Some("True"));
        entries.insert(PREFERRED.to_owned(), "no".to_owned());
        export.set_entries(entries).unwrap();
        assert!(!export.is_preferred() && export.preferred && export.metadata.len() == 1);
        assert!(export.set_entries([(PREFERRED.to_owned(), "maybe".to_owned())].into()).is_err());
    }

    #[test]
    fn what_stands_for_a_share_is_never_an_instance_that_was_superseded() {
        let id = |number: u128| InstanceId(uuid::Uuid::from_u128(number));
        let now = Stamp::parse("2026-01-01").unwrap();
        let one =
            |number, status, superseded| Instance { status, superseded, ..Instance::creating(id(number), None, now) };
        let share: Share = serde_json::from_str(OLD).unwrap();
        let instances =
            vec![one(1, Status::Available, true), one(2, Status::Creating, false), one(3, Status::Error, false)];
        let mut share = Share { instances, ..share };
        assert_eq!(share.main_instance().map(|one| one.id), Some(id(3)));
        assert_eq!(share.live().map(|one| one.id).collect::<Vec<_>>(), [id(2), id(3)]);
        assert_eq!(
            (share.instance(id(2)).map(|one| one.status), share.instance(id(4))),
            (Some(Status::Creating), None)
        );
        share.instance_mut(id(2)).unwrap().rules_status = RulesStatus::Error;
        assert_eq!(share.rules_status(), RulesStatus::Active, "only what is available counts");
        share.instance_mut(id(2)).unwrap().status = Status::Available;
        assert_eq!((share.rules_status(), share.status()), (RulesStatus::Error, Status::Available));
        assert_eq!(share.key(), share.id.to_string());
    }

    #[test]
    fn what_is_promised_is_summed_by_pool_and_found_by_back_end() {
        let pool: PoolName = "h@b#p".parse().unwrap();
        assert_eq!(pool_of_sum(&promised_on(&pool)), Some(pool.clone()));
        assert!(
            promised_on(&pool).starts_with(&promised_by("h@b")) && !promised_on(&pool).starts_with(&promised_by("h@"))
        );
        assert_eq!(pool_of_sum("h@b#p"), None);
        for protocol in Protocol::ALL {
            assert_eq!(Protocol::named(&protocol.name().to_lowercase()), Some(protocol));
        }
        assert_eq!(Protocol::named("CEPHFS"), None);
    }
}
