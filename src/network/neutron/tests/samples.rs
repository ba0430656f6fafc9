//! A server, what it wishes for, and what it is given.

use std::collections::BTreeMap;
use std::net::IpAddr;

use manilad_domain::address::{Offer, Source, Wish};
use manilad_domain::share_server::ServerSubnet;
use manilad_domain::status::ServerStatus;
use manilad_domain::subnet::{Neutron as Names, Segment};
use manilad_domain::{Allocation, AllocationId, ShareServer, Stamp};
use uuid::Uuid;

use super::played::{NET, SUBNET};
use crate::NeutronOptions;

/// IPv4 and nothing else.
pub fn four() -> NeutronOptions {
    NeutronOptions { ipv4: true, ..NeutronOptions::default() }
}

pub fn subnet() -> ServerSubnet {
    ServerSubnet {
        id: Uuid::from_u128(3).into(),
        neutron: Some(Names { net_id: NET.into(), subnet_id: SUBNET.into() }),
        segment: Segment::default(),
        metadata: BTreeMap::new(),
    }
}

pub fn wish(count: usize) -> Wish {
    Wish { server: server().id, project: "tenant".into(), subnet: Some(subnet()), count }
}

pub fn server() -> ShareServer {
    let now = Stamp::parse("2026-01-01").unwrap();
    ShareServer {
        id: Uuid::from_u128(1).into(),
        project_id: "tenant".into(),
        share_network_id: Uuid::from_u128(2).into(),
        service: "h@b".into(),
        status: ServerStatus::Creating,
        identifier: "1".into(),
        is_auto_deletable: true,
        task_state: None,
        encryption: None,
        abilities: manilad_domain::ServerAbilities::ALL,
        details: BTreeMap::new(),
        subnets: vec![subnet()],
        directories: Vec::new(),
        failure: None,
        is_off_array: false,
        used_at: now,
        created_at: now,
        updated_at: None,
    }
}

pub fn allocation(id: AllocationId, address: IpAddr) -> Allocation {
    Allocation {
        id,
        server: server().id,
        subnet: Some(subnet().id),
        scope: format!("neutron:{SUBNET}"),
        address,
        prefix: 24,
        segment: Segment::default(),
        created_at: Stamp::parse("2026-01-01").unwrap(),
    }
}

pub fn allocated(offer: &Offer) -> Vec<(AllocationId, IpAddr)> {
    match &offer.source {
        Source::Given(allocated) => allocated.clone(),
        Source::Free { .. } | Source::Standing(_) => panic!("expected given ones: {offer:?}"),
    }
}
