//! Shares that begin with a snapshot in another pool, through the front door: where the scheduler may place them, what clients see while
//! the array is at it, what they hold when they are there, and a daemon that dies on the way.

use serde_json::{Value, json};

use crate::crash::{changes, pattern};
use crate::servers::Tenancy;
use crate::support::{Api, BackEnd, Stage, block, each, mount, until};

const OPTION: &str = "use_scheduler_creating_share_from_snapshot = true";
/// The pool of the snapshot, and the other one.
const HOME: &str = "node1@alpha#aggr1";
const AWAY: &str = "node1@alpha#aggr2";
const CLIENT: &str = "127.0.0.1";

/// Sets the option in a daemon that runs.
fn let_the_scheduler_place_clones(stage: &Stage) {
    stage.reconfigure(|text| text.replacen("[DEFAULT]\n", &format!("[DEFAULT]\n{OPTION}\n"), 1));
    let is_read = |line: &String| line.contains("the policy was read again");
    until("the configuration is read again", || stage.daemon.log().iter().any(is_read).then_some(()));
}

fn open() -> Stage {
    Stage::configured("DEFAULT", OPTION)
}

fn make_type(api: &Api, more: Value) -> String {
    let mut specs = json!({ "snapshot_support": "True", "create_share_from_snapshot_support": "True" });
    specs.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    api.make_type("cloned", specs)
}

fn ask(api: &Api, wish: Value) -> (u16, Value) {
    let mut share = json!({ "share_proto": "NFS", "size": 1 });
    share.as_object_mut().unwrap().extend(wish.as_object().unwrap().clone());
    api.ask("POST", "/shares", Some(json!({ "share": share })))
}

fn make(api: &Api, wish: Value) -> String {
    let (status, body) = ask(api, wish);
    assert_eq!(status, 200, "{body}");
    body["share"]["id"].as_str().unwrap().to_owned()
}

fn show(api: &Api, share: &str) -> Value {
    api.get(&format!("/shares/{share}"))["share"].clone()
}

/// A snapshot of a share; answers its id.
fn take(api: &Api, share: &str) -> String {
    let asked = api.post("/snapshots", json!({ "snapshot": { "share_id": share } }));
    let id = asked["snapshot"]["id"].as_str().unwrap().to_owned();
    let status = || api.get(&format!("/snapshots/{id}"))["snapshot"]["status"].clone();
    until("the snapshot is taken", || (status() == "available").then_some(()));
    id
}

/// A share in its pool, a snapshot of it, and their type.
fn prepare(api: &Api) -> (String, String, String) {
    let share_type = make_type(api, json!({}));
    let parent = make(api, json!({ "share_type": share_type, "scheduler_hints": { "only_host": HOME } }));
    api.until_status(&parent, "available");
    let snapshot = take(api, &parent);
    (share_type, parent, snapshot)
}

fn clone_to(api: &Api, snapshot: &str, pool: &str) -> String {
    make(api, json!({ "snapshot_id": snapshot, "scheduler_hints": { "only_host": pool } }))
}

fn remove(api: &Api, share: &str) {
    api.delete(&format!("/shares/{share}"));
    api.until_gone(share);
}

fn remove_snapshot(api: &Api, snapshot: &str) {
    api.delete(&format!("/snapshots/{snapshot}"));
    until("the snapshot is gone", || (api.ask("GET", &format!("/snapshots/{snapshot}"), None).0 == 404).then_some(()));
}

/// The volume of a share on the array.
fn volume(stage: &Stage, api: &Api, share: &str) -> Value {
    let instances = api.get(&format!("/share_instances?share_id={share}"));
    let instances = instances["share_instances"].as_array().unwrap();
    let id = instances.iter().find(|one| one["share_id"] == share).unwrap()["id"].as_str().unwrap();
    stage.sim.record("storage/volumes", "name", &format!("share_{}", id.replace('-', "_")))
}

/// Moves and splits take no time here; this has the second change of the new volume, its split, wait.
fn hold_up_the_split(stage: &Stage, seconds: u64) {
    stage.sim.strike(json!({
        "method": "PATCH", "path": "/api/storage/volumes/*", "nth": 2, "fault": { "delay": { "seconds": seconds } },
    }));
}

