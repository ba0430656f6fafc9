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

#[cfg(test)]
mod tests {
    use super::*;

    fn with(specs: &[(&str, &str)]) -> ShareType {
        ShareType {
            id: uuid::Uuid::from_u128(7).into(),
            name: "gold".to_owned(),
            description: None,
            is_public: false,
            projects: BTreeSet::from(["p".to_owned()]),
            extra_specs: specs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            created_at: Stamp::parse("2026-01-01").unwrap(),
            updated_at: None,
        }
    }

    #[test]
    fn a_private_type_is_open_to_those_that_it_was_opened_to_and_a_public_one_to_all() {
        let private = with(&[]);
        assert_eq!(["p", "q"].map(|project| private.is_open_to(project)), [true, false]);
        assert!(ShareType { is_public: true, ..private }.is_open_to("q"));
    }

    #[test]
    fn a_spec_that_is_absent_or_cant_be_read_says_no() {
        let of = with(&[("a", "<is> True"), ("b", "no"), ("c", "perhaps"), ("n", " 12 "), ("m", "many")]);
        assert_eq!(["a", "b", "c", "d"].map(|key| of.flag(key)), [true, false, false, false]);
        assert_eq!(["n", "m", "d"].map(|key| of.number(key)), [Some(12), None, None]);
    }

    #[test]
    fn shares_can_what_their_type_says_and_are_where_it_says() {
        let keys = [
            "snapshot_support",
            "create_share_from_snapshot_support",
            "revert_to_snapshot_support",
            "mount_snapshot_support",
            "snapshot_inherit_share_access_support",
        ];
        for (number, key) in keys.iter().enumerate() {
            let one = with(&[(key, "True")]).abilities();
            let told = [
                one.snapshot_support,
                one.create_share_from_snapshot_support,
                one.revert_to_snapshot_support,
                one.mount_snapshot_support,
                one.snapshot_inherit_share_access_support,
            ];
            assert_eq!(told, std::array::from_fn(|other| other == number), "{key}");
        }
        assert_eq!(with(&[("availability_zones", " a, ,b")]).availability_zones(), ["a", "b"]);
        assert!(with(&[]).availability_zones().is_empty());
    }

    #[test]
    fn servers_take_keys_where_there_are_servers_and_the_type_says_so() {
        let servers = |flag| (extra_specs::DRIVER_HANDLES_SHARE_SERVERS, flag);
        let keys = (extra_specs::ENCRYPTION_SUPPORT, "share_server");
        let takes = |specs: &[(&str, &str)]| with(specs).takes_encryption_keys();
        assert_eq!(
            [takes(&[servers("True"), keys]), takes(&[servers("False"), keys]), takes(&[servers("True")])],
            [true, false, false]
        );
        assert_eq!(
            [with(&[servers("True")]), with(&[servers("False")])].map(|one| one.handles_share_servers()),
            [true, false]
        );
    }

    #[test]
    fn a_type_is_found_by_its_id_its_name_and_its_qos_type() {
        let of = with(&[(extra_specs::DEFAULT_QOS_TYPE, "silver")]);
        assert_eq!((of.key(), of.default_qos_type()), (uuid::Uuid::from_u128(7).to_string(), Some("silver")));
        assert_eq!(of.rows(), [BY_NAME.row(["gold".to_owned()]), BY_QOS_TYPE.row(["silver".to_owned()])]);
        assert_eq!(with(&[]).rows(), [BY_NAME.row(["gold".to_owned()])]);
    }
}
