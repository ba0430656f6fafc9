//! How share networks are shown: before 2.51 with the one subnet that counted then, the default, from then on with all.
//!
//! What its servers support, all of them do, and where there is none nothing is in the way. Kind and number of a segment are for those who run the network: for others they are null.

use manilad_decisions::share_network::WithSubnets;
use manilad_domain::{
    Fault, Microversion, ServerAbilities, ShareNetwork, ShareNetworkSubnet, ShareNetworkSubnetId, Stamp,
};
use manilad_store::Shared;
use serde::Serialize;

use super::find::{abilities, shows_segments};
use crate::call::Call;
use crate::view;
use crate::view::Viewer;

/// A network with its subnets, the oldest first.
pub struct ShareNetworkView {
    pub network: Shared<ShareNetwork>,
    pub subnets: Vec<Shared<ShareNetworkSubnet>>,
    /// What all of its servers bear.
    pub abilities: ServerAbilities,
    /// The viewer is told of segments.
    pub shows_segments: bool,
}

/// A network as a decision left it.
///
/// # Errors
/// Internal when the store can't be read.
pub fn view(call: &Call, (network, subnets): WithSubnets) -> Result<ShareNetworkView, Fault> {
    Ok(ShareNetworkView {
        shows_segments: shows_segments(call, &network),
        abilities: abilities(&call.app.snapshot()?, &network)?,
        network: network.into(),
        subnets: subnets.into_iter().map(Shared::from).collect(),
    })
}

const NONE: Option<&str> = None;

view! {
    /// A share network by name.
    SHARE_NETWORK_BRIEF = "share_network" / "share_networks" of view: ShareNetworkView, seen by viewer {
        "id"   [..] uuid           => view.network.id,
        "name" [..] string or null => view.network.name,
    }

    /// A share network in full.
    SHARE_NETWORK = "share_network" / "share_networks" of view: ShareNetworkView, seen by viewer {
        "id"                    [..]          uuid           => view.network.id,
        "name"                  [..]          string or null => view.network.name,
        "project_id"            [..]          string         => view.network.project_id,
        "created_at"            [..]          stamp          => view.network.created_at,
        "updated_at"            [..]          stamp or null  => view.network.updated_at,
        "description"           [..]          string or null => view.network.description,
        "neutron_net_id"        [..=2.50]     string or null => view.default_subnet().and_then(|one| one.neutron_net_id()),
        "neutron_subnet_id"     [..=2.50]     string or null => view.default_subnet().and_then(|one| one.neutron_subnet_id()),
        "network_type"          [..=2.50]     string or null => view.subnet().and_then(|one| one.network_type),
        "segmentation_id"       [..=2.50]     int or null    => view.subnet().and_then(|one| one.segmentation_id),
        "cidr"                  [..=2.50]     string or null => view.subnet().and_then(|one| one.cidr),
        "ip_version"            [..=2.50]     int or null    => view.subnet().and_then(|one| one.ip_version),
        "gateway"               [2.18..=2.50] string or null => view.subnet().and_then(|one| one.gateway),
        "mtu"                   [2.20..=2.50] int or null    => view.subnet().and_then(|one| one.mtu),
        "nova_net_id"           [..=2.25]     string or null => NONE,
        "share_network_subnets" [2.51..]      objects         => view.nested(viewer),
        "status"                [2.63..]      string         => view.network.status,
        "security_service_update_support"   [2.63..] bool    => view.abilities.security_service_update,
        "network_allocation_update_support" [2.70..] bool    => view.abilities.network_allocation_update,
    }
}

/// A subnet inside its network.
#[derive(Serialize)]
struct Nested<'a> {
    id: ShareNetworkSubnetId,
    availability_zone: Option<&'a str>,
    created_at: Stamp,
    updated_at: Option<Stamp>,
    segmentation_id: Option<u32>,
    neutron_net_id: Option<&'a str>,
    neutron_subnet_id: Option<&'a str>,
    ip_version: Option<u8>,
    cidr: Option<&'a str>,
    network_type: Option<&'a str>,
    mtu: Option<u32>,
    gateway: Option<&'a str>,
    /// From 2.78 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a std::collections::BTreeMap<String, String>>,
}

