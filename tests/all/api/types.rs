//! Share types and their extra specs.

use serde_json::{Value, json};

use super::cloud::{Cloud, NOTHING, OWN, wish};

const DHSS: &str = "driver_handles_share_servers";

fn new_type(name: &str, more: Value) -> Value {
    let mut body = json!({ "name": name, "extra_specs": { DHSS: "False" } });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "share_type": body })
}

#[test]
pub fn an_administrator_makes_types_and_every_mistake_has_its_status() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    let made = |version: &str, body: Value| admin.at(version).post("/types", body).is(200).json();
    let specs = json!({ DHSS: true, "snapshot_support": "<is> True", "netapp:x": "y", "thin": false });
    let full = made("2.99", new_type("full", json!({ "description": "d", "extra_specs": specs })));
    assert_eq!(full["share_type"], full["volume_type"]);
    let one = &full["share_type"];
    let stored = json!({ DHSS: "True", "snapshot_support": "<is> True", "netapp:x": "y", "thin": "False" });
    assert_eq!((&one["extra_specs"], &one["required_extra_specs"]), (&stored, &json!({ DHSS: "True" })));
    assert_eq!((&one["description"], &one["is_default"]), (&json!("d"), &json!(false)));
    assert_eq!(one["share_type_access:is_public"], true);
    let numbers = json!({ DHSS: 0, "provisioning:max_share_size": 10, "netapp:half": 0.5, "netapp:less": -3 });
    let numbered = made("2.99", new_type("numbered", json!({ "extra_specs": numbers })));
    let stored = json!({ DHSS: "0", "provisioning:max_share_size": "10", "netapp:half": "0.5", "netapp:less": "-3" });
    assert_eq!(numbered["share_type"]["extra_specs"], stored, "numbers are stored as text");
    let zones = "availability_zones";
    let zoned = made("2.99", new_type("zoned", json!({ "extra_specs": { DHSS: "False", zones: "az1,  az2 " } })));
    assert_eq!(zoned["share_type"]["extra_specs"][zones], "az1,az2", "without the blanks around them");
    let path = format!("/types/{}/extra_specs", zoned["share_type"]["id"].as_str().unwrap());
    let shown = |spec: &str| admin.get(&format!("{path}/{zones}")).is(200).json() == json!({ zones: spec });
    let more = json!({ "extra_specs": { zones: " az3 ,az4", "netapp:x": " a, b ", "thin": true } });
    let echo = json!({ "extra_specs": { zones: "az3,az4", "netapp:x": " a, b ", "thin": true } });
    assert_eq!(admin.post(&path, more).is(200).json(), echo);
    assert!(shown("az3,az4"));
    let set = admin.put(&format!("{path}/{zones}"), json!({ zones: "  az5,  az6  " })).is(200).json();
    assert_eq!(set, json!({ zones: "az5,az6" }));
    assert!(shown("az5,az6"));
    // Before 2.24 a type implies snapshots; the name of the flag changed in 2.7; both names are understood.
    let body = json!({ "volume_type": { "name": "old", "extra_specs": { DHSS: "0" }, "os-share-type-access:is_public": "no" } });
    let old = made("2.6", body)["volume_type"].clone();
    assert_eq!(old["extra_specs"], json!({ DHSS: "0", "snapshot_support": "True" }));
    assert_eq!(old["os-share-type-access:is_public"], false);
    assert_eq!(made("2.24", new_type("bare", json!({})))["share_type"]["extra_specs"], json!({ DHSS: "False" }));
    let private = made("2.99", new_type("private", json!({ "share_type_access:is_public": false })));
    assert_eq!(private["share_type"]["share_type_access:is_public"], false);
    made("2.40", new_type("undescribed", json!({ "description": "" })));
    made("2.99", new_type("x".repeat(255).as_str(), json!({ "description": "d".repeat(255) })));

    admin.post("/types", new_type("full", json!({}))).fails(409);
    admin.at("2.40").post("/types", new_type("q", json!({ "description": "d" }))).fails(400);
    for wrong in [
        json!({}),
        json!({ "share_type": null }),
        json!({ "share_type": {} }),
        json!({ "share_type": { "name": "q" } }),
        json!({ "share_type": { "extra_specs": { DHSS: "False" } } }),
        new_type("", json!({})),
        new_type("q", json!({ "name": 5 })),
        new_type("x".repeat(256).as_str(), json!({})),
        new_type("q", json!({ "description": "x".repeat(256) })),
        new_type("q", json!({ "description": 5 })),
        new_type("q", json!({ "share_type_access:is_public": "zz" })),
        new_type("q", json!({ "extra_specs": null })),
        new_type("q", json!({ "extra_specs": [] })),
        new_type("q", json!({ "extra_specs": {} })),
    ] {
        admin.post("/types", wrong).fails(400);
    }
    for (key, wrong) in [
        (DHSS, json!("zz")),
        (DHSS, json!("")),
        ("snapshot_support", json!("zz")),
        ("create_share_from_snapshot_support", json!("zz")),
        ("revert_to_snapshot_support", json!("zz")),
        ("mount_snapshot_support", json!("zz")),
        ("mount_point_name_support", json!("zz")),
        ("replication_type", json!("zz")),
        ("availability_zones", json!("a,,b")),
        ("availability_zones", json!("")),
        ("encryption_support", json!("zz")),
        ("provisioning:max_share_size", json!("a")),
        ("provisioning:max_share_size", json!("0")),
        ("provisioning:max_share_size", json!(0)),
        ("provisioning:max_share_size", json!(1.5)),
        ("snapshot_support", json!(2)),
        ("provisioning:min_share_size", json!("-1")),
        ("provisioning:max_share_extend_size", json!("1.5")),
        ("provisioning:mount_point_prefix", json!("x".repeat(256))),
        ("default_qos_type", json!("x".repeat(256))),
        ("k v", json!("x")),
        ("", json!("x")),
        ("k", json!("")),
        ("k", json!(null)),
        ("k", json!({ "nested": "x" })),
        ("k", json!("x".repeat(256))),
    ] {
        let mut body = new_type("q", json!({}));
        body["share_type"]["extra_specs"][key] = wrong;
        admin.post("/types", body).fails(400);
    }
    cloud.close(0);
}

