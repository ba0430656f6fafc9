//! Directories of a server that serves: one is added, then another takes its place, and its shares are served all the
//! while.

use serde_json::{Value, json};

use super::{Tenancy, VLAN};
use crate::support::{Api, until};

fn ldap(api: &Api, name: &str, server: &str) -> String {
    let wish = json!({ "security_service": {
        "type": "ldap", "name": name, "dns_ip": "192.0.2.53", "server": server,
        "user": "Administrator", "password": "password", "ou": "dc=example,dc=com",
    } });
    api.post("/security-services", wish)["security_service"]["id"].as_str().unwrap().to_owned()
}

/// Asks whether a change could be made, and makes it.
fn change(tenancy: &Tenancy, network: &str, action: &str, wish: &Value) {
    let api = tenancy.api();
    let path = format!("/share-networks/{network}/action");
    assert_eq!(api.ask("POST", &path, Some(json!({ action: wish }))).0, 400, "nobody has asked beforehand");
    let checked = api.post(&path, json!({ format!("{action}_check"): wish }));
    assert_eq!(
        (&checked["compatible"], &checked["hosts_check_result"]),
        (&json!(true), &json!({ "node1@alpha": true }))
    );
    api.post(&path, json!({ action: wish }));
    until("the network is active again", || {
        (api.get(&format!("/share-networks/{network}"))["share_network"]["status"] == "active").then_some(())
    });
    let servers = tenancy.servers();
    assert!(servers.len() == 1 && servers[0]["status"] == "active", "{servers:?}");
}

fn ldap_servers(tenancy: &Tenancy, svm: &str) -> Value {
    let found =
        tenancy.stage.sim.by_hand("GET", &format!("/api/name-services/ldap?svm.name={svm}&fields=*"), Value::Null);
    found["records"][0]["servers"].clone()
}

#[test]
fn a_server_takes_over_directories_while_it_serves() {
    let tenancy = Tenancy::open(&[], VLAN);
    let (api, network) = (tenancy.api(), tenancy.network("blue"));
    let share = tenancy.share(&network);
    api.until_status(&share, "available");
    let exports = api.exports(&share);
    let svm = tenancy.servers()[0]["backend_details"]["vserver_name"].as_str().unwrap().to_owned();
    let (first, second) = (ldap(&api, "first", "192.0.2.10"), ldap(&api, "second", "192.0.2.11"));
    change(&tenancy, &network, "add_security_service", &json!({ "security_service_id": first }));
    assert_eq!(ldap_servers(&tenancy, &svm), json!(["192.0.2.10"]));
    let swap = json!({ "current_service_id": first, "new_service_id": second });
    change(&tenancy, &network, "update_security_service", &swap);
    assert_eq!(ldap_servers(&tenancy, &svm), json!(["192.0.2.11"]));
    assert_eq!(api.exports(&share), exports);
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    tenancy.remove_network(&network);
    tenancy.close();
}
