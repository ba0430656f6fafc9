//! Where would this share go, and why? Over the API, and with the command that prints it.

use std::process::{Command, Output};

use serde_json::json;

use crate::api::cloud::{Cloud, NOTHING};
use crate::support::{BackEnd, Stage, until};

fn explain(address: &str, arguments: &[&str]) -> Output {
    let url = format!("http://{address}/v2");
    let mut command = Command::new(env!("CARGO_BIN_EXE_manilad"));
    command.args(["explain", "--url", &url]).args(arguments).env_remove("OS_TOKEN").output().unwrap()
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn an_administrator_is_told_where_a_share_would_go_and_what_speaks_against_each_pool() {
    let stage = Stage::open();
    let api = stage.api();
    let kind = api.make_type("plain", json!({}));
    let first = api.make_share(&kind);
    api.until_status(&first, "available");
    let home = api.get(&format!("/shares/{first}"))["share"]["host"].as_str().unwrap().to_owned();
    let hints = json!({ "different_host": first, "only_host": home });
    let wish = json!({ "share_proto": "NFS", "size": 1, "share_type": kind, "scheduler_hints": hints });
    let torn = api.post("/shares", json!({ "share": wish }))["share"]["id"].as_str().unwrap().to_owned();
    api.until_status(&torn, "error");
    let told = printed(&explain(&stage.daemon.address, &[&first]));
    for words in ["is on       node1@alpha#aggr", "2 of 2 pools pass", "CapacityWeigher gives", "  free GiB"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let told = printed(&explain(&stage.daemon.address, &[&torn]));
    assert!(told.contains("is on       no pool yet"), "{told}");
    assert!(told.contains("AntiAffinityFilter refuses: "), "what it remembers still counts: {told}");
    let answer = printed(&explain(&stage.daemon.address, &[&torn, "--json"]));
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let refusing = answer["pools"].as_array().unwrap().iter().find(|pool| pool["name"] == home.as_str()).unwrap();
    assert_eq!((&refusing["weight"], &refusing["unusable"]), (&json!(null), &json!(null)), "{answer}");
    let unknown = explain(&stage.daemon.address, &[NOTHING]);
    assert!(!unknown.status.success());
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("answered 404"), "{unknown:?}");
    api.delete(&format!("/shares/{torn}"));
    api.until_gone(&torn);
    stage.close(1);
}

#[test]
fn a_share_that_only_a_disabled_back_end_could_take_is_told_so() {
    let in_zone = |name, zone, array| BackEnd { name, zone, array };
    let stage = Stage::with(&[], "", &[in_zone("alpha", "nova", 0), in_zone("beta", "other", 1)]);
    let api = stage.api();
    let kind = api.make_type("plain", json!({}));
    // Both back ends have reported by then.
    until("both back ends have pools", || {
        let pools = api.get("/scheduler-stats/pools");
        let names = pools["pools"].as_array().unwrap().iter().map(|pool| pool["name"].to_string());
        let names: Vec<String> = names.collect();
        ["@alpha#", "@beta#"].iter().all(|one| names.iter().any(|name| name.contains(one))).then_some(())
    });
    let (status, told) =
        api.ask("PUT", "/services/disable", Some(json!({ "host": "node1@beta", "binary": "manila-share" })));
    assert_eq!(status, 200, "{told}");
    let wish = json!({ "share_proto": "NFS", "size": 1, "share_type": kind, "availability_zone": "other" });
    let share = api.post("/shares", json!({ "share": wish }))["share"]["id"].as_str().unwrap().to_owned();
    api.until_status(&share, "error");
    let messages = api.get(&format!("/messages?resource_id={share}"))["messages"].clone();
    assert_eq!((&messages[0]["action_id"], &messages[0]["detail_id"]), (&json!("001"), &json!("002")), "{messages}");
    let words = "finding a place: only back ends that the administrator has disabled could take the request";
    assert_eq!(messages[0]["user_message"], words);
    let told = printed(&explain(&stage.daemon.address, &[&share]));
    assert!(told.contains("node1@beta is disabled and would take it"), "{told}");
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn only_administrators_are_told() {
    let cloud = Cloud::open();
    let kind = cloud.make_type("plain", json!({}));
    let share = cloud.make_mountable(&cloud.member(), &kind, json!({}));
    let path = format!("/manilad/placements/{share}");
    let told = cloud.admin().get(&path).is(200).json();
    assert_eq!(told["placement"]["share_id"], json!(share));
    for name in ["member", "reader", "stranger", "service", "system-admin"] {
        cloud.caller(name).get(&path).is(403);
    }
    cloud.admin().at("2.0").get(&path).is(200);
    cloud.admin().get("/manilad/placements/zz").is(404);
    cloud.close(1);
}
