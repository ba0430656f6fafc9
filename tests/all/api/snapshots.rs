//! Snapshots through the front door: taken, listed, changed, given back, taken over and forgotten.

use serde_json::{Value, json};

use super::cloud::{Cloud, NOTHING, until_gone};
use super::things::{clear, make_snapshot};
use super::wire::Client;
use crate::support::until;

/// A daemon, with a share that has snapshots.
fn cloud() -> (Cloud, String) {
    let cloud = Cloud::with("[quota]\nsnapshots = 4\nsnapshot_gigabytes = 6");
    let abilities = json!({ "snapshot_support": "True", "revert_to_snapshot_support": "True",
                            "create_share_from_snapshot_support": "True" });
    let kind = cloud.make_type("usual", abilities);
    let share = cloud.make_mountable(&cloud.member(), &kind, json!({ "size": 2 }));
    (cloud, share)
}

fn ask(client: &Client, share: &str, more: Value) -> super::wire::Answer {
    let mut snapshot = json!({ "share_id": share });
    snapshot.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    client.post("/snapshots", json!({ "snapshot": snapshot }))
}

fn until_snapshot(client: &Client, id: &str, status: &str) {
    until(&format!("snapshot {id} is {status}"), || {
        (client.get(&format!("/snapshots/{id}")).json()["snapshot"]["status"] == status).then_some(())
    });
}

fn until_snapshot_gone(client: &Client, id: &str) {
    until(&format!("snapshot {id} is gone"), || (client.get(&format!("/snapshots/{id}")).status == 404).then_some(()));
}

#[test]
fn a_snapshot_is_taken_shown_by_version_renamed_and_given_back_and_its_share_goes_after_it() {
    let (cloud, share) = cloud();
    let (admin, member) = (cloud.admin(), cloud.member());
    let asked = ask(&member, &share, json!({ "name": "n", "description": "d", "metadata": { "k": "v" } })).is(202);
    assert_eq!(
        (asked.text_at("/snapshot/status").as_str(), asked.json()["snapshot"]["size"].as_u64()),
        ("creating", Some(2))
    );
    let id = asked.text_at("/snapshot/id");
    until_snapshot(&member, &id, "available");

    let path = format!("/snapshots/{id}");
    let shown = |client: &Client| client.get(&path).is(200).json()["snapshot"].clone();
    let seen = shown(&member);
    assert_eq!(
        (&seen["share_id"], &seen["share_size"], &seen["share_proto"]),
        (&json!(share), &json!(2), &json!("NFS"))
    );
    assert_eq!((&seen["metadata"], seen.get("provider_location")), (&json!({ "k": "v" }), None));
    assert!(shown(&admin)["provider_location"].as_str().unwrap().starts_with("share_snapshot_"));
    for (version, key) in [("2.16", "project_id"), ("2.16", "user_id"), ("2.72", "metadata")] {
        assert_eq!(shown(&member.at(version)).get(key), None, "{version}");
    }
    let labels = json!({ "snapshot": { "display_name": "other", "display_description": null, "name": "no" } });
    let renamed = member.put(&path, labels).is(200).json()["snapshot"].clone();
    assert_eq!((&renamed["name"], &renamed["description"]), (&json!("other"), &Value::Null));

    member.delete(&format!("/shares/{share}")).fails(403);
    admin.act(&share, json!({ "force_delete": null })).fails(400);
    member.delete(&path).is(202);
    until_snapshot_gone(&member, &id);
    member.delete(&format!("/shares/{share}")).is(202);
    until_gone(&member, &share);
    cloud.close(0);
}

