//! Asking for shares, changing what is said about them, and giving them back: every mistake that a client can make.

use serde_json::{Value, json};

use super::cloud::{Cloud, NOTHING, make_type, until_gone, until_status, wish};
use crate::support::until;

#[test]
pub fn a_share_is_asked_for_in_every_way_that_clients_have() {
    let cloud = Cloud::with("[quota]\nshares = -1");
    let admin = cloud.admin();
    let kind = cloud.make_type("plain", json!({}));
    let make = |more: Value| admin.post("/shares", wish(&kind, more)).is(200).json()["share"].clone();
    let full = make(json!({
        "share_proto": "nfs", "size": "2", "name": "n", "description": "d", "metadata": { "k": "v" },
        "is_public": true, "availability_zone": "nova", "snapshot_id": null, "share_network_id": null,
        "share_group_id": null, "scheduler_hints": {}, "unknown": [1],
    }));
    assert_eq!((&full["status"], &full["share_proto"], &full["size"]), (&json!("creating"), &json!("NFS"), &json!(2)));
    assert_eq!((&full["name"], &full["description"]), (&json!("n"), &json!("d")));
    assert_eq!((&full["metadata"], &full["is_public"]), (&json!({ "k": "v" }), &json!(true)));
    assert_eq!((&full["share_type"], &full["share_type_name"]), (&json!(kind), &json!("plain")));
    assert_eq!((&full["volume_type"], &full["host"]), (&json!("plain"), &json!("")));
    assert_eq!((&full["snapshot_support"], &full["revert_to_snapshot_support"]), (&json!(false), &json!(false)));
    let aliases = make(json!({ "display_name": "dn", "display_description": "dd" }));
    assert_eq!((&aliases["name"], &aliases["description"]), (&json!("dn"), &json!("dd")));
    let by_name =
        admin.post("/shares", json!({ "share": { "share_proto": "NFS", "size": 1, "volume_type": "plain" } }));
    assert_eq!(by_name.is(200).json()["share"]["share_type"], json!(kind));
    let words = make(json!({ "is_public": "Yes", "name": "x".repeat(255) }));
    assert_eq!(words["is_public"], true);
    // Members of later versions are ignored, whatever they hold.
    let early =
        json!({ "share_group_id": NOTHING, "scheduler_hints": 5, "mount_point_name": "/", "encryption_key_ref": 7 });
    admin.at("2.30").post("/shares", wish(&kind, early)).is(200);
    admin.at("2.0").post("/shares", wish(&kind, json!({ "availability_zone": "nova" }))).is(200);
    let zone = admin.get("/availability-zones").is(200).text_at("/availability_zones/0/id");
    admin.post("/shares", wish(&kind, json!({ "availability_zone": zone }))).is(200);

    let ids = admin.get("/shares").column("shares", "id");
    for id in &ids {
        until_status(&admin, id, "available");
    }
    cloud.close(ids.len());
}

/// Neither is built, so no pool offers it. Types of old versions, which have snapshots unasked, are served.
#[test]
fn a_share_of_a_type_that_mounts_snapshots_finds_no_pool_and_its_owner_is_told_so() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    let specs = json!({ "snapshot_support": "<is> True", "mount_snapshot_support": "<is> True" });
    let kind = cloud.make_type("snapshots", specs);
    let share = admin.post("/shares", wish(&kind, json!({}))).is(200).json()["share"].clone();
    assert_eq!(share["snapshot_support"], true);
    let id = share["id"].as_str().unwrap();
    until_status(&admin, id, "error");
    let told = admin.get(&format!("/messages?resource_id={id}")).is(200).text_at("/messages/0/detail_id");
    assert_eq!(told, "008");
    let old = json!({ "share_type": { "name": "old", "extra_specs": { "driver_handles_share_servers": "False" } } });
    let old = admin.at("2.0").post("/types", old).is(200).text_at("/share_type/id");
    let share = admin.post("/shares", wish(&old, json!({}))).is(200).text_at("/share/id");
    until_status(&admin, &share, "available");
    cloud.close(1);
}

#[test]
fn before_2_48_the_zones_of_a_type_play_no_part() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let zoned = cloud.make_type("zoned", json!({ "availability_zones": "far,away" }));
    for wish in [wish(&zoned, json!({})), wish(&zoned, json!({ "availability_zone": "nova" }))] {
        let share = member.at("2.47").post("/shares", wish).is(200).text_at("/share/id");
        until_status(&admin, &share, "available");
        assert_eq!(admin.get(&format!("/shares/{share}")).text_at("/share/availability_zone"), "nova");
    }
    member.at("2.48").post("/shares", wish(&zoned, json!({ "availability_zone": "nova" }))).fails(400);
    let nowhere = member.at("2.48").post("/shares", wish(&zoned, json!({}))).is(200).text_at("/share/id");
    until_status(&admin, &nowhere, "error");
    cloud.close(2);
}

