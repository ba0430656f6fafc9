use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;

use super::script::{Lab, Play};
use crate::{Class, Credentials, Options, aggregate, export_policy, svm, volume};

const UUID: &str = "3f0b4e4e-0000-4000-8000-000000000001";
const VOLUMES: &str = "GET /api/storage/volumes?";

fn one_volume() -> serde_json::Value {
    json!({"records": [{"uuid": UUID, "name": "share_1"}], "num_records": 1})
}

#[tokio::test]
async fn a_call_carries_login_application_and_svm() {
    let lab = Lab::new();
    lab.script.json(VOLUMES, 200, one_volume());
    volume::find(&lab.client, "svm1", "share_1").await.unwrap().unwrap();
    let asked = lab.script.asked().remove(0);
    let header = |name| asked.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str());
    assert_eq!(header("Authorization"), Some("Basic YWRtaW46czNjcmV0"));
    assert_eq!(header("X-Dot-SVM-Name"), Some("svm1"));
    assert_eq!(header("X-Dot-Client-App"), Some("manilad"));
    assert_eq!(header("Content-Type"), None, "there is no body");
    assert!(!format!("{asked:?}").contains("YWRtaW46"), "the login is not shown");
    assert_eq!(asked.deadline, Duration::from_secs(30), "one exchange of a read");
}

#[tokio::test]
async fn what_belongs_to_the_cluster_is_not_tunnelled_and_a_certificate_needs_no_header() {
    let lab = Lab::with(|options| Options { credentials: Credentials::Certificate, ..options });
    lab.script.json("GET /api/storage/aggregates?", 200, json!({"records": []}));
    assert!(aggregate::all(&lab.client).await.unwrap().is_empty());
    let asked = lab.script.asked().remove(0);
    assert!(asked.headers.iter().all(|(name, _)| *name != "X-Dot-SVM-Name" && *name != "Authorization"));
}

#[tokio::test]
async fn a_read_is_repeated_until_it_is_answered() {
    let lab = Lab::new();
    lab.script
        .add(VOLUMES, Play::Lost)
        .add(VOLUMES, Play::Text(502, "<html>Bad Gateway</html>"))
        .add(VOLUMES, Play::Text(200, "{\"records\": [{\"uuid\""))
        .add(VOLUMES, Play::Refused)
        .json(VOLUMES, 200, one_volume());
    let found = lab.run(volume::find(&lab.client, "svm1", "share_1")).await.unwrap();
    assert_eq!(found.unwrap().name, "share_1");
    assert_eq!(lab.script.asked().len(), 5);
}

#[tokio::test]
async fn an_answer_that_says_nothing_of_the_array_costs_a_read_a_pause_and_no_more() {
    for (status, text) in [
        (408, ""),
        (408, "<html>Request Timeout</html>"),
        (408, "{\"error\": {\"code\": \"408\", \"message\": \"Request Timeout\"}}"),
        (429, "slow down"),
        (500, "<html>"),
        (504, ""),
        (404, "<html>Not Found</html>"),
        (302, ""),
        (200, ""),
        (200, "<html>Please log in</html>"),
        (200, "{}"),
        (200, "{\"message\": \"ok\"}"),
        (200, "null"),
        (204, ""),
    ] {
        let lab = Lab::new();
        lab.script.add(VOLUMES, Play::Text(status, text)).json(VOLUMES, 200, one_volume());
        let found = lab.run(volume::find(&lab.client, "svm1", "share_1")).await;
        assert_eq!(found.unwrap().unwrap().name, "share_1", "{status} {text}");
        let paused = lab.clock.running();
        assert!(paused > Duration::ZERO && paused < Duration::from_secs(1), "{status} {text}: {paused:?}");
    }
    let lab = Lab::new();
    let path = "GET /api/storage/volumes/";
    lab.script.json(path, 200, json!({"records": []})).json(path, 200, json!({"uuid": UUID, "name": "share_1"}));
    assert_eq!(lab.run(volume::read(&lab.client, UUID.parse().unwrap())).await.unwrap().name, "share_1");
}

