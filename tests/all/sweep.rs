//! The sweep through the front door: what hands did on the array is mended or told, and nothing is ever taken away.

use serde_json::{Value, json};

use crate::support::{Api, Stage, block, mount, until};

/// Rounds follow one another within seconds.
fn stage() -> Stage {
    Stage::tuned("sweep_interval = 1")
}

/// The value of a metric of the back end; none while it was never set.
fn metric(stage: &Stage, name: &str, labels: &str) -> Option<u64> {
    let line = format!("{name}{{backend=\"node1@alpha\"{labels}}} ");
    stage.daemon.metrics().lines().find_map(|one| one.strip_prefix(&line)?.parse().ok())
}

fn rounds(stage: &Stage) -> u64 {
    metric(stage, "manilad_backend_sweeps_total", ",outcome=\"done\"").unwrap_or(0)
}

/// Waits until a round has begun after this call and ended well.
fn until_swept(stage: &Stage) {
    let before = rounds(stage);
    until("two more rounds", || (rounds(stage) >= before + 2).then_some(()));
}

fn until_metric(stage: &Stage, name: &str, wanted: u64) {
    until(&format!("{name} is {wanted}"), || (metric(stage, name, "") == Some(wanted)).then_some(()));
}

fn available(api: &Api) -> String {
    let share = api.make_share(&api.make_type("plain", json!({})));
    api.until_status(&share, "available");
    share
}

fn patch_rules(stage: &Stage, policy: &str, rules: Value) {
    let id = stage.sim.record("protocols/nfs/export-policies", "name", policy)["id"].clone();
    stage.sim.by_hand("PATCH", &format!("/api/protocols/nfs/export-policies/{id}"), json!({ "rules": rules }));
}

fn in_force(stage: &Stage, policy: &str) -> Vec<String> {
    let rules = stage.sim.record("protocols/nfs/export-policies", "name", policy)["rules"].clone();
    let client = |rule: &Value| rule["clients"][0]["match"].as_str().unwrap().to_owned();
    rules.as_array().map(|rules| rules.iter().map(client).collect()).unwrap_or_default()
}

