use manilad_clock::Uuid;
use manilad_driver::{Remedy, ServerSubject};
use manilad_ontap::port::Place;

use super::super::network;
use super::*;
use crate::tests::samples::lif;
use crate::tests::server_samples::{TAG, add_admin, server};

fn place(ipspace: &str, domain: &str) -> Option<Place> {
    Some(Place { ipspace: ipspace.to_owned(), domain: domain.to_owned(), domain_uuid: Some(Uuid::from_u128(7)) })
}

fn port(node: &str, name: &str, speed: u64) -> Port {
    Port {
        uuid: Uuid::from_u128(1),
        node: node.to_owned(),
        name: name.to_owned(),
        state: Some("up".to_owned()),
        speed,
        mtu: Some(9000),
        base: None,
        place: place(DEFAULT, DEFAULT),
    }
}

fn vlan(node: &str, base: &str, tag: u32, ipspace: &str) -> (u32, Port) {
    let domain = ipspace.replace("ipspace", "domain");
    let own = Port { base: Some(base.to_owned()), place: place(ipspace, &domain), ..port(node, base, 1000) };
    (tag, Port { name: format!("{base}-{tag}"), mtu: Some(1500), ..own })
}

fn uplinks() -> Vec<Port> {
    ["node1", "node2"].iter().flat_map(|node| [port(node, "e0c", 1000), port(node, "e0d", 10_000)]).collect()
}

fn planned_with(subject: &ServerSubject, observed: &ObservedNetwork, ports: &Pattern) -> Result<Layout, Trouble> {
    let nodes = ["node1".to_owned(), "node2".to_owned()];
    let templates = ServerTemplates::read("os_%s", "lif_%(net_allocation_id)s").unwrap();
    let network = network::read(subject, &nodes).unwrap();
    plan(&network, observed, &Terms { nodes: &nodes, ports, templates: &templates, svm: "os_1" })
}

fn planned(subject: &ServerSubject, observed: &ObservedNetwork) -> Layout {
    planned_with(subject, observed, &Pattern::any()).unwrap()
}

fn bases(layout: &Layout) -> Vec<&str> {
    layout.vlans.iter().map(|vlan| vlan.base.as_str()).collect()
}

fn homes(layout: &Layout) -> Vec<(&str, &str)> {
    layout.lifs.iter().map(|lif| (lif.node.as_str(), lif.port.as_str())).collect()
}

#[test]
fn on_a_new_cluster_the_fastest_port_that_is_up_carries_the_server() {
    let layout = planned(&server(1, Some(TAG)), &ObservedNetwork { uplinks: uplinks(), ..ObservedNetwork::default() });
    assert_eq!((layout.ipspace.as_str(), layout.make_ipspace), ("ipspace_vlan_1042", true));
    assert_eq!(layout.domains, [("domain_vlan_1042".to_owned(), 1500)]);
    assert_eq!(bases(&layout), ["e0d", "e0d"]);
    assert_eq!(homes(&layout), [("node1", "e0d-1042"), ("node2", "e0d-1042")]);
    let mut observed = ObservedNetwork { uplinks: uplinks(), ..ObservedNetwork::default() };
    observed.uplinks[1].state = Some("down".to_owned());
    observed.uplinks[3].place = None;
    assert_eq!(bases(&planned(&server(1, Some(TAG)), &observed)), ["e0c", "e0c"]);
}

#[test]
fn a_port_with_data_lifs_goes_before_a_faster_one_and_the_pattern_before_all() {
    let mut carried = lif("10.0.0.9", "node1", &["data_nfs"]);
    carried.home_port = Some("e0c-7".to_owned());
    let observed = ObservedNetwork { uplinks: uplinks(), lifs: vec![carried], ..ObservedNetwork::default() };
    assert_eq!(bases(&planned(&server(1, Some(TAG)), &observed)), ["e0c", "e0d"]);
    let only = Pattern::new(|name| Ok(name == "e0d"));
    assert_eq!(bases(&planned_with(&server(1, Some(TAG)), &observed, &only).unwrap()), ["e0d", "e0d"]);
    let none = Pattern::new(|_| Ok(false));
    let trouble = planned_with(&server(1, Some(TAG)), &observed, &none).unwrap_err();
    assert_eq!((trouble.remedy, trouble.detail), (Remedy::Elsewhere, Detail::NoShareServer));
}

#[test]
fn without_a_vlan_nothing_is_made_but_addresses_on_the_ports_themselves() {
    let layout = planned(&server(1, None), &ObservedNetwork { uplinks: uplinks(), ..ObservedNetwork::default() });
    assert_eq!((layout.ipspace.as_str(), layout.make_ipspace), (DEFAULT, false));
    assert!(layout.domains.is_empty() && layout.vlans.is_empty());
    assert_eq!(homes(&layout), [("node1", "e0d"), ("node2", "e0d")]);
}

