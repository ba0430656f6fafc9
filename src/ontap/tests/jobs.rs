use std::time::Duration;

use serde_json::{Value, json};

use super::script::{Lab, Play};
use crate::{Class, Error, volume};

const UUID: &str = "3f0b4e4e-0000-4000-8000-000000000001";
const POST: &str = "POST /api/storage/volumes?return_records=true&return_timeout=55";
const POLL: &str = "GET /api/cluster/jobs/7d0b4e4e-0000-4000-8000-000000000002";

fn accepted() -> Value {
    json!({"job": {"uuid": "7d0b4e4e-0000-4000-8000-000000000002"}})
}

fn job(state: &str) -> Value {
    json!({"uuid": "7d0b4e4e-0000-4000-8000-000000000002", "state": state, "description": format!("POST /api/storage/volumes/{UUID}")})
}

fn failed(code: &str, message: &str) -> Value {
    json!({"state": "failure", "code": 460770, "message": message, "error": {"code": code, "message": message}})
}

fn new() -> volume::New {
    volume::New { name: "share_1".to_owned(), svm: "svm1".to_owned(), size: 1 << 30, ..volume::New::default() }
}

async fn created(lab: &Lab) -> Result<String, Error> {
    lab.run(volume::create(&lab.client, &new())).await.map(|uuid| uuid.to_string())
}

#[tokio::test]
async fn work_done_in_time_needs_one_call() {
    let lab = Lab::new();
    let body = json!({"num_records": 1, "records": [{"uuid": UUID, "name": "share_1"}], "job": accepted()["job"]});
    lab.script.json(POST, 201, body);
    assert_eq!(created(&lab).await.unwrap(), UUID);
    assert_eq!(lab.script.asked().len(), 1);
}

#[tokio::test]
async fn a_job_is_polled_ever_more_slowly_until_it_ends() {
    let lab = Lab::new();
    lab.script.json(POST, 202, accepted());
    for state in ["queued", "running", "running", "running", "running", "running", "running", "running"] {
        lab.script.json(POLL, 200, job(state));
    }
    lab.script.json(POLL, 200, job("success"));
    assert_eq!(created(&lab).await.unwrap(), UUID, "the uuid is in the job's description");
    let took = lab.clock.running();
    assert!(took > Duration::from_secs(8) && took < Duration::from_secs(13), "{took:?}");
    assert!(!lab.script.asked()[1].path_and_query.contains("return_timeout"));
}

#[tokio::test]
async fn a_job_that_fails_is_classified_by_its_own_error() {
    let full = r#"failed because there is not enough space in aggregate "aggr1""#;
    for (code, message, class) in [
        ("917526", "duplicate", Class::Exists),
        ("460770", full, Class::Full),
        ("13107406", "Busy. Try the command again.", Class::Busy),
        ("460770", "job failed", Class::Refused),
    ] {
        let lab = Lab::new();
        lab.script.json(POST, 202, accepted()).json(POLL, 200, failed(code, message));
        let error = created(&lab).await.unwrap_err();
        assert_eq!((error.class(), error.from_job()), (class, true), "{message}");
        assert_eq!(lab.script.asked().len(), 2, "not repeated: something may be left half made");
    }
}

#[tokio::test]
async fn a_job_that_fails_within_the_call_is_not_repeated_either() {
    let lab = Lab::new();
    let error = json!({"code": "7", "message": "limit"});
    lab.script.json(POST, 503, json!({"error": error, "job": accepted()["job"]}));
    let error = created(&lab).await.unwrap_err();
    assert_eq!((error.class(), error.from_job(), lab.script.asked().len()), (Class::Busy, true, 1));
}

#[tokio::test]
async fn a_vanished_job_leaves_the_outcome_unknown() {
    let lab = Lab::new();
    lab.script.json(POST, 202, accepted());
    lab.script.json(POLL, 404, json!({"error": {"code": "4", "message": "entry doesn't exist"}}));
    assert_eq!(created(&lab).await.unwrap_err().class(), Class::Unknown);
}

#[tokio::test]
async fn trouble_with_polling_is_not_trouble_with_the_work() {
    let lab = Lab::new();
    lab.script.json(POST, 202, accepted());
    for _ in 0..7 {
        lab.script.add(POLL, Play::Refused);
    }
    lab.script.add(POLL, Play::Text(502, "<html>")).json(POLL, 200, job("success"));
    assert_eq!(created(&lab).await.unwrap(), UUID);
}

#[tokio::test]
async fn a_job_that_never_ends_is_unknown_when_the_patience_is() {
    let lab = Lab::new();
    lab.script.json("PATCH /api/storage/volumes/", 202, accepted());
    for _ in 0..20 {
        lab.script.json(POLL, 200, job("running"));
    }
    let client = lab.client.within(Duration::from_secs(20));
    let error = lab.run(volume::resize(&client, UUID.parse().unwrap(), 1 << 30)).await.unwrap_err();
    assert_eq!(error.class(), Class::Unknown);
    assert!(lab.clock.running() <= Duration::from_secs(20));
    assert!(lab.script.asked()[0].path_and_query.ends_with("return_timeout=15"));
}

#[tokio::test]
async fn no_array_is_asked_to_wait_longer_than_it_may() {
    let lab = Lab::new();
    lab.script.json("DELETE /api/storage/volumes/", 200, json!({}));
    volume::delete(&lab.client.within(Duration::from_secs(3600)), UUID.parse().unwrap(), true).await.unwrap();
    assert!(lab.script.asked()[0].path_and_query.ends_with("?force=true&return_timeout=120"));
}

#[tokio::test]
async fn accepted_without_a_job_is_unknown() {
    let lab = Lab::new();
    lab.script.json(POST, 202, json!({}));
    assert_eq!(created(&lab).await.unwrap_err().class(), Class::Unknown);
}

#[tokio::test]
async fn an_array_that_tells_no_uuid_is_asked_by_name() {
    let lab = Lab::new();
    lab.script.add(POST, Play::Headed(201, vec![("Location", "/api/cluster/jobs/1")], json!({"num_records": 1})));
    lab.script.json(
        "GET /api/storage/volumes?name=share_1",
        200,
        json!({"records": [{"uuid": UUID, "name": "share_1"}]}),
    );
    assert_eq!(created(&lab).await.unwrap(), UUID);
}
