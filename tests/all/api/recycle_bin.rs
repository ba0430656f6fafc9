//! The recycle bin over the wire: what goes there and comes from there, where it is listed, what is refused meanwhile, and when it
//! is gone for good. Source: resources.md §1, §16, §21.

use manilad_domain::Stamp;
use serde_json::{Value, json};

use super::cloud::{Cloud, NOTHING, until_gone, until_status};
use super::things::{clear, make_snapshot};
use super::wire::{Answer, Client};
use crate::support::until;

const BIN: &str = "is_soft_deleted=true";

fn make(cloud: &Cloud, kind: &str, name: &str) -> String {
    cloud.make_mountable(&cloud.member(), kind, json!({ "name": name }))
}

fn soft_delete(client: &Client, share: &str) -> Answer {
    client.act(share, json!({ "soft_delete": null }))
}

fn restore(client: &Client, share: &str) -> Answer {
    client.act(share, json!({ "restore": null }))
}

fn show(client: &Client, share: &str) -> Value {
    client.get(&format!("/shares/{share}")).is(200).json()["share"].clone()
}

/// What of it tells of the bin.
fn told(client: &Client, share: &str) -> (Value, Value) {
    let share = show(client, share);
    (share["is_soft_deleted"].clone(), share["scheduled_to_be_deleted_at"].clone())
}

fn only(share: &String) -> &[String] {
    std::slice::from_ref(share)
}

/// The ids of a list, and how many it says there are.
fn listed(client: &Client, path: &str) -> (Vec<String>, Value) {
    let answer = client.get(path).is(200);
    let mut ids = answer.column("shares", "id");
    ids.sort();
    (ids, answer.json()["count"].clone())
}

#[test]
fn a_share_goes_into_the_bin_and_comes_back_and_is_listed_where_it_is() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("plain", json!({ "snapshot_support": "True" }));
    let (kept, share) = (make(&cloud, &kind, "kept"), make(&cloud, &kind, "gone"));
    assert_eq!(told(&member, &share), (json!(false), Value::Null));
    assert_eq!(restore(&member, &share).is(200).text, "");
    for client in [member.at("2.68"), admin.at("2.68")] {
        soft_delete(&client, &share).fails(404);
        restore(&client, &share).fails(404);
    }
    soft_delete(&member, NOTHING).fails(404);
    restore(&member, NOTHING).fails(404);
    for other in ["reader", "stranger"] {
        soft_delete(&cloud.caller(other), &share).fails(403);
        restore(&cloud.caller(other), &share).fails(403);
    }
    soft_delete(&cloud.caller("foreign-member"), &share).fails(404);

    let usage = |client: &Client| client.get("/limits").is(200).json()["limits"]["absolute"].clone();
    let used = usage(&member);
    assert_eq!(soft_delete(&member.at("2.69"), &share).is(202).text, "");
    let (is_binned, scheduled) = told(&member.at("2.69"), &share);
    assert_eq!(is_binned, true);
    let changed = show(&member, &share);
    let at = |text: &Value| Stamp::parse(text.as_str().unwrap()).unwrap().0.as_second();
    let week = 604_800;
    let since = at(&scheduled) - at(&changed["created_at"]);
    assert!((week..week + 600).contains(&since) && changed["status"] == "available", "{changed}");
    assert_eq!(usage(&member), used, "what is in the bin is used");
    assert!(show(&member.at("2.68"), &share).get("is_soft_deleted").is_none());

    let public = json!({ "share": { "is_public": true } });
    admin.put(&format!("/shares/{kept}"), public).is(200);
    for (client, all) in [(&member, ""), (&admin, "all_tenants=1&"), (&admin, "")] {
        for path in ["/shares", "/shares/detail"] {
            for sort in ["", "sort_key=size&", "name~=e&"] {
                let list = |more: &str| listed(client, &format!("{path}?{all}{sort}with_count=true&{more}"));
                assert_eq!(list(BIN), (vec![share.clone()], json!(1)), "{path} {all} {sort}");
                assert_eq!(list(""), (vec![kept.clone()], json!(1)), "{path} {all} {sort}");
                assert_eq!(list("is_soft_deleted=false"), (vec![kept.clone()], json!(1)));
            }
        }
        assert_eq!(listed(client, &format!("/shares?{all}name=gone")).0, Vec::<String>::new());
        assert_eq!(listed(client, &format!("/shares?{all}name=gone&{BIN}")).0, only(&share));
        assert_eq!(listed(client, &format!("/shares?{all}name=kept&{BIN}")).0, Vec::<String>::new());
        assert_eq!(listed(client, &format!("/shares?{all}limit=1&{BIN}")).0, only(&share));
        assert_eq!(listed(client, &format!("/shares?{all}limit=1&offset=1&{BIN}")).0, Vec::<String>::new());
        // The filter is dropped below its version, and what is in the bin is not shown there at all.
        assert_eq!(listed(&client.at("2.68"), &format!("/shares?{all}{BIN}")).0, only(&kept));
    }
    let instances = |client: &Client, query: &str| {
        client.get(&format!("/share_instances?{query}")).is(200).column("share_instances", "share_id")
    };
    assert_eq!(instances(&admin, BIN), only(&share));
    assert_eq!(instances(&admin, ""), only(&kept));
    assert_eq!(instances(&admin, "is_soft_deleted=false"), only(&kept));
    assert_eq!(instances(&admin.at("2.68"), BIN), only(&kept));

    restore(&cloud.caller("foreign-member"), &share).fails(404);
    assert_eq!(restore(&member.at("2.69"), &share).is(202).text, "");
    assert_eq!(told(&member, &share), (json!(false), Value::Null));
    assert_eq!(listed(&member, &format!("/shares?{BIN}")).0, Vec::<String>::new());
    assert_eq!(listed(&member, "/shares?name=gone").0, only(&share));
    restore(&member, &share).is(200);
    member.act(&share, json!({ "extend": { "new_size": 2 } })).is(202);
    until_status(&member, &share, "available");
    clear(&cloud);
    cloud.close(0);
}

