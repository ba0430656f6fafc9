//! Subnets of share networks. One without an availability zone is the default: it serves the zones that have none of
//! their own. Source: resources.md §7, "Subnets".
//!
//! What clients name (`neutron_*`) is told apart from what a network plugin found there ([`Segment`]). How to get it
//! wrong: showing a segment's type and number to tenants; the caller of a view decides that.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::ids::{ShareNetworkId, ShareNetworkSubnetId};
use crate::record::{Index, Record, Row};
use crate::stamp::Stamp;

/// A network and a subnet of Neutron, by their ids. Neutron is not asked whether they exist before they are needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neutron {
    pub net_id: String,
    pub subnet_id: String,
}

impl Neutron {
    /// Both ids or none; an empty one counts as none.
    ///
    /// # Errors
    /// Invalid when only one is there.
    pub fn of(net_id: Option<String>, subnet_id: Option<String>) -> Result<Option<Self>, Fault> {
        let given = |id: Option<String>| id.filter(|id| !id.is_empty());
        match (given(net_id), given(subnet_id)) {
            (Some(net_id), Some(subnet_id)) => Ok(Some(Neutron { net_id, subnet_id })),
            (None, None) => Ok(None),
            _ => Err(Fault::invalid("Members \"neutron_net_id\" and \"neutron_subnet_id\" go together or not at all.")),
        }
    }
}

/// What a network plugin found out when it first gave addresses in the subnet; until then what the client said, if
/// anything, which nothing is built on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// `flat`, `vlan`, `vxlan` or `gre`, as far as a plugin says so.
    pub network_type: Option<String>,
    pub segmentation_id: Option<u32>,
    pub cidr: Option<String>,
    pub gateway: Option<String>,
    /// 4 or 6.
    pub ip_version: Option<u8>,
    /// Bytes.
    pub mtu: Option<u32>,
}

/// Key of a subnet's metadata: the VLAN of its servers, in place of the network's.
pub const SET_VLAN: &str = "set_vlan";
/// Key of a subnet's metadata: the MTU of its servers, in bytes, in place of the network's.
pub const SET_MTU: &str = "set_mtu";
/// Keys of a subnet's metadata that only administrators may change: what they say reaches networks of other projects.
pub const ADMIN_ONLY_METADATA: &[&str] = &[SET_VLAN, SET_MTU];

fn is_admin_only(key: &str) -> bool {
    ADMIN_ONLY_METADATA.contains(&key)
}

/// A part of a share network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareNetworkSubnet {
    pub id: ShareNetworkSubnetId,
    pub share_network_id: ShareNetworkId,
    /// Name of the zone; `None` is the default.
    pub availability_zone: Option<String>,
    pub neutron: Option<Neutron>,
    #[serde(default)]
    pub segment: Segment,
    pub metadata: BTreeMap<String, String>,
    /// Which of [`ADMIN_ONLY_METADATA`] somebody wrote who may. Others come from releases in which tenants could write
    /// them, and count for nothing.
    #[serde(default)]
    pub confirmed: BTreeSet<String>,
    pub created_at: Stamp,
    pub updated_at: Option<Stamp>,
}

/// network, created_at.
pub const BY_NETWORK: Index = Index("network");

impl Record for ShareNetworkSubnet {
    const KIND: &'static str = "share_network_subnet";

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn rows(&self) -> Vec<Row> {
        vec![BY_NETWORK.row([self.share_network_id.to_string(), self.created_at.text()])]
    }
}

/// The subnets that serve a zone: its own, or else the default ones.
pub fn serving<'a>(subnets: &'a [ShareNetworkSubnet], zone: &'a str) -> impl Iterator<Item = &'a ShareNetworkSubnet> {
    let is_own = move |subnet: &ShareNetworkSubnet| subnet.availability_zone.as_deref() == Some(zone);
    let has_own = subnets.iter().any(is_own);
    subnets.iter().filter(move |subnet| if has_own { is_own(subnet) } else { subnet.is_default() })
}

impl ShareNetworkSubnet {
    pub fn is_default(&self) -> bool {
        self.availability_zone.is_none()
    }

