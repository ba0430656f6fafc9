//! Deferred deletion over the wire: what is deleted is gone for its owner at once, and an administrator sees it until the array has
//! let go of it. Source: resources.md §1, quotas-and-limits.md, policy.md.

use serde_json::json;

use super::cloud::{Cloud, until_gone};
use super::things::make_snapshot;
use super::wire::Client;

const DEFERRED: &str = "[DEFAULT]\nis_deferred_deletion_enabled = true\nperiodic_deferred_delete_interval = 1\n\
                        [quota]\nshares = 1\nsnapshots = 1";
const SNAPSHOTS: &str = "/api/storage/volumes/*/snapshots/*";
const VOLUMES: &str = "/api/storage/volumes/*";

/// The array lets go of nothing at this path.
fn hold_on(cloud: &Cloud, path: &str) {
    let refuse = json!({ "refuse": { "status": 500, "code": "1", "message": "busy" } });
    cloud.stage.sim.strike(json!({ "method": "DELETE", "path": path, "count": null, "fault": refuse }));
}

fn used(client: &Client, what: &str) -> u64 {
    client.get("/limits").is(200).json()["limits"]["absolute"][what].as_u64().unwrap()
}

#[test]
fn a_share_is_gone_for_its_owner_at_once_and_for_administrators_once_the_array_has_let_go_of_it() {
    let cloud = Cloud::with(DEFERRED);
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("plain", json!({}));
    let share = cloud.make_mountable(&member, &kind, json!({ "name": "s", "metadata": { "k": "v" } }));
    let path = format!("/shares/{share}");
    admin.put(&path, json!({ "share": { "is_public": true } })).is(200);
    let rule = json!({ "allow_access": { "access_type": "ip", "access_to": "10.0.0.1" } });
    let rule = member.act(&share, rule).is(200).text_at("/access/id");
    let lock = json!({ "resource_id": rule, "resource_type": "access_rule", "resource_action": "show" });
    let lock = member.post("/resource-locks", json!({ "resource_lock": lock })).is(200).text_at("/resource_lock/id");
    hold_on(&cloud, VOLUMES);
    member.delete(&path).is(202);
    assert!(member.get("/resource-locks").is(200).column("resource_locks", "id").is_empty());
    member.get(&format!("/resource-locks/{lock}")).fails(404);

    for who in ["member", "reader", "colleague", "foreign-member"].map(|who| cloud.caller(who)) {
        for below in ["", "/metadata", "/export_locations"] {
            who.get(&format!("{path}{below}")).fails(404);
        }
        who.get(&format!("/share-access-rules?share_id={share}")).fails(400);
        for list in ["/shares", "/shares/detail", "/shares?is_public=true", "/shares?name=s", "/shares?sort_key=size"] {
            let answer =
                who.get(&format!("{list}{}with_count=true", if list.contains('?') { "&" } else { "?" })).is(200);
            assert_eq!((answer.column("shares", "id"), &answer.json()["count"]), (Vec::new(), &json!(0)), "{list}");
        }
        who.get("/shares?status=deferred_deleting").fails(403);
    }
    member.get(&format!("/share-access-rules/{rule}")).fails(404);
    let lock = json!({ "resource_lock": { "resource_id": share, "resource_type": "share" } });
    member.post("/resource-locks", lock).fails(400);
    member.delete(&path).fails(404);
    member.put(&path, json!({ "share": { "name": "other" } })).fails(404);
    member.act(&share, json!({ "extend": { "new_size": 2 } })).fails(404);

    let shown = admin.get(&path).is(200).json()["share"].clone();
    assert_eq!((&shown["status"], &shown["project_id"]), (&json!("deferred_deleting"), &json!(super::cloud::OWN)));
    for list in ["/shares?all_tenants=1", "/shares?all_tenants=1&status=deferred_deleting", "/shares/detail"] {
        assert_eq!(admin.get(list).is(200).column("shares", "id"), [&*share], "{list}");
    }
    admin.act(&share, json!({ "soft_delete": null })).fails(403);
    assert_eq!((used(&member, "totalSharesUsed"), used(&member, "totalShareGigabytesUsed")), (0, 0));
    let next = cloud.make_mountable(&member, &kind, json!({}));
    assert_eq!(member.get("/shares").is(200).column("shares", "id"), [&*next]);

    cloud.stage.sim.heal();
    until_gone(&admin, &share);
    assert!(member.get("/messages").is(200).column("messages", "id").is_empty());
    cloud.close(1);
}

#[test]
fn what_is_taken_back_by_an_administrator_is_its_owners_again() {
    let cloud = Cloud::with(DEFERRED);
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("plain", json!({}));
    let share = cloud.make_mountable(&member, &kind, json!({}));
    hold_on(&cloud, "/api/*");
    member.delete(&format!("/shares/{share}")).is(202);
    cloud.stage.sim.until_struck();
    assert_eq!(used(&member, "totalSharesUsed"), 0);
    admin.act(&share, json!({ "reset_status": { "status": "available" } })).is(202);
    assert_eq!(used(&member, "totalSharesUsed"), 1);
    cloud.stage.sim.heal();
    super::cloud::until_status(&member, &share, "available");
    member.delete(&format!("/shares/{share}")).is(202);
    until_gone(&admin, &share);
    cloud.close(0);
}

#[test]
fn a_snapshot_that_is_gone_for_its_owner_hinders_neither_a_new_one_nor_the_deletion_of_its_share() {
    let cloud = Cloud::with(DEFERRED);
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("plain", json!({ "snapshot_support": "True" }));
    let share = cloud.make_mountable(&member, &kind, json!({}));
    let first = make_snapshot(&member, &share);
    hold_on(&cloud, SNAPSHOTS);
    member.delete(&format!("/snapshots/{first}")).is(202);
    for list in ["/snapshots", "/snapshots/detail", "/snapshots?all_tenants=1", "/snapshots?sort_key=size"] {
        assert!(member.get(list).is(200).column("snapshots", "id").is_empty(), "{list}");
    }
    assert!(member.get(&format!("/snapshots?share_id={share}")).is(200).column("snapshots", "id").is_empty());
    member.get("/snapshots?status=error_deferred_deleting").fails(403);
    member.get(&format!("/snapshots/{first}")).fails(404);
    member.delete(&format!("/snapshots/{first}")).fails(404);
    let wish = json!({ "share": { "share_proto": "NFS", "size": 1, "share_type": kind, "snapshot_id": first } });
    member.post("/shares", wish).fails(404);
    assert_eq!(admin.get(&format!("/snapshots/{first}")).is(200).text_at("/snapshot/status"), "deferred_deleting");
    assert_eq!(admin.get("/snapshots?all_tenants=1").is(200).column("snapshots", "id"), [&*first]);
    assert_eq!((used(&member, "totalShareSnapshotsUsed"), used(&member, "totalSnapshotGigabytesUsed")), (0, 0));

    let second = make_snapshot(&member, &share);
    member.delete(&format!("/shares/{share}")).fails(403);
    member.delete(&format!("/snapshots/{second}")).is(202);
    member.delete(&format!("/shares/{share}")).is(202);
    member.get(&format!("/shares/{share}")).fails(404);
    until_gone(&admin, &share);
    assert!(admin.get("/snapshots?all_tenants=1").is(200).column("snapshots", "id").is_empty());
    cloud.stage.sim.heal();
    cloud.close(0);
}
