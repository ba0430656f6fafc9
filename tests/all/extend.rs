//! Shares that grow and shrink, through the front door: names and versions, refusals, quota, the scheduler's answer, and what comes
//! of it on the array. Source: resources.md §1, §21, quotas-and-limits.md §2, §3, scheduler.md §8 of the facts.

use manilad_domain::message::Detail;
use serde_json::{Value, json};

use crate::api::cloud::{Cloud, NOTHING, OWN, until_gone, until_status};
use crate::api::wire::{Answer, Client};
use crate::support::{BackEnd, Stage, until};

fn extend(client: &Client, share: &str, size: u64) -> Answer {
    client.act(share, json!({ "extend": { "new_size": size } }))
}

fn shrink(client: &Client, share: &str, size: u64) -> Answer {
    client.act(share, json!({ "shrink": { "new_size": size } }))
}

fn size(client: &Client, share: &str) -> u64 {
    client.get(&format!("/shares/{share}")).is(200).json()["share"]["size"].as_u64().unwrap()
}

fn done(cloud: &Cloud, share: &str, expected: u64) {
    until_status(&cloud.admin(), share, "available");
    assert_eq!(size(&cloud.member(), share), expected);
}

fn in_use(cloud: &Cloud) -> (i64, i64) {
    let detail = cloud.admin().get(&format!("/quota-sets/{OWN}/detail")).is(200).json();
    let gigabytes = &detail["quota_set"]["gigabytes"];
    (gigabytes["in_use"].as_i64().unwrap(), gigabytes["limit"].as_i64().unwrap())
}

fn told(client: &Client, share: &str) -> (Value, Value) {
    let message = until("a message", || {
        let all = client.get(&format!("/messages?resource_id={share}")).is(200).json();
        all["messages"].as_array().unwrap().first().cloned()
    });
    (message["action_id"].clone(), message["detail_id"].clone())
}

fn remove(cloud: Cloud, shares: &[&str]) {
    for share in shares {
        cloud.admin().act(share, json!({ "force_delete": null })).is(202);
        until_gone(&cloud.admin(), share);
    }
    cloud.close(0);
}

#[test]
fn a_share_grows_and_shrinks_under_each_name_in_the_versions_of_that_name() {
    let cloud = Cloud::open();
    let member = cloud.member();
    let share = cloud.make_mountable(&member, &cloud.make_type("plain", json!({})), json!({}));
    for (version, key, wish, expected) in [
        ("2.0", "os-extend", json!({ "new_size": 2 }), 2),
        ("2.6", "os-extend", json!({ "new_size": "3" }), 3),
        ("2.6", "os-shrink", json!({ "new_size": 2 }), 2),
        ("2.7", "extend", json!({ "new_size": 4 }), 4),
        ("2.63", "extend", json!({ "new_size": 5, "force": "what it is plays no part" }), 5),
        ("2.99", "shrink", json!({ "new_size": "1" }), 1),
    ] {
        assert_eq!(member.at(version).act(&share, json!({ key: wish })).is(202).text, "");
        done(&cloud, &share, expected);
        assert_eq!(cloud.stage.sim.volumes()[0]["size"], expected << 30, "{key} at {version}");
        assert_eq!(in_use(&cloud).0, expected as i64);
    }
    for (version, key) in [("2.7", "os-extend"), ("2.7", "os-shrink"), ("2.6", "extend"), ("2.6", "shrink")] {
        member.at(version).act(&share, json!({ key: { "new_size": 2 } })).fails(404);
    }
    remove(cloud, &[&share]);
}

#[test]
fn every_mistake_has_its_status_and_changes_nothing() {
    let cloud = Cloud::open();
    let member = cloud.member();
    let share = cloud.make_mountable(&member, &cloud.make_type("plain", json!({})), json!({ "size": 2 }));
    for key in ["extend", "shrink"] {
        for wish in [
            json!({}),
            json!({ "new_size": "many" }),
            json!({ "new_size": 0 }),
            json!({ "new_size": -1 }),
            json!({ "new_size": null }),
        ] {
            member.act(&share, json!({ key: wish })).fails(400);
        }
        member.act(&share, json!({ key: null })).fails(400);
        member.act(&share, json!({ key: { "new_size": 2 } })).fails(400);
        member.act(NOTHING, json!({ key: { "new_size": 3 } })).fails(404);
        cloud.caller("foreign-member").act(&share, json!({ key: { "new_size": 3 } })).fails(404);
        cloud.caller("reader").act(&share, json!({ key: { "new_size": 3 } })).fails(403);
    }
    extend(&member, &share, 1).fails(400);
    shrink(&member, &share, 3).fails(400);
    member.act(&share, json!({ "extend": { "new_size": 3, "force": "perhaps" } })).fails(400);
    member.act(&share, json!({ "extend": { "new_size": 3, "force": true } })).fails(403);
    for status in ["error", "creating", "error_deleting"] {
        cloud.admin().act(&share, json!({ "reset_status": { "status": status } })).is(202);
        extend(&member, &share, 3).fails(400);
        shrink(&member, &share, 1).fails(400);
    }
    assert_eq!((size(&member, &share), in_use(&cloud).0), (2, 2));
    remove(cloud, &[&share]);
}