#[test]
fn an_address_reaches_the_array_in_one_form_however_it_is_written() {
    let stage = Stage::open();
    let api = stage.api();
    let share = available(&api);
    for to in [
        "10.0.0.0/255.255.255.0",
        "::ffff:10.1.0.1",
        "::ffff:10.2.0.0/112",
        "10.3.0.1/255.255.255.255",
        "10.4.0.0/0.0.255.255",
    ] {
        let rule = api.allow(&share, to, "rw");
        api.until_rule(&rule, "active");
        assert_eq!(api.get(&format!("/share-access-rules/{rule}"))["access"]["access_to"], to);
    }
    let policy = stage.sim.state().policies[0].clone();
    assert_eq!(in_force(&stage, &policy), ["10.1.0.1", "10.3.0.1", "10.0.0.0/24", "10.2.0.0/16", "10.4.0.0/16"]);
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn rules_that_a_hand_changed_come_back_and_clients_with_them() {
    let stage = stage();
    let api = stage.api();
    let share = available(&api);
    let rule = api.allow(&share, "127.0.0.11", "rw");
    api.until_rule(&rule, "active");
    let (policy, export) = (stage.sim.state().policies.remove(0), api.exports(&share).remove(0));
    until_swept(&stage);
    assert_eq!(metric(&stage, "manilad_backend_drift_repaired_total", "").unwrap_or(0), 0, "nothing had drifted");

    let everybody = json!([{ "clients": [{ "match": "0.0.0.0/0" }], "ro_rule": ["any"], "rw_rule": ["any"] }]);
    for (by_hand, repaired) in [(json!([]), 1), (everybody, 2)] {
        patch_rules(&stage, &policy, by_hand);
        until_metric(&stage, "manilad_backend_drift_repaired_total", repaired);
        assert_eq!(in_force(&stage, &policy), ["127.0.0.11"]);
    }
    block(mount(&export, "127.0.0.11")).unwrap();
    assert!(block(mount(&export, "127.0.0.13")).is_err());

    let volume = stage.sim.volumes()[0]["uuid"].as_str().unwrap().to_owned();
    let to_default = json!({ "nas": { "export_policy": { "name": "default" } } });
    stage.sim.by_hand("PATCH", &format!("/api/storage/volumes/{volume}"), to_default);
    until_metric(&stage, "manilad_backend_drift_repaired_total", 3);
    block(mount(&export, "127.0.0.11")).unwrap();

    until("the share is at rest", || {
        let status = api.get(&format!("/shares/{share}"))["share"]["access_rules_status"].clone();
        (status == "active").then_some(())
    });
    assert_eq!(api.rule_state(&rule).as_deref(), Some("active"));
    until_metric(&stage, "manilad_backend_drifted", 0);
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn strays_are_told_and_left_where_they_are_and_what_is_not_marked_is_none() {
    let stage = stage();
    let api = stage.api();
    let share = available(&api);
    let make = |name: &str, tags: Value| {
        let body = json!({
            "name": name, "svm": { "name": "svm1" }, "size": 1 << 30, "aggregates": [{ "name": "aggr1" }], "_tags": tags,
        });
        stage.sim.by_hand("POST", "/api/storage/volumes", body);
    };
    make("somebodys", json!(["share_id:7"]));
    until_swept(&stage);
    assert_eq!(metric(&stage, "manilad_backend_strays", ""), Some(0));
    make("restored", json!(["instance_id:0d6cf3f6-0000-4000-8000-000000000001"]));
    until_metric(&stage, "manilad_backend_strays", 1);
    until_swept(&stage);
    let state = stage.sim.state();
    assert_eq!(state.volumes.len(), 3, "{state:?}");
    let told: Vec<String> = stage.daemon.log().into_iter().filter(|line| line.contains("a stray:")).collect();
    assert!(told.len() == 1 && told[0].contains("restored"), "told once, by name: {told:?}");
    assert_eq!(metric(&stage, "manilad_backend_missing", ""), Some(0));

    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    until_swept(&stage);
    assert_eq!(metric(&stage, "manilad_backend_strays", ""), Some(1));
    stage.daemon.stop();
    assert_eq!(stage.sim.state().volumes, ["restored", "somebodys"]);
}

#[test]
fn a_volume_that_a_hand_took_away_is_told_and_the_share_stays_as_it_is() {
    let stage = stage();
    let api = stage.api();
    let share = available(&api);
    let volume = stage.sim.volumes()[0]["uuid"].as_str().unwrap().to_owned();
    let target = format!("/api/storage/volumes/{volume}");
    let path = format!("/{}", stage.sim.state().volumes[0]);
    stage.sim.by_hand("PATCH", &target, json!({ "state": "offline" }));
    until_metric(&stage, "manilad_backend_missing", 1);
    stage.sim.by_hand("PATCH", &target, json!({ "state": "online" }));
    until("the log tells what is missing now", || {
        stage.daemon.log().into_iter().find(|line| line.contains("is not mounted at /share_"))
    });
    stage.sim.by_hand("PATCH", &target, json!({ "nas": { "path": path } }));
    until_metric(&stage, "manilad_backend_missing", 0);
    assert_eq!(api.status(&share).as_deref(), Some("available"));
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn what_differs_from_the_record_and_the_type_is_told_once_and_left() {
    let stage = stage();
    let api = stage.api();
    let specs = json!({ "netapp:snapshot_policy": "none", "netapp:hide_snapdir": "True", "qos": "True", "netapp:maxiops": "100" });
    let share = api.make_share(&api.make_type("specified", specs));
    api.until_status(&share, "available");
    until_swept(&stage);
    let aspects = ["size", "snapshot_policy", "snapshot_directory", "qos"];
    let differing = |kind: &str| metric(&stage, "manilad_backend_differing", &format!(",kind=\"{kind}\""));
    assert_eq!(aspects.map(differing), [Some(0); 4]);
    let volume = stage.sim.volumes().remove(0)["uuid"].as_str().unwrap().to_owned();
    let by_hand = json!({
        "snapshot_policy": { "name": "default" }, "snapshot_directory_access_enabled": true,
        "qos": { "policy": { "name": "none" } }, "space": { "size": 5u64 << 30 },
    });
    stage.sim.by_hand("PATCH", &format!("/api/storage/volumes/{volume}"), by_hand);
    until("all are counted", || (aspects.map(differing) == [Some(1); 4]).then_some(()));
    until_swept(&stage);
    let told: Vec<String> =
        stage.daemon.log().into_iter().filter(|line| line.contains("differs from its record")).collect();
    assert_eq!(told.len(), 4, "{told:?}");
    for aspect in aspects {
        assert!(told.iter().any(|line| line.contains(&format!("aspect={aspect} "))), "{told:?}");
    }
    assert_eq!(
        (&stage.sim.volumes()[0]["size"], api.status(&share).as_deref()),
        (&json!(5u64 << 30), Some("available"))
    );
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.daemon.stop();
}

#[test]
fn a_share_in_error_that_is_sound_is_told_once_and_left() {
    let stage = stage();
    let api = stage.api();
    let share = available(&api);
    api.post(&format!("/shares/{share}/action"), json!({ "reset_status": { "status": "error" } }));
    let told =
        || stage.daemon.log().into_iter().filter(|line| line.contains("a share in error is on the array")).count();
    until("it is told", || (told() == 1).then_some(()));
    until_swept(&stage);
    assert_eq!((told(), api.status(&share).as_deref()), (1, Some("error")));
    assert_eq!(metric(&stage, "manilad_backend_differing", ",kind=\"error\""), Some(1));
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.daemon.stop();
}

#[test]
fn a_kill_in_the_middle_of_a_sweep_or_of_a_repair_changes_nothing() {
    // The survey's look at the policies; or the repair's change, the second after that of the hand.
    let policies = "/api/protocols/nfs/export-policies";
    let calls = [("GET", policies.to_owned(), 1), ("PATCH", format!("{policies}/*"), 2)];
    for (method, path, nth) in calls {
        for moment in ["stall", "reply_stalled"] {
            let mut stage = stage();
            let api = stage.api();
            let share = available(&api);
            let rule = api.allow(&share, "10.1.2.3", "ro");
            api.until_rule(&rule, "active");
            let policy = stage.sim.state().policies.remove(0);
            let id = stage.sim.record("protocols/nfs/export-policies", "name", &policy)["id"].clone();
            stage.sim.strike(json!({ "method": method, "path": path, "nth": nth, "fault": moment }));
            stage.sim.by_hand("PATCH", &format!("{policies}/{id}"), json!({ "rules": [] }));
            stage.sim.until_struck();
            stage.daemon.kill();
            stage.sim.heal();
            stage.restart();
            let api = stage.api();
            until("the rule is in force", || (in_force(&stage, &policy) == ["10.1.2.3"]).then_some(()));
            api.until_rule(&rule, "active");
            api.delete(&format!("/shares/{share}"));
            api.until_gone(&share);
            stage.close(0);
        }
    }
}

#[test]
fn rules_of_a_share_whose_volume_is_not_there_are_in_error_at_once_and_their_owner_is_told() {
    let mut stage = Stage::open();
    let api = stage.api();
    let share = available(&api);
    let before = api.allow(&share, "10.0.0.1", "rw");
    api.until_rule(&before, "active");
    stage.daemon.kill();
    let uuid = stage.sim.volumes()[0]["uuid"].as_str().unwrap().to_owned();
    let volume = format!("/api/storage/volumes/{uuid}");
    stage.sim.by_hand("PATCH", &volume, json!({ "nas": { "path": "" } }));
    stage.sim.by_hand("DELETE", &volume, json!({}));
    stage.restart();
    let api = stage.api();
    stage.sim.forget_calls();
    let rule = api.allow(&share, "10.0.0.2", "rw");
    api.until_rule(&rule, "error");
    let looks =
        stage.sim.calls().into_iter().filter(|(method, path)| method == "GET" && path == "/api/storage/volumes");
    assert!(looks.count() <= 3, "it is not tried again and again");
    let told = api.get(&format!("/messages?resource_id={share}"))["messages"].clone();
    assert_eq!((&told[0]["action_id"], &told[0]["detail_id"]), (&json!("010"), &json!("001")), "{told}");
    let words = "changing access rules: the volume of the share is not on the array; \
                 the administrator finds its name in the log under the request id";
    assert_eq!(told[0]["user_message"], words);
    assert!(stage.daemon.log().iter().any(|line| line.contains("there is no volume share_")), "it is named");
    assert_eq!(api.rule_state(&before).as_deref(), Some("active"), "as it was wanted");
    for rule in [&before, &rule] {
        api.deny(&share, rule);
        api.until_rule_gone(rule);
    }
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn a_share_that_is_called_available_without_its_volume_is_in_error_and_the_log_names_the_volume_under_the_request() {
    let stage = stage();
    let api = stage.api();
    let share = available(&api);
    let found = stage.sim.volumes()[0].clone();
    let [uuid, name] = ["uuid", "name"].map(|key| found[key].as_str().unwrap().to_owned());
    let volume = format!("/api/storage/volumes/{uuid}");
    stage.sim.by_hand("PATCH", &volume, json!({ "nas": { "path": "" } }));
    stage.sim.by_hand("DELETE", &volume, json!({}));
    for status in ["error", "available"] {
        api.post(&format!("/shares/{share}/action"), json!({ "reset_status": { "status": status } }));
    }
    api.until_status(&share, "error");
    let message = api.get(&format!("/messages?resource_id={share}"))["messages"][0].clone();
    assert_eq!((&message["action_id"], &message["detail_id"]), (&json!("005"), &json!("001")), "{message}");
    let request = message["request_id"].as_str().unwrap();
    let complaints = stage.daemon.complaints();
    let is_named = |line: &String| [request, &share, &name].iter().all(|part| line.contains(part));
    assert!(complaints.iter().any(is_named), "no {request} with {name} in {complaints:#?}");
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn what_was_noted_about_an_export_location_stays_through_sweeps_and_while_its_address_is_away() {
    let stage = stage();
    let api = stage.api().at("2.87");
    let share = available(&api);
    let path = format!("/shares/{share}/export_locations");
    let listed = || api.get(&path)["export_locations"].as_array().unwrap().clone();
    let before = listed();
    let [preferred, other] = &before[..] else { panic!("one for each LIF: {before:?}") };
    let id = |location: &Value| location["id"].as_str().unwrap().to_owned();
    for (location, word) in [(preferred, "False"), (other, "True")] {
        let noted = json!({ "metadata": { "preferred": word, "room": "cellar" } });
        api.post(&format!("{path}/{}/metadata", id(location)), noted);
    }
    let is_as_noted = || {
        let is_preferred = |location: &Value| {
            listed().iter().any(|one| one["id"] == location["id"] && one["preferred"] == json!(true))
        };
        !is_preferred(preferred) && is_preferred(other)
    };
    assert!(is_as_noted());
    until_swept(&stage);
    assert!(is_as_noted(), "{:?}", listed());
    let address = other["path"].as_str().unwrap().split(':').next().unwrap().to_owned();
    let lif = stage.sim.record("network/ip/interfaces", "ip.address", &address)["uuid"].as_str().unwrap().to_owned();
    let switch = |on: bool| {
        stage.sim.by_hand("PATCH", &format!("/api/network/ip/interfaces/{lif}"), json!({ "enabled": on }));
        until("the locations follow", || (listed().len() == 1 + usize::from(on)).then_some(()));
    };
    switch(false);
    switch(true);
    assert!(is_as_noted(), "{:?}", listed());
    let noted = api.get(&format!("{path}/{}/metadata", id(other)))["metadata"].clone();
    assert_eq!(noted, json!({ "preferred": "True", "room": "cellar" }));
    stage.close(1);
}
