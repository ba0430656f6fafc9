//! Calls to the array whose reply is lost, cut or truncated: whatever is done to a share comes to its end, and nothing is left behind.

use serde_json::{Value, json};

use crate::support::{Stage, until};

/// Every kind of change meets `fault` at its first two calls. A call without an answer may still land until its time is
/// over, and the driver waits for that before it says that rules are in force, so this takes its time.
fn leaves_nothing_behind(fault: &Value) {
    let stage = Stage::open();
    let api = stage.api();
    let kind = api.make_type("plain", json!({}));
    for method in ["POST", "PATCH", "DELETE"] {
        stage.sim.strike(json!({ "method": method, "path": "/api/*", "nth": 1, "count": 2, "fault": fault }));
    }
    let share = api.make_share(&kind);
    api.until_status(&share, "available");
    let rule = api.allow(&share, "10.0.0.1", "rw");
    api.until_rule(&rule, "active");
    api.deny(&share, &rule);
    api.until_rule_gone(&rule);
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    until("superseded instances are gone", || stage.sim.state().volumes.is_empty().then_some(()));
    stage.close(0);
}

#[test]
fn lost_replies_leave_nothing_behind() {
    leaves_nothing_behind(&json!("reply_lost"));
}

#[test]
fn cut_connections_leave_nothing_behind() {
    leaves_nothing_behind(&json!("drop"));
}

#[test]
fn truncated_replies_leave_nothing_behind() {
    leaves_nothing_behind(&json!("reply_truncated"));
}

#[test]
fn pages_of_html_instead_of_answers_leave_nothing_behind() {
    leaves_nothing_behind(&json!({ "html": { "status": 503 } }));
}