#[test]
fn the_sizes_of_the_share_type_bind_and_administrators_have_a_limit_of_their_own() {
    let cloud = Cloud::open();
    let (member, admin) = (cloud.member(), cloud.admin());
    let specs = json!({
        "provisioning:min_share_size": "2",
        "provisioning:max_share_size": "4",
        "provisioning:max_share_extend_size": "6",
    });
    let share = cloud.make_mountable(&member, &cloud.make_type("bound", specs), json!({ "size": 3 }));
    extend(&member, &share, 5).fails(400);
    shrink(&member, &share, 1).fails(400);
    extend(&member, &share, 4).is(202);
    done(&cloud, &share, 4);
    extend(&admin, &share, 7).fails(400);
    extend(&admin, &share, 6).is(202);
    done(&cloud, &share, 6);
    shrink(&member, &share, 2).is(202);
    done(&cloud, &share, 2);
    remove(cloud, &[&share]);
}

#[test]
fn the_larger_size_is_reserved_at_once_and_over_quota_nothing_is_begun() {
    let cloud = Cloud::open();
    let (member, admin) = (cloud.member(), cloud.admin());
    let kind = cloud.make_type("plain", json!({}));
    let share = cloud.make_mountable(&member, &kind, json!({}));
    let limits = |values: Value| admin.put(&format!("/quota-sets/{OWN}"), json!({ "quota_set": values })).is(200);
    limits(json!({ "gigabytes": 5, "per_share_gigabytes": 8 }));
    extend(&member, &share, 9).fails(413);
    let refused = extend(&member, &share, 6);
    refused.fails(403);
    assert!(refused.text.contains("exceed"), "{}", refused.text);
    assert_eq!(in_use(&cloud), (1, 5));
    cloud.stage.sim.pause();
    extend(&member, &share, 4).is(202);
    let seen = member.get(&format!("/shares/{share}")).json()["share"].clone();
    assert_eq!((&seen["status"], &seen["size"]), (&json!("extending"), &json!(1)));
    assert_eq!(in_use(&cloud).0, 4, "it is reserved before the array has done it");
    extend(&member, &share, 5).fails(400);
    member.post("/shares", crate::api::cloud::wish(&kind, json!({ "size": 2 }))).fails(413);
    until("the array has been called", || {
        let metrics = cloud.stage.daemon.metrics();
        let mut of_calls = metrics.lines().filter(|line| line.starts_with("manilad_ontap_in_flight{"));
        of_calls.any(|line| !line.ends_with(" 0")).then_some(())
    });
    admin.act(&share, json!({ "force_delete": null })).is(202);
    cloud.stage.sim.go_on();
    until_gone(&admin, &share);
    assert_eq!(in_use(&cloud).0, 0, "with the share goes what was reserved for it");
    cloud.close(0);
}

#[test]
fn where_the_pool_has_no_room_the_share_stays_and_its_owner_is_told_by_the_scheduler_or_when_forced_by_the_array() {
    let cloud = Cloud::open();
    let (member, admin) = (cloud.member(), cloud.admin());
    let kind = cloud.make_type("thick", json!({ "thin_provisioning": "False" }));
    let share = cloud.make_mountable(&member, &kind, json!({}));
    admin.put(&format!("/quota-sets/{OWN}"), json!({ "quota_set": { "gigabytes": -1 } })).is(200);
    extend(&member, &share, 200_000).is(202);
    assert_eq!(told(&member, &share), (json!("008"), json!("009")));
    done(&cloud, &share, 1);
    assert_eq!(in_use(&cloud).0, 1);
    let placement = admin.get(&format!("/manilad/placements/{share}")).is(200).json()["placement"].clone();
    assert_eq!(placement["failed_growth"]["filter"], "CapacityFilter", "{placement}");
    admin.act(&share, json!({ "extend": { "new_size": 200_000, "force": true } })).is(202);
    done(&cloud, &share, 1);
    assert_eq!(in_use(&cloud).0, 1);
    let details = member.get(&format!("/messages?resource_id={share}&action_id=008")).json();
    let details: Vec<&Value> = details["messages"].as_array().unwrap().iter().map(|one| &one["detail_id"]).collect();
    assert_eq!(details, ["009", "009"]);
    let placement = admin.get(&format!("/manilad/placements/{share}")).is(200).json()["placement"].clone();
    let failed = &placement["failed_growth"];
    assert_eq!((&failed["filter"], &failed["reason"]), (&json!(null), &json!(Detail::NoRoomToExtend.text())));
    remove(cloud, &[&share]);
}

