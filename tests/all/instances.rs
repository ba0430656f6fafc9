//! Share instances over the wire: what administrators see of them, and what they do to them by force.

use serde_json::{Value, json};

use crate::api::cloud::{Cloud, NOTHING, until_gone, until_status};
use crate::api::wire::Client;
use crate::support::until;

/// The instances of a share, as an administrator sees them.
fn instances(client: &Client, share: &str) -> Vec<Value> {
    let list = client.get(&format!("/shares/{share}/instances")).is(200).json();
    list["share_instances"].as_array().unwrap().clone()
}

fn id_of(instance: &Value) -> String {
    instance["id"].as_str().unwrap().to_owned()
}

/// The only instance of a share.
fn only(client: &Client, share: &str) -> String {
    let all = instances(client, share);
    assert_eq!(all.len(), 1, "{all:?}");
    id_of(&all[0])
}

fn act(client: &Client, instance: &str, body: Value) -> crate::api::wire::Answer {
    client.post(&format!("/share_instances/{instance}/action"), body)
}

const FIELDS: &[(&str, &str, &str)] = &[
    ("id", "2.3", "2.99"),
    ("share_id", "2.3", "2.99"),
    ("availability_zone", "2.3", "2.99"),
    ("created_at", "2.3", "2.99"),
    ("host", "2.3", "2.99"),
    ("status", "2.3", "2.99"),
    ("share_network_id", "2.3", "2.99"),
    ("share_server_id", "2.3", "2.99"),
    ("export_location", "2.3", "2.8"),
    ("export_locations", "2.3", "2.8"),
    ("access_rules_status", "2.10", "2.99"),
    ("replica_state", "2.11", "2.99"),
    ("share_type_id", "2.22", "2.99"),
    ("cast_rules_to_readonly", "2.30", "2.99"),
    ("progress", "2.54", "2.99"),
    ("updated_at", "2.71", "2.99"),
];

#[test]
fn an_instance_is_listed_and_shown_as_the_version_has_it() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("plain", json!({}));
    let share = cloud.make_mountable(&member, &kind, json!({}));
    let id = only(&admin, &share);
    let path = format!("/share_instances/{id}");
    let minor = |version: &str| version[2..].parse::<u32>().unwrap();
    for version in ["2.3", "2.8", "2.9", "2.10", "2.11", "2.21", "2.22", "2.29", "2.30", "2.54", "2.70", "2.71", "2.99"]
    {
        let client = admin.at(version);
        let one = client.get(&path).is(200).json()["share_instance"].clone();
        let expected =
            FIELDS.iter().filter(|(_, from, to)| minor(from) <= minor(version) && minor(version) <= minor(to));
        let mut expected: Vec<&str> = expected.map(|(name, ..)| *name).collect();
        expected.sort_unstable();
        let mut shown: Vec<&String> = one.as_object().unwrap().keys().collect();
        shown.sort();
        assert_eq!(shown, expected, "{version}");
        assert_eq!(instances(&client, &share), std::slice::from_ref(&one), "{version}");
        assert_eq!(client.get("/share_instances").is(200).json(), json!({ "share_instances": [one] }), "{version}");
    }
    let one = admin.get(&path).json()["share_instance"].clone();
    assert!(one["host"].as_str().unwrap().starts_with("node1@alpha#"), "{one}");
    assert_eq!(
        (&one["share_id"], &one["status"], &one["share_type_id"]),
        (&json!(share), &json!("available"), &json!(kind))
    );
    assert_eq!((&one["availability_zone"], &one["progress"]), (&json!("nova"), &json!("100%")));
    assert_eq!((&one["access_rules_status"], &one["cast_rules_to_readonly"]), (&json!("active"), &json!(false)));
    let paths = member.get(&format!("/shares/{share}/export_locations")).column("export_locations", "path");
    let old = admin.at("2.8").get(&path).json()["share_instance"].clone();
    assert_eq!((&old["export_location"], &old["export_locations"]), (&json!(paths[0]), &json!(paths)));
    let lists = ["/share_instances".to_owned(), path.clone(), format!("/shares/{share}/instances")];
    for path in &lists {
        admin.at("2.2").get(path).fails(404);
        for who in ["member", "reader", "foreign-member", "stranger", "system-reader"] {
            cloud.caller(who).get(path).fails(403);
        }
        cloud.caller("foreign-admin").get(path).is(200);
    }
    for unknown in [NOTHING, "x", share.as_str()] {
        admin.get(&format!("/share_instances/{unknown}")).fails(404);
    }
    for unknown in [NOTHING, "x"] {
        admin.get(&format!("/shares/{unknown}/instances")).fails(404);
    }
    cloud.close(1);
}