#[test]
pub fn every_mistake_in_a_wish_for_a_share_has_its_status() {
    let cloud = Cloud::with("[quota]\ngigabytes = 20\nper_share_gigabytes = 15\nshares = 1");
    let admin = cloud.admin();
    let kind = cloud.make_type("plain", json!({}));
    let servers = cloud.make_type("servers", json!({ "driver_handles_share_servers": "True" }));
    let sized =
        cloud.make_type("sized", json!({ "provisioning:min_share_size": "2", "provisioning:max_share_size": "4" }));
    let zoned = cloud.make_type("zoned", json!({ "availability_zones": "far,away" }));
    let named =
        cloud.make_type("named", json!({ "mount_point_name_support": "True", "provisioning:mount_point_prefix": "p" }));
    let fails = |of: &str, more: Value, status: u16| admin.post("/shares", wish(of, more)).fails(status);
    for (more, status) in [
        (json!({ "share_proto": null }), 400),
        (json!({ "share_proto": "ZZ" }), 400),
        (json!({ "share_proto": 5 }), 400),
        (json!({ "share_proto": "HDFS" }), 400),
        (json!({ "size": null }), 400),
        (json!({ "size": 0 }), 400),
        (json!({ "size": -1 }), 400),
        (json!({ "size": "a" }), 400),
        (json!({ "size": "" }), 400),
        (json!({ "size": 1.5 }), 400),
        (json!({ "size": [1] }), 400),
        (json!({ "size": 1e30 }), 400),
        (json!({ "name": "x".repeat(256) }), 400),
        (json!({ "name": 5 }), 400),
        (json!({ "description": "x".repeat(256) }), 400),
        (json!({ "display_name": "x".repeat(256) }), 400),
        (json!({ "is_public": "zz" }), 400),
        (json!({ "is_public": 2 }), 400),
        (json!({ "metadata": { "": "x" } }), 400),
        (json!({ "metadata": { "k": "" } }), 400),
        (json!({ "metadata": { " ": "x" } }), 400),
        (json!({ "metadata": { "k": " " } }), 400),
        (json!({ "metadata": { "k": 1 } }), 400),
        (json!({ "metadata": { "k".repeat(256): "v" } }), 400),
        (json!({ "metadata": { "k": "v".repeat(1024) } }), 400),
        (json!({ "metadata": "x" }), 400),
        (json!({ "volume_type": "plain" }), 400), // and share_type
        (json!({ "availability_zone": "zz" }), 404),
        (json!({ "availability_zone": NOTHING }), 404),
        (json!({ "share_type": "zz" }), 404),
        (json!({ "share_type": NOTHING }), 404),
        (json!({ "share_type": 5 }), 400),
        (json!({ "share_network_id": NOTHING }), 404),
        (json!({ "snapshot_id": NOTHING }), 404),
        (json!({ "share_group_id": NOTHING }), 404),
        (json!({ "scheduler_hints": { "same_host": NOTHING } }), 404),
        (json!({ "scheduler_hints": { "different_host": format!("{NOTHING},{NOTHING}") } }), 404),
        (json!({ "scheduler_hints": { "same_host": "zz" } }), 400),
        (json!({ "scheduler_hints": { "different_host": 5 } }), 400),
        (json!({ "scheduler_hints": "zz" }), 400),
        (json!({ "mount_point_name": "m" }), 400),
        (json!({ "encryption_key_ref": "zz" }), 400),
        (json!({ "encryption_key_ref": NOTHING }), 400),
        (json!({ "size": 16 }), 413), // of one share
    ] {
        fails(&kind, more, status);
    }
    let missing = |wish: Value| admin.post("/shares", json!({ "share": wish })).fails(400);
    missing(json!({ "size": 1, "share_type": kind }));
    missing(json!({ "share_proto": "NFS", "share_type": kind }));
    missing(json!({}));
    fails(&servers, json!({}), 400);
    fails(&sized, json!({}), 400);
    fails(&sized, json!({ "size": 5 }), 400);
    fails(&zoned, json!({ "availability_zone": "nova" }), 400);
    fails(&named, json!({ "mount_point_name": "a b" }), 400);
    fails(&named, json!({ "mount_point_name": "x".repeat(255) }), 400);
    // The type's zones bind from 2.48 on.
    let placed = admin.at("2.47").post("/shares", wish(&zoned, json!({ "availability_zone": "nova" })));
    let placed = placed.is(200).text_at("/share/id");
    fails(&kind, json!({}), 413); // a second share
    until_status(&admin, &placed, "available");
    admin.delete(&format!("/shares/{placed}")).is(202);
    until_gone(&admin, &placed);
    cloud.close(0);
}

