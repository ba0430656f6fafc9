//! Metadata of shares and export locations over the wire: what merging, replacing and removing mean, who may do it, and
//! which keys are reserved for administrators.

use serde_json::{Value, json};

use crate::api::cloud::{Cloud, NOTHING, until_status, wish};
use crate::api::wire::Client;

/// Bodies that are refused for any thing that has metadata.
fn wrong_bodies() -> Vec<Value> {
    let long = |most: usize| "x".repeat(most + 1);
    let mut wrong: Vec<Value> = [
        json!({ "": "v" }),
        json!({ " ": "v" }),
        json!({ "k": "" }),
        json!({ "k": " " }),
        json!({ "k": 1 }),
        json!({ "k": null }),
        json!({ long(255): "v" }),
        json!({ "k": long(1023) }),
        json!(null),
        json!("k"),
        json!(["k"]),
    ]
    .map(|metadata| json!({ "metadata": metadata }))
    .into();
    wrong.extend([json!({}), json!({ "meta": { "k": "v" } }), json!([]), json!("metadata")]);
    wrong
}

fn set(entries: Value) -> Value {
    json!({ "metadata": entries })
}

/// Holds that `path` answers these entries.
#[track_caller]
fn holds(client: &Client, path: &str, entries: Value) {
    assert_eq!(client.get(path).is(200).json(), set(entries), "{path}");
}

#[test]
fn metadata_of_a_share_is_merged_replaced_and_removed() {
    let cloud = Cloud::open();
    let member = cloud.member();
    let kind = cloud.make_type("plain", json!({}));
    let share = cloud.make_mountable(&member, &kind, json!({ "metadata": { "a": "b" } }));
    let path = format!("/shares/{share}/metadata");
    let key = |key: &str| format!("{path}/{key}");
    holds(&member, &path, json!({ "a": "b" }));
    assert_eq!(member.post(&path, set(json!({ "k": "v" }))).is(200).json(), set(json!({ "a": "b", "k": "v" })));
    assert_eq!(member.post(&path, set(json!({ "k": "w" }))).is(200).json(), set(json!({ "a": "b", "k": "w" })));
    assert_eq!(member.post(&path, set(json!({}))).is(200).json(), set(json!({ "a": "b", "k": "w" })));
    assert_eq!(member.put(&path, set(json!({ "z": "y" }))).is(200).json(), set(json!({ "z": "y" })));
    assert_eq!(member.get(&key("z")).is(200).json(), json!({ "meta": { "z": "y" } }));
    member.get(&key("nope")).fails(404);
    let both = set(json!({ "e": "f", "z": "y" }));
    assert_eq!(member.post(&key("e"), set(json!({ "e": "f" }))).is(200).json(), both);
    assert_eq!(member.get(&format!("/shares/{share}")).json()["share"]["metadata"], both["metadata"]);
    for mistaken in [json!({ "x": "f" }), json!({}), json!({ "e": "f", "x": "y" })] {
        member.post(&key("e"), set(mistaken)).fails(400);
    }
    assert_eq!(member.delete(&key("z")).is(200).text, "");
    member.delete(&key("z")).fails(404);
    holds(&member, &path, json!({ "e": "f" }));
    assert_eq!(member.put(&path, set(json!({}))).is(200).json(), set(json!({})));
    // Keys may hold anything that an address can say.
    member.post(&path, set(json!({ "größe/2": "ö" }))).is(200);
    assert_eq!(member.get(&key("gr%C3%B6%C3%9Fe%2F2")).is(200).json(), json!({ "meta": { "größe/2": "ö" } }));
    member.delete(&key("gr%C3%B6%C3%9Fe%2F2")).is(200);
    for old in ["2.0", "2.44"] {
        assert_eq!(member.at(old).put(&path, set(json!({ "old": old }))).is(200).json(), set(json!({ "old": old })));
    }
    cloud.close(1);
}

