//! Shares that were on the array before: taken over with what they hold, and let go of again so that nobody notices.

use serde_json::{Value, json};

use crate::support::{Api, Stage, block, mount, until};

/// Where the client is that is let in.
const CLIENT: &str = "127.0.0.1";
const WORDS: &str = "payroll of 2025";

/// A volume that somebody made by hand, with a tag of his own, and its path.
fn volume_by_hand(stage: &Stage, pool: &str, name: &str, more: &Value) -> String {
    let aggregate = pool.split_once('#').unwrap().1;
    let mut volume = json!({
        "name": name, "svm": { "name": "svm1" }, "size": 3_758_096_384_u64, "aggregates": [{ "name": aggregate }],
        "nas": { "path": format!("/{name}") }, "_tags": ["owner:finance"],
    });
    volume.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    stage.sim.by_hand("POST", "/api/storage/volumes", volume);
    format!("{}:/{name}", stage.sim.lifs[0])
}

/// The pool on which the array has its first aggregate.
fn pool(api: &Api) -> String {
    let found = until("a pool is reported", || {
        api.get("/scheduler-stats/pools")["pools"].get(0).map(|pool| pool["name"].as_str().unwrap().to_owned())
    });
    assert!(found.contains('#'), "{found}");
    found
}

fn wish(pool: &str, path: &str, share_type: &str) -> Value {
    json!({ "service_host": pool, "protocol": "nfs", "export_path": path, "share_type": share_type, "name": "payroll" })
}

fn manage(api: &Api, wish: Value) -> String {
    let share = api.post("/shares/manage", json!({ "share": wish }))["share"].clone();
    assert_eq!((&share["status"], &share["size"]), (&json!("manage_starting"), &Value::Null));
    share["id"].as_str().unwrap().to_owned()
}

fn unmanage(api: &Api, share: &str) {
    api.post(&format!("/shares/{share}/action"), json!({ "unmanage": null }));
    api.until_gone(share);
}

/// The words that a client reads at a path.
fn read(path: &str) -> String {
    block(async {
        let (mut client, root) = mount(path, CLIENT).await.unwrap();
        let file = client.lookup(&root, "words").await.unwrap();
        String::from_utf8(client.read(&file, 0, 100).await.unwrap()).unwrap()
    })
}

fn write(path: &str) {
    block(async {
        let (mut client, root) = mount(path, CLIENT).await.unwrap();
        let file = client.create(&root, "words").await.unwrap();
        client.write(&file, 0, WORDS.as_bytes()).await.unwrap();
    });
}

fn volume(stage: &Stage) -> Value {
    let mut volumes = stage.sim.volumes();
    assert_eq!(volumes.len(), 1, "{volumes:?}");
    volumes.remove(0)
}

#[test]
fn a_volume_that_was_made_by_hand_becomes_a_share_goes_back_with_its_data_and_its_clients_and_becomes_one_again() {
    let stage = Stage::open();
    let api = stage.api();
    let (pool, kind) = (pool(&api), api.make_type("plain", json!({})));
    let path = volume_by_hand(&stage, &pool, "payroll", &json!({}));
    let share = manage(&api, wish(&pool, &path, &kind));
    api.until_status(&share, "available");
    let shown = api.get(&format!("/shares/{share}"))["share"].clone();
    assert_eq!((&shown["size"], &shown["host"], &shown["name"]), (&json!(4), &json!(pool), &json!("payroll")));
    let taken = volume(&stage);
    let name = taken["name"].as_str().unwrap().to_owned();
    assert!(name.starts_with("share_"), "{taken}");
    assert_eq!((&taken["size"], &taken["junction"]), (&json!(3_758_096_384_u64), &json!(format!("/{name}"))));
    assert!(taken["tags"].as_array().unwrap().contains(&json!("owner:finance")), "{taken}");
    let export = api.exports(&share).remove(0);
    block(async { assert!(mount(&export, CLIENT).await.is_err(), "nobody was let in") });
    let rule = api.allow(&share, CLIENT, "rw");
    api.until_rule(&rule, "active");
    write(&export);

    unmanage(&api, &share);
    let left = volume(&stage);
    assert_eq!((&left["name"], &left["tags"]), (&json!(name), &json!(["owner:finance"])));
    assert_eq!(read(&export), WORDS, "who was let in is let in still");
    let policies = stage.sim.state().policies;
    assert!(policies.len() == 1 && policies[0].starts_with("unmanaged_"), "{policies:?}");

    let again = manage(&api, wish(&pool, &export, &kind));
    api.until_status(&again, "available");
    let export = api.exports(&again).remove(0);
    block(async { assert!(mount(&export, CLIENT).await.is_err(), "of the rules that it had, none is known") });
    let rule = api.allow(&again, CLIENT, "ro");
    api.until_rule(&rule, "active");
    assert_eq!(read(&export), WORDS);
    api.delete(&format!("/shares/{again}"));
    api.until_gone(&again);
    assert_eq!(stage.sim.volumes(), [Value::Null; 0]);
    stage.sim.remove_unmanaged();
    stage.close(0);
}

