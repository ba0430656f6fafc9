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
    SUBNET = "share_network_subnet" / "share_network_subnets" of view: SubnetView, seen by viewer {
        "id"                 [..]     uuid           => view.subnet.id,
        "availability_zone"  [..]     string or null => view.subnet.availability_zone,
        "share_network_id"   [..]     uuid           => view.network.id,
        "share_network_name" [..]     string or null => view.network.name,
        "created_at"         [..]     stamp          => view.subnet.created_at,
        "segmentation_id"    [..]     int or null    => view.subnet.segment.segmentation_id.filter(|_| view.shows_segments),
        "neutron_subnet_id"  [..]     string or null => view.subnet.neutron_subnet_id(),
        "updated_at"         [..]     stamp or null  => view.subnet.updated_at,
        "neutron_net_id"     [..]     string or null => view.subnet.neutron_net_id(),
        "ip_version"         [..]     int or null    => view.subnet.segment.ip_version,
        "cidr"               [..]     string or null => view.subnet.segment.cidr,
        "network_type"       [..]     string or null => view.subnet.segment.network_type.as_ref().filter(|_| view.shows_segments),
        "mtu"                [..]     int or null    => view.subnet.segment.mtu,
        "gateway"            [..]     string or null => view.subnet.segment.gateway,
        "metadata"           [2.78..] texts          => view.subnet.metadata,
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
            let view = SubnetView { network: samples::network().into(), subnet, shows_segments };
            let version = manilad_domain::Microversion::MAX;
            let viewer = Viewer { version, is_admin: false, is_host_admin: false, links: Links::default() };
            let shown: Value = serde_json::from_slice(&SUBNET.one(&view, &viewer).unwrap()).unwrap();
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