#[test]
fn every_mistake_about_metadata_of_a_share_has_its_status() {
    let cloud = Cloud::open();
    let member = cloud.member();
    let kind = cloud.make_type("plain", json!({}));
    let share = cloud.make_mountable(&member, &kind, json!({ "metadata": { "k": "v" } }));
    let path = format!("/shares/{share}/metadata");
    for wrong in wrong_bodies() {
        for (method, path) in [("POST", path.clone()), ("PUT", path.clone()), ("POST", format!("{path}/k"))] {
            member.ask(method, &path, Some(&wrong)).fails(400);
        }
    }
    for method in ["POST", "PUT"] {
        member.ask(method, &path, None).fails(400);
    }
    for unknown in [NOTHING, "x"] {
        let path = format!("/shares/{unknown}/metadata");
        let body = set(json!({ "k": "v" }));
        for (method, path, body) in [
            ("GET", path.clone(), None),
            ("POST", path.clone(), Some(&body)),
            ("PUT", path.clone(), Some(&body)),
            ("GET", format!("{path}/k"), None),
            ("POST", format!("{path}/k"), Some(&body)),
            ("DELETE", format!("{path}/k"), None),
        ] {
            member.ask(method, &path, body).fails(404);
        }
    }
    // A share is one stored value: what can be noted about it has an end.
    let much = |round: usize| (0..80).map(move |n| (format!("{round}-{n}"), json!("x".repeat(1000))));
    let much = |round| set(Value::Object(much(round).collect()));
    member.post(&path, much(0)).fails(400);
    holds(&member, &path, json!({ "k": "v" }));
    cloud.close(1);
}

#[test]
fn metadata_of_a_share_is_read_by_readers_and_written_by_members_of_its_project() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("plain", json!({}));
    let share = cloud.make_mountable(&member, &kind, json!({ "metadata": { "k": "v" } }));
    let path = format!("/shares/{share}/metadata");
    let body = set(json!({ "k": "v" }));
    let readings = [("GET", path.clone(), None), ("GET", format!("{path}/k"), None)];
    let writings = [
        ("POST", path.clone(), Some(&body)),
        ("PUT", path.clone(), Some(&body)),
        ("POST", format!("{path}/k"), Some(&body)),
        ("DELETE", format!("{path}/k"), None),
    ];
    let expect = |who: &str, reads: u16, writes: u16| {
        let client = cloud.caller(who);
        for (status, requests) in [(reads, &readings[..]), (writes, &writings[..])] {
            for (method, path, body) in requests {
                let answer = client.ask(method, path, *body);
                assert_eq!(answer.status, status, "{method} {path} by {who}: {}", answer.text);
            }
        }
        member.post(&path, body.clone()).is(200);
    };
    expect("reader", 200, 403);
    expect("member", 200, 200);
    expect("admin", 200, 200);
    expect("foreign-admin", 200, 200);
    expect("stranger", 403, 403);
    expect("foreign-member", 404, 404);
    admin.put(&format!("/shares/{share}"), json!({ "share": { "is_public": true } })).is(200);
    expect("foreign-member", 200, 403);
    expect("foreign-reader", 200, 403);
    cloud.close(1);
}

#[test]
pub fn reserved_keys_of_a_share_are_for_administrators() {
    let cloud = Cloud::with("[DEFAULT]\nadmin_only_metadata = locked,bolted");
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("plain", json!({}));
    let share = cloud.make_mountable(&member, &kind, json!({}));
    let path = format!("/shares/{share}/metadata");
    let locked = set(json!({ "locked": "1", "k": "v" }));
    for (method, path) in [("POST", path.clone()), ("PUT", path.clone())] {
        member.ask(method, &path, Some(&locked)).fails(403);
    }
    member.post(&format!("{path}/locked"), set(json!({ "locked": "1" }))).fails(403);
    holds(&member, &path, json!({}));
    // The defaults were replaced, so this key is one like any other; what the scheduler heeds stays reserved.
    member.post(&path, set(json!({ "__managed_at": "x" }))).is(200);
    member.post(&path, set(json!({ "__affinity_same_host": "x" }))).fails(403);
    admin.put(&path, set(json!({ "locked": "1", "bolted": "2", "k": "v" }))).is(200);
    assert_eq!(member.get(&format!("{path}/locked")).is(200).json(), json!({ "meta": { "locked": "1" } }));
    member.delete(&format!("{path}/locked")).fails(403);
    // A replacement that names none of them keeps them, whoever asks; one that names some replaces all.
    let kept = set(json!({ "locked": "1", "bolted": "2", "a": "b" }));
    assert_eq!(member.put(&path, set(json!({ "a": "b" }))).is(200).json(), kept);
    assert_eq!(admin.put(&path, set(json!({ "a": "b" }))).is(200).json(), kept);
    assert_eq!(admin.put(&path, set(json!({ "locked": "3" }))).is(200).json(), set(json!({ "locked": "3" })));
    admin.delete(&format!("{path}/locked")).is(200);
    holds(&member, &path, json!({}));
    cloud.close(1);
}

