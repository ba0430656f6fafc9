//! Addresses that a server has on the array before it is managed.

use std::net::IpAddr;

use manilad_domain::address::Standing;
use serde_json::json;

use super::played::{NET, SUBNET, Stage, stage};
use super::samples::{allocation, four, server, wish};
use crate::neutron::Source;
use crate::{Error, Kind};

/// The VLAN of a network, and what stands there.
type Found = (Option<u32>, Vec<Standing>);

/// What is recognised of these addresses.
fn standing(stage: &Stage, addresses: &[&str]) -> Result<Option<Found>, Error> {
    let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
    let offer = stage.done(|plugin| plugin.recognise(wish(1), addresses))?;
    Ok(offer.map(|offer| match offer.source {
        Source::Standing(standing) => (offer.segment.segmentation_id, standing),
        other => panic!("expected standing ones: {other:?}"),
    }))
}

/// A port as another program left it.
fn port(number: u128, owner: &str, addresses: &[&str]) -> serde_json::Value {
    let fixed = addresses.iter().map(|address| json!({ "subnet_id": SUBNET, "ip_address": address }));
    json!({
        "id": uuid::Uuid::from_u128(number).to_string(), "name": "", "network_id": NET, "device_owner": owner,
        "device_id": "of an earlier time", "fixed_ips": fixed.collect::<Vec<_>>(), "status": "DOWN",
    })
}

#[test]
fn addresses_with_ports_are_taken_over_as_they_are_and_the_ports_go_with_them() {
    let stage = stage(four());
    let ports = [port(7, "manila:share", &["192.0.2.7"]), port(8, "", &["192.0.2.8"]), port(9, "", &["192.0.2.9"])];
    stage.neutron.state().ports = ports.to_vec();
    let found = standing(&stage, &["192.0.2.7", "198.51.100.1", "192.0.2.8"]).unwrap();
    let of = |number: u128, address: &str| Standing {
        address: address.parse().unwrap(),
        id: Some(uuid::Uuid::from_u128(number).into()),
    };
    assert_eq!(found, Some((Some(150), vec![of(7, "192.0.2.7"), of(8, "192.0.2.8")])));
    assert_eq!(stage.neutron.state().ports, ports, "nothing is changed");
    let allocations = [(7, "192.0.2.7"), (8, "192.0.2.8")]
        .map(|(number, address)| allocation(uuid::Uuid::from_u128(number).into(), address.parse::<IpAddr>().unwrap()));
    stage.done(|plugin| plugin.release(server(), allocations.to_vec(), false)).unwrap();
    assert_eq!(stage.neutron.state().ports, ports[2..]);
}

#[test]
fn addresses_of_other_networks_are_none_of_neutrons() {
    assert_eq!(standing(&stage(four()), &["198.51.100.1"]).unwrap(), None);
}

#[test]
fn an_address_without_a_port_or_with_the_port_of_something_else_is_refused_by_name() {
    let stage = stage(four());
    let refusal = |ports: &[serde_json::Value]| {
        stage.neutron.state().ports = ports.to_vec();
        let error = standing(&stage, &["192.0.2.7"]).unwrap_err();
        assert_eq!(error.kind, Kind::Refused, "{error}");
        error.reason
    };
    let none = refusal(&[port(8, "", &["192.0.2.8"])]);
    assert!(none.contains("no port with address 192.0.2.7") && none.contains(SUBNET), "{none}");
    let instance = refusal(&[port(7, "compute:nova", &["192.0.2.7"])]);
    assert!(
        instance.contains("compute:nova") && instance.contains(&uuid::Uuid::from_u128(7).to_string()),
        "{instance}"
    );
    let shared = refusal(&[port(7, "", &["192.0.2.7", "192.0.2.8"])]);
    assert!(shared.contains("other addresses"), "{shared}");
    stage.neutron.state().networks.insert(NET.into(), json!({ "provider:network_type": "vxlan" }));
    assert!(refusal(&[port(7, "", &["192.0.2.7"])]).contains("vxlan"));
}

#[test]
fn a_neutron_that_is_away_is_no_refusal_of_an_address() {
    let stage = stage(four());
    stage.neutron.state().is_away = true;
    assert_eq!(standing(&stage, &["192.0.2.7"]).unwrap_err().kind, Kind::Unknown);
}