#[tokio::test]
async fn repetitions_end_and_the_last_error_surfaces() {
    let lab = Lab::new();
    for _ in 0..5 {
        lab.script.add(VOLUMES, Play::Lost);
    }
    let error = lab.run(volume::find(&lab.client, "svm1", "share_1")).await.unwrap_err();
    assert_eq!((error.class(), lab.script.asked().len()), (Class::Unknown, 5));
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_never_repeated() {
    for play in
        [Play::Lost, Play::Text(500, "<html>"), Play::Text(503, ""), Play::Text(408, ""), Play::Text(201, "{\"rec")]
    {
        let lab = Lab::new();
        lab.script.add("POST /api/protocols/nfs/export-policies", play);
        let error = lab.run(export_policy::create(&lab.client, "svm1", "policy_1", &[])).await.unwrap_err();
        assert_eq!((error.class(), lab.script.asked().len()), (Class::Unknown, 1));
    }
}

#[tokio::test]
async fn a_write_that_never_left_or_was_turned_away_is_repeated() {
    let lab = Lab::new();
    let busy = json!({"error": {"code": "262160", "message": "too many requests"}});
    let when = "POST /api/protocols/nfs/export-policies";
    lab.script.add(when, Play::Refused).add(when, Play::Headed(429, vec![("Retry-After", "3")], busy));
    lab.script.json(when, 201, json!({"num_records": 1, "records": [{"id": 4294967297u64, "name": "policy_1"}]}));
    let id = lab.run(export_policy::create(&lab.client, "svm1", "policy_1", &[])).await.unwrap();
    assert_eq!(id, 4_294_967_297);
    assert!(lab.clock.running() >= Duration::from_secs(3), "the array asked for three seconds");
}

#[tokio::test]
async fn a_busy_object_surfaces_at_once() {
    let lab = Lab::new();
    let when = "PATCH /api/protocols/nfs/export-policies/7";
    lab.script.json(when, 409, json!({"error": {"code": "8", "message": "operation in progress"}}));
    let error = lab.run(export_policy::replace(&lab.client, 7, &[])).await.unwrap_err();
    assert_eq!((error.class(), lab.script.asked().len()), (Class::Busy, 1));
}

#[tokio::test]
async fn a_pause_longer_than_the_patience_is_not_begun() {
    let lab = Lab::new();
    let busy = json!({"error": {"code": "7", "message": "resource limit exceeded"}});
    lab.script.add(VOLUMES, Play::Headed(503, vec![("Retry-After", "30")], busy));
    let client = lab.client.within(Duration::from_secs(10));
    let error = lab.run(volume::find(&client, "svm1", "share_1")).await.unwrap_err();
    assert_eq!((error.class(), error.retry_after()), (Class::Busy, Some(Duration::from_secs(30))));
    assert_eq!(lab.clock.running(), Duration::ZERO);
}

#[tokio::test]
async fn an_array_that_never_answers_costs_the_patience_and_no_more() {
    let lab = Lab::new();
    lab.script.add("PATCH /api/storage/volumes/", Play::Silent);
    let client = lab.client.within(Duration::from_secs(10));
    let error = lab.run(volume::offline(&client, UUID.parse().unwrap())).await.unwrap_err();
    assert_eq!(error.class(), Class::Unknown);
    assert_eq!(lab.clock.running(), Duration::from_secs(10));
}

#[tokio::test]
async fn a_fenced_client_calls_nobody() {
    let open = Arc::new(AtomicBool::new(true));
    let gate = open.clone();
    let fence =
        Arc::new(move |_| if gate.load(Ordering::SeqCst) { Ok(()) } else { Err("epoch 4 has taken over".to_owned()) });
    let lab = Lab::with(|options| Options { fence, ..options });
    lab.script.json(VOLUMES, 200, one_volume());
    assert!(volume::find(&lab.client, "svm1", "share_1").await.is_ok());
    open.store(false, Ordering::SeqCst);
    let error = volume::find(&lab.client, "svm1", "share_1").await.unwrap_err();
    assert_eq!(error.class(), Class::Fenced);
    assert!(error.message().contains("epoch 4 has taken over"));
    assert_eq!(lab.script.asked().len(), 1);
}

#[tokio::test]
async fn errors_in_a_200_and_answers_that_are_no_lists_never_read_as_nothing_there() {
    let lab = Lab::new();
    for _ in 0..5 {
        lab.script.json(VOLUMES, 200, json!({"error": {"code": "4", "message": "entry doesn't exist"}}));
    }
    let error = lab.run(volume::find(&lab.client, "svm1", "share_1")).await.unwrap_err();
    assert_eq!(error.class(), Class::Unknown);
    for body in [json!({}), json!({"records": 3}), json!({"num_records": 0})] {
        let lab = Lab::new();
        for _ in 0..5 {
            lab.script.json(VOLUMES, 200, body.clone());
        }
        let error = lab.run(volume::find(&lab.client, "svm1", "share_1")).await.unwrap_err();
        assert_eq!((error.class(), lab.script.is_done()), (Class::Unknown, true), "{body}");
    }
    let lab = Lab::new();
    for _ in 0..5 {
        lab.script.add(VOLUMES, Play::Text(404, "<html>Not Found</html>"));
    }
    let error = lab.run(volume::find(&lab.client, "svm1", "share_1")).await.unwrap_err();
    assert_eq!(error.class(), Class::Unknown);
}

#[tokio::test]
async fn a_write_that_something_else_answered_for_the_array_is_neither_repeated_nor_refused() {
    for status in [302, 404, 409, 421, 425, 500] {
        let lab = Lab::new();
        lab.script.add("POST /api/protocols/nfs/export-policies", Play::Text(status, "<html>"));
        let error = lab.run(export_policy::create(&lab.client, "svm1", "policy_1", &[])).await.unwrap_err();
        assert_eq!((error.class(), lab.script.asked().len()), (Class::Unknown, 1), "{status}");
    }
}

#[tokio::test]
async fn a_delete_takes_something_for_gone_only_if_ontap_says_404_and_its_code() {
    let gone = json!({"error": {"code": "4", "message": "entry doesn't exist"}});
    for (status, done) in [(404, true), (400, false), (500, false)] {
        let lab = Lab::new();
        lab.script.json("DELETE /api/protocols/nfs/export-policies/7", status, gone.clone());
        assert_eq!(lab.run(export_policy::delete(&lab.client, 7)).await.is_ok(), done, "{status}");
    }
    for status in [429, 503] {
        let lab = Lab::new();
        for _ in 0..5 {
            lab.script.json("DELETE /api/protocols/nfs/export-policies/7", status, gone.clone());
        }
        let error = lab.run(export_policy::delete(&lab.client, 7)).await.unwrap_err();
        assert_eq!(error.class(), Class::Busy, "{status}");
    }
}

#[tokio::test]
async fn pages_are_followed_to_the_last() {
    let lab = Lab::new();
    let next = "/api/storage/volumes?start.uuid=x&fields=name";
    let page = |name: &str, next: Option<&str>| match next {
        Some(next) => json!({"records": [{"uuid": UUID, "name": name}], "_links": {"next": {"href": next}}}),
        None => json!({"records": [{"uuid": UUID, "name": name}]}),
    };
    lab.script.json("GET /api/storage/volumes?svm.name=svm1", 200, page("share_1", Some(next)));
    lab.script.json("GET /api/storage/volumes?start.uuid=x", 200, page("share_2", None));
    let found = volume::all(&lab.client, Some("svm1")).await.unwrap();
    assert_eq!(found.iter().map(|volume| volume.name.as_str()).collect::<Vec<_>>(), ["share_1", "share_2"]);
    assert!(lab.script.asked()[0].path_and_query.ends_with("&max_records=1000"));
}

#[tokio::test]
async fn a_page_that_leads_elsewhere_or_nowhere_is_an_error() {
    for next in ["https://evil.example/api/storage/volumes", "/api/svm/svms?a b"] {
        let lab = Lab::new();
        lab.script.json("GET /api/svm/svms", 200, json!({"records": [], "_links": {"next": {"href": next}}}));
        assert_eq!(svm::all(&lab.client).await.unwrap_err().class(), Class::Unknown, "{next}");
    }
    let lab = Lab::new();
    for n in 0..100 {
        let href = format!("/api/svm/svms?start={n}");
        lab.script.json("GET /api/svm/svms", 200, json!({"records": [], "_links": {"next": {"href": href}}}));
    }
    assert_eq!(svm::all(&lab.client).await.unwrap_err().class(), Class::Refused, "pages without end");
    assert!(lab.script.is_done());
}

#[tokio::test]
async fn several_records_where_one_is_expected_are_refused() {
    let lab = Lab::new();
    let twice = json!({"records": [{"uuid": UUID, "name": "share_1"}, {"uuid": UUID, "name": "share_1"}]});
    lab.script.json(VOLUMES, 200, twice);
    let error = volume::find(&lab.client, "svm1", "share_1").await.unwrap_err();
    assert_eq!(error.class(), Class::Refused);
}

#[tokio::test]
async fn a_name_that_can_not_be_quoted_is_refused_without_a_call() {
    let lab = Lab::new();
    let error = volume::find(&lab.client, "svm1", "a\"*").await.unwrap_err();
    assert_eq!(error.class(), Class::Refused);
    assert!(lab.script.asked().is_empty());
}