#[test]
fn affinity_of_shares_is_reserved_by_default() {
    let cloud = Cloud::open();
    let member = cloud.member();
    let kind = cloud.make_type("plain", json!({}));
    let share = cloud.make_mountable(&member, &kind, json!({}));
    for key in ["__affinity_same_host", "__affinity_different_host", "__managed_at"] {
        member.post(&format!("/shares/{share}/metadata"), set(json!({ key: "x" }))).fails(403);
        member.delete(&format!("/shares/{share}/metadata/{key}")).fails(403);
    }
    cloud.close(1);
}

#[test]
fn reserved_keys_are_for_administrators_at_creation_too() {
    let cloud = Cloud::with("[DEFAULT]\nadmin_only_metadata = locked");
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("plain", json!({}));
    let with = |key: &str| wish(&kind, json!({ "metadata": { key: NOTHING, "k": "v" } }));
    for key in ["locked", "__affinity_same_host", "__affinity_different_host"] {
        for version in ["2.0", "2.99"] {
            member.at(version).post("/shares", with(key)).fails(403);
        }
    }
    assert!(admin.get("/shares?all_tenants=1").column("shares", "id").is_empty(), "nothing was made of it");
    let share = admin.post("/shares", with("locked")).is(200).text_at("/share/id");
    assert_eq!(member.get(&format!("/shares/{share}/metadata/locked")).is(200).json()["meta"]["locked"], NOTHING);
    until_status(&admin, &share, "available");
    cloud.close(1);
}

#[test]
fn what_can_be_noted_has_an_end_at_creation_and_on_access_rules_too() {
    let cloud = Cloud::open();
    let member = cloud.member();
    let kind = cloud.make_type("plain", json!({}));
    let much = |round: usize| (0..60).map(move |n| (format!("{round}-{n}"), json!("x".repeat(1000))));
    let (some, more) = (Value::Object(much(0).collect()), Value::Object(much(0).chain(much(1)).take(80).collect()));
    member.post("/shares", wish(&kind, json!({ "metadata": more }))).fails(400);
    let share = cloud.make_mountable(&member, &kind, json!({}));
    let allow = |metadata: &Value| {
        let rule = json!({ "access_type": "ip", "access_to": "10.0.0.1", "metadata": metadata });
        member.act(&share, json!({ "allow_access": rule }))
    };
    allow(&more).fails(400);
    let rule = allow(&some).is(200).text_at("/access/id");
    let path = format!("/share-access-rules/{rule}/metadata");
    member.put(&path, set(Value::Object(much(1).collect()))).fails(400);
    assert_eq!(member.put(&path, set(json!({ "k": "v" }))).is(200).json()["metadata"]["k"], "v");
    member.delete(&format!("{path}/k")).is(200);
    member.delete(&format!("{path}/k")).fails(404);
    cloud.close(1);
}

/// A share that can be mounted, and the path of one of its locations.
fn location(cloud: &Cloud) -> (String, String) {
    let kind = cloud.make_type("plain", json!({}));
    let member = cloud.member();
    let share = cloud.make_mountable(&member, &kind, json!({}));
    let list = member.get(&format!("/shares/{share}/export_locations")).is(200).json();
    let all = list["export_locations"].as_array().unwrap();
    let preferred = all.iter().find(|one| one["preferred"] == true).expect("a location on the node of the data");
    let path = format!("/shares/{share}/export_locations/{}", preferred["id"].as_str().unwrap());
    (share, path)
}

