//! Ensuring the shares of a back end: what hands did, and what share types have come to say, is brought to the volumes that there are.

use serde_json::{Value, json};

use crate::support::{Api, Stage, block, mount, until};

const HOST: &str = "node1@alpha";

fn ensure(api: &Api) {
    api.post("/services/ensure-shares", json!({ "ensure_shares": { "host": HOST } }));
}

fn is_ensuring(api: &Api) -> bool {
    let services = api.get(&format!("/services?host={HOST}"))["services"].clone();
    services[0]["ensuring"].as_bool().unwrap()
}

fn until_ensured(api: &Api) {
    until("all are ensured", || (!is_ensuring(api)).then_some(()));
}

/// A share of a type without specs, with a rule.
fn share_with_a_rule(api: &Api) -> (String, String) {
    let share_type = api.make_type("plain", json!({}));
    let share = api.make_share(&share_type);
    api.until_status(&share, "available");
    let rule = api.allow(&share, "127.0.0.11", "rw");
    api.until_rule(&rule, "active");
    (share, share_type)
}

fn by_hand(stage: &Stage, change: Value) {
    let volume = stage.sim.volumes()[0]["uuid"].as_str().unwrap().to_owned();
    stage.sim.by_hand("PATCH", &format!("/api/storage/volumes/{volume}"), change);
}