#[test]
fn a_share_that_begins_with_a_snapshot_in_another_pool_tells_how_far_it_is_and_holds_what_the_snapshot_does() {
    let stage = open();
    let api = stage.api();
    let share_type = make_type(&api, json!({}));
    let parent = make(&api, json!({ "share_type": share_type, "scheduler_hints": { "only_host": HOME } }));
    api.until_status(&parent, "available");
    let rule = api.allow(&parent, CLIENT, "rw");
    api.until_rule(&rule, "active");
    let export = api.exports(&parent).remove(0);
    block(async {
        let (mut client, root) = mount(&export, CLIENT).await.unwrap();
        let file = client.create(&root, "words").await.unwrap();
        client.write(&file, 0, b"of the parent").await.unwrap();
    });
    let snapshot = take(&api, &parent);
    hold_up_the_split(&stage, 12);
    let child = clone_to(&api, &snapshot, AWAY);
    api.until_status(&child, "creating_from_snapshot");
    let shown = show(&api, &child);
    assert_eq!((&shown["progress"], &shown["host"]), (&json!("0%"), &json!(AWAY)));
    let found = |version: &str, status: &str| {
        let shares = api.at(version).get(&format!("/shares?status={status}"))["shares"].clone();
        shares.as_array().unwrap().iter().any(|one| one["id"] == json!(child))
    };
    assert_eq!(api.at("2.53").status(&child).as_deref(), Some("creating"), "as clients of before know it");
    assert_eq!((found("2.53", "creating"), found("2.53", "creating_from_snapshot")), (true, false));
    assert_eq!((found("2.54", "creating"), found("2.54", "creating_from_snapshot")), (false, true));
    let rule = json!({ "allow_access": { "access_type": "ip", "access_to": CLIENT } });
    assert_eq!(api.ask("POST", &format!("/shares/{child}/action"), Some(rule)).0, 400);
    assert_eq!(api.ask("DELETE", &format!("/shares/{child}"), None).0, 403, "it is under way");
    api.until_status(&child, "available");
    let shown = show(&api, &child);
    assert_eq!((&shown["progress"], &shown["host"]), (&json!("100%"), &json!(AWAY)));
    let on_array = volume(&stage, &api, &child);
    assert_eq!(on_array["aggregates"][0]["name"], "aggr2", "{on_array}");
    let rule = api.allow(&child, CLIENT, "ro");
    api.until_rule(&rule, "active");
    let export = api.exports(&child).remove(0);
    let words = block(async {
        let (mut client, root) = mount(&export, CLIENT).await.unwrap();
        let file = client.lookup(&root, "words").await.unwrap();
        String::from_utf8(client.read(&file, 0, 100).await.unwrap()).unwrap()
    });
    assert_eq!(words, "of the parent");
    remove_snapshot(&api, &snapshot);
    remove(&api, &parent);
    assert_eq!(show(&api, &child)["status"], "available", "it stands by itself");
    remove(&api, &child);
    stage.close(0);
}

#[test]
fn it_is_made_beside_the_snapshot_unless_something_speaks_against_that() {
    let stage = Stage::configured("DEFAULT", &format!("{OPTION}\ncapacity_weight_multiplier = 0"));
    let api = stage.api();
    let (_, parent, snapshot) = prepare(&api);
    let at_home = make(&api, json!({ "snapshot_id": snapshot }));
    api.until_status(&at_home, "available");
    assert_eq!(show(&api, &at_home)["host"], HOME, "the nearest pool weighs most");
    let away = make(&api, json!({ "snapshot_id": snapshot, "scheduler_hints": { "different_host": parent } }));
    api.until_status(&away, "available");
    assert_eq!(show(&api, &away)["host"], AWAY);
}

#[test]
fn another_zone_is_refused_at_once_unless_the_scheduler_is_asked_and_comes_to_nothing_for_want_of_a_pool_that_can() {
    let backends = [BackEnd { name: "alpha", zone: "nova", array: 0 }, BackEnd { name: "beta", zone: "far", array: 1 }];
    let stage = Stage::with(&[], "", &backends);
    let api = stage.api();
    let (_, _, snapshot) = prepare(&api);
    let far = || json!({ "snapshot_id": snapshot, "availability_zone": "far" });
    assert_eq!(ask(&api, far()).0, 400);
    let_the_scheduler_place_clones(&stage);
    // The state in force is replaced just after that.
    let child = until("the option is in force", || {
        let (status, body) = ask(&api, far());
        (status == 200).then(|| body["share"]["id"].as_str().unwrap().to_owned())
    });
    api.until_status(&child, "error");
    let told = api.get(&format!("/messages?resource_id={child}"));
    assert_eq!(told["messages"][0]["detail_id"], "016", "{told}");
    let other = make(&api, json!({ "snapshot_id": snapshot }));
    api.until_status(&other, "available");
    let host = show(&api, &other)["host"].clone();
    assert!([HOME, AWAY].contains(&host.as_str().unwrap()), "no other back end has the snapshot: {host}");
}