#[test]
fn a_snapshot_is_refused_of_what_has_none_is_not_there_or_is_busy_and_beyond_the_quota() {
    let (cloud, share) = cloud();
    let (admin, member) = (cloud.admin(), cloud.member());
    let plain = cloud.make_type("plain", json!({}));
    let plain = cloud.make_mountable(&member, &plain, json!({}));
    ask(&member, &plain, json!({})).fails(422);
    ask(&member, NOTHING, json!({})).fails(404);
    ask(&member, "zz", json!({})).fails(404);
    ask(&cloud.caller("foreign-member"), &share, json!({})).fails(404);
    ask(&cloud.caller("reader"), &share, json!({})).fails(403);
    member.post("/snapshots", json!({ "snap": {} })).fails(422);
    member.post("/snapshots", json!({ "snapshot": { "name": "n" } })).fails(400);
    ask(&member, &share, json!({ "name": "x".repeat(256) })).fails(400);
    admin.act(&share, json!({ "reset_status": { "status": "error" } })).is(202);
    ask(&member, &share, json!({})).fails(400);
    admin.act(&share, json!({ "reset_status": { "status": "available" } })).is(202);
    super::cloud::until_status(&admin, &share, "available");
    for _ in 0..3 {
        make_snapshot(&member, &share);
    }
    let refused = ask(&member, &share, json!({})).is(413);
    assert!(refused.text.contains("exceed"), "{}", refused.text);
    let limits = member.get("/limits").json()["limits"]["absolute"].clone();
    assert_eq!((&limits["totalShareSnapshotsUsed"], &limits["totalSnapshotGigabytesUsed"]), (&json!(3), &json!(6)));
    clear(&cloud);
    cloud.close(0);
}

#[test]
fn snapshots_are_listed_by_project_filtered_sorted_counted_and_paged() {
    let (cloud, share) = cloud();
    let (admin, member) = (cloud.admin(), cloud.member());
    let ids: Vec<_> = ["a", "b", "c"]
        .iter()
        .map(|name| {
            let id = ask(&member, &share, json!({ "name": name, "metadata": { "which": name } }))
                .is(202)
                .text_at("/snapshot/id");
            until_snapshot(&member, &id, "available");
            id
        })
        .collect();
    let found = |query: &str| member.get(&format!("/snapshots{query}")).is(200).column("snapshots", "id");
    let of = |which: &[usize]| which.iter().map(|one| ids[*one].clone()).collect::<Vec<_>>();
    assert_eq!(found(""), of(&[2, 1, 0]));
    assert_eq!(found("?sort_key=name&sort_dir=asc"), of(&[0, 1, 2]));
    assert_eq!(found(&format!("?share_id={share}")).len(), 3);
    assert_eq!(found(&format!("?share_id={NOTHING}")), of(&[]));
    assert_eq!(found("?name=b"), of(&[1]));
    assert_eq!(found("?name~=c"), of(&[2]));
    assert_eq!(found("?metadata={'which':'a'}"), of(&[0]));
    assert_eq!(found("?status=error"), of(&[]));
    assert_eq!(found("?limit=1&offset=1"), of(&[1]));
    assert_eq!(found("?user_id=nobody").len(), 3, "a filter of administrators is dropped");
    assert_eq!(admin.get("/snapshots?user_id=nobody").is(200).column("snapshots", "id"), of(&[]));
    assert_eq!(admin.get("/snapshots?usage=used").is(200).column("snapshots", "id"), of(&[]));
    for bad in ["sort_key=colour", "sort_dir=up", "limit=-1", "usage=maybe", "name=", "metadata=x"] {
        member.get(&format!("/snapshots?{bad}")).fails(400);
    }
    let counted = member.get("/snapshots/detail?with_count=true&limit=2").is(200).json();
    assert_eq!((&counted["count"], counted["snapshots"].as_array().unwrap().len()), (&json!(3), 2));
    for (version, count) in [("2.78", None), ("2.79", Some(json!(3)))] {
        let listed = member.at(version).get("/snapshots?with_count=true").is(200).json();
        assert_eq!(listed.get("count").cloned(), count, "{version}");
    }
    member.at("2.72").get("/snapshots?metadata=x").is(200);
    let next = counted["share_snapshots_links"][0]["href"].as_str().unwrap().to_owned();
    let next = next.split_once("/v2").unwrap().1.to_owned();
    assert_eq!(member.get(&next).is(200).column("snapshots", "id"), of(&[0]));

    let foreign = cloud.caller("foreign-member");
    assert_eq!(foreign.get("/snapshots?all_tenants=1").is(200).column("snapshots", "id"), of(&[]));
    assert_eq!(
        cloud.caller("foreign-admin").get("/snapshots?all_tenants=1").is(200).column("snapshots", "id").len(),
        3
    );
    foreign.get(&format!("/snapshots/{}", ids[0])).fails(404);
    foreign.delete(&format!("/snapshots/{}", ids[0])).fails(404);

    let instances = admin.get(&format!("/snapshot-instances/detail?snapshot_id={}", ids[1])).is(200).json();
    let instance = &instances["snapshot_instances"][0];
    assert_eq!((&instance["snapshot_id"], &instance["progress"]), (&json!(ids[1]), &json!("100%")));
    let path = format!("/snapshot-instances/{}", instance["id"].as_str().unwrap());
    assert_eq!(admin.get(&path).is(200).text_at("/snapshot_instance/share_id"), share);
    member.get("/snapshot-instances").fails(403);
    clear(&cloud);
    cloud.close(0);
}

