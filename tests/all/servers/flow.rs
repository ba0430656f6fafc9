//! A tenant's network, shares in it, bytes, isolation, and back to nothing.

use serde_json::json;

use super::{Tenancy, VLAN};
use crate::support::{block, mount};

fn made(tenancy: &Tenancy, network: &str) -> Vec<String> {
    let shares = vec![tenancy.share(network), tenancy.share(network)];
    for share in &shares {
        tenancy.api().until_status(share, "available");
    }
    shares
}

fn all_of_it(more: &str) {
    let tenancy = Tenancy::open(&[], more);
    let api = tenancy.api();
    let network = tenancy.network("blue");
    let shares = made(&tenancy, &network);
    let servers = tenancy.servers();
    let [server] = &servers[..] else { panic!("two shares at once get one server: {servers:?}") };
    assert_eq!((&server["status"], &server["share_network_id"]), (&json!("active"), &json!(network)));
    let shown = api.get(&format!("/shares/{}", shares[0]))["share"].clone();
    assert_eq!((&shown["share_server_id"], &shown["share_network_id"]), (&server["id"], &json!(network)));
    let subnets = api.get(&format!("/share-networks/{network}/subnets"))["share_network_subnets"].clone();
    assert_eq!(subnets[0]["ip_version"], 4, "{subnets}");

    let exports = api.exports(&shares[0]);
    assert_eq!(exports.len(), 2, "one per node: {exports:?}");
    let lif = |export: &str| export.rsplit_once(':').unwrap().0.to_owned();
    let ports = server["backend_details"]["ports"].as_str().unwrap();
    assert!(exports.iter().all(|export| ports.contains(&lif(export))), "{exports:?} are on {ports}");
    let client = "127.0.0.21";
    assert!(block(mount(&exports[0], client)).is_err(), "nobody may mount before a rule says so");
    let rule = api.allow(&shares[0], client, "rw");
    api.until_rule(&rule, "active");
    block(async {
        let (mut nfs, root) = mount(&exports[1], client).await.unwrap();
        let file = nfs.create(&root, "hello").await.unwrap();
        nfs.write(&file, 0, b"through a LIF of its own").await.unwrap();
        assert_eq!(nfs.read(&file, 0, 100).await.unwrap(), b"through a LIF of its own");
    });

    let other = tenancy.network("red");
    let theirs = made(&tenancy, &other);
    assert_eq!(tenancy.servers().len(), 2);
    let foreign = api.exports(&theirs[0]);
    assert!(foreign.iter().all(|export| !exports.iter().any(|own| lif(own) == lif(export))));
    assert!(block(mount(&foreign[0], client)).is_err(), "a client of one tenant is nobody to another");
    let junction = exports[0].rsplit_once(':').unwrap().1;
    let crossed = format!("{}:{junction}", lif(&foreign[0]));
    assert!(block(mount(&crossed, client)).is_err(), "a junction is not there on a LIF of another tenant");

    for share in shares.iter().chain(&theirs) {
        api.delete(&format!("/shares/{share}"));
        api.until_gone(share);
    }
    tenancy.remove_network(&network);
    tenancy.remove_network(&other);
    tenancy.close();
}

#[test]
fn tenants_have_servers_of_their_own_on_a_flat_network_and_nothing_is_left_of_them() {
    all_of_it("");
}

#[test]
fn tenants_have_servers_of_their_own_in_a_vlan_and_nothing_is_left_of_them() {
    all_of_it(VLAN);
}