#[test]
pub fn types_are_listed_shown_changed_and_removed() {
    let cloud = Cloud::with("[DEFAULT]\ndefault_share_type = b");
    let (admin, member) = (cloud.admin(), cloud.member());
    let b = cloud.make_type("b", json!({ "x:tier": "gold", "availability_zones": "nova,far" }));
    let a = cloud.make_type("a", json!({ "replication_type": "readable" }));
    let hidden = admin.post("/types", new_type("hidden", json!({ "share_type_access:is_public": false })));
    let hidden = hidden.is(200).text_at("/share_type/id");
    let names = |query: &str| admin.get(&format!("/types{query}")).is(200).column("share_types", "name");
    assert_eq!(names(""), ["a", "b"]);
    assert_eq!(names("?is_public=true"), ["a", "b"]);
    assert_eq!(names("?is_public=false"), ["hidden"]);
    for all in ["all", "All", "none"] {
        assert_eq!(names(&format!("?is_public={all}")), ["a", "b", "hidden"]);
    }
    assert_eq!(names("?unknown=1&limit=1"), ["a", "b"]);
    // A private type that is open to the own project is in the list of administrators too, and in no other project's.
    let access = |verb: &str| json!({ verb: { "project": OWN } });
    admin.post(&format!("/types/{hidden}/action"), access("addProjectAccess")).is(202);
    for open in ["", "?is_public=true", "?is_public=all"] {
        assert_eq!(names(open), ["a", "b", "hidden"], "{open}");
    }
    assert_eq!(names("?is_public=false"), ["hidden"]);
    assert_eq!(member.get("/types").is(200).column("share_types", "name"), ["a", "b", "hidden"]);
    assert_eq!(cloud.caller("foreign-admin").get("/types").is(200).column("share_types", "name"), ["a", "b"]);
    admin.post(&format!("/types/{hidden}/action"), access("removeProjectAccess")).is(202);
    assert_eq!(names("?extra_specs=%7B%27x%3Atier%27%3A%27gold%27%7D"), ["b"]);
    assert_eq!(names("?extra_specs=%7B%27x%3Atier%27%3A%27zz%27%7D"), [""; 0]);
    assert_eq!(names("?extra_specs=%7B%27availability_zones%27%3A%27nova%27%7D"), ["a", "b"]);
    assert_eq!(names("?extra_specs=%7B%27availability_zones%27%3A%27near%27%7D"), ["a"]);
    for wrong in ["is_public=zz", "extra_specs=zz", "extra_specs=%5B%5D"] {
        admin.get(&format!("/types?{wrong}")).fails(400);
    }
    admin.at("2.42").get("/types?extra_specs=%7B%27a%27%3A%27b%27%7D").fails(400);
    let both = admin.get("/types").is(200).json();
    assert_eq!(both["share_types"], both["volume_types"]);

    // Tenants see public types, and of their specs those that Manila gives a meaning.
    assert_eq!(member.get("/types?is_public=zz").is(200).column("share_types", "name"), ["a", "b"]);
    member.get(&format!("/types/{hidden}")).fails(404);
    let seen = |version: &str| {
        member.at(version).get(&format!("/types/{b}")).is(200).json()["share_type"]["extra_specs"].clone()
    };
    assert_eq!(seen("2.23"), json!({ DHSS: "False", "availability_zones": "nova,far" }));
    assert_eq!(seen("2.24")["snapshot_support"], false);
    assert_eq!((seen("2.98").as_object().unwrap().len(), seen("2.99").as_object().unwrap().len()), (6, 7));
    assert_eq!(seen("2.99")["snapshot_inherit_share_access_support"], false);
    let whole = admin.get(&format!("/types/{b}")).is(200).json()["share_type"].clone();
    assert_eq!((&whole["extra_specs"]["x:tier"], &whole["is_default"]), (&json!("gold"), &json!(true)));
    assert_eq!(admin.get("/types/default").is(200).json()["share_type"], whole);
    for unknown in [NOTHING, "x", "a", "detail"] {
        admin.get(&format!("/types/{unknown}")).fails(404); // shown by id, never by name
    }

    let path = format!("/types/{a}");
    let change = |body: Value| admin.put(&path, json!({ "share_type": body }));
    let changed =
        change(json!({ "name": "z", "description": "d", "share_type_access:is_public": false })).is(200).json();
    assert_eq!((&changed["share_type"]["name"], &changed["share_type"]["description"]), (&json!("z"), &json!("d")));
    assert_eq!(names("?is_public=false"), ["hidden", "z"]);
    assert_eq!(change(json!({ "description": "" })).is(200).json()["share_type"]["description"], Value::Null);
    change(json!({ "name": "z" })).is(200); // its own name is not taken
    change(json!({ "name": "b" })).fails(409);
    for wrong in [
        json!({}),
        json!({ "extra_specs": {} }),
        json!({ "name": "" }),
        json!({ "name": "  " }),
        json!({ "name": "x".repeat(256) }),
        json!({ "description": "x".repeat(256) }),
        json!({ "share_type_access:is_public": "zz" }),
    ] {
        change(wrong).fails(400);
    }
    admin.put(&path, json!({})).fails(400);
    admin.at("2.49").put(&path, json!({ "share_type": { "name": "y" } })).fails(404);
    for unknown in [NOTHING, "x"] {
        admin.put(&format!("/types/{unknown}"), json!({ "share_type": { "name": "y" } })).fails(404);
        admin.delete(&format!("/types/{unknown}")).fails(404);
    }

    let share = cloud.make_mountable(&member, &b, json!({}));
    admin.delete(&format!("/types/{b}")).fails(400);
    // A new name of the type shows in its shares.
    admin.put(&format!("/types/{b}"), json!({ "share_type": { "name": "bb" } })).is(200);
    assert_eq!(member.get(&format!("/shares/{share}")).json()["share"]["share_type_name"], "bb");
    assert_eq!(member.at("2.5").get("/shares/detail").json()["shares"][0]["share_type"], "bb");
    assert_eq!(admin.delete(&path).is(202).text, "");
    admin.get(&path).fails(404);
    cloud.close(1);
}

