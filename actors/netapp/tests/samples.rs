//! Subjects, rules and facts for tests.

use std::collections::BTreeMap;

use manilad_clock::Uuid;
use manilad_domain::access::{AccessLevel, AccessType};
use manilad_domain::share::Protocol;
use manilad_domain::{AccessRuleId, InstanceId, ShareId, ShareServerId};
use manilad_driver::{DesiredRule, Seat, Subject};
use manilad_ontap::Release;
use manilad_ontap::aggregate::{Aggregate, Space};
use manilad_ontap::cluster::Identity;
use manilad_ontap::facts::{Facts, Scope};
use manilad_ontap::interface::Interface;
use manilad_ontap::svm::{Delegated, Svm};

use crate::naming::{FpolicyTemplates, Templates};
use crate::share::Found;

pub const SERVICE: &str = "node1@alpha";

/// `volume` for volumes, else the defaults.
pub fn templates(volume: &str) -> Templates {
    let fpolicy = FpolicyTemplates {
        policy: "fpolicy_policy_%(share_id)s".parse().unwrap(),
        events: FpolicyTemplates::events("fpolicy_event_%(protocol)s_%(share_id)s").unwrap(),
    };
    let qos = "qos_share_%(share_id)s".parse().unwrap();
    Templates { volume: volume.parse().unwrap(), qos, fpolicy, servers: None }
}

/// A share of 2 GiB over NFS, to live in aggr1.
pub fn subject(number: u128) -> Subject {
    Subject {
        share: ShareId(Uuid::from_u128(0xabcd_0000 + number)),
        instance: InstanceId(Uuid::from_u128(0x1234_0000 + number)),
        project: "a project".to_owned(),
        name: Some(format!("share {number}")),
        protocol: Protocol::Nfs,
        size: 2,
        pool: format!("{SERVICE}#aggr1").parse().unwrap(),
        mount_point_name: None,
        type_name: Some("default".to_owned()),
        extra_specs: BTreeMap::new(),
        metadata: BTreeMap::new(),
        managed_path: None,
        loses_rules: false,
        may_be_let_go: false,
        qos: None,
        source: None,
        server: None,
        in_flight: false,
        request_id: format!("req-{number}"),
    }
}

/// A share server whose SVM is `svm`.
pub fn seat(svm: &str, admin: &[&str]) -> Seat {
    Seat {
        server: ShareServerId(Uuid::from_u128(0x5e77_0001)),
        details: BTreeMap::from([("vserver_name".to_owned(), svm.to_owned())]),
        admin_addresses: admin.iter().map(|address| address.parse().unwrap()).collect(),
        is_encrypted: false,
    }
}

pub fn desired(number: u128, to: &str, level: AccessLevel) -> DesiredRule {
    DesiredRule { id: AccessRuleId(Uuid::from_u128(number)), kind: AccessType::Ip, to: to.to_owned(), level }
}

pub fn lif(address: &str, node: &str, services: &[&str]) -> Interface {
    Interface {
        uuid: Uuid::from_u128(1),
        name: format!("lif_{address}"),
        address: address.parse().unwrap(),
        netmask: Some("24".to_owned()),
        enabled: true,
        state: Some("up".to_owned()),
        home_node: Some(node.to_owned()),
        home_port: Some("e0d".to_owned()),
        services: services.iter().map(|service| (*service).to_owned()).collect(),
        svm: Some("svm1".to_owned()),
    }
}

pub fn aggregate(name: &str, node: &str) -> Aggregate {
    Aggregate {
        name: name.to_owned(),
        state: Some("online".to_owned()),
        home_node: Some(node.to_owned()),
        raid_type: Some("raid_dp".to_owned()),
        storage_type: Some("ssd".to_owned()),
        snaplock_type: None,
        encrypted: false,
        space: Some(Space { size: 100 << 30, available: (60 << 30) + (1 << 20), used: 40 << 30 }),
    }
}

/// What an account of a cluster with two nodes, an aggregate and a LIF on each, sees.
pub fn facts() -> Facts {
    let delegated = |name: &str| Delegated { name: name.to_owned(), available_size: Some(50 << 30) };
    let aggregates = [aggregate("aggr1", "node1"), aggregate("aggr2", "node2")];
    Facts {
        identity: Identity {
            release: Release::new(9, 14, 1),
            version: "NetApp Release 9.14.1".to_owned(),
            name: Some("cl1".to_owned()),
        },
        scope: Scope::Cluster,
        nodes: vec!["node1".to_owned(), "node2".to_owned()],
        licences: Some(["nfs", "cifs", "snaprestore"].map(str::to_owned).into()),
        volume_encryption: false,
        svm: Some(Svm {
            uuid: Uuid::from_u128(2),
            name: "svm1".to_owned(),
            comment: None,
            state: Some("running".to_owned()),
            subtype: Some("default".to_owned()),
            ipspace: Some("Default".to_owned()),
            aggregates: vec![delegated("aggr1"), delegated("aggr2")],
        }),
        interfaces: vec![lif("10.0.0.1", "node1", &["data_nfs"]), lif("10.0.0.2", "node2", &["data_nfs"])],
        aggregates: aggregates.into_iter().map(|one| (one.name.clone(), one)).collect(),
        disk_types: BTreeMap::from([("aggr1".to_owned(), ["ssd".to_owned()].into())]),
        missing: Vec::new(),
    }
}

/// What of a kind (spec, share, subnet) can be asked of this driver, and what comes of it.
pub fn askable(kind: &str) -> Vec<(&'static str, &'static str)> {
    let lines = include_str!("../../../tests/facts/netapp-specs.txt").lines();
    lines.filter_map(|line| line.strip_prefix(kind)?.strip_prefix('\t')?.split_once('\t')).collect()
}

/// A volume of 1 GiB as it is found where nothing is wrong with it.
pub fn found() -> Found {
    Found {
        uuid: Uuid::from_u128(1),
        is_ours: true,
        state: Some("online".to_owned()),
        size: Some(1 << 30),
        path: Some("/share_1".to_owned()),
        policy: (Some("policy_1".to_owned()), Some(7)),
        qos: Some("qos_1".to_owned()),
        aggregates: vec!["aggr1".to_owned()],
        created: None,
    }
}
