//! Ports that are bound to a host, and segments that only then come into being.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::played::{NET, Stage, stage};
use super::samples::{four, wish};
use crate::{Binding, Kind, Link, NeutronOptions};

fn bound(vnic_type: &str, physical: Option<&str>) -> NeutronOptions {
    let switch_info = BTreeMap::from([("name".to_owned(), "tor1".to_owned())]);
    let link = Link { switch_id: Some("52:54:00:00:00:01".into()), port_id: Some("e1/1".into()), switch_info };
    let binding = Binding { host: "array1".into(), vnic_type: vnic_type.into(), links: vec![link] };
    NeutronOptions { physical_network: physical.map(str::to_owned), binding: Some(binding), ..four() }
}

fn piece(kind: &str, physical: Option<&str>, number: u32) -> Value {
    json!({
        "provider:network_type": kind, "provider:physical_network": physical, "provider:segmentation_id": number,
    })
}

#[test]
fn a_bound_port_names_its_host_its_kind_and_the_switch_port() {
    let stage = stage(bound("baremetal", None));
    stage.done(|plugin| plugin.allocate(wish(1))).unwrap();
    let port = stage.neutron.state().created[0].clone();
    assert_eq!((&port["binding:host_id"], &port["binding:vnic_type"]), (&json!("array1"), &json!("baremetal")));
    let link = json!({ "switch_id": "52:54:00:00:00:01", "port_id": "e1/1", "switch_info": { "name": "tor1" } });
    assert_eq!(port["binding:profile"], json!({ "local_link_information": [link] }));
}

#[test]
fn a_vxlan_is_served_through_the_vlan_that_comes_with_binding() {
    let stage = stage(bound("baremetal", Some("phys")));
    let vxlan = piece("vxlan", None, 1000);
    let both = json!({ "segments": [vxlan.clone(), piece("vlan", Some("phys"), 160)] });
    let mut state = stage.neutron.state();
    state.networks.insert(NET.into(), vxlan.clone());
    state.comes_with_binding = [vxlan.clone(), vxlan.clone(), both].into();
    drop(state);
    let offer = stage.done(|plugin| plugin.allocate(wish(1))).unwrap();
    assert_eq!((offer.segment.network_type.as_deref(), offer.segment.segmentation_id), (Some("vlan"), Some(160)));
    // One that never comes is refused in the end.
    stage.neutron.state().networks.insert(NET.into(), vxlan);
    let error = stage.done(|plugin| plugin.allocate(wish(1))).unwrap_err();
    assert!(error.kind == Kind::Refused && error.reason.contains("vxlan"), "{error}");
}

#[test]
fn a_segment_on_the_array_s_physical_network_needs_no_wait() {
    let segments = json!({ "segments": [piece("vxlan", None, 1000), piece("vlan", Some("phys"), 160)] });
    for options in [NeutronOptions { binding: None, ..bound("normal", Some("phys")) }, bound("baremetal", Some("phys"))]
    {
        let stage = stage(options);
        stage.neutron.state().networks.insert(NET.into(), segments.clone());
        let offer = stage.done(|plugin| plugin.allocate(wish(1))).unwrap();
        assert_eq!(offer.segment.segmentation_id, Some(160));
    }
}

#[test]
fn only_a_port_of_type_normal_must_find_somebody_to_bind_it() {
    let failing = |vnic_type: &str| -> Stage {
        let stage = stage(bound(vnic_type, None));
        stage.neutron.state().vif_type = "binding_failed";
        stage
    };
    failing("baremetal").done(|plugin| plugin.allocate(wish(1))).unwrap();
    let stage = failing("normal");
    let error = stage.done(|plugin| plugin.allocate(wish(1))).unwrap_err();
    assert!(error.kind == Kind::Refused && error.reason.contains("can't be bound to host array1"), "{error}");
    // Once it can, the failed one is replaced.
    stage.neutron.state().vif_type = "ovs";
    stage.done(|plugin| plugin.allocate(wish(1))).unwrap();
    assert_eq!(stage.neutron.state().ports.len(), 1);
}
