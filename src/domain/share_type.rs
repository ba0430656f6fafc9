//! Share types: kinds of shares that administrators define, with the extra specs that steer placement and drivers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::extra_specs;
use crate::ids::ShareTypeId;
use crate::record::{Index, Record, Row};
use crate::share::Abilities;
use crate::stamp::Stamp;

/// A kind of share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareType {
    pub id: ShareTypeId,
    pub name: String,
    pub description: Option<String>,
    pub is_public: bool,
    /// Projects that may use a private type.
    pub projects: BTreeSet<String>,
    pub extra_specs: BTreeMap<String, String>,
    pub created_at: Stamp,
    pub updated_at: Option<Stamp>,
}

/// name: types by name, and the list in its order.
pub const BY_NAME: Index = Index("name");

/// The name of a QoS type: which types refer to it?
pub const BY_QOS_TYPE: Index = Index("qos_type");

impl Record for ShareType {
    const KIND: &'static str = "share_type";

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn rows(&self) -> Vec<Row> {
        let qos_type = self.default_qos_type().map(|name| BY_QOS_TYPE.row([name.to_owned()]));
        [BY_NAME.row([self.name.clone()])].into_iter().chain(qos_type).collect()
    }
}

impl ShareType {
    /// Whether a project may see and use the type.
    pub fn is_open_to(&self, project: &str) -> bool {
        self.is_public || self.projects.contains(project)
    }

    /// Whether its shares live on share servers of their own. Types can't be made without the spec.
    pub fn handles_share_servers(&self) -> bool {
        self.flag(extra_specs::DRIVER_HANDLES_SHARE_SERVERS)
    }

    /// Whether servers of its shares can be encrypted with keys of tenants.
    pub fn takes_encryption_keys(&self) -> bool {
        self.extra_specs.contains_key(extra_specs::ENCRYPTION_SUPPORT) && self.handles_share_servers()
    }

    /// The name of the QoS type of its shares, whether there is one of that name or not.
    pub fn default_qos_type(&self) -> Option<&str> {
        self.extra_specs.get(extra_specs::DEFAULT_QOS_TYPE).map(String::as_str)
    }

    /// A boolean spec; absent or unreadable is false.
    pub fn flag(&self, key: &str) -> bool {
        self.extra_specs.get(key).and_then(|text| extra_specs::boolean(text)).unwrap_or(false)
    }

    /// A whole number spec, where it is set and readable.
    pub fn number(&self, key: &str) -> Option<u64> {
        self.extra_specs.get(key)?.trim().parse().ok()
    }

    /// What shares of this type can do.
    pub fn abilities(&self) -> Abilities {
        Abilities {
            snapshot_support: self.flag("snapshot_support"),
            create_share_from_snapshot_support: self.flag("create_share_from_snapshot_support"),
            revert_to_snapshot_support: self.flag("revert_to_snapshot_support"),
            mount_snapshot_support: self.flag("mount_snapshot_support"),
            snapshot_inherit_share_access_support: self.flag("snapshot_inherit_share_access_support"),
        }
    }

    /// The zones that shares of this type are confined to; empty means any.
    pub fn availability_zones(&self) -> Vec<&str> {
        let list = self.extra_specs.get(extra_specs::AVAILABILITY_ZONES).map_or("", String::as_str);
        list.split(',').map(str::trim).filter(|zone| !zone.is_empty()).collect()
    }
}
