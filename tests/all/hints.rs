//! Scheduler hints through the front door: together, apart, on one pool, and what cannot be had.

use serde_json::{Value, json};

use crate::api::cloud::{Cloud, until_gone, until_status, wish};
use crate::support::{Api, Stage};

const SAME: &str = "__affinity_same_host";
const DIFFERENT: &str = "__affinity_different_host";

/// Asks for a share with hints; answers status and body.
fn ask(api: &Api, kind: &str, hints: Value) -> (u16, Value) {
    let wish = json!({ "share": { "share_proto": "NFS", "size": 1, "share_type": kind, "scheduler_hints": hints } });
    api.ask("POST", "/shares", Some(wish))
}

fn make(api: &Api, kind: &str, hints: Value) -> String {
    let (status, body) = ask(api, kind, hints);
    assert_eq!(status, 200, "{body}");
    body["share"]["id"].as_str().unwrap().to_owned()
}

fn host(api: &Api, share: &str) -> String {
    api.until_status(share, "available");
    api.get(&format!("/shares/{share}"))["share"]["host"].as_str().unwrap().to_owned()
}

fn metadata(api: &Api, share: &str) -> Value {
    api.get(&format!("/shares/{share}/metadata"))["metadata"].clone()
}

/// Waits for the share to fail, and answers action and detail of the message that tells why.
fn refused(api: &Api, share: &str) -> (Value, Value) {
    api.until_status(share, "error");
    let told = api.get(&format!("/messages?resource_id={share}"));
    (told["messages"][0]["action_id"].clone(), told["messages"][0]["detail_id"].clone())
}

#[test]
pub fn shares_live_together_apart_or_where_they_are_told_to() {
    let stage = Stage::open();
    let api = stage.api();
    let kind = api.make_type("plain", json!({}));
    let first = make(&api, &kind, json!({}));
    let home = host(&api, &first);
    let with = make(&api, &kind, json!({ "same_host": first }));
    assert_eq!(host(&api, &with), home);
    let apart = make(&api, &kind, json!({ "different_host": format!("{first},{with}") }));
    let away = host(&api, &apart);
    assert_ne!(away, home);
    for pool in [&home, &away] {
        let told = make(&api, &kind, json!({ "only_host": pool }));
        assert_eq!(host(&api, &told), *pool);
        api.delete(&format!("/shares/{told}"));
        api.until_gone(&told);
    }
    let torn = make(&api, &kind, json!({ "same_host": first, "different_host": with }));
    assert_eq!(refused(&api, &torn), (json!("001"), json!("002")));
    let nowhere = make(&api, &kind, json!({ "only_host": "node1@alpha#aggr9" }));
    assert_eq!(refused(&api, &nowhere), (json!("001"), json!("002")));
    stage.close(3);
}

#[test]
fn neighbours_remember_one_another_until_one_is_gone() {
    let stage = Stage::open();
    let api = stage.api();
    let kind = api.make_type("plain", json!({}));
    let (first, second) = (make(&api, &kind, json!({})), make(&api, &kind, json!({})));
    let third = make(&api, &kind, json!({ "same_host": first, "different_host": second }));
    let answered = api.get(&format!("/shares/{third}"));
    assert_eq!(answered["share"]["metadata"], json!({ SAME: first, DIFFERENT: second }));
    assert_eq!(metadata(&api, &first), json!({ SAME: third }));
    assert_eq!(metadata(&api, &second), json!({ DIFFERENT: third }));
    let fourth = make(&api, &kind, json!({ "same_host": third }));
    assert_eq!(metadata(&api, &third)[SAME], json!(format!("{first},{fourth}")));
    for share in [&first, &third] {
        api.ask("POST", &format!("/shares/{share}/action"), Some(json!({ "force_delete": null })));
        api.until_gone(share);
    }
    for share in [&second, &fourth] {
        assert_eq!(metadata(&api, share), json!({}));
    }
    for share in [&second, &fourth] {
        api.ask("POST", &format!("/shares/{share}/action"), Some(json!({ "force_delete": null })));
        api.until_gone(share);
    }
    stage.close(0);
}

