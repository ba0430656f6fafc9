//! What operators change: services in and out of use, and who may use a private share type. And the list of
//! extensions, which is empty.

use serde_json::{Value, json};

use crate::api::cloud::{Cloud, FOREIGN, NOTHING, OWN, until_gone, until_status};
use crate::api::wire::{Answer, Client};
use crate::support::until;

fn service(host: &str, binary: &str) -> Value {
    json!({ "host": host, "binary": binary })
}

fn shown(client: &Client, host: &str) -> Value {
    client.get(&format!("/services?host={host}")).is(200).json()["services"][0].clone()
}

#[test]
fn a_service_is_disabled_with_a_reason_and_enabled_again() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    let (alpha, binary) = ("node1@alpha", "manila-share");
    let put = |version: &str, path: &str, body: Value| admin.at(version).put(path, body);
    let because = json!({ "host": alpha, "binary": binary, "disabled_reason": "maint" });
    assert_eq!(
        put("2.99", "/services/disable", because.clone()).is(200).json(),
        json!({ "host": alpha, "binary": binary, "status": "disabled", "disabled_reason": "maint", "ensuring": null })
    );
    let now = shown(&admin, alpha);
    assert_eq!((&now["status"], &now["disabled_reason"]), (&json!("disabled"), &json!("maint")));
    assert_eq!(shown(&admin.at("2.82"), alpha).get("disabled_reason"), None);
    assert_eq!(admin.get("/services?status=disabled").column("services", "host"), [alpha]);
    assert_eq!(
        put("2.85", "/services/enable", service(alpha, binary)).is(200).json(),
        json!({ "host": alpha, "binary": binary, "status": "enabled", "disabled_reason": null })
    );
    let now = shown(&admin, alpha);
    assert_eq!((&now["status"], &now["disabled_reason"]), (&json!("enabled"), &Value::Null));
    assert_eq!(
        put("2.82", "/services/disable", service(alpha, binary)).is(200).json(),
        json!({ "host": alpha, "binary": binary, "status": "disabled" })
    );
    assert_eq!(put("2.83", "/services/enable", because).is(200).json()["disabled_reason"], Value::Null);
    for version in ["2.0", "2.6"] {
        let old = put(version, "/os-services/disable", service("node1", "manila-scheduler")).is(200).json();
        assert_eq!(old, json!({ "host": "node1", "binary": "manila-scheduler", "status": "disabled" }));
        put(version, "/os-services/enable", service("node1", "manila-scheduler")).is(200);
        put(version, "/services/enable", service(alpha, binary)).fails(404);
    }
    put("2.7", "/os-services/enable", service(alpha, binary)).fails(404);
    cloud.close(0);
}

#[test]
fn every_mistake_about_a_service_has_its_status() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    let (alpha, binary) = ("node1@alpha", "manila-share");
    let reason = |text: Value| json!({ "host": alpha, "binary": binary, "disabled_reason": text });
    for verb in ["enable", "disable"] {
        let path = format!("/services/{verb}");
        for wrong in [
            json!({}),
            json!([]),
            json!("x"),
            json!({ "host": alpha }),
            json!({ "binary": binary }),
            json!({ "host": 1, "binary": binary }),
            json!({ "host": alpha, "binary": null }),
            service(&"x".repeat(256), binary),
            reason(json!("x".repeat(256))),
            reason(json!("")),
            reason(json!(5)),
        ] {
            admin.put(&path, wrong).fails(400);
        }
        admin.ask("PUT", &path, None).fails(400);
        admin.put(&path, reason(json!("x".repeat(255)))).is(200);
        admin.at("2.82").put(&path, reason(json!("x"))).fails(400);
        admin.at("2.6").put(&format!("/os-services/{verb}"), reason(json!("x"))).fails(400);
        for unknown in [
            service("x", binary),
            service(alpha, "x"),
            service(alpha, "manila-scheduler"),
            service("alpha", "manila-share/node1@"),
            service("node1", binary),
        ] {
            admin.put(&path, unknown).fails(404);
        }
        for who in ["member", "reader", "stranger", "foreign-member", "system-reader"] {
            cloud.caller(who).put(&path, service(alpha, binary)).fails(403);
        }
    }
    for verb in ["foo", "Enable", "x"] {
        admin.put(&format!("/services/{verb}"), json!({})).fails(404);
        admin.put(&format!("/services/{verb}"), service(alpha, binary)).fails(404);
    }
    cloud.close(0);
}

