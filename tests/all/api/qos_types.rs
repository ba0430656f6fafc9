//! QoS types over the wire, and what becomes of shares whose type names one. Source: resources.md §19.

use serde_json::{Value, json};

use super::cloud::{Cloud, NOTHING, until_gone, until_status, wish};
use super::wire::{Answer, Client};
use crate::support::until;

/// Makes a QoS type; answers its id.
pub fn make_qos_type(admin: &Client, name: &str, specs: Value) -> String {
    make(admin, name, specs).is(200).text_at("/qos_type/id")
}

fn make(admin: &Client, name: &str, specs: Value) -> Answer {
    admin.post("/qos-types", json!({ "qos_type": { "name": name, "description": "d", "specs": specs } }))
}

fn fixed(limit: u64) -> Value {
    json!({ "policy_type": "fixed", "max_throughput_iops": limit })
}

#[test]
fn an_administrator_makes_qos_types_and_every_mistake_has_its_status() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    let specs =
        json!({ "policy_type": "adaptive", "peak_iops": 5000, "expected_iops": 2000, "x": true, "n": { "k": [1] } });
    let body = json!({ "qos_type": { "name": "gold", "description": "d", "specs": specs, "more": "ignored" } });
    let made = admin.at("2.94").post("/qos-types", body).is(200).json();
    let one = &made["qos_type"];
    assert_eq!((&one["name"], &one["description"], &one["specs"]), (&json!("gold"), &json!("d"), &specs));
    assert!(one["created_at"].is_string() && one["updated_at"].is_null() && one.get("links").is_none(), "{one}");
    let bare = admin.post("/qos-types", json!({ "qos_type": { "name": "bare" } })).is(200).json();
    assert_eq!((&bare["qos_type"]["description"], &bare["qos_type"]["specs"]), (&Value::Null, &json!({})));
    let longest = json!({ "qos_type": { "name": "x".repeat(255), "description": "d".repeat(255),
                                        "specs": { "k".repeat(255): "v".repeat(255) } } });
    admin.post("/qos-types", longest).is(200);

    make(&admin, "gold", json!({})).fails(409);
    for wrong in [json!({}), json!({ "qos_type": null }), json!({ "qos_type": [] }), json!({ "share_type": {} })] {
        admin.post("/qos-types", wrong).fails(422);
    }
    for wrong in [
        json!({}),
        json!({ "name": null }),
        json!({ "name": "" }),
        json!({ "name": " " }),
        json!({ "name": 5 }),
        json!({ "name": "x".repeat(256) }),
        json!({ "name": "q", "description": "x".repeat(256) }),
        json!({ "name": "q", "description": 5 }),
        json!({ "name": "q", "specs": [] }),
        json!({ "name": "q", "specs": "fixed" }),
        json!({ "name": "q", "specs": { "k": "" } }),
        json!({ "name": "q", "specs": { "k": null } }),
        json!({ "name": "q", "specs": { "k": [] } }),
        json!({ "name": "q", "specs": { "k": "v".repeat(256) } }),
        json!({ "name": "q", "specs": { "k v": "v" } }),
        json!({ "name": "q", "specs": { "": "v" } }),
        json!({ "name": "q", "specs": { "k".repeat(256): "v" } }),
        json!({ "name": "q", "specs": { "k": { "n": "v".repeat(70_000) } } }),
    ] {
        admin.post("/qos-types", json!({ "qos_type": wrong })).fails(400);
    }
    cloud.member().post("/qos-types", json!({ "qos_type": { "name": "q" } })).fails(403);
    admin.at("2.93").post("/qos-types", json!({ "qos_type": { "name": "q" } })).fails(404);
    cloud.close(0);
}