#[test]
fn a_pool_that_is_full_by_the_time_it_is_moved_leaves_an_error_that_can_be_deleted() {
    let stage = open();
    let api = stage.api();
    let (_, parent, snapshot) = prepare(&api);
    stage.sim.strike(json!({
        "method": "PATCH", "path": "/api/storage/volumes/*", "nth": 3, "count": null,
        "fault": { "refuse": { "status": 500, "code": "460770", "message": "There is not enough space in aggregate \"aggr2\"." } },
    }));
    let child = clone_to(&api, &snapshot, AWAY);
    api.until_status(&child, "error");
    let told = api.get(&format!("/messages?resource_id={child}"));
    assert_eq!(told["messages"][0]["action_id"], "002", "{told}");
    stage.sim.heal();
    remove_snapshot(&api, &snapshot);
    [&child, &parent].into_iter().for_each(|share| remove(&api, share));
    stage.close(0);
}

#[test]
fn in_a_share_network_it_is_on_the_share_server_of_its_parent() {
    let tenancy = Tenancy::open(&[], "");
    let_the_scheduler_place_clones(&tenancy.stage);
    let api = tenancy.api();
    let network = tenancy.network("n");
    let share_type = make_type(&api, json!({ "driver_handles_share_servers": "True" }));
    let wish = json!({ "share_type": share_type, "share_network_id": network });
    let with_hint = |pool: &str| {
        let mut wish = wish.clone();
        wish["scheduler_hints"] = json!({ "only_host": pool });
        wish
    };
    let parent = make(&api, with_hint(HOME));
    api.until_status(&parent, "available");
    let snapshot = take(&api, &parent);
    let child = clone_to(&api, &snapshot, AWAY);
    api.until_status(&child, "available");
    let (of_parent, of_child) = (show(&api, &parent), show(&api, &child));
    assert_eq!((&of_child["host"], &of_child["share_server_id"]), (&json!(AWAY), &of_parent["share_server_id"]));
    remove_snapshot(&api, &snapshot);
    [&child, &parent].into_iter().for_each(|share| remove(&api, share));
    tenancy.remove_network(&network);
    assert_eq!(tenancy.stage.sim.tenants(), [""; 0]);
    tenancy.stage.close(0);
}

#[test]
fn one_that_is_on_its_way_survives_a_kill_at_every_step() {
    let steps = {
        let stage = open();
        let api = stage.api();
        let (_, _, snapshot) = prepare(&api);
        stage.sim.forget_calls();
        let child = clone_to(&api, &snapshot, AWAY);
        api.until_status(&child, "available");
        changes(&stage)
    };
    assert!(steps.len() >= 5, "policy, clone, size and path, split, move: {steps:?}");
    let mut cases = Vec::new();
    for (at, (method, path)) in steps.iter().enumerate() {
        let path = pattern(path);
        let nth = 1 + steps[..at].iter().filter(|(m, p)| m == method && pattern(p) == path).count();
        let strike = |fault| json!({ "method": method, "path": path, "nth": nth, "fault": fault });
        cases.extend(["stall", "reply_stalled"].map(strike));
    }
    each(&cases, |strike| {
        let mut stage = open();
        let api = stage.api();
        let (_, parent, snapshot) = prepare(&api);
        stage.sim.strike(strike.clone());
        let child = clone_to(&api, &snapshot, AWAY);
        stage.sim.until_struck();
        stage.daemon.kill();
        stage.sim.heal();
        stage.restart();
        let api = stage.api();
        api.until_status(&child, "available");
        assert_eq!(volume(&stage, &api, &child)["aggregates"][0]["name"], "aggr2", "{strike}");
        assert_eq!(stage.sim.volumes().len(), 2, "{strike}");
        remove_snapshot(&api, &snapshot);
        [&child, &parent].into_iter().for_each(|share| remove(&api, share));
        stage.close(0);
    });
}