#[test]
fn a_disabled_back_end_gets_no_new_share_and_the_tenant_is_told() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("plain", json!({}));
    let before = cloud.make_mountable(&member, &kind, json!({}));
    let change = |verb: &str| admin.put(&format!("/services/{verb}"), service("node1@alpha", "manila-share")).is(200);
    change("disable");
    let refused = cloud.make_share(&member, &kind, json!({}));
    until_status(&member, &refused, "error");
    let messages = member.get(&format!("/messages?resource_id={refused}")).is(200).json()["messages"].clone();
    assert_eq!(messages.as_array().unwrap().len(), 1, "{messages}");
    assert_eq!((&messages[0]["action_id"], &messages[0]["detail_id"]), (&json!("002"), &json!("028")), "{messages}");
    let words = "creating: the back ends that could take the request are disabled by the administrator";
    assert_eq!(messages[0]["user_message"], words);
    // What it has stays served.
    let rule = json!({ "allow_access": { "access_type": "ip", "access_to": "10.0.0.1" } });
    let rule = member.act(&before, rule).is(200).text_at("/access/id");
    until("the rule is in force", || {
        (member.get(&format!("/share-access-rules/{rule}")).text_at("/access/state") == "active").then_some(())
    });
    member.delete(&format!("/shares/{before}")).is(202);
    until_gone(&member, &before);
    change("enable");
    cloud.make_mountable(&member, &kind, json!({}));
    member.delete(&format!("/shares/{refused}")).is(202);
    cloud.close(1);
}

/// A private type; answers its id.
fn private_type(admin: &Client) -> String {
    let body = json!({ "share_type": { "name": "private", "share_type_access:is_public": false,
                                       "extra_specs": { "driver_handles_share_servers": "False" } } });
    admin.post("/types", body).is(200).text_at("/share_type/id")
}

fn act(client: &Client, kind: &str, action: &str, project: Value) -> Answer {
    client.post(&format!("/types/{kind}/action"), json!({ action: { "project": project } }))
}

#[test]
fn a_private_type_is_open_to_the_projects_that_were_let_in() {
    let cloud = Cloud::open();
    let (admin, member, foreign) = (cloud.admin(), cloud.member(), cloud.caller("foreign-member"));
    let kind = private_type(&admin);
    let path = format!("/types/{kind}/share_type_access");
    assert_eq!(admin.get(&path).is(200).json(), json!({ "share_type_access": [] }));
    let names = |client: &Client| client.get("/types").is(200).column("share_types", "name");
    let wish = crate::api::cloud::wish("private", json!({}));
    assert!(names(&member).is_empty());
    member.get(&format!("/types/{kind}")).fails(404);
    member.post("/shares", wish.clone()).fails(404);

    assert_eq!(act(&admin, &kind, "addProjectAccess", json!(OWN)).is(202).text, "");
    assert_eq!(names(&member), ["private"]);
    assert!(names(&foreign).is_empty());
    member.get(&format!("/types/{kind}")).is(200);
    foreign.get(&format!("/types/{kind}")).fails(404);
    let share = member.post("/shares", wish.clone()).is(200).text_at("/share/id");
    foreign.post("/shares", wish.clone()).fails(404);
    let row = |project: &str| json!({ "share_type_id": kind, "project_id": project });
    assert_eq!(admin.get(&path).is(200).json(), json!({ "share_type_access": [row(OWN)] }));
    act(&admin, &kind, "addProjectAccess", json!(OWN)).fails(409);
    act(&admin.at("2.0"), &kind, "addProjectAccess", json!(FOREIGN)).is(202);
    assert_eq!(names(&foreign), ["private"]);
    let old = format!("/types/{kind}/os-share-type-access");
    for version in ["2.0", "2.6", "2.7", "2.99"] {
        let client = admin.at(version);
        let both = json!({ "share_type_access": [row(OWN), row(FOREIGN)] });
        assert_eq!(client.get(&path).is(200).json(), both, "{version}");
        assert_eq!(client.get(&old).is(200).json(), both, "{version}");
    }

    assert_eq!(act(&admin, &kind, "removeProjectAccess", json!(OWN)).is(202).text, "");
    act(&admin, &kind, "removeProjectAccess", json!(OWN)).fails(404);
    assert!(names(&member).is_empty());
    member.post("/shares", wish).fails(404);
    // What was made of it stays.
    until_status(&member, &share, "available");
    cloud.close(1);
}

