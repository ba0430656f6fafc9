//! How subnets are shown on their own. Kind and number of a segment are null for those who may not know of them.

use manilad_domain::{ShareNetwork, ShareNetworkSubnet};
use manilad_store::Shared;

use crate::view;

/// A subnet with its network.
pub struct SubnetView {
    pub network: Shared<ShareNetwork>,
    pub subnet: Shared<ShareNetworkSubnet>,
    /// The viewer is told of segments.
    pub shows_segments: bool,
}

view! {
    /// A subnet; lists show it in full.
    SUBNET = "share_network_subnet" / "share_network_subnets" of seen: SubnetView, seen by viewer {
        "id"                 [..]     uuid           => seen.subnet.id,
        "availability_zone"  [..]     string or null => seen.subnet.availability_zone,
        "share_network_id"   [..]     uuid           => seen.network.id,
        "share_network_name" [..]     string or null => seen.network.name,
        "created_at"         [..]     stamp          => seen.subnet.created_at,
        "segmentation_id"    [..]     int or null    => seen.subnet.segment.segmentation_id.filter(|_| seen.shows_segments),
        "neutron_subnet_id"  [..]     string or null => seen.subnet.neutron_subnet_id(),
        "updated_at"         [..]     stamp or null  => seen.subnet.updated_at,
        "neutron_net_id"     [..]     string or null => seen.subnet.neutron_net_id(),
        "ip_version"         [..]     int or null    => seen.subnet.segment.ip_version,
        "cidr"               [..]     string or null => seen.subnet.segment.cidr,
        "network_type"       [..]     string or null => seen.subnet.segment.network_type.as_ref().filter(|_| seen.shows_segments),
        "mtu"                [..]     int or null    => seen.subnet.segment.mtu,
        "gateway"            [..]     string or null => seen.subnet.segment.gateway,
        "metadata"           [2.78..] texts          => seen.subnet.metadata,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::resources::share_networks::samples;
    use crate::view::{Links, Viewer};

    #[test]
    fn kind_and_number_of_a_segment_are_null_to_who_may_not_know() {
        for (shows_segments, kind, tag) in [(true, json!("vlan"), json!(7)), (false, json!(null), json!(null))] {
            let subnet = samples::subnet(Some("nova"), 7).into();
            let seen = SubnetView { network: samples::network().into(), subnet, shows_segments };
            let version = manilad_domain::Microversion::MAX;
            let viewer = Viewer { version, is_admin: false, is_host_admin: false, links: Links::default() };
            let shown: Value = serde_json::from_slice(&SUBNET.one(&seen, &viewer).unwrap()).unwrap();
            let shown = &shown["share_network_subnet"];
            assert_eq!((&shown["network_type"], &shown["segmentation_id"]), (&kind, &tag));
            assert_eq!(
                (&shown["cidr"], &shown["ip_version"], &shown["mtu"]),
                (&json!("10.0.0.0/24"), &json!(4), &json!(1500))
            );
            assert_eq!((&shown["gateway"], &shown["share_network_name"]), (&json!("10.0.0.1"), &json!("net")));
        }
    }
}
