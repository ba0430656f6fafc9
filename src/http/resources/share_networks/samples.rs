//! A network and subnets of it whose segment is known, for tests: through the API none is before share servers are built.

use manilad_domain::status::NetworkStatus;
use manilad_domain::subnet::Segment;
use manilad_domain::{ShareNetwork, ShareNetworkSubnet, Stamp};

const ID: &str = "5f6a9f0e-0000-4000-8000-000000000001";
const AT: &str = "2026-01-01";

pub fn network() -> ShareNetwork {
    ShareNetwork {
        id: ID.parse().unwrap(),
        project_id: "p".into(),
        user_id: "u".into(),
        name: Some("net".into()),
        description: None,
        status: NetworkStatus::Active,
        security_services: [].into(),
        created_at: Stamp::parse(AT).unwrap(),
        updated_at: None,
    }
}

pub fn subnet(zone: Option<&str>, segmentation_id: u32) -> ShareNetworkSubnet {
    ShareNetworkSubnet {
        id: ID.parse().unwrap(),
        share_network_id: ID.parse().unwrap(),
        availability_zone: zone.map(str::to_owned),
        neutron: None,
        segment: Segment {
            network_type: Some("vlan".into()),
            segmentation_id: Some(segmentation_id),
            cidr: Some("10.0.0.0/24".into()),
            gateway: Some("10.0.0.1".into()),
            ip_version: Some(4),
            mtu: Some(1500),
        },
        metadata: [("k".to_owned(), "v".to_owned())].into(),
        confirmed: Default::default(),
        created_at: Stamp::parse(AT).unwrap(),
        updated_at: None,
    }
}