#[test]
fn what_can_not_be_taken_over_is_in_error_with_a_message_and_leaves_nothing_behind_when_it_is_let_go_of() {
    let stage = Stage::open();
    let api = stage.api();
    let (pool, kind) = (pool(&api), api.make_type("plain", json!({})));
    let path = volume_by_hand(&stage, &pool, "outer", &json!({}));
    let before = volume(&stage);
    volume_by_hand(&stage, &pool, "inner", &json!({ "nas": { "path": "/outer/inner" } }));
    let nowhere = format!("{}:/nowhere", stage.sim.lifs[0]);
    let narrow = api.make_type("narrow", json!({ "provisioning:max_share_size": "2" }));
    let alone = volume_by_hand(&stage, &pool, "alone", &json!({}));
    for (path, kind) in [(&path, &kind), (&nowhere, &kind), (&alone, &narrow)] {
        let share = manage(&api, wish(&pool, path, kind));
        api.until_status(&share, "manage_error");
        let messages = api.get(&format!("/messages?resource_id={share}"))["messages"].as_array().unwrap().len();
        assert_eq!(messages, 1, "{path}");
        let again = api.ask("POST", "/shares/manage", Some(json!({ "share": wish(&pool, path, kind) })));
        assert_eq!(again.0, 409, "{again:?}");
        unmanage(&api, &share);
    }
    let outer = stage.sim.volumes().into_iter().find(|volume| volume["name"] == "outer").unwrap();
    assert_eq!((&outer["junction"], &outer["policy"]), (&before["junction"], &before["policy"]));
    // Its size was found out when it had been taken.
    let alone =
        stage.sim.volumes().into_iter().find(|volume| !["outer", "inner"].iter().any(|name| volume["name"] == *name));
    assert_eq!(alone.unwrap()["tags"], json!(["owner:finance"]));
    let policies = stage.sim.state().policies;
    assert!(policies.len() == 1 && policies[0].starts_with("unmanaged_"), "{policies:?}");
    drop(stage);
}

#[test]
fn a_share_that_is_deleted_by_force_while_it_is_let_go_of_is_gone_and_leaves_no_mark() {
    for moment in ["stall", "reply_stalled"] {
        let stage = Stage::open();
        let api = stage.api();
        let share = api.make_share(&api.make_type("plain", json!({})));
        api.until_status(&share, "available");
        stage.sim.strike(json!({ "method": "PATCH", "path": "/api/storage/volumes/*", "nth": 1, "fault": moment }));
        api.post(&format!("/shares/{share}/action"), json!({ "unmanage": null }));
        stage.sim.until_struck();
        api.post(&format!("/shares/{share}/action"), json!({ "force_delete": null }));
        stage.sim.heal();
        api.until_gone(&share);
        let left = stage.sim.volumes();
        assert!(left.iter().all(|volume| !volume["tags"].to_string().contains("instance_id")), "{moment}: {left:?}");
        stage.sim.remove_unmanaged();
        stage.close(0);
    }
}

#[test]
fn a_path_that_is_too_long_to_be_kept_is_refused() {
    let stage = Stage::open();
    let api = stage.api();
    let (pool, kind) = (pool(&api), api.make_type("plain", json!({})));
    for (length, expected) in [(2000, 200), (2001, 422), (70_000, 422)] {
        let address = "10.0.0.1:/";
        let path = format!("{address}{}", "x".repeat(length - address.len()));
        let (status, told) = api.ask("POST", "/shares/manage", Some(json!({ "share": wish(&pool, &path, &kind) })));
        assert_eq!(status, expected, "{length}: {told}");
    }
    stage.close(0);
}

#[test]
fn where_its_rules_go_with_it_nobody_can_mount_what_was_unmanaged() {
    let stage = Stage::configured("DEFAULT", "unmanage_remove_access_rules = true");
    let api = stage.api();
    let share = api.make_share(&api.make_type("plain", json!({})));
    api.until_status(&share, "available");
    let rule = api.allow(&share, CLIENT, "rw");
    api.until_rule(&rule, "active");
    let path = api.exports(&share).remove(0);
    block(mount(&path, CLIENT)).unwrap();
    unmanage(&api, &share);
    assert!(block(mount(&path, CLIENT)).is_err());
    stage.sim.remove_unmanaged();
    stage.close(0);
}
