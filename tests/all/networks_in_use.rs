//! Share networks in which share servers stand: what of them can still change, what goes with them, and what whoever asks
//! beforehand is told. Source: resources.md §7 and §8 of the facts.

use manilad_domain::security_service::Directory;
use manilad_domain::{Record, SecurityService, ServerIntent, ShareServer, Stamp};
use manilad_store::Draft;
use serde_json::{Value, json};

use crate::api::cloud::{Cloud, OWN, until_gone, until_status, wish};
use crate::api::wire::{Answer, Client};
use crate::support::records::{self, ELSEWHERE, id, network, server, share, subnet};

const NETWORKS: &str = "/share-networks";

fn path(number: u128) -> String {
    format!("{NETWORKS}/{}", id(number))
}

fn act(client: &Client, network: u128, action: &str, wish: Value) -> Answer {
    client.post(&format!("{}/action", path(network)), json!({ action: wish }))
}

fn service(number: u128, directory: Directory) -> SecurityService {
    SecurityService {
        id: id(number).parse().unwrap(),
        project_id: OWN.to_owned(),
        directory,
        name: Some(directory.name().to_owned()),
        description: None,
        dns_ip: None,
        server: None,
        domain: None,
        user: None,
        password: None,
        ou: None,
        default_ad_site: None,
        created_at: Stamp::parse("2999-01-01").unwrap(),
        updated_at: None,
    }
}

/// Network 1 has the LDAP 1 and server 1, which serves share 1, and server 2, which serves nothing. There are another LDAP
/// 2 and a Kerberos 3.
fn in_use(draft: &mut Draft<'_>) -> Result<(), manilad_store::Error> {
    let services = [(1, Directory::Ldap), (2, Directory::Ldap), (3, Directory::Kerberos)];
    let services = services.map(|(number, directory)| service(number, directory));
    services.iter().try_for_each(|service| draft.put(service))?;
    let mut network = network(1);
    network.security_services.insert(services[0].id);
    let subnets = [subnet(1, 1)];
    let (used, unused) = (server(1, &network, &subnets), server(2, &network, &subnets));
    draft.put(&network)?;
    draft.put(&subnets[0])?;
    draft.put(&used)?;
    draft.put(&ShareServer { service: "node1@far".to_owned(), ..unused })?;
    draft.put(&share(1, &used))
}

#[test]
fn what_servers_would_have_to_be_told_of_does_not_change() {
    let cloud = Cloud::stocked("", in_use);
    let (admin, member) = (cloud.admin(), cloud.member());
    let before = member.get(&path(1)).is(200).json();
    let put = |wish: Value| member.put(&path(1), json!({ "share_network": wish }));
    for neutron in [
        json!({ "neutron_net_id": "n", "neutron_subnet_id": "s" }),
        json!({ "name": "x", "neutron_net_id": null, "neutron_subnet_id": null }),
    ] {
        put(neutron).fails(403);
    }
    assert_eq!(member.get(&path(1)).json(), before, "nothing was changed halfway");
    put(json!({ "name": "renamed", "description": "d" })).is(200);

    let one = |number: u128| json!({ "security_service_id": id(number) });
    let two = |current: u128, new: u128| json!({ "current_service_id": id(current), "new_service_id": id(new) });
    for version in ["2.0", "2.62"] {
        act(&member.at(version), 1, "add_security_service", one(3)).fails(403);
    }
    act(&member, 1, "add_security_service", one(2)).fails(409);
    act(&member, 1, "add_security_service", one(3)).fails(400);
    act(&member, 1, "remove_security_service", one(1)).fails(403);
    act(&member, 1, "update_security_service", two(1, 3)).fails(409);
    act(&member, 1, "update_security_service", two(2, 1)).fails(409);
    act(&member, 1, "update_security_service", two(1, 2)).fails(400);
    let attached =
        member.get(&format!("/security-services?share_network_id={}", id(1))).column("security_services", "id");
    assert_eq!(attached, [id(1)]);

    // A directory that servers have joined keeps all but its name and description.
    let change = |number: u128, wish: Value| {
        member.put(&format!("/security-services/{}", id(number)), json!({ "security_service": wish }))
    };
    for key in ["server", "domain", "user", "password", "ou", "default_ad_site", "dns_ip"] {
        change(1, json!({ key: "x", "name": "x" })).fails(403);
        change(1, json!({ key: null })).fails(403);
        change(2, json!({ key: "x" })).is(200);
    }
    change(1, json!({ "type": "kerberos" })).fails(403);
    let named = change(1, json!({ "name": "m", "description": "d", "unknown": 1 })).is(200).json();
    assert_eq!(named["security_service"]["name"], "m");
    member.delete(&format!("/security-services/{}", id(1))).fails(403);

    let flags = &admin.get(&path(1)).json()["share_network"];
    for flag in ["security_service_update_support", "network_allocation_update_support"] {
        assert_eq!(flags[flag], json!(true));
    }
    cloud.close(0);
}

