use manilad_driver::Remedy;

use super::*;
use crate::tests::samples::askable;
use crate::tests::server_samples::{TAG, add_admin, add_subnet, segment, server};

fn nodes() -> Vec<String> {
    vec!["node1".to_owned(), "node2".to_owned()]
}

fn refused(subject: &ServerSubject) -> String {
    let trouble = read(subject, &nodes()).unwrap_err();
    assert_eq!((trouble.remedy, trouble.detail), (Remedy::Never, Detail::NoShareServer));
    trouble.reason
}

fn set(subject: &mut ServerSubject, key: &str, value: &str) {
    subject.server.subnets[0].metadata.insert(key.to_owned(), value.to_owned());
}

#[test]
fn each_subnet_has_an_address_on_each_node_in_whatever_order_they_come() {
    let mut subject = server(1, Some(TAG));
    add_subnet(&mut subject, segment(Some(TAG), 7), None);
    let first = read(&subject, &nodes()).unwrap();
    subject.allocations.reverse();
    assert_eq!(read(&subject, &nodes()).unwrap(), first);
    let placed: Vec<_> =
        first.addresses.iter().map(|one| (one.allocation.address.to_string(), one.node.as_str())).collect();
    let expected = [("10.1.0.11", "node1"), ("10.1.0.12", "node2"), ("10.7.0.11", "node1"), ("10.7.0.12", "node2")];
    assert_eq!(placed, expected.map(|(address, node)| (address.to_owned(), node)));
    assert_eq!((first.tag, first.mtu, first.gateways.len()), (Some(TAG), 1500, 2));
    assert_eq!(first.names, Some(("ipspace_vlan_1042".to_owned(), "domain_vlan_1042".to_owned())));
}

#[test]
fn metadata_of_a_subnet_go_before_what_its_network_says() {
    let mut subject = server(1, Some(TAG));
    set(&mut subject, SET_VLAN, "77");
    set(&mut subject, SET_MTU, "9000");
    let network = read(&subject, &nodes()).unwrap();
    assert_eq!((network.tag, network.mtu), (Some(77), 9000));
    assert_eq!(traces(&subject).0, [77].into());
    for (key, value) in [(SET_VLAN, "4095"), (SET_VLAN, "x"), (SET_MTU, "-1")] {
        let mut bad = server(1, Some(TAG));
        set(&mut bad, key, value);
        assert!(refused(&bad).contains(key));
    }
}

#[test]
fn networks_that_no_server_can_stand_on_are_refused_in_clear_words() {
    let mut two = server(1, Some(TAG));
    add_subnet(&mut two, segment(Some(77), 7), None);
    assert!(refused(&two).contains("77, 1042"));
    let mut half = server(1, Some(TAG));
    add_subnet(&mut half, segment(None, 7), None);
    assert!(refused(&half).contains("none, 1042"));
    let mut vxlan = server(1, Some(TAG));
    vxlan.allocations.iter_mut().for_each(|one| one.segment.network_type = Some("vxlan".to_owned()));
    assert!(refused(&vxlan).contains("vxlan"));
    let mut none = server(1, Some(TAG));
    none.allocations.clear();
    assert!(refused(&none).contains("no addresses"));
    let mut strange = server(1, Some(TAG));
    strange.allocations[0].segment.gateway = Some("here".to_owned());
    assert!(refused(&strange).contains("gateway"));
}

#[test]
fn the_administrative_network_may_be_another_vlan_but_not_none_beside_one() {
    let mut subject = server(1, Some(TAG));
    add_admin(&mut subject, Some(9));
    let network = read(&subject, &nodes()).unwrap();
    let admin = network.addresses.last().unwrap();
    assert_eq!((admin.tag, admin.node.as_str(), network.tag), (Some(9), "node1", Some(TAG)));
    let mut untagged = server(1, Some(TAG));
    add_admin(&mut untagged, None);
    assert!(refused(&untagged).contains("administrative"));
    let mut flat = server(1, None);
    add_admin(&mut flat, None);
    let network = read(&flat, &nodes()).unwrap();
    assert_eq!((network.tag, network.names, network.addresses.len()), (None, None, 3));
}

#[test]
fn what_is_left_is_looked_for_by_what_was_known_whether_or_not_it_fits_together() {
    let mut subject = server(1, None);
    assert_eq!(traces(&subject), ([].into(), [].into()));
    add_subnet(&mut subject, segment(Some(5), 7), Some("a-b"));
    subject.allocations.clear();
    let (tags, ipspaces) = traces(&subject);
    assert_eq!((tags, ipspaces), ([5].into(), ["ipspace_a_b".to_owned()].into()));
}

#[test]
fn whatever_the_metadata_of_a_subnet_can_ask_for_is_done_or_told_to_have_no_effect() {
    for (key, comes_of_it) in askable("subnet") {
        let mut subject = server(1, Some(TAG));
        set(&mut subject, key, "1");
        let warnings: Vec<&str> = without_effect(&subject).into_iter().collect();
        let found = match warnings.as_slice() {
            [] if [SET_VLAN, SET_MTU].contains(&key) => "done",
            [warning] if *warning == key => "warned",
            _ => "unheeded",
        };
        assert_eq!(found, comes_of_it, "{key}: {warnings:?}");
    }
    assert!(without_effect(&server(1, Some(TAG))).is_empty());
}