#[test]
fn a_server_that_cannot_be_made_leaves_its_share_in_error_with_a_message_and_nothing_else() {
    let tenancy = Tenancy::open(&[], VLAN);
    let api = tenancy.api();
    let network = tenancy.network("blue");
    let refusal = json!({ "refuse": { "status": 400, "code": "13434911", "message": "no such name" } });
    tenancy.stage.sim.strike(json!({ "method": "POST", "path": "/api/svm/svms", "count": null, "fault": refusal }));
    let share = tenancy.share(&network);
    api.until_status(&share, "error");
    let messages = api.get(&format!("/messages?resource_id={share}"))["messages"].clone();
    assert_eq!((&messages[0]["detail_id"], &messages[0]["action_id"]), (&json!("004"), &json!("002")), "{messages}");
    crate::support::until("the server is gone", || tenancy.servers().is_empty().then_some(()));
    assert_eq!(api.get(&format!("/shares/{share}"))["share"]["share_server_id"], json!(null));
    let wish = json!({ "allow_access": { "access_type": "ip", "access_to": "10.1.2.3", "access_level": "ro" } });
    let (status, told) = api.ask("POST", &format!("/shares/{share}/action"), Some(wish));
    assert_eq!(status, 400, "it lives on no back end: {told}");
    assert_eq!(api.get(&format!("/shares/{share}"))["share"]["status"], "error", "and it is still there");
    tenancy.stage.sim.heal();
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    api.delete(&format!("/share-networks/{network}"));
    tenancy.close();
}

#[test]
fn addresses_that_are_in_use_on_the_array_are_passed_over_and_freed_by_an_operator() {
    let tenancy = Tenancy::open(&[], "delete_share_server_with_last_share = False\n");
    let (api, sim) = (tenancy.api(), &tenancy.stage.sim);
    let network = tenancy.network("blue");
    let first = tenancy.share(&network);
    api.until_status(&first, "available");
    let mut left: Vec<String> = ports(&tenancy.servers()[0]);
    let server = tenancy.servers()[0]["id"].as_str().unwrap().to_owned();
    api.delete(&format!("/shares/{first}"));
    api.until_gone(&first);
    super::managed::unmanage(&tenancy, &server);
    // The next address is a stranger's.
    let net = left[0].rsplit_once('.').unwrap().0.to_owned();
    let foreign = (2..).map(|last| format!("{net}.{last}")).find(|one| !left.contains(one)).unwrap();
    sim.by_hand("POST", "/api/network/ip/interfaces", json!({
        "name": "by-hand", "svm": { "name": "svm1" }, "ip": { "address": foreign, "netmask": "24" },
        "location": { "home_node": { "name": "cl1-01" }, "home_port": { "name": "e0c", "node": { "name": "cl1-01" } } },
        "service_policy": { "name": "default-data-files" },
    }));
    let refused = tenancy.share(&network);
    api.until_status(&refused, "error");
    let served = tenancy.share(&network);
    api.until_status(&served, "available");
    left.push(foreign);
    let servers = tenancy.servers();
    let own = servers.iter().find(|one| one["status"] == "active").map(ports).unwrap();
    assert!(own.len() == 2 && own.iter().all(|address| !left.contains(address)), "{own:?} {left:?}");
    let (folder, _sim) = tenancy.stage.stop_daemon();
    let free = |address: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_manilad"));
        command.args(["--config-file", "manila.conf", "store", "free-address", address]);
        command.current_dir(folder.path()).output().unwrap()
    };
    for address in &left {
        assert!(free(address).status.success(), "{address}");
        let told = String::from_utf8(free(address).stderr).unwrap();
        assert!(told.contains("is not withheld"), "{told}");
    }
}

/// The addresses of a server.
fn ports(server: &serde_json::Value) -> Vec<String> {
    let ports: std::collections::BTreeMap<String, String> =
        serde_json::from_str(server["backend_details"]["ports"].as_str().unwrap()).unwrap();
    ports.into_values().collect()
}

#[test]
fn a_server_that_wants_another_mtu_than_the_servers_of_its_vlan_have_is_not_made() {
    let tenancy = Tenancy::open(&[], VLAN);
    let api = tenancy.api();
    let (victim, other) = (tenancy.network("blue"), tenancy.network("red"));
    made(&tenancy, &victim);
    let ports = || tenancy.stage.sim.by_hand("GET", "/api/network/ethernet/ports?type=vlan&fields=mtu", json!(null));
    let before = ports();
    let subnets = format!("/share-networks/{other}/subnets");
    let subnet = api.get(&subnets)["share_network_subnets"][0]["id"].as_str().unwrap().to_owned();
    api.post(&format!("{subnets}/{subnet}/metadata"), json!({ "metadata": { "set_mtu": "1280" } }));
    let share = tenancy.share(&other);
    api.until_status(&share, "error");
    let messages = api.get(&format!("/messages?resource_id={share}"))["messages"].clone();
    assert_eq!(messages[0]["detail_id"], "004", "{messages}");
    assert_eq!(ports(), before);
    assert!(before["num_records"].as_u64().unwrap() > 0, "{before}");
}