#[test]
fn metadata_of_a_snapshot_is_merged_replaced_and_removed() {
    let (cloud, share) = cloud();
    let member = cloud.member();
    let id = ask(&member, &share, json!({ "metadata": { "a": "1" } })).is(202).text_at("/snapshot/id");
    let path = format!("/snapshots/{id}/metadata");
    let merged = member.post(&path, json!({ "metadata": { "b": "2" } })).is(200).json();
    assert_eq!(merged, json!({ "metadata": { "b": "2" } }));
    assert_eq!(member.get(&path).is(200).json(), json!({ "metadata": { "a": "1", "b": "2" } }));
    member.post(&format!("{path}/c"), json!({ "metadata": { "d": "4" } })).fails(400);
    member.post(&format!("{path}/c"), json!({ "metadata": { "c": "3" } })).is(200);
    assert_eq!(member.get(&format!("{path}/c")).is(200).json(), json!({ "meta": { "c": "3" } }));
    member.delete(&format!("{path}/c")).is(200);
    member.get(&format!("{path}/c")).fails(404);
    assert_eq!(
        member.put(&path, json!({ "metadata": { "e": "5" } })).is(200).json(),
        json!({ "metadata": { "e": "5" } })
    );
    member.at("2.72").get(&path).fails(404);
    clear(&cloud);
    cloud.close(0);
}

#[test]
fn an_administrator_says_how_a_snapshot_is_and_it_is_looked_for_where_it_is_said_to_be_available() {
    let (cloud, share) = cloud();
    let (admin, member) = (cloud.admin(), cloud.member());
    let id = make_snapshot(&member, &share);
    let act = |client: &Client, body: Value| client.post(&format!("/snapshots/{id}/action"), body);
    act(&member, json!({ "reset_status": { "status": "error" } })).fails(403);
    act(&admin, json!({ "reset_status": { "status": "extending" } })).fails(400);
    for status in ["error_deleting", "manage_starting", "restoring", "error"] {
        act(&admin, json!({ "reset_status": { "status": status } })).is(202);
        until_snapshot(&member, &id, status);
    }
    act(&admin, json!({ "reset_status": { "status": "available" } })).is(202);
    until_snapshot(&member, &id, "available");
    let instance = admin.get("/snapshot-instances").text_at("/snapshot_instances/0/id");
    let reset = json!({ "reset_status": { "status": "deleting" } });
    admin.post(&format!("/snapshot-instances/{instance}/action"), reset).is(202);
    until_snapshot(&member, &id, "deleting");
    member.delete(&format!("/snapshots/{id}")).fails(400);
    act(&admin, json!({ "force_delete": null })).is(202);
    until_snapshot_gone(&member, &id);
    clear(&cloud);
    cloud.close(0);
}

