//! Share servers for tests, and what is left of them on the array.

use std::collections::BTreeMap;

use manilad_clock::Uuid;
use manilad_domain::secret::Secret;
use manilad_domain::security_service::Directory;
use manilad_domain::share_server::ServerSubnet;
use manilad_domain::stamp::Stamp;
use manilad_domain::status::ServerStatus;
use manilad_domain::subnet::{Neutron, Segment};
use manilad_domain::{
    Allocation, AllocationId, SecurityService, SecurityServiceId, ShareNetworkId, ShareNetworkSubnetId, ShareServer,
    ShareServerId,
};
use manilad_driver::{Seat, ServerSubject, Subject};

use crate::tests::bench::Bench;
use crate::tests::samples::{SERVICE, subject};

/// The VLAN of all servers, unless a test has it otherwise.
pub const TAG: u32 = 1042;

fn now() -> Stamp {
    Stamp::parse("2026-01-01").unwrap()
}

pub fn segment(tag: Option<u32>, network: u8) -> Segment {
    Segment {
        network_type: Some(if tag.is_some() { "vlan" } else { "flat" }.to_owned()),
        segmentation_id: tag,
        cidr: Some(format!("10.{network}.0.0/16")),
        gateway: Some(format!("10.{network}.0.1")),
        ip_version: Some(4),
        mtu: Some(1500),
    }
}

/// A server with two addresses in one subnet: `number` tells it, its network and its addresses from others.
pub fn server(number: u8, tag: Option<u32>) -> ServerSubject {
    let id = ShareServerId(Uuid::from_u128(0x5e77_0000 + u128::from(number)));
    let mut subject = ServerSubject {
        server: ShareServer {
            id,
            project_id: "a project".to_owned(),
            share_network_id: ShareNetworkId(Uuid::from_u128(u128::from(number))),
            service: SERVICE.to_owned(),
            status: ServerStatus::Creating,
            identifier: id.to_string(),
            is_auto_deletable: true,
            task_state: None,
            encryption: None,
            abilities: manilad_domain::ServerAbilities::ALL,
            details: BTreeMap::new(),
            subnets: Vec::new(),
            directories: Vec::new(),
            failure: None,
            is_off_array: false,
            used_at: now(),
            created_at: now(),
            updated_at: None,
        },
        allocations: Vec::new(),
        directories: Vec::new(),
        in_flight: false,
        request_id: format!("req-{number}"),
    };
    add_subnet(&mut subject, segment(tag, number), None);
    subject
}

/// Puts the server into one more subnet, with an address for each node.
pub fn add_subnet(subject: &mut ServerSubject, segment: Segment, neutron: Option<&str>) {
    let count = subject.server.subnets.len() as u128;
    let own = subject.server.id.0.as_u128() << 32;
    let id = ShareNetworkSubnetId(Uuid::from_u128(own + count));
    subject.server.subnets.push(ServerSubnet {
        id,
        neutron: neutron.map(|net| Neutron { net_id: net.to_owned(), subnet_id: format!("of {net}") }),
        segment: segment.clone(),
        metadata: BTreeMap::new(),
    });
    let network = segment.gateway.as_deref().unwrap().trim_end_matches('1').to_owned();
    for node in 0..2u128 {
        subject.allocations.push(Allocation {
            id: AllocationId(Uuid::from_u128(own + (count << 16) + node)),
            server: subject.server.id,
            subnet: Some(id),
            scope: "here".to_owned(),
            address: format!("{network}{}", 11 + node).parse().unwrap(),
            prefix: if network.contains(':') { 64 } else { 16 },
            segment: segment.clone(),
            created_at: now(),
        });
    }
}

/// Gives the server an address in the administrative network.
pub fn add_admin(subject: &mut ServerSubject, tag: Option<u32>) {
    subject.allocations.push(Allocation {
        id: AllocationId(Uuid::from_u128(0xad31)),
        server: subject.server.id,
        subnet: None,
        scope: "admin".to_owned(),
        address: [10, 200, 0, 9].into(),
        prefix: 24,
        segment: Segment { gateway: None, ..segment(tag, 200) },
        created_at: now(),
    });
}

/// A directory that the simulated world has, of each kind as it is told best.
pub fn directory(kind: Directory) -> SecurityService {
    let server = match kind {
        Directory::Kerberos => Some("192.0.2.10".to_owned()),
        Directory::Ldap | Directory::ActiveDirectory => None,
    };
    SecurityService {
        id: SecurityServiceId(Uuid::from_u128(kind as u128)),
        project_id: "a project".to_owned(),
        directory: kind,
        name: None,
        description: None,
        dns_ip: Some("192.0.2.53".to_owned()),
        server,
        domain: Some("example.com".to_owned()),
        user: Some("Administrator".to_owned()),
        password: Some(Secret::new("password")),
        ou: None,
        default_ad_site: None,
        created_at: now(),
        updated_at: None,
    }
}

/// A share on a server that stands.
pub fn on(server: &ServerSubject, number: u128) -> Subject {
    let admin = server.allocations.iter().filter(|one| one.subnet.is_none()).map(|one| one.address);
    let seat = Seat {
        server: server.server.id,
        details: server.server.details.clone(),
        admin_addresses: admin.collect(),
        is_encrypted: server.server.encryption.is_some(),
    };
    Subject { server: Some(seat), ..subject(number) }
}

/// Names of the objects of a kind, in order.
pub fn names(bench: &Bench, kind: &str) -> Vec<String> {
    let mut names: Vec<String> =
        bench.objects(kind).iter().map(|one| one["name"].as_str().unwrap_or_default().to_owned()).collect();
    names.sort();
    names
}

/// What a cluster has without share servers.
pub fn assert_no_server_left(bench: &Bench) {
    assert_eq!(names(bench, "svm"), ["svm1"]);
    assert_eq!(names(bench, "ipspace"), ["Cluster", "Default"]);
    assert!(names(bench, "broadcast_domain").iter().all(|name| !name.starts_with("domain_")));
    assert!(names(bench, "port").iter().all(|name| !name.contains('-')));
    assert!(names(bench, "interface").iter().all(|name| name.starts_with("svm1")));
    assert!(bench.objects("ip_route").is_empty());
}