#[test]
fn a_public_share_in_the_bin_is_listed_to_others_who_ask_for_the_bin() {
    let cloud = Cloud::open();
    let (admin, foreign) = (cloud.admin(), cloud.caller("foreign-member"));
    let kind = cloud.make_type("plain", json!({}));
    let share = make(&cloud, &kind, "public");
    admin.put(&format!("/shares/{share}"), json!({ "share": { "is_public": true } })).is(200);
    assert_eq!(listed(&foreign, "/shares?is_public=true").0, only(&share));
    soft_delete(&foreign, &share).fails(403);
    soft_delete(&cloud.member(), &share).is(202);
    assert_eq!(listed(&foreign, "/shares?is_public=true").0, Vec::<String>::new());
    assert_eq!(listed(&foreign, &format!("/shares?is_public=true&{BIN}")).0, only(&share));
    assert_eq!(listed(&cloud.member(), &format!("/shares?is_public=true&{BIN}")).0, only(&share));
    restore(&foreign, &share).fails(403);
    clear(&cloud);
    cloud.close(0);
}

#[test]
fn while_a_share_is_in_the_bin_it_is_looked_at_and_nothing_is_done_to_it() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let abilities = json!({ "snapshot_support": "True", "revert_to_snapshot_support": "True" });
    let kind = cloud.make_type("plain", abilities);
    let share = make(&cloud, &kind, "s");
    member.post(&format!("/shares/{share}/metadata"), json!({ "metadata": { "k": "v" } })).is(200);
    let rule = json!({ "allow_access": { "access_type": "ip", "access_to": "10.0.0.1" } });
    let rule = member.act(&share, rule).is(200).text_at("/access/id");
    until("the rule is in force", || {
        (member.get(&format!("/share-access-rules/{rule}")).json()["access"]["state"] == "active").then_some(())
    });
    let instance = admin.get(&format!("/shares/{share}/instances")).text_at("/share_instances/0/id");
    let export = member.get(&format!("/shares/{share}/export_locations")).text_at("/export_locations/0/id");
    soft_delete(&member, &share).is(202);
    let before = show(&admin, &share);

    let metadata = json!({ "metadata": { "k": "w" } });
    for action in [
        json!({ "soft_delete": null }),
        json!({ "extend": { "new_size": 2 } }),
        json!({ "extend": { "new_size": 2, "force": true } }),
        json!({ "shrink": { "new_size": 1 } }),
        json!({ "allow_access": { "access_type": "ip", "access_to": "10.0.0.2" } }),
        json!({ "allow_access": { "access_type": "ip", "access_to": "10.0.0.1" } }),
        json!({ "deny_access": { "access_id": rule } }),
        json!({ "revert": { "snapshot_id": NOTHING } }),
        json!({ "reset_status": { "status": "error" } }),
    ] {
        admin.act(&share, action).fails(403);
    }
    let experimental = admin.at("2.95").with("X-OpenStack-Manila-API-Experimental", "true");
    experimental.act(&share, json!({ "reset_task_state": { "task_state": null } })).fails(403);
    admin.put(&format!("/shares/{share}"), json!({ "share": { "display_name": "n" } })).fails(403);
    for level in ["ro", "rw"] {
        let change = json!({ "update_access": { "access_level": level } });
        member.put(&format!("/share-access-rules/{rule}"), change).fails(403);
    }
    for path in [format!("/shares/{share}"), format!("/shares/{share}/export_locations/{export}")] {
        admin.post(&format!("{path}/metadata"), metadata.clone()).fails(403);
        admin.put(&format!("{path}/metadata"), metadata.clone()).fails(403);
        admin.get(&format!("{path}/metadata")).is(200);
    }
    member.delete(&format!("/shares/{share}/metadata/k")).fails(403);
    member.post("/snapshots", json!({ "snapshot": { "share_id": share } })).fails(403);
    let managed = json!({ "snapshot": { "share_id": share, "provider_location": "daily" } });
    admin.post("/snapshots/manage", managed).fails(403);
    member.post("/share-transfers", json!({ "transfer": { "share_id": share } })).fails(403);
    let lock = json!({ "resource_lock": { "resource_id": share, "resource_type": "share" } });
    member.post("/resource-locks", lock).fails(409);
    let lock = json!({ "resource_lock": { "resource_id": rule, "resource_type": "access_rule", "resource_action": "delete" } });
    member.post("/resource-locks", lock).fails(409);

    assert_eq!(show(&admin, &share), before, "nothing of that was done");
    assert_eq!(member.get(&format!("/shares/{share}/metadata")).is(200).json()["metadata"], json!({ "k": "v" }));
    member.get(&format!("/shares/{share}/export_locations")).is(200);
    assert_eq!(
        member.get(&format!("/share-access-rules?share_id={share}")).is(200).column("access_list", "id"),
        [rule]
    );
    let reset = json!({ "reset_status": { "status": "error" } });
    admin.post(&format!("/share_instances/{instance}/action"), reset).is(202);
    assert_eq!(show(&member, &share)["status"], "error");
    member.delete(&format!("/shares/{share}")).is(202);
    until_gone(&admin, &share);
    cloud.close(0);
}