#[test]
fn a_snapshot_on_the_array_is_taken_over_and_forgotten_and_one_that_is_not_there_is_in_manage_error() {
    let (cloud, share) = cloud();
    let (admin, member) = (cloud.admin(), cloud.member());
    let id = make_snapshot(&member, &share);
    let location = admin.get(&format!("/snapshots/{id}")).text_at("/snapshot/provider_location");
    let manage = |client: &Client, location: Value| {
        client.post("/snapshots/manage", json!({ "snapshot": { "share_id": share, "provider_location": location } }))
    };
    manage(&member, json!(location)).fails(403);
    manage(&admin, json!(location)).fails(409);
    for bad in [json!(""), json!(7), Value::Null] {
        manage(&admin, bad).fails(422);
    }
    admin.post(&format!("/snapshots/{id}/action"), json!({ "unmanage": null })).is(202);
    member.get(&format!("/snapshots/{id}")).fails(404);
    let managed = manage(&admin, json!(location)).is(202);
    assert_eq!(
        (managed.text_at("/snapshot/status").as_str(), &managed.json()["snapshot"]["size"]),
        ("manage_starting", &Value::Null)
    );
    let again = managed.text_at("/snapshot/id");
    until_snapshot(&admin, &again, "available");
    assert_eq!(admin.get(&format!("/snapshots/{again}")).json()["snapshot"]["size"], json!(2));
    let unknown = manage(&admin, json!("no_such_snapshot")).is(202).text_at("/snapshot/id");
    until_snapshot(&admin, &unknown, "manage_error");
    admin.post(&format!("/snapshots/{unknown}/action"), json!({ "unmanage": null })).is(202);
    admin.get(&format!("/snapshots/{unknown}")).fails(404);
    clear(&cloud);
    cloud.close(0);
}

#[test]
fn access_to_a_snapshot_is_refused_for_what_stands_in_its_way() {
    let (cloud, share) = cloud();
    let member = cloud.member();
    let path = format!("/snapshots/{}", make_snapshot(&member, &share));
    let act = |body: Value| member.post(&format!("{path}/action"), body);
    act(json!({ "allow_access": { "access_type": "ip", "access_to": "10.0.0.1" } })).fails(400);
    act(json!({ "allow_access": { "access_type": "cephx", "access_to": "x" } })).fails(400);
    act(json!({ "allow_access": { "access_type": "ip" } })).fails(400);
    act(json!({ "deny_access": { "access_id": NOTHING } })).fails(404);
    assert_eq!(member.get(&format!("{path}/access-list")).is(200).json(), json!({ "snapshot_access_list": [] }));
    let exports = member.get(&format!("{path}/export-locations")).is(200).json();
    assert_eq!(exports, json!({ "share_snapshot_export_locations": [] }));
    member.get(&format!("{path}/export-locations/{NOTHING}")).fails(404);
    clear(&cloud);
    cloud.close(0);
}