#[test]
fn every_mistake_about_access_to_a_type_has_its_status() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    let (public, kind) = (cloud.make_type("public", json!({})), private_type(&admin));
    let lists = |kind: &str| ["share_type_access", "os-share-type-access"].map(|name| format!("/types/{kind}/{name}"));
    for action in ["addProjectAccess", "removeProjectAccess"] {
        for wrong in [json!("zz"), json!(""), json!(null), json!(5), json!("a".repeat(33)), json!("g".repeat(32))] {
            act(&admin, &kind, action, wrong.clone()).fails(400);
            act(&admin, &public, action, wrong).fails(400);
        }
        for wrong in [json!(null), json!({}), json!("x"), json!([])] {
            admin.post(&format!("/types/{kind}/action"), json!({ action: wrong })).fails(400);
        }
        act(&admin, &public, action, json!(OWN)).fails(409);
        for unknown in [NOTHING, "x", "private"] {
            act(&admin, unknown, action, json!(OWN)).fails(404);
        }
        for who in ["member", "reader", "stranger", "foreign-member"] {
            act(&cloud.caller(who), &kind, action, json!(OWN)).fails(403);
        }
    }
    admin.post(&format!("/types/{kind}/action"), json!({ "unknown": {} })).fails(400);
    for path in lists(&public).iter().chain(&lists(NOTHING)).chain(&lists("x")) {
        admin.get(path).fails(404);
    }
    for path in lists(&kind) {
        for who in ["member", "reader", "stranger", "foreign-member"] {
            cloud.caller(who).get(&path).fails(403);
        }
    }
    // A project may be written with dashes; it is kept as it was given.
    let dashed = "e1284ade-a3ee-4d24-82af-5ed214f3ad90";
    act(&admin, &kind, "addProjectAccess", json!(dashed)).is(202);
    assert_eq!(admin.get(&lists(&kind)[0]).column("share_type_access", "project_id"), [dashed]);
    act(&admin, &kind, "removeProjectAccess", json!(dashed)).is(202);
    cloud.close(0);
}

#[test]
fn there_are_no_extensions_and_anybody_may_know() {
    let cloud = Cloud::open();
    for who in ["admin", "member", "reader", "stranger", "foreign-reader", "system-reader"] {
        for version in ["2.0", "2.99"] {
            let client = cloud.caller(who).at(version);
            assert_eq!(client.get("/extensions").is(200).json(), json!({ "extensions": [] }));
            client.get("/extensions/x").fails(404);
        }
    }
    Client::nobody(&cloud.address).get("/extensions").is(401);
    cloud.close(0);
}

#[test]
fn a_scheduler_that_is_not_ours_is_refused_at_start_by_name() {
    for (option, value, told) in [
        ("scheduler_driver", "manila.scheduler.drivers.simple.SimpleScheduler", "FilterScheduler"),
        ("scheduler_default_weighers", "CapacityWeigher,NetAppAIQWeigher", "not \"NetAppAIQWeigher\""),
        ("scheduler_default_filters", "CapacityFilter,OurOwnFilter", "not \"OurOwnFilter\""),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("[DEFAULT]\nauth_strategy = noauth\nosapi_share_listen = 127.0.0.1\n{option} = {value}\n");
        std::fs::write(folder.path().join("manila.conf"), text).unwrap();
        let mut start = std::process::Command::new(env!("CARGO_BIN_EXE_manilad"));
        let ended = start.args(["--config-file", "manila.conf"]).current_dir(folder.path()).output().unwrap();
        let words = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success() && words.contains(option) && words.contains(told), "{words}");
    }
}
