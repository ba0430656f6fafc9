//! Share servers through the front door: how they are shown at each age of the API, found, sent away and forgotten.
//! Source: resources.md §9 and §21 of the facts.

use manilad_domain::intent::Cause;
use manilad_domain::status::{NetworkStatus, ServerStatus};
use manilad_domain::{Allocation, ServerIntent, ShareNetwork, ShareServer, Withheld};
use manilad_store::Draft;
use serde_json::{Value, json};

use crate::api::cloud::{Cloud, NOTHING, OWN};
use crate::api::wire::{Answer, Client};
use crate::support::records::{self, ELSEWHERE, allocation, id, network, server, share, subnet};
use crate::support::until;

const SERVERS: &str = "/share-servers";

fn path(number: u128) -> String {
    format!("{SERVERS}/{}", id(number))
}

fn act(client: &Client, number: u128, body: Value) -> Answer {
    client.post(&format!("{}/action", path(number)), body)
}

fn reset(client: &Client, number: u128, status: &str) -> Answer {
    act(client, number, json!({ "reset_status": { "status": status } }))
}

/// Two networks. In the first are server 1, which serves share 1, server 2 with two addresses, and server 3 in two
/// subnets; server 4 is in the second, which is gone.
fn stock(draft: &mut Draft<'_>) -> Result<(), manilad_store::Error> {
    let (first, gone) = (network(1), network(2));
    let subnets = [subnet(1, 1), subnet(2, 1)];
    let used = server(1, &first, &subnets[..1]);
    let addressed = server(2, &first, &subnets[..1]);
    let crowded = ShareServer { is_auto_deletable: false, ..server(3, &first, &subnets) };
    let orphan = ShareServer { project_id: "p".to_owned(), ..server(4, &gone, &[subnet(9, 2)]) };
    draft.put(&first)?;
    subnets.iter().try_for_each(|subnet| draft.put(subnet))?;
    [&used, &addressed, &crowded, &orphan].into_iter().try_for_each(|server| draft.put(server))?;
    [allocation(1, &used), allocation(2, &addressed), allocation(3, &addressed)]
        .iter()
        .try_for_each(|allocation| draft.put(allocation))?;
    draft.put(&share(1, &used))
}

