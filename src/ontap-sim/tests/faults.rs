//! Scripted faults, as the one who calls meets them.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Lab, names, volume};
use crate::{Config, Dropped, Outcome};

const VOLUMES: &str = "/api/storage/volumes";

/// A cluster with one fault at the next call of this kind.
fn lab(method: &str, path: &str, fault: Value) -> Lab {
    let lab = Lab::new();
    lab.cluster.strike(serde_json::from_value(json!({"method": method, "path": path, "fault": fault})).unwrap());
    lab
}

async fn volumes(lab: &Lab) -> Vec<String> {
    names(&lab.get("/api/storage/volumes?is_svm_root=false").await).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_call_is_refused_with_any_status_and_code_and_nothing_is_done() {
    let fault = json!({"refuse": {"status": 503, "code": "8", "message": "busy", "retry_after": 7}});
    let lab = lab("POST", VOLUMES, fault);
    let reply = lab.raw("POST", VOLUMES, &volume("v", 100, json!({}))).await.unwrap();
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!((reply.status, &body["error"]["code"], &body["error"]["message"]), (503, &json!("8"), &json!("busy")));
    assert!(reply.headers.contains(&("Retry-After".to_owned(), "7".to_owned())));
    assert!(volumes(&lab).await.is_empty());
    lab.volume("v", 100, json!({})).await;
}

#[tokio::test]
async fn the_front_end_answers_with_html_or_knows_nobody() {
    let lab = lab("GET", "/api/cluster", json!({"html": {"status": 500}}));
    lab.cluster
        .strike(serde_json::from_value(json!({"path": "/api/cluster", "nth": 2, "fault": "unauthorized"})).unwrap());
    let reply = lab.raw("GET", "/api/cluster", &Value::Null).await.unwrap();
    assert_eq!(reply.status, 500);
    assert!(serde_json::from_slice::<Value>(&reply.body).is_err());
    let (status, body) = lab.call("GET", "/api/cluster", Value::Null).await;
    assert_eq!((status, &body["error"]["code"]), (401, &json!("6691623")));
    lab.get("/api/cluster").await;
}

#[tokio::test]
async fn a_lost_reply_leaves_the_work_done_and_the_next_try_sees_it() {
    let lab = lab("POST", "/api/protocols/nfs/export-policies", json!("reply_lost"));
    let body = json!({"name": "p", "svm.name": "svm1"});
    assert_eq!(lab.raw("POST", "/api/protocols/nfs/export-policies", &body).await, Err(Dropped));
    assert_eq!(lab.refused("POST", "/api/protocols/nfs/export-policies", body).await, "1");
    assert_eq!(lab.cluster.calls()[0].outcome, Some(Outcome::Dropped));
}

#[tokio::test]
async fn a_gateway_answers_at_once_in_json_of_its_own_and_the_work_is_done_later() {
    let lab = lab("POST", VOLUMES, json!({"gateway": {"status": 502, "seconds": 8}}));
    let reply = lab.raw("POST", VOLUMES, &volume("v", 100, json!({}))).await.unwrap();
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!((reply.status, &body["error"]["code"]), (502, &json!(502)));
    assert!(volumes(&lab).await.is_empty());
    let clock = lab.clock.clone();
    lab.timed(async move { clock.sleep(Duration::from_secs(9)).await }).await;
    assert_eq!(volumes(&lab).await, ["v"]);
}

#[tokio::test]
async fn a_dropped_call_does_nothing() {
    let lab = lab("POST", VOLUMES, json!("drop"));
    assert_eq!(lab.raw("POST", VOLUMES, &volume("v", 100, json!({}))).await, Err(Dropped));
    assert!(volumes(&lab).await.is_empty());
}

#[tokio::test]
async fn a_call_stalls_before_or_after_its_work() {
    for (fault, expected) in [("stall", &[][..]), ("reply_stalled", &["v"])] {
        let lab = lab("POST", VOLUMES, json!(fault));
        let asking = lab.clone();
        let call = tokio::spawn(async move { asking.raw("POST", VOLUMES, &volume("v", 100, json!({}))).await });
        lab.hand.until_sleeping(1).await;
        assert_eq!(volumes(&lab).await, expected, "{fault}");
        assert_eq!(lab.cluster.calls()[0].outcome, None, "not answered yet");
        lab.hand.step(Duration::from_secs(3599));
        tokio::task::yield_now().await;
        assert!(!call.is_finished());
        lab.hand.step(Duration::from_secs(1));
        assert_eq!(call.await.unwrap(), Err(Dropped));
    }
}

#[tokio::test]
async fn a_reply_is_cut_in_half() {
    let lab = lab("GET", "/api/cluster", json!("reply_truncated"));
    let reply = lab.raw("GET", "/api/cluster", &Value::Null).await.unwrap();
    assert_eq!(reply.status, 200);
    assert!(!reply.body.is_empty() && serde_json::from_slice::<Value>(&reply.body).is_err());
}

#[tokio::test]
async fn a_call_is_delayed_and_then_served() {
    let lab = lab("GET", "/api/cluster", json!({"delay": {"seconds": 61.5}}));
    let asking = lab.clone();
    let (body, took) = lab.timed(async move { asking.get("/api/cluster").await }).await;
    assert_eq!((body["name"].as_str(), took), (Some("cl1"), Duration::from_millis(61_500)));
}

#[tokio::test]
async fn a_job_fails_before_or_after_the_object_was_made() {
    for (done, expected) in [(false, &[][..]), (true, &["v"])] {
        let lab = lab("POST", VOLUMES, json!({"job_fails": {"code": "917536", "message": "no", "done": done}}));
        let (status, body) = lab.call("POST", VOLUMES, volume("v", 100, json!({}))).await;
        assert_eq!(status, 202);
        let job = lab.get(body["job"]["_links"]["self"]["href"].as_str().unwrap()).await;
        assert_eq!(
            (&job["state"], &job["error"]["code"], &job["error"]["message"]),
            (&json!("failure"), &json!("917536"), &json!("no"))
        );
        assert_eq!(volumes(&lab).await, expected);
    }
}

#[tokio::test]
async fn a_job_vanishes_although_its_work_is_done() {
    let lab = lab("POST", VOLUMES, json!("job_vanishes"));
    let (status, body) = lab.call("POST", &format!("{VOLUMES}?return_timeout=5"), volume("v", 100, json!({}))).await;
    assert_eq!(status, 202);
    assert_eq!(lab.call("GET", body["job"]["_links"]["self"]["href"].as_str().unwrap(), Value::Null).await.0, 404);
    assert_eq!(volumes(&lab).await, ["v"]);
}

#[tokio::test]
async fn a_job_hangs_for_ever() {
    let lab = lab("POST", VOLUMES, json!("job_hangs"));
    let asking = lab.clone();
    let target = format!("{VOLUMES}?return_timeout=5");
    let ((status, body), took) =
        lab.timed(async move { asking.call("POST", &target, volume("v", 100, json!({}))).await }).await;
    assert_eq!((status, took), (202, Duration::from_secs(5)));
    lab.hand.step(Duration::from_secs(100_000));
    let job = lab.get(body["job"]["_links"]["self"]["href"].as_str().unwrap()).await;
    assert_eq!(job["state"], "running");
    assert!(volumes(&lab).await.is_empty());
}

#[tokio::test]
async fn an_aggregate_runs_full_just_before_a_call() {
    let lab = lab("POST", VOLUMES, json!({"space_left": {"aggregate": "aggr1", "bytes": 1 << 20}}));
    assert_eq!(lab.refused("POST", VOLUMES, volume("v", 100, json!({}))).await, "460770");
    assert_eq!(lab.available("aggr1").await, 1 << 20);
}

#[tokio::test]
async fn a_fault_strikes_the_svm_it_names_however_that_is_told() {
    let rule = json!({"path": VOLUMES, "method": "POST", "svm": "svm1", "count": null, "fault": "drop"});
    let lab = Lab::new();
    lab.cluster.strike(serde_json::from_value(rule).unwrap());
    let body = volume("v", 100, json!({}));
    assert_eq!(lab.raw("POST", VOLUMES, &body).await, Err(Dropped), "by the body");
    assert_eq!(lab.asked(&[("X-Dot-SVM-Name", "svm1")]).raw("POST", VOLUMES, &Value::Null).await, Err(Dropped));
    assert_eq!(lab.login("vsadmin", "password").raw("POST", VOLUMES, &Value::Null).await, Err(Dropped));
    assert!(lab.raw("POST", VOLUMES, &json!({"svm.name": "other"})).await.is_ok());
    lab.cluster.heal();
    let record = lab.done("POST", VOLUMES, body).await;
    let target = format!("{VOLUMES}/{}", record["records"][0]["uuid"].as_str().unwrap());
    lab.cluster.strike(serde_json::from_value(json!({"path": "*", "svm": "svm1", "fault": "drop"})).unwrap());
    assert_eq!(lab.raw("PATCH", &target, &json!({"comment": "x"})).await, Err(Dropped), "by the volume");
}

#[tokio::test]
async fn hooks_are_served_only_where_they_are_wanted() {
    let lab = Lab::new();
    assert_eq!(lab.call("GET", "/sim/calls", Value::Null).await.0, 404);
    let lab = Lab::with(Config { hooks: true, ..Config::default() });
    let rules = json!([{"path": "/api/cluster", "fault": {"refuse": {"status": 429, "code": "262160", "message": "slow down"}}}]);
    assert_eq!(lab.call("POST", "/sim/faults", rules).await.1["ids"], json!([1]));
    assert_eq!(lab.call("POST", "/sim/faults", json!([{"path": "x", "fault": "drop"}, {"path": 1}])).await.0, 400);
    assert_eq!(lab.call("GET", "/api/cluster", Value::Null).await.0, 429);
    let faults = lab.get("/sim/faults").await;
    assert_eq!(faults["faults"].as_array().unwrap().len(), 1, "a script with a mistake is not taken at all");
    assert_eq!(faults["faults"][0]["struck"], 1);
    lab.call("DELETE", "/sim/faults", Value::Null).await;
    lab.asked(&[("X-Dot-Client-App", "probe"), ("X-Dot-SVM-Name", "svm1")]).get("/api/svm/svms?fields=name").await;
    let calls = lab.get("/sim/calls").await;
    let last = calls["calls"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last["path"], &last["query"], &last["svm"], &last["client"], &last["outcome"]["status"]),
        (&json!("/api/svm/svms"), &json!("fields=name"), &json!("svm1"), &json!("probe"), &json!(200))
    );
    assert_eq!((calls["counts"]["GET /api/svm/svms"].as_u64(), calls["waiting"].as_u64()), (Some(1), Some(0)));
    lab.call("DELETE", "/sim/calls", Value::Null).await;
    assert_eq!(lab.get("/sim/calls").await["calls"], json!([]));
    let state = lab.get("/sim/state").await;
    assert_eq!(state["svm"].as_object().unwrap().len(), 1);
    assert!(!state.to_string().contains("password"));
    assert_eq!(lab.call("GET", "/sim/other", Value::Null).await.0, 404);
}