#[test]
fn why_a_share_does_not_grow_while_its_back_end_is_disabled_is_in_its_message_in_the_log_and_explained() {
    let cloud = Cloud::open();
    let (member, admin) = (cloud.member(), cloud.admin());
    let share = cloud.make_mountable(&member, &cloud.make_type("plain", json!({})), json!({}));
    let placement = || admin.get(&format!("/manilad/placements/{share}")).is(200).json()["placement"].clone();
    let pool = placement()["host"].as_str().unwrap().to_owned();
    let service = json!({ "host": pool.split('#').next().unwrap(), "binary": "manila-share" });
    admin.put("/services/disable", service).is(200);
    extend(&member, &share, 2).is(202);
    assert_eq!(told(&member, &share), (json!("008"), json!("028")));
    done(&cloud, &share, 1);
    let failed = placement()["failed_growth"].clone();
    assert_eq!((&failed["filter"], &failed["reason"]), (&json!(null), &json!(Detail::BackendsDisabled.text())));
    let request = failed["request_id"].as_str().unwrap();
    let log = cloud.stage.daemon.log();
    let lines: Vec<&String> = log.iter().filter(|line| line.contains("the share can't grow")).collect();
    let [line] = lines[..] else { panic!("{lines:?}") };
    for part in [request, &share, &pool, "its back end is disabled"] {
        assert!(line.contains(part), "no {part} in {line}");
    }
    remove(cloud, &[&share]);
}

#[test]
fn what_quota_refuses_is_not_asked_of_the_scheduler() {
    let cloud = Cloud::open();
    let (member, admin) = (cloud.member(), cloud.admin());
    let share =
        cloud.make_mountable(&member, &cloud.make_type("thick", json!({ "thin_provisioning": "False" })), json!({}));
    extend(&member, &share, 200_000).fails(403);
    let has_judged = || cloud.stage.daemon.log().iter().any(|line| line.contains("the share can't grow"));
    assert!(!has_judged());
    admin.put(&format!("/quota-sets/{OWN}"), json!({ "quota_set": { "gigabytes": -1 } })).is(200);
    extend(&member, &share, 200_000).is(202);
    assert!(has_judged());
    remove(cloud, &[&share]);
}

#[test]
fn of_shares_that_grow_at_once_only_so_many_grow_as_their_pool_has_room_for_together() {
    let cloud = Cloud::open();
    let (member, admin) = (cloud.member(), cloud.admin());
    let kind = cloud.make_type("thick", json!({ "thin_provisioning": "False" }));
    admin.put(&format!("/quota-sets/{OWN}"), json!({ "quota_set": { "gigabytes": -1 } })).is(200);
    let first = cloud.make_mountable(&member, &kind, json!({}));
    let beside = json!({ "scheduler_hints": { "same_host": first } });
    let others = [(); 2].map(|()| cloud.make_mountable(&member, &kind, beside.clone()));
    let shares = [&first, &others[0], &others[1]];
    let host = admin.get(&format!("/shares/{first}")).is(200).json()["share"]["host"].clone();
    let pools = admin.get("/scheduler-stats/pools/detail").is(200).json()["pools"].clone();
    let pool = pools.as_array().unwrap().iter().find(|pool| pool["name"] == host).unwrap();
    let free = pool["capabilities"]["free_capacity_gb"].as_f64().unwrap() as u64;
    std::thread::scope(|scope| {
        for share in shares {
            scope.spawn(|| extend(&cloud.member(), share, free * 2 / 5).is(202));
        }
    });
    for share in shares {
        until_status(&admin, share, "available");
    }
    let grown = shares.iter().filter(|share| size(&member, share) > 1).count();
    let refused = shares.iter().map(|share| {
        let messages = member.get(&format!("/messages?resource_id={share}")).is(200).json();
        messages["messages"].as_array().unwrap().iter().filter(|message| message["detail_id"] == "009").count()
    });
    assert_eq!((grown, refused.sum::<usize>()), (2, 1), "{free} GiB are free on {host}");
    remove(cloud, &shares.map(String::as_str));
}