#[test]
fn a_server_is_as_old_as_the_version_that_looks() {
    let cloud = Cloud::stocked("", stock);
    let admin = cloud.admin();
    let keys = |version: &str| {
        let admin = admin.at(version);
        let mut shown = admin.get(&path(3)).is(200).json()["share_server"].as_object().unwrap().clone();
        assert!(shown.remove("created_at").unwrap().is_string());
        assert_eq!(shown.remove("backend_details"), Some(json!({ "vserver_name": "svm3" })));
        let listed = admin.get(&format!("{SERVERS}?id={}", id(3))).is(200).json();
        assert_eq!(json!(shown), listed["share_servers"][0], "{version}");
        shown
    };
    for (key, from, to) in [
        ("is_auto_deletable", 49, 99),
        ("identifier", 49, 99),
        ("share_network_subnet_id", 51, 69),
        ("share_network_subnet_ids", 70, 99),
        ("task_state", 57, 99),
        ("source_share_server_id", 57, 99),
        ("security_service_update_support", 63, 99),
        ("network_allocation_update_support", 70, 99),
        ("encryption_key_ref", 90, 99),
    ] {
        for version in [0, from - 1, from, to, (to + 1).min(99), 99] {
            let has = keys(&format!("2.{version}")).contains_key(key);
            assert_eq!(has, (from..=to).contains(&version), "{key} at 2.{version}");
        }
    }
    assert_eq!(
        json!(keys("2.0")),
        json!({ "id": id(3), "project_id": OWN, "updated_at": null, "status": "active", "host": ELSEWHERE,
                "share_network_name": "network 1", "share_network_id": id(1) })
    );
    assert_eq!(keys("2.69")["share_network_subnet_id"], json!(id(1)), "the first one");
    let newest = keys("2.99");
    assert_eq!(newest["share_network_subnet_ids"], json!([id(1), id(2)]));
    assert_eq!((&newest["is_auto_deletable"], &newest["identifier"]), (&json!(false), &json!("svm3")));
    let orphan = admin.get(&path(4)).is(200).json()["share_server"].clone();
    assert_eq!((&orphan["share_network_name"], &orphan["share_network_id"]), (&json!(id(2)), &json!(id(2))));
    let details = admin.get(&format!("{}/details", path(3))).is(200).json();
    assert_eq!(details, json!({ "details": { "vserver_name": "svm3" } }));
    for unknown in [NOTHING, "zz"] {
        admin.get(&format!("{SERVERS}/{unknown}")).fails(404);
        admin.get(&format!("{SERVERS}/{unknown}/details")).fails(404);
    }
    for who in ["member", "foreign-member", "reader"] {
        cloud.caller(who).get(SERVERS).fails(403);
        cloud.caller(who).get(&path(1)).fails(403);
        cloud.caller(who).delete(&path(1)).fails(403);
        reset(&cloud.caller(who), 1, "error").fails(403);
    }
    cloud.caller("foreign-admin").get(&path(1)).is(200);
    // What it serves tells of it to those who see hosts.
    let served = |client: &Client| client.get(&format!("/shares/{}", id(1))).is(200).json()["share"].clone();
    assert_eq!(
        (&served(&admin)["share_server_id"], &served(&admin)["share_network_id"]),
        (&json!(id(1)), &json!(id(1)))
    );
    assert_eq!(served(&cloud.member()).get("share_server_id"), None);
    let shares = |query: &str| admin.get(&format!("/shares?{query}")).is(200).column("shares", "name");
    assert_eq!(shares(&format!("share_server_id={}", id(1))), ["share 1"]);
    assert_eq!(shares(&format!("share_network_id={}", id(1))), ["share 1"]);
    assert!(shares(&format!("share_server_id={}", id(2))).is_empty());
    let instances = |server: u128| {
        let found = admin.get(&format!("/share_instances?share_server_id={}", id(server))).is(200);
        found.column("share_instances", "share_server_id")
    };
    assert_eq!((instances(1), instances(2)), (vec![id(1)], vec![]));
    cloud.close(0);
}

#[test]
fn a_list_of_servers_is_filtered_by_what_servers_have() {
    let cloud = Cloud::stocked("", stock);
    let admin = cloud.admin();
    reset(&admin, 2, "error").is(202);
    let found = |query: &str| -> Vec<u128> {
        let ids = admin.get(&format!("{SERVERS}?{query}")).is(200).column("share_servers", "id");
        ids.iter().map(|found| (1..=4).find(|number| id(*number) == *found).unwrap()).collect()
    };
    let (first, second, subnet) = (id(1), id(2), id(9));
    for (query, numbers) in [
        (String::new(), [1, 2, 3, 4].as_slice()),
        (format!("id={first}"), &[1]),
        (format!("host={ELSEWHERE}"), &[1, 2, 3, 4]),
        ("host=node1".to_owned(), &[]),
        ("status=error".to_owned(), &[2]),
        ("status=active".to_owned(), &[1, 3, 4]),
        (format!("project_id={OWN}"), &[1, 2, 3]),
        ("share_network=network+1".to_owned(), &[1, 2, 3]),
        (format!("share_network={second}"), &[4]),
        (format!("share_network_id={first}"), &[1, 2, 3]),
        (format!("share_network_subnet_id={second}"), &[3]),
        (format!("share_network_subnet_id={subnet}"), &[4]),
        ("is_auto_deletable=False".to_owned(), &[3]),
        ("is_auto_deletable=1".to_owned(), &[1, 2, 4]),
        ("is_auto_deletable=zz".to_owned(), &[]),
        ("identifier=svm2".to_owned(), &[2]),
        ("identifier=svm".to_owned(), &[]),
        ("task_state=migration_error".to_owned(), &[]),
        (format!("source_share_server_id={first}"), &[]),
        ("security_service_update_support=True".to_owned(), &[1, 2, 3, 4]),
        ("network_allocation_update_support=false".to_owned(), &[]),
        (format!("encryption_key_ref={first}"), &[]),
        (format!("status=active&project_id={OWN}"), &[1, 3]),
        ("zz=1".to_owned(), &[]),
        ("limit=1".to_owned(), &[]),
        ("status=active&zz=".to_owned(), &[]),
    ] {
        assert_eq!(found(&query), numbers, "{query}");
    }
    cloud.close(0);
}

