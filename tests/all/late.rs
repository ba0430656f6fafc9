//! Calls that the array carries out after the daemon that made them was killed, or was told by a gateway that they failed:
//! nobody gets in by them, and nothing is left of what they make.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Stage, until};

/// How late the array carries a call out.
const LATE: Duration = Duration::from_secs(8);
/// How long the daemon reckons with such calls.
const LANDING: u64 = 12;

/// Has the next call of the kind carried out late, whoever waits for it.
fn delay(stage: &Stage, method: &str, path: &str) {
    let fault = json!({ "delay": { "seconds": LATE.as_secs() } });
    stage.sim.strike(json!({ "method": method, "path": path, "fault": fault }));
}

#[allow(clippy::disallowed_methods, reason = "the array is another process, on the real clock")]
fn now() -> Instant {
    Instant::now()
}

/// Until a call that was made before `since` has been carried out.
fn until_landed(since: Instant) {
    until("the late call has been carried out", || (since.elapsed() > LATE + Duration::from_secs(2)).then_some(()));
}

fn clients(stage: &Stage) -> Vec<Value> {
    let policies = stage.sim.by_hand("GET", "/api/protocols/nfs/export-policies?fields=rules", Value::Null);
    let records = policies["records"].as_array().unwrap().iter().filter(|policy| policy["name"] != "default");
    records.flat_map(|policy| policy["rules"].as_array().cloned().unwrap_or_default()).collect()
}

#[test]
fn a_client_that_was_denied_after_a_kill_stays_out_though_the_call_that_let_it_in_comes_late() {
    let mut stage = Stage::with_late_calls(LANDING, &[]);
    let api = stage.api();
    let share = api.make_share(&api.make_type("plain", json!({})));
    api.until_status(&share, "available");
    delay(&stage, "PATCH", "/api/protocols/nfs/export-policies/*");
    let rule = api.allow(&share, "10.1.2.3", "rw");
    stage.sim.until_struck();
    let struck = now();
    stage.daemon.kill();
    stage.sim.heal();
    stage.restart();
    let api = stage.api();
    api.deny(&share, &rule);
    api.until_rule_gone(&rule);
    assert_eq!(clients(&stage), Vec::<Value>::new(), "the API says that nobody may get in");
    until_landed(struck);
    assert_eq!(clients(&stage), Vec::<Value>::new(), "a call of the daemon's earlier life let a client in");
    assert_eq!(api.get(&format!("/shares/{share}"))["share"]["access_rules_status"], "active");
    stage.close(1);
}

