//! How subnets are shown on their own. Kind and number of a segment are null for those who may not know of them.

use manilad_domain::{ShareNetwork, ShareNetworkSubnet};
use manilad_store::Shared;

use crate::view;

/// A subnet with its network.
pub struct Seen {
    pub network: Shared<ShareNetwork>,
    pub subnet: Shared<ShareNetworkSubnet>,
    /// The viewer is told of segments.
    pub shows_segments: bool,
}

view! {
    /// A subnet; lists show it in full.
    SUBNET = "share_network_subnet" / "share_network_subnets" of seen: Seen, seen by viewer {
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
        "metadata"           [2.78..] object         => seen.subnet.metadata,
    }
}