#[test]
fn who_asks_beforehand_is_told_for_every_back_end_with_a_server() {
    let cloud = Cloud::stocked("", in_use);
    let (admin, member) = (cloud.admin(), cloud.member());
    let checks = [
        ("add_security_service_check", json!({ "security_service_id": id(3) }), true),
        ("update_security_service_check", json!({ "current_service_id": id(1), "new_service_id": id(2) }), true),
        ("share_network_subnet_create_check", json!({ "neutron_net_id": "n", "neutron_subnet_id": "s" }), false),
    ];
    for (action, wish, bears) in checks {
        let hosts = json!({ ELSEWHERE: bears, "node1@far": bears });
        for again in [false, true] {
            let mut wish = wish.clone();
            wish["reset_operation"] = json!(again);
            let told = act(&admin, 1, action, wish.clone()).is(202).json();
            assert_eq!((&told["compatible"], &told["hosts_check_result"]), (&json!(bears), &hosts), "{action}");
            let told = act(&member, 1, action, wish).is(202).json();
            assert_eq!((&told["compatible"], told.get("hosts_check_result")), (&json!(bears), None), "{action}");
        }
    }
    // Where no server stands nothing is in the way.
    let elsewhere = json!({ "availability_zone": "nova" });
    let told = act(&admin, 1, "share_network_subnet_create_check", elsewhere.clone()).is(202).json();
    assert_eq!(told, json!({ "compatible": true, "hosts_check_result": {} }));
    let add = |client: &Client, wish: Value| {
        client.post(&format!("{}/subnets", path(1)), json!({ "share-network-subnet": wish }))
    };
    add(&member.at("2.69"), json!({})).fails(409);
    add(&member, json!({})).fails(400);
    add(&member, elsewhere).is(200);
    cloud.close(0);
}

#[test]
fn servers_are_given_a_subnet_beside_their_own_when_a_check_has_allowed_it() {
    let cloud = Cloud::stocked("", in_use);
    let (admin, member) = (cloud.admin(), cloud.member());
    let check = |wish: Value| act(&admin, 1, "share_network_subnet_create_check", wish).is(202).json();
    let add = |wish: Value| member.post(&format!("{}/subnets", path(1)), json!({ "share-network-subnet": wish }));
    let reset = |server: u128, status: &str| {
        let body = json!({ "reset_status": { "status": status } });
        admin.post(&format!("/share-servers/{}/action", id(server)), body).is(202);
    };
    let good = json!({ "compatible": true, "hosts_check_result": { ELSEWHERE: true, "node1@far": true } });
    assert_eq!(check(json!({})), good);
    // What was asked counts, and only the last question.
    add(json!({ "neutron_net_id": "n", "neutron_subnet_id": "s" })).fails(400);
    check(json!({ "neutron_net_id": "n", "neutron_subnet_id": "s" }));
    add(json!({})).fails(400);
    reset(2, "error");
    let bad = json!({ "compatible": false, "hosts_check_result": { ELSEWHERE: true, "node1@far": false } });
    assert_eq!(check(json!({})), bad);
    add(json!({})).fails(400);
    reset(2, "active");
    assert_eq!(check(json!({ "reset_operation": true })), good);
    reset(2, "error");
    add(json!({})).fails(400);
    reset(2, "active");
    act(&admin, 1, "reset_status", json!({ "status": "error" })).is(202);
    add(json!({})).fails(400);
    act(&admin, 1, "reset_status", json!({ "status": "active" })).is(202);
    let new = add(json!({})).is(200).text_at("/share_network_subnet/id");

    assert_eq!(admin.get(&path(1)).text_at("/share_network/status"), "network_change");
    for server in [1, 2] {
        let shown = admin.get(&format!("/share-servers/{}", id(server))).json()["share_server"].clone();
        assert_eq!(
            (&shown["status"], &shown["share_network_subnet_ids"]),
            (&json!("network_change"), &json!([id(1), new]))
        );
    }
    add(json!({})).fails(400);
    assert_eq!(check(json!({}))["compatible"], json!(false), "they are at it");
    let (folder, _sim) = cloud.stage.stop_daemon();
    let owed: Vec<ServerIntent> = records::all(folder.path());
    let owed: Vec<_> = owed.iter().map(|intent| (intent.key(), intent.service.as_str(), intent.verb.name())).collect();
    assert_eq!(owed, [(id(1), ELSEWHERE, "alter"), (id(2), "node1@far", "alter")]);
}