#[test]
fn a_user_that_was_denied_after_a_kill_stays_out_though_the_call_that_let_it_in_comes_late() {
    let mut stage = Stage::with_late_calls(LANDING, &["--cifs-server", "SVM1"]);
    let api = stage.api();
    let share = api.make_share_of(&api.make_type("plain", json!({})), "CIFS", 1);
    api.until_status(&share, "available");
    delay(&stage, "POST", "/api/protocols/cifs/shares/*");
    let rule = api.allow_kind(&share, "user", "alice", "rw");
    stage.sim.until_struck();
    let struck = now();
    stage.daemon.kill();
    stage.sim.heal();
    stage.restart();
    let api = stage.api();
    api.deny(&share, &rule);
    api.until_rule_gone(&rule);
    until_landed(struck);
    let name = stage.sim.state().smb_shares.remove(0);
    assert_eq!(stage.sim.acl(&name), Vec::<String>::new(), "a call of the daemon's earlier life let a user in");
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn of_shares_that_are_deleted_after_a_kill_nothing_appears_though_the_calls_that_make_them_come_late() {
    let mut stage = Stage::with_late_calls(LANDING, &["--cifs-server", "SVM1"]);
    let api = stage.api();
    let plain = api.make_type("plain", json!({}));
    let limited = api.make_type("limited", json!({ "qos": "<is> True", "netapp:maxiops": "100" }));
    let mut shares = Vec::new();
    for (share_type, protocol, path) in [
        (&plain, "CIFS", "/api/storage/volumes"),
        (&plain, "CIFS", "/api/protocols/cifs/shares"),
        (&plain, "NFS", "/api/protocols/nfs/export-policies"),
        (&plain, "NFS", "/api/storage/volumes"),
        (&limited, "CIFS", "/api/storage/qos/policies"),
    ] {
        delay(&stage, "POST", path);
        shares.push(api.make_share_of(share_type, protocol, 1));
        stage.sim.until_struck();
        stage.sim.heal();
    }
    let struck = now();
    stage.daemon.kill();
    stage.restart();
    let api = stage.api();
    for share in &shares {
        api.until_status(share, "available");
        api.delete(&format!("/shares/{share}"));
    }
    shares.iter().for_each(|share| api.until_gone(share));
    until_landed(struck);
    let log = stage.daemon.log();
    let errors: Vec<&String> = log.iter().filter(|line| line.contains(" ERROR ")).collect();
    assert!(errors.is_empty(), "to wait is no refusal: {errors:?}");
    stage.close(0);
}

/// Something before the array answers the next call of the kind with this status, in JSON; it is carried out late.
fn answer_before(stage: &Stage, method: &str, path: &str, status: u16) {
    let fault = json!({ "gateway": { "status": status, "seconds": LATE.as_secs() } });
    stage.sim.strike(json!({ "method": method, "path": path, "fault": fault }));
}

#[test]
fn a_client_that_was_denied_stays_out_though_a_gateway_said_that_the_call_that_let_it_in_had_failed() {
    let stage = Stage::with_late_calls(LANDING, &[]);
    let api = stage.api();
    let share = api.make_share(&api.make_type("plain", json!({})));
    api.until_status(&share, "available");
    answer_before(&stage, "PATCH", "/api/protocols/nfs/export-policies/*", 429);
    let rule = api.allow(&share, "10.1.2.3", "rw");
    stage.sim.until_struck();
    let struck = now();
    stage.sim.heal();
    api.deny(&share, &rule);
    api.until_rule_gone(&rule);
    until_landed(struck);
    assert_eq!(clients(&stage), Vec::<Value>::new(), "a call that was said to have failed let a client in");
    assert_eq!(api.get(&format!("/shares/{share}"))["share"]["access_rules_status"], "active");
    stage.close(1);
}

#[test]
fn of_a_share_that_is_deleted_nothing_appears_though_a_gateway_said_that_the_calls_that_make_it_had_failed() {
    let stage = Stage::with_late_calls(LANDING, &["--cifs-server", "SVM1"]);
    let api = stage.api();
    let plain = api.make_type("plain", json!({}));
    let mut shares = Vec::new();
    for (protocol, path, status) in [
        ("CIFS", "/api/storage/volumes", 504),
        ("CIFS", "/api/protocols/cifs/shares", 408),
        ("NFS", "/api/protocols/nfs/export-policies", 503),
        ("NFS", "/api/storage/volumes", 429),
    ] {
        answer_before(&stage, "POST", path, status);
        shares.push(api.make_share_of(&plain, protocol, 1));
        stage.sim.until_struck();
        stage.sim.heal();
    }
    let struck = now();
    for share in &shares {
        api.until_status(share, "available");
        api.delete(&format!("/shares/{share}"));
    }
    shares.iter().for_each(|share| api.until_gone(share));
    until_landed(struck);
    stage.close(0);
}

#[test]
fn a_resize_that_waits_for_an_earlier_call_is_told_in_the_log_when_the_wait_begins() {
    let stage = Stage::with_late_calls(LANDING, &[]);
    let api = stage.api();
    let share = api.make_share(&api.make_type("plain", json!({})));
    api.until_status(&share, "available");
    let extend = |size: u64| {
        api.post(&format!("/shares/{share}/action"), json!({ "extend": { "new_size": size } }));
        api.until_status(&share, "available");
    };
    answer_before(&stage, "PATCH", "/api/storage/volumes/*", 504);
    extend(3);
    stage.sim.heal();
    let waits =
        || stage.daemon.log().into_iter().filter(|line| line.contains("an operation waits")).collect::<Vec<_>>();
    assert_eq!(waits(), Vec::<String>::new(), "the same size is asked for again at once");
    extend(4);
    let lines = waits();
    let [line] = lines.as_slice() else { panic!("told once: {lines:?}") };
    for words in [" INFO ", "verb=extend", &share, "may still be carried out"] {
        assert!(line.contains(words), "{words}: {line}");
    }
    let left = line.split_once("left_seconds=").and_then(|(_, left)| left.parse().ok());
    assert!((1..=LANDING).contains(&left.unwrap_or(0)), "{line}");
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

/// Were anything waited for, it would take longer than any test may.
#[test]
fn a_restart_with_nothing_in_flight_delays_nothing() {
    let mut stage = Stage::with_late_calls(600, &[]);
    let api = stage.api();
    let plain = api.make_type("plain", json!({}));
    let shares = [api.make_share(&plain), api.make_share(&plain)];
    shares.iter().for_each(|share| api.until_status(share, "available"));
    let rules = shares.each_ref().map(|share| api.allow(share, "10.0.0.1", "rw"));
    rules.iter().for_each(|rule| api.until_rule(rule, "active"));
    stage.daemon.kill();
    stage.restart();
    let api = stage.api();
    api.deny(&shares[0], &rules[0]);
    api.until_rule_gone(&rules[0]);
    for share in &shares {
        api.delete(&format!("/shares/{share}"));
        api.until_gone(share);
    }
    stage.close(0);
}

#[test]
fn a_share_that_an_administrator_rescues_from_its_removal_keeps_its_volume() {
    let stage = Stage::with_late_calls(LANDING, &[]);
    let api = stage.api();
    let share = api.make_share(&api.make_type("plain", json!({})));
    api.until_status(&share, "available");
    let before = stage.sim.volumes().remove(0);
    delay(&stage, "PATCH", "/api/storage/volumes/*");
    stage.sim.forget_calls();
    api.delete(&format!("/shares/{share}"));
    stage.sim.until_struck();
    let struck = now();
    let wish = json!({ "reset_status": { "status": "available" } });
    let (status, answer) = api.ask("POST", &format!("/shares/{share}/action"), Some(wish));
    assert_eq!(status, 202, "{answer}");
    until_landed(struck);
    assert_eq!(api.status(&share).as_deref(), Some("available"));
    let after = stage.sim.volumes();
    assert_eq!(after.len(), 1, "{:?}", stage.sim.calls());
    assert_eq!(after[0]["uuid"], before["uuid"]);
    let removed: Vec<_> = stage.sim.calls().into_iter().filter(|(method, _)| method == "DELETE").collect();
    assert_eq!(removed, [], "calls after the reset was answered");
    assert_eq!(stage.sim.state().policies.len(), 1);
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn a_share_that_is_called_available_while_its_removal_waits_for_an_answer_is_in_error_if_its_volume_is_gone() {
    let mut stage = Stage::with_late_calls(LANDING, &[]);
    let api = stage.api();
    let share = api.make_share(&api.make_type("plain", json!({})));
    api.until_status(&share, "available");
    let lost = json!({ "method": "DELETE", "path": "/api/storage/volumes/*", "fault": "reply_lost" });
    stage.sim.strike(lost);
    // What comes after that is refused, so that the removal can't find out.
    api.delete(&format!("/shares/{share}"));
    stage.sim.until_struck();
    let busy = json!({ "refuse": { "status": 503, "code": "1", "message": "busy" } });
    stage.sim.strike(json!({ "path": "/api/*", "count": null, "fault": busy }));
    let wish = json!({ "reset_status": { "status": "available" } });
    let (status, answer) = api.ask("POST", &format!("/shares/{share}/action"), Some(wish));
    assert_eq!(status, 202, "{answer}");
    // The look that this owes is made by whoever comes next.
    stage.daemon.kill();
    stage.sim.heal();
    stage.restart();
    let api = stage.api();
    api.until_status(&share, "error");
    assert_eq!(stage.sim.volumes(), Vec::<Value>::new());
    let shown = api.get(&format!("/shares/{share}/export_locations"));
    assert_eq!(shown["export_locations"], json!([]));
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}