#[test]
fn instances_are_filtered_as_the_version_allows_and_never_paged() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("plain", json!({}));
    cloud.make_type("hopeless", json!({ "vendor_name": "Nobody" }));
    let share = cloud.make_mountable(&member, &kind, json!({}));
    let failed = cloud.make_share(&member, "hopeless", json!({}));
    until_status(&admin, &failed, "error");
    let found = |client: &Client, query: &str| {
        client.get(&format!("/share_instances?{query}")).is(200).column("share_instances", "share_id")
    };
    let (one, both) = (vec![share.clone()], vec![share.clone(), failed.clone()]);
    let nothing: Vec<String> = Vec::new();
    let export = member.get(&format!("/shares/{share}/export_locations")).json()["export_locations"][0].clone();
    let host = admin.get(&format!("/shares/{share}")).text_at("/share/host").replace('#', "%23");
    let (id, path) = (export["id"].as_str().unwrap(), export["path"].as_str().unwrap());
    for (query, expected) in [
        (format!("export_location_id={id}"), &one),
        (format!("export_location_id={NOTHING}"), &nothing),
        (format!("export_location_path={path}"), &one),
        ("export_location_path=zz".to_owned(), &nothing),
        ("status=error".to_owned(), &vec![failed.clone()]),
        ("status=zz".to_owned(), &nothing),
        (format!("host={host}"), &one),
        ("host=node1@alpha".to_owned(), &one),
        ("host=node1".to_owned(), &nothing),
        (format!("share_server_id={NOTHING}"), &nothing),
        (format!("encryption_key_ref={NOTHING}"), &nothing),
        ("is_soft_deleted=true".to_owned(), &nothing),
        ("is_soft_deleted=false".to_owned(), &both),
        (format!("export_location_id={id}&status=error"), &nothing),
        ("limit=1".to_owned(), &both),
        ("offset=1&limit=0".to_owned(), &both),
        ("unknown=zz".to_owned(), &both),
    ] {
        assert_eq!(found(&admin, &query), *expected, "{query}");
    }
    assert_eq!(found(&admin.at("2.34"), &format!("export_location_id={NOTHING}")), both, "dropped before 2.35");
    assert_eq!(found(&admin.at("2.68"), "is_soft_deleted=true"), both, "dropped before 2.69");
    assert_eq!(found(&admin.at("2.68"), "is_soft_deleted=zz"), both, "dropped before 2.69");
    admin.get("/share_instances?is_soft_deleted=zz").fails(400);
    cloud.close(1);
}

#[test]
fn an_instance_tells_where_it_can_be_mounted() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("plain", json!({}));
    let share = cloud.make_mountable(&member, &kind, json!({}));
    let id = only(&admin, &share);
    let path = format!("/share_instances/{id}/export_locations");
    let list = admin.get(&path).is(200).json()["export_locations"].clone();
    assert_eq!(list, admin.get(&format!("/shares/{share}/export_locations")).json()["export_locations"]);
    assert_eq!((list.as_array().unwrap().len(), &list[0]["share_instance_id"]), (2, &json!(id)));
    let export = list[0]["id"].as_str().unwrap();
    let one = format!("{path}/{export}");
    let shown = admin.get(&one).is(200).json();
    assert_eq!(shown, admin.get(&format!("/shares/{share}/export_locations/{export}")).json());
    assert!(shown["export_location"]["created_at"].is_string(), "{shown}");
    for path in [&path, &one] {
        admin.at("2.8").get(path).fails(404);
        admin.at("2.9").get(path).is(200);
        for who in ["member", "reader", "foreign-member", "stranger"] {
            cloud.caller(who).get(path).fails(403);
        }
    }
    for unknown in [NOTHING, "x"] {
        admin.get(&format!("{path}/{unknown}")).fails(404);
        admin.get(&format!("/share_instances/{unknown}/export_locations")).fails(404);
        admin.get(&format!("/share_instances/{unknown}/export_locations/{export}")).fails(404);
    }
    cloud.close(1);
}

#[test]
fn the_status_of_an_instance_is_set_and_its_owed_work_given_up() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("plain", json!({}));
    let share = cloud.make_mountable(&member, &kind, json!({}));
    let id = only(&admin, &share);
    let status = |word: &str| json!({ "reset_status": { "status": word } });
    for word in [
        "creating",
        "deleting",
        "error_deleting",
        "migrating",
        "migrating_to",
        "server_migrating",
        "error",
        "available",
    ] {
        assert_eq!(act(&admin, &id, status(word)).is(202).text, "");
        assert_eq!(admin.get(&format!("/share_instances/{id}")).text_at("/share_instance/status"), word);
        assert_eq!(member.get(&format!("/shares/{share}")).text_at("/share/status"), word);
    }
    for wrong in ["zz", "extending", "inactive", "Available", ""] {
        act(&admin, &id, status(wrong)).fails(400);
    }
    for wrong in [json!({}), json!({ "status": null }), json!({ "status": 5 }), json!(null), json!([])] {
        act(&admin, &id, json!({ "reset_status": wrong })).fails(400);
    }
    for unknown in [NOTHING, "x", share.as_str()] {
        act(&admin, unknown, status("error")).fails(404);
        act(&admin, unknown, json!({ "force_delete": null })).fails(404);
    }
    act(&admin, &id, json!({ "no_such_action": null })).fails(400);
    for who in ["member", "reader", "foreign-member", "stranger"] {
        act(&cloud.caller(who), &id, status("error")).fails(403);
        act(&cloud.caller(who), &id, json!({ "force_delete": null })).fails(403);
    }
    // Names and versions.
    for (version, name) in [("2.2", "os-reset_status"), ("2.7", "os-reset_status"), ("2.6", "reset_status")] {
        act(&admin.at(version), &id, json!({ name: { "status": "error" } })).fails(404);
    }
    for (version, name) in [("2.2", "os-force_delete"), ("2.7", "os-force_delete"), ("2.6", "force_delete")] {
        act(&admin.at(version), &id, json!({ name: null })).fails(404);
    }
    act(&admin.at("2.3"), &id, json!({ "os-reset_status": { "status": "error" } })).is(202);
    act(&admin.at("2.7"), &id, status("available")).is(202);

    // A removal that can't come to an end is given up; the share stays as the administrator says.
    let refuse = json!({ "refuse": { "status": 500, "code": "1", "message": "busy" } });
    cloud.stage.sim.strike(json!({ "method": "DELETE", "path": "/api/*", "count": null, "fault": refuse }));
    member.delete(&format!("/shares/{share}")).is(202);
    cloud.stage.sim.until_struck();
    act(&admin, &id, status("available")).is(202);
    cloud.stage.sim.heal();
    until_status(&admin, &share, "available");
    member.delete(&format!("/shares/{share}")).is(202);
    until_gone(&admin, &share);
    cloud.close(0);
}