impl ShareNetworkView {
    fn default_subnet(&self) -> Option<&ShareNetworkSubnet> {
        self.subnets.iter().find(|one| one.is_default()).map(|one| &**one)
    }

    fn subnet(&self) -> Option<Nested<'_>> {
        self.default_subnet().map(|one| self.one(one, false))
    }

    fn one<'a>(&self, subnet: &'a ShareNetworkSubnet, with_metadata: bool) -> Nested<'a> {
        let segment = &subnet.segment;
        Nested {
            id: subnet.id,
            availability_zone: subnet.availability_zone.as_deref(),
            created_at: subnet.created_at,
            updated_at: subnet.updated_at,
            segmentation_id: segment.segmentation_id.filter(|_| self.shows_segments),
            neutron_net_id: subnet.neutron_net_id(),
            neutron_subnet_id: subnet.neutron_subnet_id(),
            ip_version: segment.ip_version,
            cidr: segment.cidr.as_deref(),
            network_type: segment.network_type.as_deref().filter(|_| self.shows_segments),
            mtu: segment.mtu,
            gateway: segment.gateway.as_deref(),
            metadata: with_metadata.then_some(&subnet.metadata),
        }
    }

    fn nested(&self, viewer: &Viewer) -> Vec<Nested<'_>> {
        let with_metadata = viewer.version >= Microversion::written("2.78");
        self.subnets.iter().map(|one| self.one(one, with_metadata)).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::samples::{network, subnet};
    use super::*;
    use crate::view::Links;

    fn shown(version: &str, shows_segments: bool) -> Value {
        let subnets = vec![subnet(Some("nova"), 7).into(), subnet(None, 8).into()];
        let abilities = ServerAbilities { security_service_update: true, network_allocation_update: false };
        let view = ShareNetworkView { network: network().into(), subnets, abilities, shows_segments };
        let version = Microversion::written(version);
        let viewer = Viewer { version, is_admin: shows_segments, is_host_admin: false, links: Links::default() };
        let text = SHARE_NETWORK.one(&view, &viewer).unwrap();
        serde_json::from_slice::<Value>(&text).unwrap()["share_network"].clone()
    }

    #[test]
    fn before_subnets_a_network_shows_its_default_one() {
        let old = shown("2.50", true);
        let fields = ["network_type", "segmentation_id", "cidr", "ip_version", "gateway", "mtu"];
        assert_eq!(
            fields.map(|field| old[field].clone()),
            [json!("vlan"), json!(8), json!("10.0.0.0/24"), json!(4), json!("10.0.0.1"), json!(1500)]
        );
        assert_eq!(old.get("share_network_subnets"), None);
    }

    #[test]
    fn what_the_servers_of_a_network_bear_is_told_each_by_its_name() {
        let shown = shown("2.70", false);
        let fields = ["security_service_update_support", "network_allocation_update_support"];
        assert_eq!(fields.map(|field| shown[field].clone()), [json!(true), json!(false)]);
    }

    #[test]
    fn kind_and_number_of_a_segment_are_not_told_to_everybody() {
        let masked = shown("2.50", false);
        assert_eq!((&masked["network_type"], &masked["segmentation_id"]), (&json!(null), &json!(null)));
        assert_eq!(masked["cidr"], "10.0.0.0/24");
        for (shows, kind, tag) in [(true, json!("vlan"), json!(7)), (false, json!(null), json!(null))] {
            let first = &shown("2.99", shows)["share_network_subnets"][0];
            assert_eq!((&first["network_type"], &first["segmentation_id"], &first["mtu"]), (&kind, &tag, &json!(1500)));
        }
    }

    #[test]
    fn subnets_in_a_network_tell_their_metadata_from_2_78_on() {
        assert_eq!(shown("2.78", false)["share_network_subnets"][1]["metadata"], json!({ "k": "v" }));
        assert_eq!(shown("2.77", false)["share_network_subnets"][1].get("metadata"), None);
    }
}