#[test]
fn every_reader_sees_all_qos_types_and_their_specs_one_by_one_are_for_administrators() {
    let cloud = Cloud::open();
    let (admin, specs) = (cloud.admin(), fixed(100));
    let id = make_qos_type(&admin, "gold", specs.clone());
    let path = format!("/qos-types/{id}");
    for who in ["member", "reader", "foreign-reader"] {
        let shown = cloud.caller(who).get(&path).is(200).json();
        assert_eq!((&shown["qos_type"]["name"], &shown["qos_type"]["specs"]), (&json!("gold"), &specs), "{who}");
        assert_eq!(cloud.caller(who).get("/qos-types").is(200).column("qos_types", "id"), [id.as_str()], "{who}");
        cloud.caller(who).get(&format!("{path}/specs")).fails(403);
        cloud.caller(who).delete(&path).fails(403);
    }
    cloud.caller("stranger").get(&path).fails(403);
    for nothing in [NOTHING, "x", "gold"] {
        let path = format!("/qos-types/{nothing}");
        admin.get(&path).fails(404);
        admin.delete(&path).fails(404);
        admin.put(&path, json!({ "qos_type": { "description": "d" } })).fails(404);
        admin.get(&format!("{path}/specs")).fails(404);
        admin.post(&format!("{path}/specs"), json!({ "specs": { "k": "v" } })).fails(404);
        admin.delete(&format!("{path}/specs/k")).fails(404);
    }
    cloud.close(0);
}

#[test]
fn only_the_description_of_a_qos_type_changes() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    let path = format!("/qos-types/{}", make_qos_type(&admin, "gold", json!({})));
    let put = |body: Value| admin.put(&path, json!({ "qos_type": body }));
    let changed = put(json!({ "name": "silver", "description": "d", "specs": { "k": "v" } })).is(200).json();
    let one = &changed["qos_type"];
    assert_eq!((&one["name"], &one["description"], &one["specs"]), (&json!("gold"), &json!("d"), &json!({})));
    assert!(one["updated_at"].is_string(), "{one}");
    assert_eq!(put(json!({ "description": "e" })).is(200).json()["qos_type"]["description"], "e");
    assert_eq!(put(json!({})).is(200).json()["qos_type"]["description"], "e");
    assert_eq!(put(json!({ "description": null })).is(200).json()["qos_type"]["description"], Value::Null);
    put(json!({ "description": "x".repeat(256) })).fails(400);
    admin.put(&path, json!({ "description": "d" })).fails(422);
    admin.delete(&path).is(204);
    admin.get(&path).fails(404);
    cloud.close(0);
}

#[test]
fn specs_are_added_set_shown_and_taken_away() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    let path = format!("/qos-types/{}/specs", make_qos_type(&admin, "gold", json!({ "a": "1" })));
    let all = || admin.get(&path).is(200).json();
    assert_eq!(all(), json!({ "specs": { "a": "1" } }));
    let more = json!({ "specs": { "b": true, "a": "2" } });
    assert_eq!(admin.post(&path, more.clone()).is(200).json(), more);
    assert_eq!(all(), json!({ "specs": { "a": "2", "b": true } }));
    assert_eq!(admin.get(&format!("{path}/a")).is(200).json(), json!({ "a": "2" }));
    assert_eq!(admin.put(&format!("{path}/c"), json!({ "c": "3" })).is(200).json(), json!({ "c": "3" }));
    admin.delete(&format!("{path}/a")).is(204);
    admin.delete(&format!("{path}/a")).fails(404);
    admin.get(&format!("{path}/a")).fails(404);
    assert_eq!(all(), json!({ "specs": { "b": true, "c": "3" } }));
    for wrong in
        [json!({}), json!({ "specs": null }), json!({ "specs": { "k": "" } }), json!({ "specs": { "k v": "" } })]
    {
        admin.post(&path, wrong).fails(400);
    }
    for wrong in [json!({}), json!({ "d": "3" }), json!({ "c": "3", "d": "4" }), json!({ "c": "" }), json!([])] {
        admin.put(&format!("{path}/c"), wrong).fails(400);
    }
    assert_eq!(all(), json!({ "specs": { "b": true, "c": "3" } }));
    cloud.close(0);
}