#[test]
fn a_vlan_that_is_there_is_used_as_it_is() {
    let vlans = vec![vlan("node1", "e0c", TAG, "ipspace_other")];
    let observed = ObservedNetwork { uplinks: uplinks(), vlans, ..ObservedNetwork::default() };
    let layout = planned(&server(1, Some(TAG)), &observed);
    assert_eq!((layout.ipspace.as_str(), layout.make_ipspace), ("ipspace_other", false));
    assert!(layout.domains.is_empty() && layout.mtus.is_empty());
    let made = &layout.vlans[0];
    assert_eq!((made.node.as_str(), made.domain.as_str(), layout.vlans.len()), ("node2", "domain_other", 1));
    assert_eq!(homes(&layout), [("node1", "e0c-1042"), ("node2", "e0d-1042")]);
}

#[test]
fn what_an_earlier_try_left_is_completed_and_an_mtu_that_changed_is_set() {
    let mut astray = vlan("node2", "e0d", TAG, "ipspace_vlan_1042");
    astray.1.place = None;
    let vlans = vec![vlan("node1", "e0d", TAG, "ipspace_vlan_1042"), astray];
    let mut own = lif("10.1.0.11", "node1", &["data_nfs"]);
    let mut subject = server(1, Some(TAG));
    own.name = format!("lif_{}", subject.allocations[0].id);
    own.svm = Some("os_1".to_owned());
    let observed = ObservedNetwork { uplinks: uplinks(), vlans, lifs: vec![own], ..ObservedNetwork::default() };
    let layout = planned(&subject, &observed);
    assert!(!layout.make_ipspace && layout.vlans.is_empty() && layout.mtus.is_empty());
    assert_eq!(layout.astray, [(Uuid::from_u128(1), "domain_vlan_1042".to_owned())]);
    assert_eq!(homes(&layout), [("node2", "e0d-1042")]);
    subject.server.subnets[0].metadata.insert("set_mtu".to_owned(), "9000".to_owned());
    assert_eq!(planned(&subject, &observed).mtus, [(Uuid::from_u128(7), 9000)]);
}

#[test]
fn the_mtu_of_a_broadcast_domain_that_others_are_on_is_not_changed() {
    let mut subject = server(1, Some(TAG));
    let mut theirs = lif("10.1.0.99", "node1", &["data_nfs"]);
    (theirs.name, theirs.svm, theirs.home_port) = ("lif_9".into(), Some("os_9".into()), Some("e0d-1042".into()));
    let vlans = vec![vlan("node1", "e0d", TAG, "ipspace_vlan_1042")];
    let mut observed = ObservedNetwork { uplinks: uplinks(), vlans, lifs: vec![theirs], ..ObservedNetwork::default() };
    assert!(planned(&subject, &observed).mtus.is_empty(), "the same MTU");
    subject.server.subnets[0].metadata.insert("set_mtu".to_owned(), "1280".to_owned());
    let trouble = planned_with(&subject, &observed, &Pattern::any()).unwrap_err();
    assert_eq!((trouble.remedy, trouble.detail), (Remedy::Elsewhere, Detail::NoShareServer));
    for part in ["domain_vlan_1042", "ipspace_vlan_1042", "1280", "lif_9", "os_9"] {
        assert!(trouble.reason.contains(part), "{}", trouble.reason);
    }
    observed.lifs[0].home_node = Some("node2".to_owned());
    assert_eq!(planned(&subject, &observed).mtus, [(Uuid::from_u128(7), 1280)], "a port of that name on another node");
}

#[test]
fn an_administrative_vlan_has_a_domain_and_one_port_in_the_same_ipspace() {
    let mut subject = server(1, Some(TAG));
    add_admin(&mut subject, Some(9));
    let layout = planned(&subject, &ObservedNetwork { uplinks: uplinks(), ..ObservedNetwork::default() });
    let domains: Vec<&str> = layout.domains.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(domains, ["domain_vlan_9", "domain_vlan_1042"]);
    let ports: Vec<_> = layout.vlans.iter().map(|one| (one.node.as_str(), one.tag, one.ipspace.as_str())).collect();
    let space = "ipspace_vlan_1042";
    assert_eq!(ports, [("node1", 9, space), ("node1", TAG, space), ("node2", TAG, space)]);
    assert_eq!(homes(&layout)[2], ("node1", "e0d-9"));
}