#[test]
fn a_server_that_never_stood_takes_no_shares_by_being_called_active() {
    let tenancy = Tenancy::open(&[], VLAN);
    let (api, sim) = (tenancy.api(), &tenancy.stage.sim);
    let network = tenancy.network("blue");
    let busy = json!({ "refuse": { "status": 503, "code": "7", "message": "busy" } });
    sim.strike(json!({ "method": "POST", "path": "/api/svm/svms", "count": null, "fault": busy }));
    let first = tenancy.share(&network);
    sim.until_struck();
    let server = tenancy.servers()[0]["id"].as_str().unwrap().to_owned();
    api.post(&format!("/share-servers/{server}/action"), json!({ "reset_status": { "status": "active" } }));
    api.until_status(&first, "error");
    sim.heal();
    let second = tenancy.share(&network);
    api.until_status(&second, "available");
    assert_ne!(api.get(&format!("/shares/{second}"))["share"]["share_server_id"], json!(server));
    // One that is called deleting, and that nobody removes, can be sent away.
    let action = format!("/share-servers/{server}/action");
    api.post(&action, json!({ "reset_status": { "status": "deleting" } }));
    api.delete(&format!("/share-servers/{server}"));
    for share in [&first, &second] {
        api.delete(&format!("/shares/{share}"));
        api.until_gone(share);
    }
    tenancy.remove_network(&network);
    tenancy.close();
}

#[test]
fn a_volume_whose_answer_was_lost_goes_with_its_share_and_then_its_failed_server_can_go() {
    let tenancy = Tenancy::open(&[], VLAN);
    let (api, sim) = (tenancy.api(), &tenancy.stage.sim);
    let network = tenancy.network("blue");
    let first = made(&tenancy, &network);
    sim.strike(json!({ "method": "POST", "path": "/api/storage/volumes", "count": null, "fault": "reply_lost" }));
    let share = tenancy.share(&network);
    sim.until_struck();
    let server = tenancy.servers()[0]["id"].as_str().unwrap().to_owned();
    api.post(&format!("/share-servers/{server}/action"), json!({ "reset_status": { "status": "error" } }));
    api.until_status(&share, "error");
    assert_eq!(sim.volumes().len(), 3, "the volume was made");
    sim.heal();
    for share in first.iter().chain([&share]) {
        api.delete(&format!("/shares/{share}"));
        api.until_gone(share);
    }
    assert_eq!(sim.volumes().len(), 0);
    tenancy.remove_network(&network);
    tenancy.close();
}

#[test]
fn a_server_goes_with_its_last_share_where_that_is_asked_for() {
    let tenancy = Tenancy::open(&[], "[DEFAULT]\ndelete_share_server_with_last_share = True\n");
    let api = tenancy.api();
    let network = tenancy.network("blue");
    let shares = made(&tenancy, &network);
    for share in &shares {
        assert_eq!(tenancy.servers().len(), 1);
        api.delete(&format!("/shares/{share}"));
        api.until_gone(share);
    }
    crate::support::until("the server is gone", || tenancy.servers().is_empty().then_some(()));
    tenancy.close();
}

#[test]
fn a_full_server_gets_a_neighbour() {
    let tenancy = Tenancy::open(&[], "max_shares_per_share_server = 1\n");
    let api = tenancy.api();
    let network = tenancy.network("blue");
    let shares = made(&tenancy, &network);
    assert_eq!(tenancy.servers().len(), 2);
    for share in &shares {
        api.delete(&format!("/shares/{share}"));
        api.until_gone(share);
    }
    tenancy.remove_network(&network);
    tenancy.close();
}
