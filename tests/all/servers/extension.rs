//! A server that serves is given a second subnet: its shares can then be mounted at addresses in both.

use serde_json::json;

use super::{Tenancy, VLAN};
use crate::support::{block, mount, until};

#[test]
fn a_server_stands_in_a_new_subnet_and_its_shares_are_served_there_too() {
    let tenancy = Tenancy::open(&[], VLAN);
    let (api, network) = (tenancy.api(), tenancy.network("blue"));
    let share = tenancy.share(&network);
    api.until_status(&share, "available");
    let before = api.exports(&share);
    let action = format!("/share-networks/{network}/action");
    let subnets = format!("/share-networks/{network}/subnets");
    let wish = json!({ "share-network-subnet": {} });
    assert_eq!(api.ask("POST", &subnets, Some(wish.clone())).0, 400, "nobody has asked beforehand");
    let checked = api.post(&action, json!({ "share_network_subnet_create_check": {} }));
    assert_eq!(checked, json!({ "compatible": true, "hosts_check_result": { "node1@alpha": true } }));
    let new = api.post(&subnets, wish)["share_network_subnet"]["id"].as_str().unwrap().to_owned();
    until("the network is active again", || {
        (api.get(&format!("/share-networks/{network}"))["share_network"]["status"] == "active").then_some(())
    });
    let servers = tenancy.servers();
    let [server] = &servers[..] else { panic!("{servers:?}") };
    let stands = server["share_network_subnet_ids"].as_array().unwrap();
    assert!(server["status"] == "active" && stands.len() == 2 && stands[1] == json!(new), "{server}");
    let after = until("the share has paths in both subnets", || {
        let exports = api.exports(&share);
        (exports.len() == 2 * before.len()).then_some(exports)
    });
    assert!(before.iter().all(|path| after.contains(path)), "{before:?} {after:?}");
    let (client, fresh) = ("127.0.0.22", after.iter().find(|path| !before.contains(path)).unwrap());
    let rule = api.allow(&share, client, "ro");
    api.until_rule(&rule, "active");
    block(mount(fresh, client)).unwrap();

    // The next share goes to the same server, and network and server go together.
    let second = tenancy.share(&network);
    api.until_status(&second, "available");
    assert_eq!(tenancy.servers().len(), 1);
    for share in [&share, &second] {
        api.delete(&format!("/shares/{share}"));
        api.until_gone(share);
    }
    assert_eq!(api.ask("DELETE", &format!("/share-networks/{network}"), None).0, 409, "two subnets");
    api.delete(&format!("{subnets}/{new}"));
    until("the server goes with its subnet", || tenancy.servers().is_empty().then_some(()));
    tenancy.remove_network(&network);
    tenancy.close();
}