#[test]
fn qos_types_are_filtered_sorted_and_paged() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    for (name, description) in [("bronze", Some("for all")), ("gold", Some("for few")), ("silver", None)] {
        admin.post("/qos-types", json!({ "qos_type": { "name": name, "description": description } })).is(200);
    }
    let names = |query: &str| admin.get(&format!("/qos-types?{query}")).is(200).column("qos_types", "name");
    assert_eq!(names("sort_key=name&sort_dir=asc"), ["bronze", "gold", "silver"]);
    assert_eq!(names("sort_key=name"), ["silver", "gold", "bronze"]);
    assert_eq!(names("sort_key=name&limit=1&offset=1"), ["gold"]);
    assert_eq!(names("sort_key=name&offset=2"), ["bronze"]);
    let all = names("");
    assert_eq!((all.len(), names("limit=2").len(), names("limit=0").len()), (3, 2, 0));
    assert_eq!(names("limit=2&offset=2"), all[2..]);
    let body = admin.get("/qos-types?limit=1").is(200).json();
    assert_eq!(body.as_object().unwrap().len(), 1, "no links: {body}");
    let marker = body["qos_types"][0]["id"].as_str().unwrap();
    assert_eq!(names(&format!("limit=2&marker={marker}")), all[1..]);
    for (query, found) in [
        ("name=gold", &["gold"][..]),
        ("name=gol", &[]),
        ("name~=ol", &["gold"]),
        ("description=for all", &["bronze"]),
        ("description~=few", &["gold"]),
        ("name~=o&description~=all", &["bronze"]),
        ("name~=o&description~=none", &[]),
        ("colour=red&name=silver", &["silver"]),
    ] {
        assert_eq!(names(&query.replace(' ', "%20")), found, "{query}");
    }
    for wrong in ["limit=zz", "limit=-1", "offset=zz", "sort_key=specs", "sort_dir=up"] {
        admin.get(&format!("/qos-types?{wrong}")).fails(400);
    }
    cloud.close(0);
}

#[test]
fn a_share_of_a_type_that_names_a_qos_type_is_bound_to_it_and_follows_its_limits() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let gold = make_qos_type(&admin, "gold", fixed(100));
    let kind = cloud.make_type("limited", json!({ "default_qos_type": "gold" }));
    let remove = || admin.delete(&format!("/qos-types/{gold}"));
    remove().fails(400);
    let share = cloud.make_mountable(&member, &kind, json!({}));
    let shown = member.get(&format!("/shares/{share}")).is(200).text;
    assert!(!shown.contains(&gold) && !shown.contains("qos"), "{shown}");
    assert_eq!(cloud.stage.sim.state().qos_policies, ["FIXED_QOS_svm1_gold"]);
    assert!(!cloud.stage.sim.volumes()[0]["qos"].is_null());
    admin.delete(&format!("/types/{kind}/extra_specs/default_qos_type")).is(202);
    remove().fails(400);
    member.delete(&format!("/shares/{share}")).is(202);
    until_gone(&member, &share);
    remove().is(204);
    cloud.close(0);
}

#[test]
fn a_type_that_names_no_qos_type_is_made_and_its_shares_are_refused() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("limited", json!({ "default_qos_type": "gold" }));
    let shown = member.get(&format!("/types/{kind}")).is(200).json();
    assert_eq!(shown["share_type"]["extra_specs"]["default_qos_type"], "gold", "tenants see it");
    for version in ["2.0", "2.94", "2.99"] {
        let refused = member.at(version).post("/shares", wish(&kind, json!({})));
        refused.fails(400);
        assert!(refused.text.contains("gold"), "{}", refused.text);
    }
    let gold = make_qos_type(&admin, "gold", json!({}));
    let other = cloud.make_type("by id", json!({ "default_qos_type": gold }));
    member.post("/shares", wish(&other, json!({}))).fails(400);
    let share = cloud.make_mountable(&member, &kind, json!({}));
    assert_eq!(cloud.stage.sim.state().qos_policies, Vec::<String>::new(), "it limits nothing");
    member.delete(&format!("/shares/{share}")).is(202);
    until_gone(&member, &share);
    cloud.close(0);
}

#[test]
fn a_qos_type_that_no_back_end_has_puts_the_share_in_error_and_its_owner_is_told() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    for (name, specs, detail) in [
        ("elastic", json!({ "policy_type": "elastic" }), "008"),
        ("wrong", json!({ "policy_type": "fixed", "max_throughput_iops": "many" }), "008"),
    ] {
        make_qos_type(&admin, name, specs);
        let kind = cloud.make_type(name, json!({ "default_qos_type": name }));
        let share = cloud.make_share(&member, &kind, json!({}));
        until_status(&admin, &share, "error");
        let told = until("a message", || {
            let messages = member.get(&format!("/messages?resource_id={share}")).is(200).json();
            messages["messages"].as_array().unwrap().first().cloned()
        });
        assert_eq!(told["detail_id"], detail, "{name}: {told}");
        let log = cloud.stage.daemon.log();
        assert!(log.iter().any(|line| line.contains(name) && line.contains("QoS type")), "{name}");
        member.delete(&format!("/shares/{share}")).is(202);
        until_gone(&member, &share);
    }
    cloud.close(0);
}