    /// Notes that who named these keys of the metadata may write all of them.
    pub fn confirm<'k>(&mut self, named: impl IntoIterator<Item = &'k String>) {
        self.confirmed.extend(named.into_iter().filter(|key| is_admin_only(key)).cloned());
        self.confirmed.retain(|key| self.metadata.contains_key(key));
    }

    /// The keys that count for nothing.
    pub fn unconfirmed(&self) -> impl Iterator<Item = &String> {
        self.metadata.keys().filter(|key| is_admin_only(key) && !self.confirmed.contains(*key))
    }

    /// The metadata that share servers are made by.
    pub fn heeded(&self) -> BTreeMap<String, String> {
        let mut heeded = self.metadata.clone();
        heeded.retain(|key, _| !is_admin_only(key) || self.confirmed.contains(key));
        heeded
    }

    pub fn neutron_net_id(&self) -> Option<&str> {
        self.neutron.as_ref().map(|neutron| neutron.net_id.as_str())
    }

    pub fn neutron_subnet_id(&self) -> Option<&str> {
        self.neutron.as_ref().map(|neutron| neutron.subnet_id.as_str())
    }

    /// Changes the ids that are named; `Some(None)` empties one.
    ///
    /// # Errors
    /// Invalid when one id would be left without the other.
    pub fn set_neutron(
        &mut self,
        net_id: Option<Option<String>>,
        subnet_id: Option<Option<String>>,
    ) -> Result<(), Fault> {
        let net_id = net_id.unwrap_or_else(|| self.neutron_net_id().map(str::to_owned));
        let subnet_id = subnet_id.unwrap_or_else(|| self.neutron_subnet_id().map(str::to_owned));
        self.neutron = Neutron::of(net_id, subnet_id)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_only_administrators_may_write_counts_where_it_was_written_by_one() {
        let key = |key: &str| key.to_owned();
        let entries = [SET_VLAN, SET_MTU, "k"].map(|name| (key(name), key("100")));
        let mut subnet = subnet(None);
        subnet.metadata = entries.clone().into();
        assert_eq!(subnet.heeded(), [(key("k"), key("100"))].into());
        subnet.confirm([&key(SET_MTU), &key("k"), &key("gone")]);
        assert_eq!(subnet.unconfirmed().collect::<Vec<_>>(), [SET_VLAN]);
        assert_eq!(subnet.heeded(), entries[1..].iter().cloned().collect());
        subnet.metadata.remove(SET_MTU);
        subnet.confirm([]);
        assert!(subnet.confirmed.is_empty(), "whoever writes it anew is judged anew");
    }

    fn subnet(neutron: Option<Neutron>) -> ShareNetworkSubnet {
        ShareNetworkSubnet {
            id: uuid::Uuid::nil().into(),
            share_network_id: uuid::Uuid::nil().into(),
            availability_zone: None,
            neutron,
            segment: Segment::default(),
            metadata: BTreeMap::new(),
            confirmed: Default::default(),
            created_at: Stamp::parse("2026-01-01").unwrap(),
            updated_at: None,
        }
    }

    fn id() -> impl Strategy<Value = Option<String>> {
        prop_oneof![Just(None), "[ab]{0,1}".prop_map(Some)]
    }

    fn given(id: &Option<String>) -> Option<&str> {
        id.as_deref().filter(|id| !id.is_empty())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_subnet_names_both_a_network_and_a_subnet_of_neutron_or_neither(
            first in (id(), id()), changes in (proptest::option::of(id()), proptest::option::of(id())),
        ) {
            let made = Neutron::of(first.0.clone(), first.1.clone());
            prop_assert_eq!(made.is_ok(), given(&first.0).is_some() == given(&first.1).is_some());
            let Ok(neutron) = made else { return Ok(()) };
            let mut subnet = subnet(neutron);
            let before = subnet.clone();
            let net = changes.0.clone().unwrap_or_else(|| before.neutron_net_id().map(str::to_owned));
            let sub = changes.1.clone().unwrap_or_else(|| before.neutron_subnet_id().map(str::to_owned));
            match subnet.set_neutron(changes.0, changes.1) {
                Ok(()) => {
                    prop_assert_eq!(subnet.neutron_net_id(), given(&net));
                    prop_assert_eq!(subnet.neutron_subnet_id(), given(&sub));
                }
                Err(_) => {
                    prop_assert!(given(&net).is_some() != given(&sub).is_some());
                    prop_assert_eq!(subnet, before);
                }
            }
        }
    }
}