#[test]
fn what_hands_did_is_undone_and_what_the_type_says_by_now_is_done_and_a_size_is_left() {
    let stage = Stage::open();
    let api = stage.api().at("2.99");
    let (share, share_type) = share_with_a_rule(&api);
    let (export, path) = (api.exports(&share).remove(0), stage.sim.volumes()[0]["junction"].clone());
    for change in
        [json!({ "state": "offline" }), json!({ "nas": { "path": "" } }), json!({ "nas": { "path": "/other" } })]
    {
        by_hand(&stage, change);
        ensure(&api);
        until_ensured(&api);
        let volume = stage.sim.volumes().remove(0);
        assert_eq!((&volume["state"], &volume["junction"]), (&json!("online"), &path));
        assert_eq!(api.status(&share).as_deref(), Some("available"));
        block(mount(&export, "127.0.0.11")).unwrap();
    }
    let specs = json!({ "netapp:snapshot_policy": "none", "netapp:hide_snapdir": "True" });
    api.post(&format!("/types/{share_type}/extra_specs"), json!({ "extra_specs": specs }));
    by_hand(&stage, json!({ "space": { "size": 5u64 << 30 } }));
    ensure(&api);
    until_ensured(&api);
    let volume = stage.sim.volumes().remove(0);
    let said = (&volume["snapshot_policy"], &volume["snapshot_directory"], &volume["size"]);
    assert_eq!(said, (&json!("none"), &json!(false), &json!(5u64 << 30)));
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn a_share_tells_that_it_is_ensured_and_takes_no_change_until_it_is_available_again() {
    let stage = Stage::open();
    let api = stage.api().at("2.99");
    let (share, _) = share_with_a_rule(&api);
    stage.sim.strike(json!({ "method": "GET", "path": "/api/storage/volumes", "nth": 1, "fault": "stall" }));
    ensure(&api);
    stage.sim.until_struck();
    assert_eq!(api.status(&share).as_deref(), Some("ensuring"));
    assert!(is_ensuring(&api));
    let listed = |word: &str| {
        let services = api.get(&format!("/services?binary=manila-share&ensuring={word}"))["services"].clone();
        services.as_array().unwrap().len()
    };
    assert_eq!((listed("true"), listed("false"), listed("perhaps")), (1, 0, 0));
    let refused = api.ask("POST", &format!("/shares/{share}/action"), Some(json!({ "extend": { "new_size": 2 } })));
    assert_eq!(refused.0, 400, "{refused:?}");
    assert_eq!(api.ask("DELETE", &format!("/shares/{share}"), None).0, 403);
    stage.sim.heal();
    until_ensured(&api);
    assert_eq!(api.status(&share).as_deref(), Some("available"));
    assert_eq!((listed("true"), listed("false")), (0, 1));
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn where_it_is_not_shown_a_share_stays_available_and_a_change_takes_the_place_of_ensuring_it() {
    let stage = Stage::configured("DEFAULT", "update_shares_status_on_ensure = false");
    let api = stage.api().at("2.99");
    let (share, _) = share_with_a_rule(&api);
    stage.sim.strike(json!({ "method": "GET", "path": "/api/storage/volumes", "nth": 1, "fault": "stall" }));
    ensure(&api);
    stage.sim.until_struck();
    assert_eq!((api.status(&share).as_deref(), is_ensuring(&api)), (Some("available"), true));
    api.post(&format!("/shares/{share}/action"), json!({ "extend": { "new_size": 2 } }));
    stage.sim.heal();
    api.until_status(&share, "available");
    until_ensured(&api);
    assert_eq!(api.get(&format!("/shares/{share}"))["share"]["size"], 2);
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn a_back_end_that_is_not_there_or_down_is_refused_and_so_is_a_body_without_one() {
    let mut stage = Stage::open();
    let api = stage.api().at("2.99");
    share_with_a_rule(&api);
    let ask = |api: &Api, body: Value| api.ask("POST", "/services/ensure-shares", Some(body)).0;
    assert_eq!(ask(&api, json!({ "ensure_shares": { "host": "node1@other" } })), 404);
    assert_eq!(ask(&api, json!({ "ensure_shares": { "host": "node1" } })), 404, "the scheduler has no shares");
    for wrong in [json!({}), json!({ "ensure_shares": {} }), json!({ "ensure_shares": null }), json!({ "host": 7 })] {
        assert_eq!(ask(&api, wrong.clone()), 400, "{wrong}");
    }
    assert_eq!(ask(&api.at("2.85"), json!({ "ensure_shares": { "host": HOST } })), 404);
    assert_eq!(ask(&api, json!({ "host": HOST })), 202, "as its own client says it");
    until_ensured(&api);
    stage.daemon.kill();
    stage.sim.pause();
    stage.restart();
    let api = stage.api().at("2.99");
    until("the back end is down", || {
        let state = api.get(&format!("/services?host={HOST}"))["services"][0]["state"].clone();
        (state == "down").then_some(())
    });
    assert_eq!(ask(&api, json!({ "ensure_shares": { "host": HOST } })), 409);
    stage.sim.go_on();
}

#[test]
fn a_kill_while_shares_are_ensured_ends_with_all_of_them_ensured() {
    // The look at the volume; the change, the second after that of the hand.
    for (method, path, nth) in [("GET", "/api/storage/volumes", 1), ("PATCH", "/api/storage/volumes/*", 2)] {
        for moment in ["stall", "reply_stalled"] {
            let mut stage = Stage::open();
            let api = stage.api().at("2.99");
            let (share, _) = share_with_a_rule(&api);
            stage.sim.strike(json!({ "method": method, "path": path, "nth": nth, "fault": moment }));
            by_hand(&stage, json!({ "state": "offline" }));
            ensure(&api);
            stage.sim.until_struck();
            stage.daemon.kill();
            stage.sim.heal();
            stage.restart();
            let api = stage.api().at("2.99");
            until_ensured(&api);
            let volume = stage.sim.volumes().remove(0);
            assert_eq!((&volume["state"], volume["junction"].is_string()), (&json!("online"), true));
            assert_eq!(api.status(&share).as_deref(), Some("available"));
            api.delete(&format!("/shares/{share}"));
            api.until_gone(&share);
            stage.close(0);
        }
    }
}

#[test]
fn shares_are_ensured_at_the_start_after_it_was_changed_how_visible_their_snapshots_are() {
    let mut stage = Stage::open();
    let (share, _) = share_with_a_rule(&stage.api().at("2.99"));
    for (word, is_visible) in [("hidden", false), ("visible", true)] {
        stage.reconfigure(|whole| {
            let others = whole.lines().filter(|line| !line.starts_with("netapp_reset_snapdir_visibility"));
            let whole: Vec<&str> = others.collect();
            whole.join("\n").replace("[alpha]", &format!("[alpha]\nnetapp_reset_snapdir_visibility = {word}"))
        });
        stage.daemon.kill();
        stage.restart();
        until("they are", || (stage.sim.volumes()[0]["snapshot_directory"] == is_visible).then_some(()));
        until_ensured(&stage.api().at("2.99"));
    }
    stage.daemon.kill();
    stage.restart();
    let api = stage.api().at("2.99");
    api.until_status(&share, "available");
    assert!(!is_ensuring(&api), "nothing was changed");
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}