#[test]
fn a_share_is_reverted_to_its_newest_snapshot_and_to_nothing_else() {
    let (cloud, share) = cloud();
    let (admin, member) = (cloud.admin(), cloud.member());
    let plain = cloud.make_type("plain", json!({ "snapshot_support": "True" }));
    let plain = cloud.make_mountable(&member, &plain, json!({}));
    let other = make_snapshot(&member, &plain);
    let (older, newest) = (make_snapshot(&member, &share), make_snapshot(&member, &share));
    let revert = |share: &str, to: &str| member.act(share, json!({ "revert": { "snapshot_id": to } }));
    revert(&plain, &other).fails(400);
    revert(&share, &other).fails(400);
    revert(&share, NOTHING).fails(400);
    revert(&share, "zz").fails(400);
    member.act(&share, json!({ "revert": {} })).fails(400);
    revert(NOTHING, &newest).fails(404);
    revert(&share, &older).fails(409);
    member.at("2.26").act(&share, json!({ "revert": { "snapshot_id": newest } })).fails(404);
    let act = |id: &str, status: &str| {
        admin.post(&format!("/snapshots/{id}/action"), json!({ "reset_status": { "status": status } })).is(202);
    };
    act(&newest, "error");
    revert(&share, &newest).fails(409);
    act(&newest, "available");
    until_snapshot(&member, &newest, "available");
    admin.act(&share, json!({ "reset_status": { "status": "error" } })).is(202);
    revert(&share, &newest).fails(409);
    admin.act(&share, json!({ "reset_status": { "status": "available" } })).is(202);
    until("the back end has seen that the share is there", || {
        let answer = revert(&share, &newest);
        (answer.status == 202).then_some(())
    });
    super::cloud::until_status(&admin, &share, "available");
    until_snapshot(&member, &newest, "available");
    assert_eq!(member.get(&format!("/shares/{share}")).json()["share"]["size"], json!(2));
    clear(&cloud);
    cloud.close(0);
}

#[test]
fn a_share_begins_with_a_snapshot_where_that_is_and_as_its_share_is() {
    let (cloud, share) = cloud();
    let (admin, member) = (cloud.admin(), cloud.member());
    let snapshot = make_snapshot(&member, &share);
    let ask = |client: &Client, more: Value| {
        let mut wish = json!({ "share_proto": "NFS", "snapshot_id": snapshot });
        wish.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        client.post("/shares", json!({ "share": wish }))
    };
    let plain = cloud.make_type("plain", json!({ "snapshot_support": "True" }));
    ask(&member, json!({ "snapshot_id": NOTHING })).fails(404);
    ask(&cloud.caller("foreign-member"), json!({})).fails(404);
    ask(&member, json!({ "size": 1 })).fails(400);
    ask(&member, json!({ "share_type": plain })).fails(400);
    ask(&member, json!({ "share_proto": "CIFS" })).fails(400);
    member.post("/shares", json!({ "share": { "share_proto": "NFS", "share_type": "usual" } })).fails(400);
    let bare = cloud.make_mountable(&member, &plain, json!({}));
    let of_bare = make_snapshot(&member, &bare);
    ask(&member, json!({ "snapshot_id": of_bare })).fails(400);

    let asked = ask(&member, json!({ "size": null, "name": "child" })).is(200);
    let child = asked.text_at("/share/id");
    assert_eq!(
        (asked.json()["share"]["size"].as_u64(), asked.text_at("/share/snapshot_id")),
        (Some(2), snapshot.clone())
    );
    super::cloud::until_status(&admin, &child, "available");
    let host = |share: &str| admin.get(&format!("/shares/{share}")).text_at("/share/host");
    assert_eq!(host(&child), host(&share));
    let larger = ask(&member, json!({ "size": 3 })).is(200).text_at("/share/id");
    super::cloud::until_status(&admin, &larger, "available");
    let found = |query: &str| member.get(&format!("/shares?snapshot_id={query}")).column("shares", "id");
    assert_eq!((found(&snapshot).len(), found(&of_bare).len()), (2, 0));
    let listed = |usage: &str| admin.get(&format!("/snapshots?usage={usage}")).column("snapshots", "id");
    assert_eq!((listed("used"), listed("unused"), listed("any").len()), (vec![snapshot.clone()], vec![of_bare], 2));

    member.delete(&format!("/snapshots/{snapshot}")).is(202);
    until_snapshot_gone(&member, &snapshot);
    member.delete(&format!("/shares/{share}")).is(202);
    until_gone(&member, &share);
    assert_eq!(member.get(&format!("/shares/{child}")).text_at("/share/status"), "available");
    assert_eq!(member.get(&format!("/shares/{child}")).text_at("/share/snapshot_id"), snapshot);
    clear(&cloud);
    cloud.close(0);
}