#[test]
fn extra_specs_are_read_and_written_one_by_one() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    let kind = cloud.make_type("plain", json!({ "snapshot_support": "True" }));
    let path = format!("/types/{kind}/extra_specs");
    let (one, none) = (|key: &str| format!("{path}/{key}"), format!("/types/{NOTHING}/extra_specs"));
    let body = json!({ "extra_specs": { "k:v": "1", "b": true } });
    assert_eq!(admin.post(&path, body.clone()).is(200).json(), body, "the body is echoed");
    let all = json!({ DHSS: "False", "snapshot_support": "True", "k:v": "1", "b": "True" });
    assert_eq!(admin.get(&path).is(200).json(), json!({ "extra_specs": all }));
    assert_eq!(admin.get(&one("k:v")).is(200).json(), json!({ "k:v": "1" }));
    assert_eq!(admin.put(&one("b"), json!({ "b": "x" })).is(200).json(), json!({ "b": "x" }));
    assert_eq!(admin.put(&one("new"), json!({ "new": false })).is(200).json(), json!({ "new": false }));
    for wrong in [
        json!({}),
        json!({ "extra_specs": null }),
        json!({ "extra_specs": { "k v": "1" } }),
        json!({ "extra_specs": { "": "1" } }),
        json!({ "extra_specs": { "k".repeat(256): "1" } }),
        json!({ "extra_specs": { "k": 1 } }),
        json!({ "extra_specs": { "k": "" } }),
        json!({ "extra_specs": { "k": "v".repeat(256) } }),
        json!({ "extra_specs": { "snapshot_support": "zz" } }),
        json!({ "extra_specs": { "replication_type": "zz" } }),
    ] {
        admin.post(&path, wrong).fails(400);
    }
    for wrong in [
        json!({}),
        json!({ "c": "x" }),
        json!({ "b": "x", "c": "y" }),
        json!({ "b": 1 }),
        json!({ "b": "" }),
        json!([]),
    ] {
        admin.put(&one("b"), wrong).fails(400);
    }
    admin.put(&one(DHSS), json!({ DHSS: "zz" })).fails(400);
    assert_eq!(admin.delete(&one("b")).is(202).text, "");
    admin.delete(&one("k:v")).is(202);
    admin.delete(&one("b")).fails(404);
    admin.get(&one("zz")).fails(404);
    admin.delete(&one(DHSS)).fails(403);
    admin.at("2.23").delete(&one("snapshot_support")).fails(403);
    admin.at("2.24").delete(&one("snapshot_support")).is(202);
    admin.at("2.23").delete(&one("snapshot_support")).fails(403); // whether it is there or not
    admin.at("2.24").delete(&one("snapshot_support")).fails(404);
    admin.get(&none).fails(404);
    admin.get(&format!("{none}/k")).fails(404);
    admin.post(&none, json!({ "extra_specs": { "k": "v" } })).fails(404);
    admin.put(&format!("{none}/k"), json!({ "k": "v" })).fails(404);
    admin.delete(&format!("{none}/k")).fails(404);
    admin.get("/types/x/extra_specs").fails(404);
    cloud.close(0);
}

#[test]
fn a_type_that_goes_while_a_share_is_asked_for_leaves_no_share_without_its_type() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    for round in 0..120 {
        // No pool is blue, so nothing is made on the array.
        let kind = cloud.make_type(&format!("kind{round}"), json!({ "colour": "blue" }));
        let (asked, removed) = std::thread::scope(|scope| {
            let asking = scope.spawn(|| member.post("/shares", wish(&kind, json!({}))));
            let removed = admin.delete(&format!("/types/{kind}")).status;
            (asking.join().unwrap(), removed)
        });
        let outcome = (asked.status, removed);
        assert!(matches!(outcome, (200, 400) | (404, 202)), "round {round}: {outcome:?}");
        if asked.status == 200 {
            let share = asked.text_at("/share/id");
            assert_eq!(admin.get(&format!("/shares/{share}")).text_at("/share/share_type"), kind);
            admin.act(&share, json!({ "force_delete": null })).is(202);
        }
    }
    cloud.close(0);
}
