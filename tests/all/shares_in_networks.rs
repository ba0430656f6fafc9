//! Shares in share networks through the front door: what is refused at once, what is remembered, and what comes of a
//! network that no back end can serve. Source: resources.md §1 and scheduler.md §9 of the facts.

use serde_json::{Value, json};

use crate::api::cloud::{Cloud, NOTHING, until_gone, until_status, wish};
use crate::api::wire::{Answer, Client};

fn network(client: &Client, wish: Value) -> String {
    client.post("/share-networks", json!({ "share_network": wish })).is(200).text_at("/share_network/id")
}

fn ask(client: &Client, kind: &str, network: &str, more: Value) -> Answer {
    let mut share = wish(kind, more);
    share["share"]["share_network_id"] = json!(network);
    client.post("/shares", share)
}

const SERVERS: &str = "driver_handles_share_servers";

#[test]
fn what_does_not_go_with_a_network_is_refused_at_once() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("served", json!({ SERVERS: "True" }));
    let confined = cloud.make_type("confined", json!({ SERVERS: "True", "availability_zones": "far,farther" }));
    let (anywhere, here) = (network(&member, json!({})), network(&member, json!({ "availability_zone": "nova" })));
    let empty = network(&member, json!({}));
    let subnets = format!("/share-networks/{empty}/subnets");
    let only = member.get(&subnets).text_at("/share_network_subnets/0/id");
    member.delete(&format!("{subnets}/{only}")).is(202);

    for version in ["2.0", "2.50", "2.99"] {
        let member = member.at(version);
        for unknown in [NOTHING, "zz"] {
            ask(&member, &kind, unknown, json!({})).fails(404);
        }
        ask(&cloud.caller("foreign-member").at(version), &kind, &anywhere, json!({})).fails(404);
        member.post("/shares", wish(&kind, json!({}))).fails(400);
        if version != "2.0" {
            ask(&member, &confined, &here, json!({})).fails(400);
            ask(&member, &confined, &empty, json!({})).fails(400);
        }
        ask(&member, &kind, &empty, json!({ "availability_zone": "nova" })).fails(400);
        ask(&member, &kind, &anywhere, json!({ "availability_zone": "zz" })).fails(404);
    }
    let reset = |status: &str| {
        let body = json!({ "reset_status": { "status": status } });
        admin.post(&format!("/share-networks/{anywhere}/action"), body).is(202);
    };
    for status in ["error", "network_change"] {
        reset(status);
        ask(&member, &kind, &anywhere, json!({})).fails(400);
    }
    reset("active");
    assert!(member.get("/shares").is(200).column("shares", "id").is_empty(), "nothing was made");
    for accepted in [
        ask(&member, &kind, &anywhere, json!({ "availability_zone": "nova" })),
        ask(&member, &kind, &here, json!({ "availability_zone": "nova" })),
        ask(&member, &confined, &anywhere, json!({})),
        ask(&member.at("2.47"), &confined, &here, json!({})),
        ask(&member, &kind, &empty, json!({})),
    ] {
        // No back end here has share servers.
        let share = accepted.is(200).text_at("/share/id");
        until_status(&member, &share, "error");
        member.delete(&format!("/shares/{share}")).is(202);
        until_gone(&member, &share);
    }
    cloud.close(0);
}

#[test]
fn a_share_and_its_instance_remember_their_network() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("served", json!({ SERVERS: "True" }));
    let net = network(&member, json!({}));
    let made = ask(&member, &kind, &net, json!({ "name": "served" })).is(200).json()["share"].clone();
    assert_eq!((&made["share_network_id"], made.get("share_server_id")), (&json!(net), None));
    let share = made["id"].as_str().unwrap();
    until_status(&member, share, "error");
    let path = format!("/shares/{share}");
    assert_eq!(admin.get(&path).json()["share"]["share_server_id"], json!(null), "told to who sees hosts");
    let instance = admin.get(&format!("{path}/instances")).is(200).json()["share_instances"][0].clone();
    assert_eq!((&instance["share_network_id"], &instance["share_server_id"]), (&json!(net), &json!(null)));

    let plain = cloud.make_type("plain", json!({ "vendor_name": "Nobody" }));
    let other = cloud.make_share(&member, &plain, json!({ "name": "other" }));
    let names = |client: &Client, query: &str| client.get(&format!("/shares?{query}")).is(200).column("shares", "name");
    assert_eq!(names(&member, &format!("share_network_id={net}")), ["served"]);
    assert!(names(&member, &format!("share_network_id={NOTHING}")).is_empty());
    assert_eq!(names(&member, "sort_key=share_network_id&sort_dir=asc"), ["other", "served"]);
    member.get(&format!("/shares?share_server_id={NOTHING}")).fails(403);
    assert!(names(&admin, &format!("share_server_id={NOTHING}")).is_empty());
    let of_server = admin.get(&format!("/share_instances?share_server_id={NOTHING}")).is(200);
    assert!(of_server.column("share_instances", "id").is_empty());
    let told = admin.get(&format!("/messages?resource_id={share}")).column("messages", "detail_id");
    assert_eq!(told, ["008"], "no pool handles share servers");
    for share in [share, &other] {
        admin.act(share, json!({ "force_delete": null })).is(202);
        until_gone(&admin, share);
    }
    cloud.close(0);
}

#[test]
fn a_network_that_the_type_has_no_use_for_is_told_to_the_owner() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let plain = cloud.make_type("plain", json!({}));
    let net = network(&member, json!({}));
    let share = ask(&member, &plain, &net, json!({})).is(200).text_at("/share/id");
    until_status(&member, &share, "error");
    let message = member.get(&format!("/messages?resource_id={share}")).is(200).json()["messages"][0].clone();
    assert_eq!((&message["action_id"], &message["detail_id"]), (&json!("002"), &json!("003")));
    let why = admin.get(&format!("/manilad/placements/{share}"));
    assert!(why.status == 400 && why.text.contains("no share servers"), "{why:?}");
    member.delete(&format!("/shares/{share}")).is(202);
    until_gone(&member, &share);
    cloud.close(0);
}
