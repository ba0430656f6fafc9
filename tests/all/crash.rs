//! kill −9 at each step of create, allow, deny and delete; restart; everything arrives where it was going.
//!
//! The steps are not written down here: a clean run of each job is watched at the array, and the daemon is then killed
//! at each of the calls that the run made, once before the array acted and once after it acted but before its reply.
//! Between two calls there is no other state to die in: what is accepted is on disk before it is answered.

use serde_json::{Value, json};

use crate::support::{Api, Stage, until};

/// A job, from a share that is available (but for `create`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Job {
    Create,
    Allow,
    Deny,
    Delete,
}

/// How the daemon dies at a call: the array has done nothing yet, or everything.
const MOMENTS: [&str; 2] = ["stall", "reply_stalled"];

/// What a job works on.
struct Subject {
    kind: String,
    share: Option<String>,
    rule: Option<String>,
}

fn prepare(api: &Api, job: Job) -> Subject {
    let kind = api.make_type("plain", json!({}));
    if job == Job::Create {
        return Subject { kind, share: None, rule: None };
    }
    let share = api.make_share(&kind);
    api.until_status(&share, "available");
    let rule = (job == Job::Deny).then(|| {
        let rule = api.allow(&share, "10.0.0.0/8", "rw");
        api.until_rule(&rule, "active");
        rule
    });
    Subject { kind, share: Some(share), rule }
}

fn begin(api: &Api, job: Job, subject: &mut Subject) {
    match job {
        Job::Create => subject.share = Some(api.make_share(&subject.kind)),
        Job::Allow => subject.rule = Some(api.allow(subject.share.as_ref().unwrap(), "10.1.2.3", "ro")),
        Job::Deny => api.deny(subject.share.as_ref().unwrap(), subject.rule.as_ref().unwrap()),
        Job::Delete => api.delete(&format!("/shares/{}", subject.share.as_ref().unwrap())),
    }
}

fn until_done(api: &Api, job: Job, subject: &Subject) {
    let share = subject.share.as_ref().unwrap();
    match job {
        Job::Create => api.until_status(share, "available"),
        Job::Allow => api.until_rule(subject.rule.as_ref().unwrap(), "active"),
        Job::Deny => api.until_rule_gone(subject.rule.as_ref().unwrap()),
        Job::Delete => api.until_gone(share),
    }
}

/// Calls that change the array: those of the job itself. Reads are steps too, but dying at one is dying before the
/// next change.
fn changes(stage: &Stage) -> Vec<(String, String)> {
    stage.sim.calls().into_iter().filter(|(method, path)| method != "GET" && path.starts_with("/api/")).collect()
}

/// Ids vary between runs: a step is known by its method and the fixed part of its path.
fn pattern(path: &str) -> String {
    let is_fixed = |segment: &&str| segment.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    path.split('/').map(|segment| if is_fixed(&segment) { segment } else { "*" }).collect::<Vec<_>>().join("/")
}

/// The steps of a job, seen in a clean run.
fn steps(job: Job) -> Vec<(String, String)> {
    let stage = Stage::open();
    let api = stage.api();
    let mut subject = prepare(&api, job);
    stage.sim.forget_calls();
    begin(&api, job, &mut subject);
    until_done(&api, job, &subject);
    let steps = changes(&stage);
    assert!(!steps.is_empty(), "{job:?} changed nothing on the array");
    stage.close(usize::from(job != Job::Delete));
    steps
}

fn survives_a_kill_at_every_step(job: Job) {
    let steps = steps(job);
    for (at, (method, path)) in steps.iter().enumerate() {
        let path = pattern(path);
        let earlier = steps[..at].iter().filter(|(m, p)| m == method && pattern(p) == path).count();
        for moment in MOMENTS {
            let mut stage = Stage::open();
            let mut subject = prepare(&stage.api(), job);
            stage.sim.strike(json!({ "method": method, "path": path, "nth": earlier + 1, "fault": moment }));
            begin(&stage.api(), job, &mut subject);
            stage.sim.until_struck();
            stage.daemon.kill();
            stage.sim.heal();
            stage.restart();
            let api = stage.api();
            until_done(&api, job, &subject);
            if job != Job::Delete {
                let share = subject.share.as_ref().unwrap();
                assert_eq!(api.get(&format!("/shares/{share}"))["share"]["access_rules_status"], "active");
            }
            stage.close(usize::from(job != Job::Delete));
        }
    }
}

#[test]
fn a_share_that_is_being_made_survives_a_kill_at_every_step() {
    survives_a_kill_at_every_step(Job::Create);
}

#[test]
fn a_rule_that_is_being_applied_survives_a_kill_at_every_step() {
    survives_a_kill_at_every_step(Job::Allow);
}

#[test]
fn a_rule_that_is_being_denied_survives_a_kill_at_every_step() {
    survives_a_kill_at_every_step(Job::Deny);
}

#[test]
fn a_share_that_is_being_deleted_survives_a_kill_at_every_step() {
    survives_a_kill_at_every_step(Job::Delete);
}

#[test]
fn a_share_that_was_accepted_but_not_placed_survives_a_kill() {
    let mut stage = Stage::open();
    let api = stage.api();
    let kind = api.make_type("plain", json!({}));
    stage.daemon.kill();
    // No back end can report while the array does not answer: nothing is placed.
    stage.sim.strike(json!({ "path": "/api/*", "count": null, "fault": "drop" }));
    stage.restart();
    let share = stage.api().make_share(&kind);
    assert_eq!(stage.api().status(&share).as_deref(), Some("creating"));
    stage.daemon.kill();
    stage.sim.heal();
    stage.restart();
    stage.api().until_status(&share, "available");
    stage.close(1);
}

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