#[test]
fn a_server_goes_when_it_is_active_in_error_or_in_a_transition_that_nobody_works_on_and_serves_nothing() {
    let cloud = Cloud::stocked("", stock);
    let admin = cloud.admin();
    let status = |number: u128| admin.get(&path(number)).is(200).text_at("/share_server/status");
    admin.delete(&path(1)).fails(409);
    for one in ServerStatus::ALL {
        reset(&admin, 2, one.name()).is(202);
        assert_eq!(status(2), one.name());
        match one {
            ServerStatus::Inactive | ServerStatus::ManageError | ServerStatus::UnmanageError => {
                admin.delete(&path(2)).fails(403);
            }
            _ => {
                assert_eq!(admin.at("2.0").delete(&path(2)).is(202).text, "");
                assert_eq!(status(2), "deleting");
                admin.delete(&path(2)).fails(403);
            }
        }
    }
    reset(&admin, 2, "inactive").is(202);
    for wrong in [json!({ "status": "zz" }), json!({ "status": "deleted" }), json!({}), json!(null)] {
        act(&admin, 2, json!({ "reset_status": wrong })).fails(400);
    }
    reset(&admin.at("2.48"), 2, "error").fails(404);
    admin.delete(&format!("{SERVERS}/{NOTHING}")).fails(404);
    reset(&admin, 3, "error").is(202);
    admin.delete(&path(3)).is(202);
    let (folder, _sim) = cloud.stage.stop_daemon();
    let owed: Vec<ServerIntent> = records::all(folder.path());
    let owed: Vec<_> = owed.iter().map(|intent| (intent.server.to_string(), intent.verb.name())).collect();
    assert_eq!(owed, [(id(3), "tear_down")], "a status that is set gives up what was owed");
}

#[test]
fn the_task_state_of_a_server_is_what_an_administrator_says_and_null_clears_it() {
    let cloud = Cloud::stocked("", stock);
    let admin = cloud.admin().with("X-OpenStack-Manila-API-Experimental", "true");
    let set = |client: &Client, state: Value| act(client, 2, json!({ "reset_task_state": { "task_state": state } }));
    for state in [
        "migration_starting",
        "migration_in_progress",
        "migration_completing",
        "migration_success",
        "migration_error",
        "migration_cancel_in_progress",
        "migration_cancelled",
        "migration_driver_in_progress",
        "migration_driver_phase1_done",
    ] {
        assert_eq!(set(&admin.at("2.57"), json!(state)).is(202).text, "");
        let found = admin.get(&format!("{SERVERS}?task_state={state}")).is(200).column("share_servers", "task_state");
        assert_eq!(found, [state]);
    }
    for wrong in [json!("data_copying_error"), json!("migrating"), json!("None"), json!(""), json!(7)] {
        set(&admin, wrong).fails(400);
    }
    act(&admin, 2, json!({ "reset_task_state": {} })).fails(400);
    act(&admin, 9, json!({ "reset_task_state": { "task_state": null } })).fails(404);
    set(&admin.at("2.56"), json!(null)).fails(404);
    set(&cloud.admin(), json!(null)).fails(404);
    set(&cloud.member().with("X-OpenStack-Manila-API-Experimental", "true"), json!(null)).fails(403);
    let shown = || admin.get(&path(2)).is(200).json()["share_server"].clone();
    assert_eq!(shown()["task_state"], "migration_driver_phase1_done", "what is refused changes nothing");
    set(&admin, json!(null)).is(202);
    assert_eq!((&shown()["task_state"], &shown()["status"]), (&json!(null), &json!("active")));
    cloud.close(0);
}