#[test]
fn rules_of_a_share_wait_until_its_network_is_active() {
    let cloud = Cloud::stocked("", in_use);
    let admin = cloud.admin();
    let allow = || admin.act(&id(1), json!({ "allow_access": { "access_type": "ip", "access_to": "10.0.0.1" } }));
    for status in ["error", "network_change"] {
        act(&admin, 1, "reset_status", json!({ "status": status })).is(202);
        allow().fails(400);
    }
    act(&admin, 1, "reset_status", json!({ "status": "active" })).is(202);
    allow().is(200);
    cloud.close(0);
}

/// Networks whose servers serve nothing. In 2 are servers 2 and 3; in 3 is server 4, which is not to go by itself; in 4
/// are the subnets 4 and 5, with server 5 in the first and server 6 in both.
fn unused(draft: &mut Draft<'_>) -> Result<(), manilad_store::Error> {
    let networks = [2, 3, 4].map(network);
    let subnets = [subnet(2, 2), subnet(3, 3), subnet(4, 4), subnet(5, 4)];
    networks.iter().try_for_each(|network| draft.put(network))?;
    subnets.iter().try_for_each(|subnet| draft.put(subnet))?;
    let lasting = ShareServer { is_auto_deletable: false, ..server(4, &networks[1], &subnets[1..2]) };
    let servers = [
        server(2, &networks[0], &subnets[..1]),
        server(3, &networks[0], &subnets[..1]),
        lasting,
        server(5, &networks[2], &subnets[2..3]),
        server(6, &networks[2], &subnets[2..]),
    ];
    servers.iter().try_for_each(|server| draft.put(server))
}

#[test]
fn servers_that_serve_nothing_go_with_their_network_or_subnet() {
    let cloud = Cloud::stocked("", unused);
    let (admin, member) = (cloud.admin(), cloud.member());
    let statuses = |network: u128| {
        let found = admin.get(&format!("/share-servers?share_network_id={}", id(network))).is(200);
        found.column("share_servers", "status")
    };
    member.delete(&path(2)).is(202);
    member.get(&path(2)).fails(404);
    assert_eq!(statuses(2), ["deleting", "deleting"]);
    let orphan = admin.get(&format!("/share-servers/{}", id(2))).json()["share_server"].clone();
    assert_eq!((&orphan["share_network_name"], &orphan["share_network_subnet_ids"]), (&json!(id(2)), &json!([id(2)])));

    member.delete(&path(3)).fails(409);
    member.delete(&format!("{}/subnets/{}", path(3), id(3))).fails(409);
    assert_eq!(statuses(3), ["active"]);
    admin.delete(&format!("/share-servers/{}", id(4))).is(202);
    member.delete(&path(3)).is(202);

    member.delete(&path(4)).fails(409);
    member.delete(&format!("{}/subnets/{}", path(4), id(5))).is(202);
    assert_eq!(statuses(4), ["active", "deleting"], "what stands in other subnets only stays");
    member.delete(&format!("{}/subnets/{}", path(4), id(4))).is(202);
    assert_eq!(statuses(4), ["deleting", "deleting"]);
    member.delete(&path(4)).is(202);

    let (folder, _sim) = cloud.stage.stop_daemon();
    let owed: Vec<ServerIntent> = records::all(folder.path());
    let owed: Vec<_> = owed.iter().map(|intent| (intent.key(), intent.verb.name())).collect();
    assert_eq!(owed, [2, 3, 4, 5, 6].map(|number| (id(number), "tear_down")), "once for each");
}

#[test]
fn a_network_stays_while_a_share_is_in_it() {
    let cloud = Cloud::stocked("", in_use);
    let member = cloud.member();
    member.delete(&path(1)).fails(409);
    member.delete(&format!("{}/subnets/{}", path(1), id(1))).fails(409);
    assert_eq!(cloud.admin().get("/share-servers?status=active").column("share_servers", "id").len(), 2);

    // One that found no back end is in it too.
    let fresh = member.post(NETWORKS, json!({ "share_network": {} })).is(200).text_at("/share_network/id");
    let kind = cloud.make_type("served", json!({ "driver_handles_share_servers": "True" }));
    let waiting = cloud.make_share(&member, &kind, json!({ "share_network_id": fresh }));
    until_status(&member, &waiting, "error");
    member.delete(&format!("{NETWORKS}/{fresh}")).fails(409);
    member.delete(&format!("/shares/{waiting}")).is(202);
    until_gone(&member, &waiting);
    member.delete(&format!("{NETWORKS}/{fresh}")).is(202);
    member.post("/shares", wish(&kind, json!({ "share_network_id": fresh }))).fails(404);
    cloud.close(0);
}
