//! IPspaces, broadcast domains, ports, LIFs and routes: what may be made of what, and what stands in the way of what.

use serde_json::{Value, json};

use super::{Lab, names};
use crate::{ArrayLimits, Config};

const IPSPACES: &str = "/api/network/ipspaces";
const DOMAINS: &str = "/api/network/ethernet/broadcast-domains";
const PORTS: &str = "/api/network/ethernet/ports";
const LIFS: &str = "/api/network/ip/interfaces";
const ROUTES: &str = "/api/network/ip/routes";
const SVMS: &str = "/api/svm/svms";

fn vlan(node: &str, tag: u64, more: Value) -> Value {
    let mut body = json!({"type": "vlan", "node.name": node, "vlan.base_port.name": "e0c", "vlan.tag": tag});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

pub(super) fn lif(name: &str, svm: &str, address: &str, port: &str) -> Value {
    json!({
        "name": name, "svm.name": svm, "ip.address": address, "ip.netmask": "24", "enabled": true,
        "service_policy.name": "default-data-files",
        "location.home_node.name": "cl1-01", "location.home_port.name": port,
    })
}

impl Lab {
    /// An IPspace with a broadcast domain, VLAN 100 on both nodes and an SVM of the same name.
    pub(super) async fn tenant(&self, name: &str, tag: u64) -> String {
        let ipspace = format!("ipspace_{name}");
        self.done("POST", IPSPACES, json!({"name": ipspace})).await;
        self.done("POST", DOMAINS, json!({"name": format!("domain_{name}"), "ipspace.name": ipspace, "mtu": 1500}))
            .await;
        let domain = json!({"broadcast_domain": {"name": format!("domain_{name}"), "ipspace": {"name": ipspace}}});
        for node in ["cl1-01", "cl1-02"] {
            self.done("POST", PORTS, vlan(node, tag, domain.clone())).await;
        }
        let body =
            json!({"name": name, "ipspace.name": ipspace, "aggregates": [{"name": "aggr1"}], "nfs.enabled": true});
        self.done("POST", SVMS, body).await["records"][0]["uuid"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_cluster_starts_with_ports_on_which_the_configured_lifs_sit() {
    let lab = Lab::new();
    assert_eq!(names(&lab.get(IPSPACES).await), ["Cluster", "Default"]);
    let query = "node.name=cl1-01&state=up&type=physical&broadcast_domain.name=Default&fields=node.name,speed,name";
    let ports = lab.get(&format!("{PORTS}?{query}")).await;
    assert_eq!(names(&ports), ["e0M", "e0c", "e0d"]);
    assert_eq!(ports["records"][1]["speed"], 25_000);
    let query = "service_policy.name=!default-management&services=data_*&fields=location.port.name";
    let lifs = lab.get(&format!("{LIFS}?{query}")).await;
    assert_eq!(lifs["num_records"], 2);
    assert_eq!(lifs["records"][0]["location"]["port"]["name"], "e0c");
    assert!(lab.cluster.strays().is_empty());
}

#[tokio::test]
async fn a_tenant_is_made_of_ipspace_domain_vlans_and_svm_and_taken_down_in_reverse() {
    let lab = Lab::new();
    let svm = lab.tenant("blue", 100).await;
    let ports = lab.get(&format!("{PORTS}?broadcast_domain.ipspace.name=ipspace_blue&fields=vlan,mtu")).await;
    assert_eq!(names(&ports), ["e0c-100", "e0c-100"]);
    assert_eq!(ports["records"][0]["mtu"], 1500);
    lab.done("POST", LIFS, lif("lif1", "blue", "127.10.0.1", "e0c-100")).await;
    let route =
        json!({"svm.name": "blue", "gateway": "127.10.0.254", "destination": {"address": "0.0.0.0", "netmask": 0}});
    lab.done("POST", ROUTES, route).await;
    assert!(lab.cluster.strays().is_empty());

    let ipspace = format!("{IPSPACES}?name=ipspace_blue");
    let domain = format!("{DOMAINS}?name=domain_blue&ipspace.name=ipspace_blue");
    let vlans = format!("{PORTS}?broadcast_domain.ipspace.name=ipspace_blue");
    assert_eq!(lab.refused("DELETE", &ipspace, Value::Null).await, "1966333");
    assert_eq!(lab.refused("DELETE", &domain, Value::Null).await, "1967103");
    assert_eq!(lab.refused("DELETE", &vlans, Value::Null).await, "1376858");
    lab.done("PATCH", &format!("{LIFS}?svm.name=blue&name=*"), json!({"enabled": false})).await;
    assert_eq!(lab.refused("DELETE", &vlans, Value::Null).await, "1966189");
    lab.done("DELETE", &format!("{SVMS}/{svm}"), Value::Null).await;
    assert_eq!(lab.refused("DELETE", &ipspace, Value::Null).await, "1969180");
    lab.done("DELETE", &vlans, Value::Null).await;
    lab.done("DELETE", &domain, Value::Null).await;
    lab.done("DELETE", &ipspace, Value::Null).await;
    for (collection, left) in [(IPSPACES, 2), (DOMAINS, 2), (PORTS, 10), (LIFS, 2), (ROUTES, 0), (SVMS, 1)] {
        assert_eq!(lab.get(collection).await["num_records"], left, "{collection}");
    }
    assert!(lab.cluster.strays().is_empty());
}

#[tokio::test]
async fn what_a_network_can_not_have_is_told_by_its_code() {
    let lab = Lab::new();
    lab.tenant("blue", 100).await;
    lab.done("POST", LIFS, lif("lif1", "blue", "127.10.0.1", "e0c-100")).await;
    lab.done("POST", ROUTES, json!({"svm.name": "blue", "gateway": "127.10.0.254"})).await;
    lab.done("POST", IPSPACES, json!({"name": "other"})).await;
    let in_default = json!({"broadcast_domain": {"name": "Default", "ipspace.name": "Default"}});
    let lif2 = |field: &str, value: Value| {
        let mut body = lif("lif2", "blue", "127.10.0.2", "e0c-100");
        body[field] = value;
        body
    };
    let move_port = format!("{PORTS}?name=e0c-100&node.name=cl1-01");
    let blue = json!({"broadcast_domain.name": "domain_blue", "broadcast_domain.ipspace.name": "ipspace_blue"});
    for (method, target, body, code) in [
        ("POST", IPSPACES, json!({"name": "other"}), "1377261"),
        ("POST", IPSPACES, json!({"name": "svm1"}), "9240591"),
        ("POST", IPSPACES, json!({"name": "x".repeat(48)}), "9240588"),
        ("POST", DOMAINS, json!({"name": "domain_blue", "ipspace.name": "ipspace_blue", "mtu": 1500}), "1"),
        ("POST", DOMAINS, json!({"name": "d", "ipspace.name": "ipspace_blue", "mtu": 9001}), "1966460"),
        ("POST", DOMAINS, json!({"name": "d", "ipspace.name": "ghost", "mtu": 1500}), "1377267"),
        ("POST", PORTS, vlan("cl1-01", 100, json!({})), "1"),
        ("POST", PORTS, vlan("cl1-01", 4095, json!({})), "1966466"),
        ("POST", PORTS, vlan("cl1-01", 7, json!({"vlan.base_port.name": "e9z"})), "1967091"),
        ("POST", PORTS, vlan("cl1-09", 7, json!({})), "4"),
        ("PATCH", &move_port, blue, "1967149"),
        ("PATCH", &move_port, in_default, "1377608"),
        ("DELETE", "/api/network/ethernet/ports?name=e0d", Value::Null, "1967105"),
        ("POST", LIFS, lif("lif2", "blue", "127.10.0.1", "e0c-100"), "1376963"),
        ("POST", LIFS, lif("lif1", "blue", "127.10.0.2", "e0c-100"), "1966140"),
        ("POST", LIFS, lif("lif2", "blue", "127.10.0.2", "e0c"), "1966373"),
        ("POST", LIFS, lif("lif2", "blue", "127.10.0.2", "e9z"), "1376976"),
        ("POST", LIFS, lif2("ip.netmask", json!("33")), "1966269"),
        ("POST", LIFS, lif2("service_policy.name", json!("ghost")), "4"),
        ("POST", LIFS, lif2("ip.address", json!("house")), "262197"),
        ("POST", ROUTES, json!({"svm.name": "blue", "gateway": "127.10.0.254"}), "1966345"),
        (
            "POST",
            ROUTES,
            json!({"svm.name": "blue", "gateway": "fd00::1", "destination.address": "0.0.0.0"}),
            "1966265",
        ),
    ] {
        assert_eq!(lab.refused(method, target, body.clone()).await, code, "{method} {target} {body}");
    }
    assert!(lab.cluster.strays().is_empty());
}

#[tokio::test]
async fn a_vlan_carries_no_more_than_its_base_port() {
    let lab = Lab::new();
    lab.tenant("blue", 100).await;
    lab.done("PATCH", &format!("{DOMAINS}?name=domain_blue"), json!({"ipspace.name": "ipspace_blue", "mtu": 9000}))
        .await;
    lab.done("PATCH", &format!("{DOMAINS}?name=domain_blue"), json!({"mtu": 1500})).await;
    lab.done("PATCH", &format!("{DOMAINS}?name=Default"), json!({"mtu": 1500})).await;
    let wide = lab.refused("PATCH", &format!("{DOMAINS}?name=domain_blue"), json!({"mtu": 1501})).await;
    assert_eq!(wide, "1376484");
    lab.done("POST", DOMAINS, json!({"name": "wide", "ipspace.name": "ipspace_blue", "mtu": 9000})).await;
    let join = json!({"broadcast_domain.name": "wide", "broadcast_domain.ipspace.name": "ipspace_blue"});
    assert_eq!(lab.refused("PATCH", &format!("{PORTS}?name=e0c-100&node.name=cl1-01"), join).await, "1376484");
}

#[tokio::test]
async fn an_address_belongs_to_its_ipspace() {
    let lab = Lab::new();
    lab.tenant("blue", 100).await;
    lab.tenant("red", 200).await;
    lab.done("POST", LIFS, lif("lif1", "blue", "127.10.0.1", "e0c-100")).await;
    lab.done("POST", LIFS, lif("lif1", "red", "127.10.0.1", "e0c-200")).await;
    assert_eq!(lab.get(&format!("{LIFS}?ip.address=127.10.0.1")).await["num_records"], 2);
    let first = lab.get(&format!("{LIFS}?svm.name=blue&fields=*")).await["records"][0].clone();
    assert_eq!(first["ip"], json!({"address": "127.10.0.1", "netmask": "24", "family": "ipv4"}));
    assert_eq!(first["ipspace"]["name"], "ipspace_blue");
    assert_eq!((&first["state"], &first["enabled"]), (&json!("up"), &json!(true)));
    let at = format!("{LIFS}/{}", first["uuid"].as_str().unwrap());
    lab.done("PATCH", &at, json!({"ip.address": "127.10.0.9", "ip.netmask": "255.255.0.0", "enabled": false})).await;
    let changed = lab.get(&at).await;
    assert_eq!((&changed["ip"]["netmask"], &changed["state"]), (&json!("16"), &json!("down")));
}

#[tokio::test]
async fn many_lifs_come_in_one_request_or_none_of_them() {
    let lab = Lab::new();
    lab.tenant("blue", 100).await;
    let body = json!({"records": [
        lif("lif1", "blue", "127.10.0.1", "e0c-100"), lif("lif2", "blue", "127.10.0.2", "e0c-100")]});
    let reply = lab.done("POST", LIFS, body).await;
    assert_eq!(reply["num_records"], 2);
    let body = json!({"records": [
        lif("lif3", "blue", "127.10.0.3", "e0c-100"), lif("lif4", "blue", "127.10.0.2", "e0c-100")]});
    assert_eq!(lab.refused("POST", LIFS, body).await, "262287");
    assert_eq!(names(&lab.get(&format!("{LIFS}?svm.name=blue")).await), ["lif1", "lif2"]);
}

#[tokio::test]
async fn a_lif_finds_its_port_by_broadcast_domain_and_node() {
    let lab = Lab::new();
    lab.tenant("blue", 100).await;
    let body = json!({"name": "lif1", "svm.name": "blue", "ip": {"address": "127.10.0.1", "netmask": "24"},
        "location": {"home_node.name": "cl1-02", "broadcast_domain": {"name": "domain_blue", "ipspace.name": "ipspace_blue"}}});
    let refused = lab.refused("POST", LIFS, body).await;
    assert_eq!(refused, "262179", "a domain in an interface is named without its IPspace");
    let body = json!({"name": "lif1", "svm.name": "blue", "ip": {"address": "127.10.0.1", "netmask": "24"},
        "location": {"home_node.name": "cl1-02", "broadcast_domain": {"name": "domain_blue"}}});
    let made = lab.done("POST", LIFS, body).await["records"][0].clone();
    assert_eq!(made["location"]["home_port"]["name"], "e0c-100");
    assert_eq!(made["location"]["home_node"]["name"], "cl1-02");
}

#[tokio::test]
async fn a_service_policy_takes_only_services_that_there_are() {
    let lab = Lab::new();
    let policies = "/api/network/ip/service-policies";
    let found =
        lab.get(&format!("{policies}?name=default-data-files&svm.name=svm1&fields=uuid,name,services,svm.name")).await;
    let at = format!("{policies}/{}", found["records"][0]["uuid"].as_str().unwrap());
    lab.done("PATCH", &at, json!({"services": ["data_core", "data_nfs", "data_cifs"]})).await;
    assert_eq!(lab.get(&format!("{LIFS}?services=data_fpolicy_client")).await["num_records"], 0);
    assert_eq!(lab.refused("PATCH", &at, json!({"services": ["data_beer"]})).await, "53281932");
}

#[tokio::test]
async fn a_node_has_only_so_many_lifs() {
    let limits = ArrayLimits { lifs_per_node: 2, ..ArrayLimits::default() };
    let lab = Lab::with(Config { limits, ..Config::default() });
    lab.tenant("blue", 100).await;
    lab.done("POST", LIFS, lif("lif1", "blue", "127.10.0.1", "e0c-100")).await;
    assert_eq!(lab.refused("POST", LIFS, lif("lif2", "blue", "127.10.0.2", "e0c-100")).await, "1376976");
    let target = "/api/private/cli/network/interface/capacity/details?fields=limit-for-node,count-for-node,node";
    let found = lab.get(target).await;
    assert_eq!(found["records"][0], json!({"node": "cl1-01", "limit-for-node": 2, "count-for-node": 2}));
}
