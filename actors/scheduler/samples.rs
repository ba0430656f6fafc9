//! Pools and requests for tests.

use std::time::Duration;

use manilad_domain::neighbours::Neighbours;
use manilad_domain::placement::{Network, Placement};
use manilad_domain::pool::{Capacity, Pool, PoolReport};
use manilad_domain::share::Protocol;
use manilad_domain::subnet::Segment;
use manilad_domain::{ShareId, ShareNetworkSubnet, ShareNetworkSubnetId, Stamp};
use serde_json::{Map, Value};

use crate::pools::{Pools, Taken};
use crate::rule_chain::{Chain, Settings};

/// A thick pool of 100 GiB, half of it free, that serves NFS and CIFS without share servers.
pub fn pool(name: &str) -> Pool {
    let mut pool = Pool {
        name: name.parse().unwrap(),
        total: Capacity::Gib(100.0),
        free: Capacity::Gib(50.0),
        allocated: 50.0,
        provisioned: Some(50.0),
        reserved_percentage: 0.0,
        reserved_snapshot_percentage: 0.0,
        reserved_share_extend_percentage: 0.0,
        max_over_subscription_ratio: 20.0,
        thin: false,
        thick: true,
        takes_clones: true,
        capabilities: Map::new(),
    };
    for (key, value) in [
        ("share_backend_name", "ALPHA".into()),
        ("vendor_name", "NetApp".into()),
        ("storage_protocol", "NFS_CIFS".into()),
        ("driver_handles_share_servers", Value::Bool(false)),
    ] {
        pool.capabilities.insert(key.to_owned(), value);
    }
    pool
}

pub fn with(mut pool: Pool, key: &str, value: impl Into<Value>) -> Pool {
    pool.capabilities.insert(key.to_owned(), value.into());
    pool
}

pub fn report(service: &str, zone: &str, pools: Vec<Pool>) -> PoolReport {
    PoolReport { service: service.to_owned(), availability_zone: zone.to_owned(), pools }
}

pub fn taken(seconds: u64) -> Taken {
    let at = Stamp::parse("2026-11-22T09:00:00").unwrap();
    Taken { running: Duration::from_secs(seconds), at }
}

/// All these pools, each back end in zone `nova`.
pub fn pools(all: Vec<Pool>) -> Pools {
    let mut pools = Pools::default();
    let mut services: Vec<String> = all.iter().map(|pool| pool.name.service()).collect();
    services.sort();
    services.dedup();
    for service in services {
        let own = all.iter().filter(|pool| pool.name.service() == service).cloned().collect();
        assert!(pools.report(report(&service, "nova", own), taken(1), |_| 0.0).unwrap());
    }
    pools
}

/// 10 GiB of NFS, on any back end without share servers.
pub fn request() -> Placement {
    Placement {
        share: ShareId(uuid::Uuid::nil()),
        size: 10,
        protocol: Protocol::Nfs,
        availability_zone: None,
        type_zones: Vec::new(),
        extra_specs: [("driver_handles_share_servers".to_owned(), "False".to_owned())].into(),
        network: None,
        only_host: None,
        same_host: Neighbours::Any,
        different_host: Neighbours::Any,
        origin: None,
        query: None,
        attempted: Vec::new(),
        left: Vec::new(),
    }
}

pub fn asking(key: &str, value: &str) -> Placement {
    let mut placement = request();
    placement.extra_specs.insert(key.to_owned(), value.to_owned());
    placement
}

pub fn chain() -> Chain {
    Chain::configured(&Settings::default()).unwrap()
}

pub fn subnet_id(number: u128) -> ShareNetworkSubnetId {
    uuid::Uuid::from_u128(number).into()
}

/// A request of a type with share servers, in a network whose subnets are of these zones and numbered from 0.
pub fn in_network(zones: &[Option<&str>]) -> Placement {
    let subnet = |(number, zone): (usize, &Option<&str>)| ShareNetworkSubnet {
        id: subnet_id(number as u128),
        share_network_id: uuid::Uuid::nil().into(),
        availability_zone: zone.map(str::to_owned),
        neutron: None,
        segment: Segment::default(),
        metadata: Default::default(),
        confirmed: Default::default(),
        created_at: Stamp::parse("2026-11-22").unwrap(),
        updated_at: None,
    };
    let network = Network { subnets: zones.iter().enumerate().map(subnet).collect(), servers: Vec::new() };
    Placement { network: Some(network), ..asking("driver_handles_share_servers", "True") }
}