#[test]
fn a_share_that_holds_more_than_the_smaller_size_keeps_its_data_its_size_and_its_quota() {
    let stage = Stage::open();
    let api = stage.api();
    let share = api.make_share_of(&api.make_type("plain", json!({})), "NFS", 3);
    api.until_status(&share, "available");
    let too_small = json!({ "refuse": { "status": 400, "code": "917534", "message": "too small" } });
    stage.sim.strike(json!({ "method": "PATCH", "path": "/api/storage/volumes/*", "fault": too_small }));
    let act = |wish: Value| api.ask("POST", &format!("/shares/{share}/action"), Some(wish)).0;
    assert_eq!(act(json!({ "shrink": { "new_size": 1 } })), 202);
    stage.sim.until_struck();
    api.until_status(&share, "available");
    assert_eq!(api.get(&format!("/shares/{share}"))["share"]["size"], 3);
    let message = api.get(&format!("/messages?resource_id={share}"))["messages"][0].clone();
    assert_eq!((&message["action_id"], &message["detail_id"]), (&json!("009"), &json!("018")));
    assert_eq!(act(json!({ "extend": { "new_size": 4 } })), 202);
    api.until_status(&share, "available");
    assert_eq!(act(json!({ "shrink": { "new_size": 1 } })), 202);
    api.until_status(&share, "available");
    assert_eq!(api.get(&format!("/shares/{share}"))["share"]["size"], 1);
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn a_share_that_the_array_does_not_shrink_for_a_reason_that_passes_is_in_error_until_it_is_reset() {
    let stage = Stage::open();
    let api = stage.api();
    let share = api.make_share_of(&api.make_type("plain", json!({})), "NFS", 3);
    api.until_status(&share, "available");
    let moved = json!({ "refuse": { "status": 400, "code": "918235", "message": "The volume is being moved." } });
    stage.sim.strike(json!({ "method": "PATCH", "path": "/api/storage/volumes/*", "fault": moved }));
    let act = |wish: Value| api.post(&format!("/shares/{share}/action"), wish);
    act(json!({ "shrink": { "new_size": 1 } }));
    api.until_status(&share, "shrinking_error");
    let message = api.get(&format!("/messages?resource_id={share}"))["messages"][0].clone();
    assert_eq!((&message["action_id"], &message["detail_id"]), (&json!("009"), &json!("019")));
    act(json!({ "reset_status": { "status": "available" } }));
    api.until_status(&share, "available");
    assert_eq!(api.get(&format!("/shares/{share}"))["share"]["size"], 3);
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn a_warning_about_work_names_the_request_that_caused_it_and_the_share() {
    let stage = Stage::open();
    let api = stage.api();
    let kind = api.make_type("plain", json!({}));
    let share = api.make_share_of(&kind, "NFS", 1);
    api.until_status(&share, "available");
    api.post(
        &format!("/types/{kind}/extra_specs"),
        json!({ "extra_specs": { "netapp:max_files_multiplier": "many" } }),
    );
    api.post(&format!("/shares/{share}/action"), json!({ "extend": { "new_size": 2 } }));
    api.until_status(&share, "available");
    let log = stage.daemon.log();
    let done = log.iter().find(|line| line.contains("verb=extend") && line.contains(" done ")).unwrap();
    let request = done.split_whitespace().find(|field| field.starts_with("request_id=req-")).unwrap();
    let warning = log.iter().find(|line| line.contains("the type of a resized share can't be read")).unwrap();
    assert!(warning.contains(request) && warning.contains(&share), "no {request} or {share} in {warning}");
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn a_flexgroup_grows_and_shrinks_as_a_whole() {
    let pools = "netapp_enable_flexgroup = True\nnetapp_flexgroup_pools = fg: aggr1 aggr2";
    let stage = Stage::with(&[], pools, &[BackEnd { name: "alpha", zone: "nova", array: 0 }]);
    let api = stage.api();
    let share = api.make_share_of(&api.make_type("large", json!({ "netapp_flexgroup": "<is> True" })), "NFS", 800);
    api.until_status(&share, "available");
    for (key, size) in [("extend", 1000u64), ("shrink", 900)] {
        api.post(&format!("/shares/{share}/action"), json!({ key: { "new_size": size } }));
        api.until_status(&share, "available");
        let volume = &stage.sim.volumes()[0];
        assert_eq!((&volume["style"], &volume["size"]), (&json!("flexgroup"), &json!(size << 30)));
    }
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}