#[test]
fn what_a_form_leaves_blank_is_as_if_it_were_left_out() {
    let cloud = Cloud::with("[DEFAULT]\ndefault_share_type = usual");
    let (admin, member) = (cloud.admin(), cloud.member());
    let usual = cloud.make_type("usual", json!({ "mount_point_name_support": "True" }));
    let blank = |typed: &str| {
        json!({ "share": { "share_proto": "NFS", "size": 1, "name": "", "description": "", "metadata": {},
                           "snapshot_id": "", "share_network_id": "", "share_type": typed, "volume_type": "",
                           "availability_zone": "", "share_group_id": "", "scheduler_hints": {} } })
    };
    for typed in ["", "usual"] {
        let share = member.post("/shares", blank(typed)).is(200).json()["share"].clone();
        assert_eq!((&share["share_type"], &share["name"]), (&json!(usual), &json!("")));
        for absent in ["snapshot_id", "share_network_id", "availability_zone", "share_group_id"] {
            assert_eq!(share[absent], Value::Null, "{absent}");
        }
        until_status(&admin, share["id"].as_str().unwrap(), "available");
    }
    for refused in ["is_public", "mount_point_name", "encryption_key_ref", "size", "share_proto"] {
        member.post("/shares", wish("usual", json!({ refused: "" }))).fails(400);
    }
    let network = json!({ "name": "n", "neutron_net_id": "", "neutron_subnet_id": "", "availability_zone": "" });
    let network =
        member.post("/share-networks", json!({ "share_network": network })).is(200).text_at("/share_network/id");
    member.delete(&format!("/share-networks/{network}")).is(202);
    let share = member.get("/shares").column("shares", "id").remove(0);
    let rule = json!({ "access_type": "ip", "access_to": "10.0.0.1", "lock_reason": "" });
    member.act(&share, json!({ "allow_access": rule })).is(200);
    cloud.close(2);
}

#[test]
fn a_default_type_is_used_when_there_is_one() {
    let cloud = Cloud::with("[DEFAULT]\ndefault_share_type = usual");
    let admin = cloud.admin();
    admin.get("/types/default").fails(404);
    let bare = json!({ "share": { "share_proto": "NFS", "size": 1 } });
    let untyped = admin.post("/shares", bare.clone()).is(200).json()["share"].clone();
    for key in ["share_type", "share_type_name", "volume_type"] {
        assert_eq!(untyped[key], Value::Null, "{key}");
    }
    let untyped = untyped["id"].as_str().unwrap();
    until_status(&admin, untyped, "error");
    let messages = admin.get(&format!("/messages?resource_id={untyped}")).is(200).json();
    assert_eq!(messages["messages"][0]["detail_id"], "024", "{messages}");
    admin.delete(&format!("/shares/{untyped}")).is(202);

    let usual = make_type(&admin, "usual", json!({}));
    let typed = admin.post("/shares", bare).is(200).json()["share"].clone();
    assert_eq!((&typed["share_type"], &typed["share_type_name"]), (&json!(usual), &json!("usual")));
    let shown = admin.get("/types/default").is(200).json();
    assert_eq!((&shown["share_type"]["id"], &shown["share_type"]["is_default"]), (&json!(usual), &json!(true)));
    until_status(&admin, typed["id"].as_str().unwrap(), "available");
    cloud.close(1);
}