#[test]
fn an_instance_is_deleted_by_force_and_its_share_goes_with_the_last_one() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("plain", json!({}));
    let share = cloud.make_mountable(&member, &kind, json!({}));
    let rule = json!({ "allow_access": { "access_type": "ip", "access_to": "10.0.0.1" } });
    let rule = member.act(&share, rule).is(200).text_at("/access/id");
    assert_eq!(act(&admin, &only(&admin, &share), json!({ "force_delete": null })).is(202).text, "");
    until_gone(&admin, &share);
    member.get(&format!("/share-access-rules/{rule}")).fails(404);
    // Whatever the status, by the old name too, and while it is still being made.
    let share = cloud.make_mountable(&member, &kind, json!({}));
    let id = only(&admin, &share);
    act(&admin, &id, json!({ "reset_status": { "status": "creating" } })).is(202);
    act(&admin.at("2.6"), &id, json!({ "os-force_delete": {} })).is(202);
    until_gone(&admin, &share);
    let slow = json!({ "delay": { "seconds": 1.0 } });
    cloud.stage.sim.strike(json!({ "method": "POST", "path": "/api/storage/volumes", "fault": slow }));
    let share = cloud.make_share(&member, &kind, json!({}));
    cloud.stage.sim.until_struck();
    act(&admin, &only(&admin, &share), json!({ "force_delete": null })).is(202);
    until_gone(&admin, &share);
    // One that was never placed has nothing anywhere, and goes at once.
    cloud.make_type("hopeless", json!({ "vendor_name": "Nobody" }));
    let share = cloud.make_share(&member, "hopeless", json!({}));
    until_status(&admin, &share, "error");
    let lone = instances(&admin, &share).remove(0);
    assert_eq!((&lone["host"], &lone["status"]), (&json!(""), &json!("error")));
    act(&admin, &id_of(&lone), json!({ "force_delete": null })).is(202);
    member.get(&format!("/shares/{share}")).fails(404);
    assert!(admin.get("/share_instances").column("share_instances", "id").is_empty());
    cloud.close(0);
}

#[test]
fn an_instance_on_its_way_out_is_shown_and_can_be_removed_by_itself() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("plain", json!({}));
    let refuse = |code: &str| json!({ "refuse": { "status": 400, "code": code, "message": "no" } });
    // The first candidate refuses, and what was made there can't be taken away.
    cloud.stage.sim.strike(json!({ "method": "POST", "path": "/api/storage/volumes", "fault": refuse("1115127") }));
    let delete = json!({ "method": "DELETE", "path": "/api/protocols/nfs/export-policies/*", "count": null });
    let mut delete = delete.as_object().unwrap().clone();
    delete.insert("fault".to_owned(), refuse("1"));
    cloud.stage.sim.strike(Value::Object(delete));
    let share = cloud.make_mountable(&member, &kind, json!({}));
    let all = instances(&admin, &share);
    assert_eq!(all.len(), 2, "{all:?}");
    let (gone, lives) = (&all[0], &all[1]);
    assert_eq!((&gone["status"], &lives["status"]), (&json!("deleting"), &json!("available")));
    assert_ne!(gone["host"], lives["host"]);
    assert_eq!(admin.get("/share_instances").column("share_instances", "id"), [id_of(gone), id_of(lives)]);
    assert_eq!(admin.get(&format!("/share_instances/{}", id_of(gone))).is(200).json()["share_instance"], *gone);
    act(&admin, &id_of(gone), json!({ "force_delete": null })).is(202);
    cloud.stage.sim.heal();
    until("the refused instance is gone", || (instances(&admin, &share).len() == 1).then_some(()));
    assert_eq!(instances(&admin, &share), std::slice::from_ref(lives));
    until_status(&member, &share, "available");
    cloud.close(1);
}