#[test]
fn a_removal_that_has_failed_so_far_is_asked_for_anew_and_is_not_forgotten() {
    let cloud = Cloud::stocked("", |draft| {
        let (network, subnet) = (network(1), subnet(1, 1));
        let serial = draft.next_serial()?;
        let cause = Cause { request_id: "req-1".to_owned(), now: network.created_at };
        let (server, intent) = server(1, &network, std::slice::from_ref(&subnet)).going(serial, &cause);
        draft.put(&network)?;
        draft.put(&subnet)?;
        draft.put(&ShareServer { status: ServerStatus::Error, ..server })?;
        draft.put(&ServerIntent { spent_seconds: 77, ..intent })
    });
    let admin = cloud.admin();
    act(&admin, 1, json!({ "unmanage": null })).fails(400);
    admin.delete(&path(1)).is(202);
    assert_eq!(admin.get(&path(1)).text_at("/share_server/status"), "deleting");
    let (folder, _sim) = cloud.stage.stop_daemon();
    let [owed] = &records::all::<ServerIntent>(folder.path())[..] else { panic!() };
    assert_eq!((owed.verb.name(), owed.spent_seconds, owed.serial > 1), ("tear_down", 0, true));
}

#[test]
fn whoever_gives_up_the_change_of_a_server_leaves_its_network_to_be_worked_with() {
    let cloud = Cloud::stocked("", |draft| {
        for number in 1..=2 {
            let (network, subnet) = (network(number), subnet(number, number));
            let serial = draft.next_serial()?;
            let cause = Cause { request_id: "req-1".to_owned(), now: network.created_at };
            let standing = server(number, &network, std::slice::from_ref(&subnet));
            let (server, intent) = standing.directed(Vec::new(), serial, &cause);
            draft.put(&ShareNetwork { status: NetworkStatus::NetworkChange, ..network })?;
            draft.put(&subnet)?;
            draft.put(&server)?;
            draft.put(&intent)?;
        }
        Ok(())
    });
    let admin = cloud.admin();
    let network = |number: u128| admin.get(&format!("/share-networks/{}", id(number))).text_at("/share_network/status");
    assert_eq!([1, 2].map(network), ["network_change", "network_change"]);
    admin.delete(&format!("/share-networks/{}/subnets/{}", id(1), id(1))).is(202);
    assert_eq!(admin.get(&path(1)).text_at("/share_server/status"), "deleting");
    reset(&admin, 2, "active").is(202);
    assert_eq!([1, 2].map(network), ["active", "active"]);
}

#[test]
fn a_server_is_managed_in_the_one_subnet_of_an_active_network_on_a_back_end_that_is_up() {
    let cloud = Cloud::stocked("", |draft| {
        stock(draft)?;
        for number in [3, 4] {
            draft.put(&network(number))?;
        }
        draft.put(&subnet(3, 3))
    });
    let admin = cloud.admin();
    until("the back end is up", || {
        let states = admin.get("/services?host=node1@alpha&binary=manila-share").is(200).column("services", "state");
        states.contains(&"up".to_owned()).then_some(())
    });
    let wish = json!({ "host": "node1@alpha", "share_network_id": id(3), "identifier": "payroll" });
    let with = |member: &str, value: Value| {
        let mut wish = wish.clone();
        wish[member] = value;
        json!({ "share_server": wish })
    };
    let manage = |body: Value| admin.post(&format!("{SERVERS}/manage"), body);
    manage(json!({})).fails(422);
    manage(json!({ "server": wish })).fails(422);
    for member in ["host", "share_network_id", "identifier"] {
        for wrong in [json!(null), json!(""), json!(7)] {
            manage(with(member, wrong)).fails(400);
        }
    }
    for (member, wrong) in [
        ("host", json!("node1@alpha#aggr1")),
        ("host", json!("node1@nowhere")),
        ("host", json!(ELSEWHERE)),
        ("share_network_id", json!(NOTHING)),
        ("share_network_id", json!(id(1))),
        ("share_network_id", json!(id(4))),
        ("share_network_subnet_id", json!(NOTHING)),
        ("share_network_subnet_id", json!(id(1))),
        ("driver_options", json!("x")),
        ("driver_options", json!({ "opt1": "v" })),
    ] {
        manage(with(member, wrong)).fails(400);
    }
    cloud.member().post(&format!("{SERVERS}/manage"), json!({ "share_server": wish })).fails(403);
    admin.at("2.48").post(&format!("{SERVERS}/manage"), json!({ "share_server": wish })).fails(404);
    let network = |status: &str| {
        let body = json!({ "reset_status": { "status": status } });
        admin.post(&format!("/share-networks/{}/action", id(3)), body).is(202);
    };
    network("error");
    manage(json!({ "share_server": wish })).fails(400);
    network("active");
    let made = manage(with("share_network_subnet_id", json!(id(3)))).is(202).json()["share_server"].clone();
    let shown = ["status", "host", "share_network_id", "identifier", "is_auto_deletable", "backend_details"];
    assert_eq!(
        shown.map(|key| made[key].clone()),
        [json!("manage_starting"), json!("node1@alpha"), json!(id(3)), json!("payroll"), json!(false), json!({})]
    );
    assert_eq!(made["share_network_subnet_ids"], json!([id(3)]));
    manage(json!({ "share_server": wish })).fails(400);
    cloud.close(0);
}