#[test]
fn only_display_names_and_publicity_of_a_share_can_be_changed() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    let kind = cloud.make_type("plain", json!({}));
    let share = cloud.make_mountable(&admin, &kind, json!({ "name": "n", "description": "d" }));
    let path = format!("/shares/{share}");
    let change = |more: Value| admin.put(&path, json!({ "share": more })).is(200).json()["share"].clone();
    let same = change(json!({ "name": "other", "description": "other", "size": 9, "status": "error" }));
    assert_eq!((&same["name"], &same["description"], &same["size"]), (&json!("n"), &json!("d"), &json!(1)));
    assert_eq!((&same["status"], &same["share_type_name"]), (&json!("available"), &json!("plain")));
    let changed = change(json!({ "display_name": "nn", "display_description": "dd", "is_public": "true" }));
    assert_eq!((&changed["name"], &changed["description"]), (&json!("nn"), &json!("dd")));
    assert_eq!(changed["is_public"], true);
    assert_eq!(change(json!({ "display_name": null }))["name"], Value::Null);
    assert_eq!(change(json!({ "display_description": "" }))["description"], "");
    assert_eq!(
        admin.at("2.0").put(&path, json!({ "share": { "is_public": false } })).is(200).json()["share"]["is_public"],
        false
    );
    for wrong in [
        json!({ "display_name": "x".repeat(256) }),
        json!({ "display_description": "x".repeat(256) }),
        json!({ "display_name": 5 }),
        json!({ "is_public": "zz" }),
    ] {
        admin.put(&path, json!({ "share": wrong })).fails(400);
    }
    admin.put(&path, json!({})).fails(422);
    admin.put(&path, json!({ "share": "x" })).fails(422);
    admin.put(&format!("/shares/{NOTHING}"), json!({ "share": {} })).fails(404);
    admin.put("/shares/x", json!({ "share": {} })).fails(404);
    cloud.close(1);
}

#[test]
fn a_task_state_is_what_an_administrator_says_and_null_clears_it() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    let kind = cloud.make_type("plain", json!({}));
    let share = cloud.make_mountable(&admin, &kind, json!({}));
    let state = |word: Value| json!({ "reset_task_state": { "task_state": word } });
    for word in [json!("migration_error"), json!("data_copying_completed"), json!(null)] {
        admin.act(&share, state(word.clone())).is(202);
        assert_eq!(admin.get(&format!("/shares/{share}")).json()["share"]["task_state"], word);
    }
    for wrong in [json!("migration_cancel_in_progress"), json!("migrating"), json!("None"), json!(""), json!(7)] {
        admin.act(&share, state(wrong)).fails(400);
    }
    admin.act(&share, json!({ "reset_task_state": {} })).fails(400);
    admin.act(NOTHING, state(json!(null))).fails(404);
    admin.at("2.21").act(&share, state(json!(null))).fails(404);
    admin.delete(&format!("/shares/{share}")).is(202);
}

#[test]
fn a_share_is_given_back_when_its_status_allows_it_or_by_force() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    let kind = cloud.make_type("plain", json!({}));
    let share = cloud.make_mountable(&admin, &kind, json!({}));
    let (path, status) = (format!("/shares/{share}"), |word: &str| json!({ "reset_status": { "status": word } }));
    for unknown in [NOTHING, "x", "00000000"] {
        admin.get(&format!("/shares/{unknown}")).fails(404);
        admin.delete(&format!("/shares/{unknown}")).fails(404);
        admin.act(unknown, json!({ "force_delete": null })).fails(404);
        admin.act(unknown, status("error")).fails(404);
    }
    for word in ["creating", "error_deleting", "migrating", "migrating_to", "server_migrating", "deleting"] {
        assert_eq!(admin.act(&share, status(word)).is(202).text, "");
        until_status(&admin, &share, word);
        admin.delete(&path).fails(403);
    }
    for wrong in ["zz", "extending", "inactive", "Available", ""] {
        admin.act(&share, status(wrong)).fails(400);
    }
    for wrong in [json!({}), json!({ "status": null }), json!({ "status": 5 }), json!(null), json!("error"), json!([])]
    {
        admin.act(&share, json!({ "reset_status": wrong })).fails(400);
    }
    admin.at("2.6").act(&share, json!({ "os-reset_status": { "status": "error" } })).is(202);
    assert_eq!(admin.get(&path).json()["share"]["status"], "error");
    // The group is asked for only where a share is a member of one.
    assert_eq!(admin.delete(&format!("{path}?share_group_id={NOTHING}")).is(202).text, "");
    until_gone(&admin, &share);
    admin.delete(&path).fails(404);

    let stuck = cloud.make_mountable(&admin, &kind, json!({}));
    admin.act(&stuck, status("creating")).is(202);
    admin.act(&stuck, json!({ "force_delete": { "any": ["thing"] } })).is(202);
    until_gone(&admin, &stuck);
    let stuck = cloud.make_mountable(&admin, &kind, json!({}));
    admin.at("2.6").act(&stuck, json!({ "os-force_delete": null })).is(202);
    until_gone(&admin, &stuck);
    until("the array is empty", || cloud.stage.sim.state().volumes.is_empty().then_some(()));
    admin.get(&format!("/types/{kind}")).is(200);
    admin.delete(&format!("/types/{kind}")).is(202);
    cloud.close(0);
}