#[test]
fn what_can_t_be_deleted_does_not_go_into_the_bin_and_what_is_going_does_not_come_back() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("plain", json!({ "snapshot_support": "True" }));
    let share = make(&cloud, &kind, "s");
    let snapshot = make_snapshot(&member, &share);
    soft_delete(&member, &share).fails(403);
    member.delete(&format!("/snapshots/{snapshot}")).is(202);
    until("the snapshot is gone", || (member.get(&format!("/snapshots/{snapshot}")).status == 404).then_some(()));
    let lock = json!({ "resource_lock": { "resource_id": share, "resource_type": "share" } });
    let lock = member.post("/resource-locks", lock).is(200).text_at("/resource_lock/id");
    soft_delete(&member, &share).fails(403);
    soft_delete(&admin, &share).fails(403);
    member.delete(&format!("/resource-locks/{lock}")).is(204);
    let transfer = member.post("/share-transfers", json!({ "transfer": { "share_id": share } })).is(202);
    soft_delete(&member, &share).fails(403);
    member.delete(&format!("/share-transfers/{}", transfer.text_at("/transfer/id"))).is(200);
    admin.act(&share, json!({ "reset_status": { "status": "error_deleting" } })).is(202);
    soft_delete(&member, &share).fails(403);
    restore(&member, &share).is(200);
    admin.act(&share, json!({ "reset_status": { "status": "error" } })).is(202);

    soft_delete(&member, &share).is(202);
    let instance = admin.get(&format!("/shares/{share}/instances")).text_at("/share_instances/0/id");
    let say = |status: &str| {
        let reset = json!({ "reset_status": { "status": status } });
        admin.post(&format!("/share_instances/{instance}/action"), reset).is(202);
    };
    for status in ["deleting", "error_deleting"] {
        say(status);
        restore(&member, &share).fails(403);
        assert_eq!(told(&member, &share).0, true);
    }
    say("error");
    restore(&member, &share).is(202);
    soft_delete(&member, &share).is(202);
    admin.act(&share, json!({ "force_delete": null })).is(202);
    until_gone(&admin, &share);
    cloud.close(0);
}

#[test]
fn when_its_time_in_the_bin_is_over_a_share_is_gone_from_the_array_too() {
    let options =
        "[DEFAULT]\nsoft_deleted_share_retention_time = 0\ncheck_for_expired_shares_in_recycle_bin_interval = 1\n";
    let cloud = Cloud::with(options);
    let member = cloud.member();
    let kind = cloud.make_type("plain", json!({}));
    let (kept, share) = (make(&cloud, &kind, "kept"), make(&cloud, &kind, "s"));
    soft_delete(&member, &share).is(202);
    until_gone(&cloud.admin(), &share);
    restore(&member, &share).fails(404);
    assert_eq!(listed(&member, &format!("/shares?{BIN}")).0, Vec::<String>::new());
    assert_eq!(listed(&member, "/shares").0, [kept]);
    cloud.close(1);
}
