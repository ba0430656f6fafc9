//! The latency profile `array`: how long things take, alone and in a crowd.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};

use super::{Lab, volume};
use crate::{ArrayLimits, Config, Profile, SvmConfig};

fn slow() -> Config {
    Config { latency: Profile::Array, ..Config::default() }
}

#[tokio::test]
async fn each_kind_of_request_takes_its_published_time() {
    let lab = Lab::with(slow());
    let asking = lab.clone();
    let (uuid, _) = lab.timed(async move { asking.volume("v", 100, json!({})).await }).await;
    let at = format!("/api/storage/volumes/{uuid}");
    for (method, target, body, expected) in [
        ("GET", "/api/cluster".to_owned(), Value::Null, 45),
        ("GET", "/api/storage/volumes".to_owned(), Value::Null, 45),
        ("POST", "/api/storage/volumes".to_owned(), volume("w", 100, json!({"nas.path": "/w"})), 1000),
        ("PATCH", at.clone(), json!({"nas.path": "/v"}), 500),
        ("PATCH", at.clone(), json!({"nas.export_policy.name": "default"}), 200),
        ("PATCH", at.clone(), json!({"size": "200MB"}), 300),
        ("PATCH", at.clone(), json!({"state": "offline"}), 300),
        ("DELETE", at, Value::Null, 600),
        ("POST", "/api/protocols/nfs/export-policies".to_owned(), json!({"name": "p", "svm.name": "svm1"}), 200),
    ] {
        let (asking, wait) = (lab.clone(), format!("{target}?return_timeout=30"));
        let ((status, reply), took) = lab.timed(async move { asking.call(method, &wait, body).await }).await;
        assert!(status < 300, "{method} {target}: {reply}");
        assert_eq!(took, Duration::from_millis(expected), "{method} {target}");
    }
}

#[tokio::test]
async fn many_creations_at_once_take_as_long_as_twenty_at_a_time_must() {
    let lab = Lab::with(slow());
    let asking = lab.clone();
    let work = async move {
        join_all((0..250).map(|number| {
            let asking = asking.clone();
            async move { asking.volume(&format!("v{number}"), 20, json!({"nas.path": format!("/v{number}")})).await }
        }))
        .await
        .len()
    };
    let (many, took) = lab.timed(work).await;
    assert_eq!((many, took), (250, Duration::from_secs(13)), "12.5 rounds of one second");
    assert_eq!(lab.cluster.waiting(), 0);
}

#[tokio::test]
async fn svms_have_queues_of_their_own() {
    let mut config = slow();
    config.svms.push(SvmConfig::named("svm2", ["127.0.2.1", "127.0.2.2"]));
    let lab = Lab::with(config);
    let asking = lab.clone();
    let work = async move {
        join_all((0..40).map(|number| {
            let asking = asking.clone();
            let svm = if number % 2 == 0 { "svm1" } else { "svm2" };
            async move { asking.volume(&format!("v{number}"), 20, json!({"svm.name": svm})).await }
        }))
        .await
    };
    assert_eq!(lab.timed(work).await.1, Duration::from_secs(1));
}

#[tokio::test]
async fn a_full_queue_answers_that_there_are_too_many_requests() {
    let lab = Lab::with(Config { limits: ArrayLimits { queue: 5, ..ArrayLimits::default() }, ..slow() });
    let asking = lab.clone();
    let work = async move {
        join_all((0..30).map(|number| {
            let asking = asking.clone();
            async move {
                let body = volume(&format!("v{number}"), 20, json!({}));
                asking.raw("POST", "/api/storage/volumes?return_timeout=30", &body).await.unwrap()
            }
        }))
        .await
    };
    let (replies, _) = lab.timed(work).await;
    let refused: Vec<_> = replies.iter().filter(|reply| reply.status == 429).collect();
    assert_eq!((replies.iter().filter(|reply| reply.status == 201).count(), refused.len()), (25, 5));
    assert!(refused[0].headers.contains(&("Retry-After".to_owned(), "1".to_owned())));
}