#[test]
fn metadata_of_an_export_location_is_merged_replaced_and_removed() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let (_, location) = location(&cloud);
    let path = format!("{location}/metadata");
    let preferred = |client: &Client| client.get(&location).is(200).json()["export_location"]["preferred"].clone();
    holds(&member, &path, json!({ "preferred": "True" }));
    let merged = set(json!({ "preferred": "True", "x": "y" }));
    assert_eq!(member.post(&path, set(json!({ "x": "y" }))).is(200).json(), merged);
    let seen = member.get(&location).json()["export_location"].clone();
    assert_eq!((&seen["metadata"], &seen["preferred"]), (&json!({ "x": "y" }), &json!(true)));
    assert_eq!(member.at("2.86").get(&location).json()["export_location"].get("metadata"), None);
    // `preferred` is for administrators; a replacement that does not name it keeps it.
    for (method, path) in [("POST", path.clone()), ("PUT", path.clone()), ("POST", format!("{path}/preferred"))] {
        member.ask(method, &path, Some(&set(json!({ "preferred": "False" })))).fails(403);
    }
    member.delete(&format!("{path}/preferred")).fails(403);
    let changed = set(json!({ "preferred": "False", "x": "y" }));
    assert_eq!(admin.post(&path, set(json!({ "preferred": "False" }))).is(200).json(), changed);
    assert_eq!(preferred(&member), false);
    let replaced = set(json!({ "preferred": "False", "e": "f" }));
    assert_eq!(member.put(&path, set(json!({ "e": "f" }))).is(200).json(), replaced);
    assert_eq!(admin.put(&path, set(json!({ "e": "f" }))).is(200).json(), replaced);
    assert_eq!(member.get(&format!("{path}/e")).is(200).json(), json!({ "meta": { "e": "f" } }));
    assert_eq!(member.get(&format!("{path}/preferred")).is(200).json(), json!({ "meta": { "preferred": "False" } }));
    assert_eq!(member.post(&format!("{path}/g"), set(json!({ "g": "h" }))).is(200).json()["metadata"]["g"], "h");
    assert_eq!(member.delete(&format!("{path}/g")).is(200).text, "");
    member.delete(&format!("{path}/g")).fails(404);
    member.get(&format!("{path}/g")).fails(404);
    let alone = set(json!({ "preferred": "True" }));
    assert_eq!(admin.put(&path, set(json!({ "preferred": "yes" }))).is(200).json(), alone);
    admin.delete(&format!("{path}/preferred")).is(200);
    holds(&member, &path, json!({ "preferred": "False" }));
    cloud.close(1);
}

#[test]
fn every_mistake_about_metadata_of_an_export_location_has_its_status() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let (share, location) = location(&cloud);
    let path = format!("{location}/metadata");
    member.post(&path, set(json!({ "k": "v" }))).is(200);
    let mut wrong = wrong_bodies();
    wrong.extend(["k/k", "k\n", "ö", "k,"].map(|key| set(json!({ key: "v" }))));
    for wrong in wrong {
        member.post(&path, wrong.clone()).fails(400);
        member.put(&path, wrong).fails(400);
    }
    for right in ["a-b_c:d.e f", "A0", &"x".repeat(255)] {
        member.post(&path, set(json!({ right: "v" }))).is(200);
    }
    for mistaken in [json!({ "x": "f" }), json!({}), json!({ "k": "f", "x": "y" })] {
        member.post(&format!("{path}/k"), set(mistaken)).fails(400);
    }
    admin.post(&path, set(json!({ "preferred": "maybe" }))).fails(400);
    let body = set(json!({ "k": "v" }));
    let requests = |path: &str| {
        [
            ("GET", path.to_owned(), None),
            ("GET", format!("{path}/k"), None),
            ("POST", path.to_owned(), Some(&body)),
            ("PUT", path.to_owned(), Some(&body)),
            ("POST", format!("{path}/k"), Some(&body)),
            ("DELETE", format!("{path}/k"), None),
        ]
    };
    let expect = |client: &Client, path: &str, statuses: [u16; 6]| {
        for ((method, path, body), status) in requests(path).into_iter().zip(statuses) {
            let answer = client.ask(method, &path, body);
            assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        }
    };
    expect(&member.at("2.86"), &path, [404; 6]);
    let id = location.rsplit('/').next().unwrap();
    for (share, id) in [(share.as_str(), NOTHING), (&share, "x"), (NOTHING, id), ("x", id)] {
        expect(&member, &format!("/shares/{share}/export_locations/{id}/metadata"), [404; 6]);
    }
    expect(&member.at("2.87"), &path, [200; 6]);
    member.post(&path, body.clone()).is(200);
    expect(&cloud.caller("reader"), &path, [200, 200, 403, 403, 403, 403]);
    expect(&cloud.caller("stranger"), &path, [403; 6]);
    // A private share of another project is forbidden here, not missing; a public one can be read.
    expect(&cloud.caller("foreign-member"), &path, [403; 6]);
    admin.put(&format!("/shares/{share}"), json!({ "share": { "is_public": true } })).is(200);
    expect(&cloud.caller("foreign-member"), &path, [200, 200, 403, 403, 403, 403]);
    expect(&admin, &path, [200; 6]);
    cloud.close(1);
}

#[test]
fn nothing_of_an_export_location_is_reserved_where_the_operator_says_so() {
    let cloud = Cloud::with("[DEFAULT]\nadmin_only_el_metadata = other");
    let member = cloud.member();
    let (_, location) = location(&cloud);
    let path = format!("{location}/metadata");
    member.post(&path, set(json!({ "other": "x" }))).fails(403);
    member.post(&path, set(json!({ "preferred": "False" }))).is(200);
    holds(&member, &path, json!({ "preferred": "False" }));
    cloud.close(1);
}