#[test]
fn a_server_that_is_unmanaged_is_forgotten_and_its_addresses_are_given_to_nobody_else() {
    let cloud = Cloud::stocked("", stock);
    let admin = cloud.admin();
    let unmanage = |number: u128, how: Value| act(&admin, number, json!({ "unmanage": how }));
    unmanage(1, json!(null)).fails(400);
    unmanage(3, json!({ "force": true })).fails(400);
    for wrong in [json!({ "force": "zz" }), json!([]), json!(true), json!("x")] {
        unmanage(2, wrong).fails(400);
    }
    act(&admin.at("2.48"), 2, json!({ "unmanage": null })).fails(404);
    admin.post(&format!("{SERVERS}/{NOTHING}/action"), json!({ "unmanage": null })).fails(404);
    let network = |status: &str| {
        let body = json!({ "reset_status": { "status": status } });
        admin.post(&format!("/share-networks/{}/action", id(1)), body).is(202);
    };
    network("error");
    unmanage(2, json!(null)).fails(400);
    network("active");
    use ServerStatus::{Active, Error, ManageError, UnmanageError};
    for status in ServerStatus::ALL.iter().filter(|one| ![Active, Error, ManageError, UnmanageError].contains(one)) {
        reset(&admin, 2, status.name()).is(202);
        unmanage(2, json!(null)).fails(400);
    }
    reset(&admin, 2, "unmanage_error").is(202);
    assert_eq!(unmanage(2, json!({ "force": "false" })).is(202).text, "");
    assert_eq!(admin.get(&path(2)).text_at("/share_server/status"), "unmanage_starting", "its array is asked first");
    assert_eq!(admin.get(&path(2)).is(200).json()["share_server"]["is_auto_deletable"], false);
    unmanage(2, json!({ "force": true })).fails(400);
    reset(&admin, 2, "unmanage_error").is(202);
    unmanage(2, json!({ "force": "true" })).is(202);
    admin.get(&path(2)).fails(404);
    unmanage(2, json!(null)).fails(404);
    unmanage(4, json!({ "force": true })).is(202);
    let (folder, _sim) = cloud.stage.stop_daemon();
    let left: Vec<Allocation> = records::all(folder.path());
    assert_eq!(left.iter().map(|one| one.server.to_string()).collect::<Vec<_>>(), [id(1)]);
    assert!(records::all::<ServerIntent>(folder.path()).is_empty());
    let withheld: Vec<Withheld> = records::all(folder.path());
    let withheld: Vec<_> = withheld.iter().map(|one| (one.address.to_string(), one.until)).collect();
    assert_eq!(withheld, [("127.0.9.2".to_owned(), None), ("127.0.9.3".to_owned(), None)]);
}
