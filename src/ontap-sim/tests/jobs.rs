//! Jobs: accepted, running, ended, forgotten.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Lab, volume};
use crate::{Config, Profile};

const VOLUMES: &str = "/api/storage/volumes";

fn slow() -> Config {
    Config { latency: Profile::Array, ..Config::default() }
}

fn href(body: &Value) -> String {
    body["job"]["_links"]["self"]["href"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_accepted_write_tells_its_job_and_where_the_object_will_be() {
    let lab = Lab::new();
    let reply = lab.raw("POST", VOLUMES, &volume("v", 100, json!({}))).await.unwrap();
    assert_eq!(reply.status, 202);
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    let location = &reply.headers.iter().find(|(name, _)| name == "Location").unwrap().1;
    let job = lab.get(&href(&body)).await;
    assert_eq!(job["description"], format!("POST {location}"));
    assert_eq!((job["state"].as_str(), job["code"].as_u64()), (Some("success"), Some(0)));
    assert!(job.get("error").is_none());
    assert_eq!(lab.get(location).await["name"], "v");
}

#[tokio::test]
async fn a_job_is_forgotten_five_minutes_after_its_end() {
    let lab = Lab::new();
    let (_, body) = lab.call("POST", VOLUMES, volume("v", 100, json!({}))).await;
    lab.hand.step(Duration::from_secs(299));
    assert_eq!(
        lab.get(&format!("/api/cluster/jobs?uuid={}&fields=state", body["job"]["uuid"].as_str().unwrap())).await["num_records"],
        1
    );
    lab.hand.step(Duration::from_secs(1));
    let (status, gone) = lab.call("GET", &href(&body), Value::Null).await;
    assert_eq!((status, &gone["error"]["code"]), (404, &json!("4")));
    assert_eq!(lab.get("/api/cluster/jobs").await["num_records"], 0);
}

#[tokio::test]
async fn a_job_runs_for_as_long_as_its_kind_takes() {
    let lab = Lab::with(slow());
    let asking = lab.clone();
    let ((status, body), took) =
        lab.timed(async move { asking.call("POST", VOLUMES, volume("v", 100, json!({}))).await }).await;
    assert_eq!((status, took), (202, Duration::from_millis(45)), "it is accepted at once");
    let target = href(&body);
    let poll = async |lab: &Lab| {
        let (asking, target) = (lab.clone(), target.clone());
        lab.timed(async move { asking.get(&target).await["state"].as_str().unwrap().to_owned() }).await.0
    };
    assert_eq!(poll(&lab).await, "running");
    lab.hand.step(Duration::from_millis(800));
    assert_eq!(poll(&lab).await, "running");
    lab.hand.step(Duration::from_millis(20));
    assert_eq!(poll(&lab).await, "success");
}

#[tokio::test]
async fn a_request_waits_for_its_job_no_longer_than_it_said() {
    let lab = Lab::with(slow());
    for (wait, expected, least, most) in [(0, 202, 45, 45), (1, 201, 1000, 1000), (120, 201, 1000, 1000)] {
        let asking = lab.clone();
        let target = format!("{VOLUMES}?return_timeout={wait}&return_records=true");
        let body = volume(&format!("v{wait}"), 100, json!({}));
        let ((status, body), took) = lab.timed(async move { asking.call("POST", &target, body).await }).await;
        assert_eq!(status, expected, "{wait}: {body}");
        assert_eq!(body["records"][0]["name"], format!("v{wait}"));
        assert!((least..=most).contains(&took.as_millis()), "{wait}: {took:?}");
    }
    let asking = lab.clone();
    let body = volume("v1", 100, json!({}));
    let ((status, body), _) =
        lab.timed(async move { asking.call("POST", &format!("{VOLUMES}?return_timeout=5"), body).await }).await;
    assert_eq!((status, &body["error"]["code"]), (409, &json!("917526")), "a failed job is an error of the request");
}

#[tokio::test]
async fn a_query_waits_fifteen_seconds_and_hands_over_its_jobs() {
    let lab = Lab::with(slow());
    for number in 0..3 {
        let asking = lab.clone();
        lab.timed(async move { asking.volume(&format!("v{number}"), 20, json!({})).await }).await;
    }
    let asking = lab.clone();
    let ((status, body), took) = lab
        .timed(async move { asking.call("PATCH", "/api/storage/volumes?name=v*", json!({"nas.uid": 1})).await })
        .await;
    assert_eq!((status, body["num_records"].as_u64(), took), (200, Some(3), Duration::from_millis(200)));
}
