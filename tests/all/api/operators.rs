//! What operators look at: services, pools, zones; and the messages that explain failures.

use serde_json::{Value, json};

use super::cloud::{Cloud, NOTHING};
use super::wire::Client;
use crate::support::until;

#[test]
pub fn services_and_zones_are_listed_under_both_of_their_addresses() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    let hosts = |client: &Client, path: &str| client.get(path).is(200).column("services", "host");
    until("all services are up", || {
        let states = admin.get("/services").column("services", "state");
        (states.len() == 2 && states.iter().all(|state| state == "up")).then_some(())
    });
    let all = hosts(&admin, "/services");
    assert_eq!(all, ["node1", "node1@alpha"]);
    assert_eq!(hosts(&admin.at("2.6"), "/os-services"), all);
    admin.at("2.6").get("/services").fails(404);
    admin.at("2.7").get("/os-services").fails(404);
    for (query, found) in [
        ("host=node1@alpha", &all[1..]),
        ("host=node1%40alpha&binary=manila-share&state=up&status=enabled&zone=nova", &all[1..]),
        ("binary=manila-scheduler", &all[..1]),
        ("state=down", &[]),
        ("state=zz", &[]),
        ("status=disabled", &[]),
        ("status=zz", &[]),
        ("zone=zz", &[]),
        ("host=zz", &[]),
        ("binary=zz", &[]),
        ("ensuring=true", &[]),
        ("ensuring=zz", &[]),
        ("ensuring=false", &all),
        ("unknown=zz", &all),
        ("limit=1", &all),
    ] {
        assert_eq!(hosts(&admin, &format!("/services?{query}")), found, "{query}");
    }
    assert_eq!(hosts(&admin.at("2.92"), "/services?ensuring=true"), all, "dropped before 2.93");

    let reader = cloud.caller("reader");
    let zones = reader.get("/availability-zones?any=thing").is(200).json()["availability_zones"].clone();
    assert_eq!((zones.as_array().unwrap().len(), &zones[0]["name"]), (1, &json!("nova")));
    assert_eq!(reader.at("2.6").get("/os-availability-zone").is(200).json()["availability_zones"], zones);
    reader.at("2.6").get("/availability-zones").fails(404);
    reader.at("2.7").get("/os-availability-zone").fails(404);
    cloud.caller("stranger").get("/availability-zones").fails(403);
    cloud.close(0);
}

#[test]
pub fn pools_are_filtered_by_name_and_from_2_23_by_type() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    let names = |client: &Client, query: &str| {
        client.get(&format!("/scheduler-stats/pools?{query}")).is(200).column("pools", "name")
    };
    let all = until("the back end has reported", || Some(names(&admin, "")).filter(|found| !found.is_empty()));
    let brief = admin.get("/scheduler-stats/pools").json()["pools"][0].clone();
    assert_eq!(
        (&brief["host"], &brief["backend"], brief.get("capabilities")),
        (&json!("node1"), &json!("alpha"), None)
    );
    let detail = admin.get("/scheduler-stats/pools/detail").is(200).json()["pools"][0]["capabilities"].clone();
    for key in [
        "pool_name",
        "total_capacity_gb",
        "free_capacity_gb",
        "allocated_capacity_gb",
        "provisioned_capacity_gb",
        "reserved_percentage",
        "reserved_snapshot_percentage",
        "reserved_share_extend_percentage",
        "qos",
        "dedupe",
        "compression",
        "thin_provisioning",
        "max_over_subscription_ratio",
        "driver_handles_share_servers",
        "vendor_name",
        "storage_protocol",
        "share_backend_name",
        "driver_version",
        "snapshot_support",
        "create_share_from_snapshot_support",
        "revert_to_snapshot_support",
        "mount_snapshot_support",
        "timestamp",
    ] {
        assert!(detail.get(key).is_some(), "{key} is not among the capabilities: {detail}");
    }
    let (plain, other) =
        (cloud.make_type("plain", json!({})), cloud.make_type("other", json!({ "vendor_name": "Nobody" })));
    let pool = brief["pool"].as_str().unwrap();
    for (query, found) in [
        ("host=node", all.as_slice()),
        ("host=ode", &[]), // matched at the start
        ("host=.*1", &all),
        ("backend=al.ha", &all),
        ("backend=zz", &[]),
        ("host=node1&backend=alpha&pool=zz", &[]),
        (&format!("pool={pool}"), &all[..1]),
        (&format!("name={}", all[0].replace('#', "%23")), &all[..1]),
        ("unknown=1", &[]),
        ("capabilities=1", &[]),
        (&format!("share_type={plain}"), &all),
        ("share_type=plain", &all),
        (&format!("share_type={other}"), &[]),
    ] {
        assert_eq!(names(&admin, query), found, "{query}");
    }
    admin.get("/scheduler-stats/pools?share_type=zz").fails(400);
    assert!(names(&admin.at("2.22"), "share_type=plain").is_empty(), "before 2.23 a key like any other");
    assert_eq!(names(&admin.at("2.23"), "share_type=plain"), all);
    admin.get("/scheduler-stats/pools?host=%5B").fails(400);
    for path in ["/scheduler-stats/pools", "/scheduler-stats/pools/detail"] {
        cloud.member().get(path).fails(403);
    }
    cloud.close(0);
}