#[test]
fn a_hint_may_name_a_public_share_of_another_project_which_is_never_written_to() {
    let cloud = Cloud::open();
    let (admin, member, foreign) = (cloud.admin(), cloud.member(), cloud.caller("foreign-member"));
    let kind = cloud.make_type("plain", json!({}));
    let shown = cloud.make_mountable(&member, &kind, json!({}));
    let path = format!("/shares/{shown}/metadata");
    let with = |hint: &str| wish(&kind, json!({ "scheduler_hints": { hint: shown } }));
    foreign.post("/shares", with("same_host")).fails(404);
    admin.put(&format!("/shares/{shown}"), json!({ "share": { "is_public": true } })).is(200);
    let home = admin.get(&format!("/shares/{shown}")).text_at("/share/host");
    let mut guests = Vec::new();
    for (hint, key) in [("same_host", SAME), ("different_host", DIFFERENT)] {
        let guest = foreign.post("/shares", with(hint)).is(200).text_at("/share/id");
        until_status(&admin, &guest, "available");
        let host = admin.get(&format!("/shares/{guest}")).text_at("/share/host");
        assert_eq!(host == home, hint == "same_host", "{host} and {home}");
        assert_eq!(foreign.get(&format!("/shares/{guest}/metadata")).json()["metadata"], json!({ key: shown }));
        assert_eq!(member.get(&path).json()["metadata"], json!({}), "another project's share is as it was");
        guests.push(guest);
    }
    // Nor by an administrator, whose share is of their own project.
    let apart = cloud.make_mountable(&cloud.caller("foreign-admin"), &kind, with("different_host")["share"].clone());
    assert_eq!(member.get(&path).json()["metadata"], json!({}));
    guests.push(apart);
    // What its owners say about it is counted for itself.
    let own = cloud.make_mountable(&member, &kind, json!({ "scheduler_hints": { "same_host": shown } }));
    assert_eq!(member.get(&path).json()["metadata"], json!({ SAME: own }));
    for guest in guests {
        foreign.delete(&format!("/shares/{guest}")).is(202);
        until_gone(&admin, &guest);
    }
    assert_eq!(member.get(&path).json()["metadata"], json!({ SAME: own }));
    cloud.close(2);
}

#[test]
fn only_host_is_nothing_from_those_who_may_not_see_hosts() {
    let cloud = Cloud::open();
    let kind = cloud.make_type("plain", json!({}));
    let hints = json!({ "scheduler_hints": { "only_host": "node1@alpha#aggr9" } });
    cloud.make_mountable(&cloud.member(), &kind, hints.clone());
    let told = cloud.make_share(&cloud.admin(), &kind, hints);
    until_status(&cloud.admin(), &told, "error");
    cloud.admin().delete(&format!("/shares/{told}")).is(202);
    until_gone(&cloud.admin(), &told);
    cloud.close(1);
}

#[test]
fn hints_that_name_nothing_are_refused_and_leave_nothing_behind() {
    let stage = Stage::open();
    let api = stage.api();
    let kind = api.make_type("plain", json!({}));
    let known = make(&api, &kind, json!({}));
    let unknown = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";
    for (hints, status) in [
        (json!({ "same_host": unknown }), 404),
        (json!({ "different_host": format!("{known},{unknown}") }), 404),
        (json!({ "same_host": format!("{known},") }), 400),
        (json!({ "query": "free > 5" }), 400),
    ] {
        assert_eq!(ask(&api, &kind, hints.clone()).0, status, "{hints}");
    }
    assert_eq!(metadata(&api, &known), json!({}), "no request that was refused is remembered");
    for (version, hints) in [("2.64", json!({ "same_host": unknown })), ("2.66", json!({ "only_host": "n@b#p" }))] {
        let (status, placed) = ask(&api.at(version), &kind, hints);
        assert_eq!(status, 200, "before its version a hint says nothing: {placed}");
        host(&api, placed["share"]["id"].as_str().unwrap());
    }
    host(&api, &known);
    stage.close(3);
}

#[test]
pub fn hints_that_no_configured_filter_heeds_hold_up_nobody() {
    let filters = "scheduler_default_filters = AvailabilityZoneFilter,CapacityFilter,CapabilitiesFilter";
    let stage = Stage::configured("DEFAULT", filters);
    let api = stage.api();
    let kind = api.make_type("plain", json!({}));
    let first = make(&api, &kind, json!({}));
    let home = host(&api, &first);
    let apart = make(&api, &kind, json!({ "different_host": first, "same_host": first }));
    host(&api, &apart);
    let with = make(&api, &kind, json!({ "only_host": "node1@alpha#aggr9" }));
    host(&api, &with);
    let plain = make(&api, &kind, json!({}));
    assert!(!host(&api, &plain).is_empty() && !home.is_empty());
    for share in [&first, &apart, &with, &plain] {
        api.delete(&format!("/shares/{share}"));
        api.until_gone(share);
    }
    stage.close(0);
}
