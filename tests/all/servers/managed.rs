//! A share server that is let go of stays on the array, and becomes one again, with what is on it.

use serde_json::{Value, json};

use super::{Tenancy, VLAN};
use crate::support::{block, mount, until};

const CLIENT: &str = "127.0.0.21";

/// Has a server let go of, and waits until it is.
pub fn unmanage(tenancy: &Tenancy, server: &str) {
    tenancy.api().post(&format!("/share-servers/{server}/action"), json!({ "unmanage": null }));
    until("the server is let go of", || tenancy.servers().is_empty().then_some(()));
}

/// Asks for an SVM to be managed in a network; answers the id of the server.
pub fn manage(tenancy: &Tenancy, network: &str, identifier: &str) -> String {
    let host = until("the back end is up", || {
        let pools = tenancy.api().get("/scheduler-stats/pools");
        Some(pools["pools"].get(0)?["name"].as_str()?.split('#').next()?.to_owned())
    });
    let wish = json!({ "host": host, "share_network_id": network, "identifier": identifier });
    let made = tenancy.api().post("/share-servers/manage", json!({ "share_server": wish }))["share_server"].clone();
    assert_eq!((&made["status"], &made["is_auto_deletable"]), (&json!("manage_starting"), &json!(false)));
    made["id"].as_str().unwrap().to_owned()
}

/// Waits until the only server has this status.
pub fn until_server(tenancy: &Tenancy, status: &str) -> Value {
    until(&format!("the server is {status}"), || {
        tenancy.servers().into_iter().find(|server| server["status"] == status)
    })
}

fn all_of_it(more: &str) {
    let tenancy = Tenancy::open(&[], more);
    let (api, network) = (tenancy.api(), tenancy.network("blue"));
    let first = tenancy.share(&network);
    api.until_status(&first, "available");
    let rule = api.allow(&first, CLIENT, "rw");
    api.until_rule(&rule, "active");
    let path = api.exports(&first).remove(0);
    block(async {
        let (mut nfs, root) = mount(&path, CLIENT).await.unwrap();
        nfs.create(&root, "kept").await.unwrap();
    });
    let before = tenancy.servers().remove(0);
    let name = before["backend_details"]["vserver_name"].as_str().unwrap().to_owned();
    api.post(&format!("/shares/{first}/action"), json!({ "unmanage": null }));
    api.until_gone(&first);
    unmanage(&tenancy, before["id"].as_str().unwrap());
    let svm = tenancy.stage.sim.record("svm/svms", "name", &name);
    assert!(!svm["comment"].as_str().unwrap_or_default().contains("share_server_id"), "{svm}");
    block(async { assert!(mount(&path, CLIENT).await.is_ok(), "clients notice nothing") });

    let server = manage(&tenancy, &network, &name);
    let shown = until_server(&tenancy, "active");
    assert_eq!((&shown["id"], &shown["identifier"]), (&json!(server), &json!(server)));
    assert_eq!(shown["backend_details"]["vserver_name"], format!("os_{server}"));
    let ports = |server: &Value| {
        let ports = server["backend_details"]["ports"].as_str().unwrap();
        let ports: std::collections::BTreeMap<String, String> = serde_json::from_str(ports).unwrap();
        let mut addresses: Vec<String> = ports.into_values().collect();
        addresses.sort();
        addresses
    };
    assert_eq!(ports(&shown), ports(&before));
    let made = tenancy.share(&network);
    api.until_status(&made, "available");
    assert_eq!(api.get(&format!("/shares/{made}"))["share"]["share_server_id"], json!(server));
    let pool = api.get(&format!("/shares/{made}"))["share"]["host"].as_str().unwrap().to_owned();
    let pools = api.get("/scheduler-stats/pools")["pools"].as_array().unwrap().clone();
    let found = pools.iter().map(|one| one["name"].as_str().unwrap().to_owned()).chain([pool]).find_map(|pool| {
        let wish = json!({ "share": {
            "service_host": pool, "protocol": "nfs", "export_path": path, "share_type": tenancy.share_type,
            "share_server_id": server,
        } });
        let share = api.post("/shares/manage", wish)["share"]["id"].as_str().unwrap().to_owned();
        let status = until("it is settled", || {
            let status = api.get(&format!("/shares/{share}"))["share"]["status"].as_str().unwrap().to_owned();
            (status != "manage_starting").then_some(status)
        });
        if status == "available" {
            return Some(share);
        }
        api.post(&format!("/shares/{share}/action"), json!({ "unmanage": null }));
        api.until_gone(&share);
        None
    });
    let again = found.expect("it is in one of the pools");
    let rule = api.allow(&again, CLIENT, "ro");
    api.until_rule(&rule, "active");
    let path = api.exports(&again).remove(0);
    block(async {
        let (mut nfs, root) = mount(&path, CLIENT).await.unwrap();
        nfs.lookup(&root, "kept").await.unwrap();
    });
    for share in [&made, &again] {
        api.delete(&format!("/shares/{share}"));
        api.until_gone(share);
    }
    let (status, told) = api.ask("DELETE", &format!("/share-networks/{network}"), None);
    assert_eq!(status, 409, "a server that was managed goes when it is sent away: {told}");
    api.delete(&format!("/share-servers/{server}"));
    until("the server is gone", || tenancy.servers().is_empty().then_some(()));
    tenancy.remove_network(&network);
    tenancy.close();
}

#[test]
fn a_server_that_was_let_go_of_on_a_vlan_is_managed_again_with_the_shares_on_it() {
    all_of_it(VLAN);
}

#[test]
fn a_server_that_was_let_go_of_without_a_vlan_is_managed_again_with_the_shares_on_it() {
    all_of_it("");
}

#[test]
fn what_can_not_be_managed_stays_as_it_is_and_is_forgotten_by_unmanaging() {
    let tenancy = Tenancy::open(&[], VLAN);
    let network = tenancy.network("blue");
    for identifier in ["nobody", "svm1"] {
        let server = manage(&tenancy, &network, identifier);
        until_server(&tenancy, "manage_error");
        let (status, told) = tenancy.api().ask("DELETE", &format!("/share-servers/{server}"), None);
        assert_eq!(status, 403, "{told}");
        unmanage(&tenancy, &server);
    }
    tenancy.remove_network(&network);
    tenancy.close();
}