/// Asks for shares that no pool can take, and waits for the messages that say so. The newest comes first.
fn failed(cloud: &Cloud, caller: &Client, count: usize) -> Vec<Value> {
    for _ in 0..count {
        cloud.make_share(caller, "hopeless", json!({}));
    }
    until("all messages are there", || {
        let list = caller.get("/messages").is(200).json()["messages"].as_array().unwrap().clone();
        (list.len() >= count).then_some(list)
    })
}

#[test]
pub fn messages_are_read_filtered_paged_and_thrown_away() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    cloud.make_type("hopeless", json!({ "vendor_name": "Nobody" }));
    let list = failed(&cloud, &member, 3);
    let first = &list[0];
    assert_eq!((&first["action_id"], &first["detail_id"]), (&json!("001"), &json!("008")));
    assert_eq!((&first["message_level"], &first["resource_type"]), (&json!("ERROR"), &json!("SHARE")));
    assert!(first["request_id"].as_str().unwrap().starts_with("req-"));
    let id = first["id"].as_str().unwrap();
    let path = format!("/messages/{id}");
    assert_eq!(member.get(&path).is(200).json()["message"], *first);
    assert_eq!(first["links"][0]["href"], format!("{}/v2{path}", member.root));

    let found = |query: &str| member.get(&format!("/messages?{query}")).is(200).column("messages", "id");
    let ids: Vec<String> = list.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(found("limit=1"), ids[..1]);
    assert_eq!(found("limit=2&offset=1"), ids[1..]);
    assert_eq!(found("offset=2"), ids[2..]);
    assert_eq!(found("limit=0"), [""; 0]);
    assert_eq!(found("sort_dir=asc"), ids.iter().rev().cloned().collect::<Vec<_>>());
    assert_eq!(found("sort_dir=zz").len(), 3, "anything else ascends");
    for key in [
        "id",
        "project_id",
        "request_id",
        "resource_type",
        "action_id",
        "detail_id",
        "resource_id",
        "message_level",
        "expires_at",
        "created_at",
    ] {
        assert_eq!(found(&format!("sort_key={key}")).len(), 3, "{key}");
    }
    for key in ["request_id", "resource_id", "resource_type", "action_id", "detail_id", "message_level"] {
        assert!(found(&format!("{key}={}", first[key].as_str().unwrap())).contains(&ids[0]), "{key}");
        assert_eq!(found(&format!("{key}=ZZ")), [""; 0], "{key}");
    }
    assert_eq!(found("unknown=zz").len(), 3);
    let at = first["created_at"].as_str().unwrap();
    assert!(found(&format!("created_since={at}")).contains(&ids[0]), "inclusive");
    assert!(found(&format!("created_before={at}")).contains(&ids[0]), "inclusive");
    assert_eq!(found("created_before=2001-01-01"), [""; 0]);
    assert_eq!(found("created_since=2001-01-01T00:00:00Z").len(), 3);
    assert_eq!(member.at("2.51").get("/messages?created_before=zz").is(200).column("messages", "id").len(), 3);
    let page = member.get("/messages?limit=2").is(200).json();
    let next = format!("{}/v2/messages?limit=2&marker={}~", member.root, ids[1]);
    let link = &page["messages_links"][0];
    assert!(link["rel"] == "next" && link["href"].as_str().unwrap().starts_with(&next), "{link}");
    for wrong in ["limit=zz", "limit=-1", "offset=zz", "sort_key=zz", "created_since=zz", "created_before=zz"] {
        member.get(&format!("/messages?{wrong}")).fails(400);
    }

    // Members see their project's; administrators see all; others nothing.
    assert_eq!(cloud.caller("foreign-admin").get("/messages").is(200).column("messages", "id"), ids);
    let foreign = cloud.caller("foreign-member");
    assert!(foreign.get("/messages").is(200).column("messages", "id").is_empty());
    foreign.get(&path).fails(404);
    foreign.delete(&path).fails(404);
    cloud.caller("reader").get(&path).is(200);
    cloud.caller("reader").delete(&path).fails(403);
    member.at("2.36").get("/messages").fails(404);
    member.at("2.36").delete(&path).fails(404);
    assert_eq!(member.delete(&path).is(204).text, "");
    member.delete(&path).fails(404);
    admin.delete(&format!("/messages/{}", ids[1])).is(204);
    for unknown in [NOTHING, "zz"] {
        member.get(&format!("/messages/{unknown}")).fails(404);
        member.delete(&format!("/messages/{unknown}")).fails(404);
    }
    for share in member.get("/shares").column("shares", "id") {
        member.delete(&format!("/shares/{share}")).is(202);
    }
    cloud.close(0);
}
