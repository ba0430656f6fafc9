//! Errors in JSON: whose word each is, and what follows from it.

use serde_json::{Value, json};

use super::script::{Lab, Play};
use crate::{Class, Error, export_policy, kerberos, volume};

const WRITE: &str = "PATCH /api/protocols/nfs/export-policies/7";
const READ: &str = "GET /api/protocols/nfs/export-policies";

/// What proxies, load balancers and front ends write into an error object; `status` is that of their answer.
fn of_a_gateway(status: u16) -> Vec<Value> {
    vec![
        json!({"error": {"code": status, "message": "Bad Gateway"}}),
        json!({"error": {"code": status.to_string(), "message": "Bad Gateway"}}),
        json!({"error": {"code": "502", "message": "upstream error"}}),
        json!({"error": {"code": 4, "message": "entry doesn't exist"}}),
        json!({"error": {"code": "", "message": "not enough space"}}),
        json!({"error": {"code": "bad_gateway", "message": "try the command again"}}),
        json!({"error": {"code": "-1", "message": ""}}),
        json!({"error": {"message": "is not licensed"}}),
        json!({"error": {}}),
        json!({"error": "Bad Gateway"}),
        json!({"message": "Bad Gateway"}),
    ]
}

async fn written(status: u16, headers: &[(&'static str, &'static str)], body: &Value) -> (Error, usize) {
    let lab = Lab::new();
    for _ in 0..5 {
        lab.script.add(WRITE, Play::Headed(status, headers.to_vec(), body.clone()));
    }
    let error = lab.run(export_policy::replace(&lab.client, 7, &[])).await.unwrap_err();
    (error, lab.script.asked().len())
}

async fn read(status: u16, body: &Value) -> Class {
    counted(status, body).await.0
}

async fn counted(status: u16, body: &Value) -> (Class, usize) {
    let lab = Lab::new();
    for _ in 0..5 {
        lab.script.json(READ, status, body.clone());
    }
    let class = lab.run(export_policy::find(&lab.client, "svm1", "policy_1")).await.unwrap_err().class();
    (class, lab.script.asked().len())
}

#[tokio::test]
async fn a_write_that_a_gateway_answered_with_an_error_of_its_own_is_neither_refused_nor_repeated() {
    for status in [200, 302, 400, 401, 403, 404, 405, 408, 409, 422, 429, 500, 501, 502, 503, 504, 507] {
        for body in of_a_gateway(status) {
            for headers in [vec![], vec![("Retry-After", "1")]] {
                let (error, calls) = written(status, &headers, &body).await;
                assert_eq!((error.class(), error.code(), calls), (Class::Unknown, "", 1), "{status} {body}");
            }
        }
    }
}

#[tokio::test]
async fn a_write_that_a_gateway_turned_away_halves_the_limit() {
    for status in [429, 503] {
        let lab = Lab::new();
        lab.script.add(WRITE, Play::Text(status, "<html>"));
        let error = lab.run(export_policy::replace(&lab.client, 7, &[])).await.unwrap_err();
        assert_eq!((error.class(), lab.client.limiter().limit()), (Class::Unknown, 10), "{status}");
    }
}

#[tokio::test]
async fn a_write_counts_as_done_only_by_an_answer_that_ontap_gives_to_it() {
    let change = "PATCH /api/storage/volumes/3f0b4e4e-0000-4000-8000-000000000001";
    let make = "POST /api/protocols/nfs/kerberos/realms";
    for (when, status, body, is_done) in [
        (WRITE, 200, "", true),
        (WRITE, 200, "{}", true),
        (WRITE, 200, r#"{"num_records": 1}"#, true),
        (WRITE, 201, "", false),
        (WRITE, 203, "{}", false),
        (WRITE, 204, "", false),
        (WRITE, 205, "", false),
        (WRITE, 206, r#"{"num_records": 1}"#, false),
        (WRITE, 200, r#"{"message": "ok"}"#, false),
        (WRITE, 200, "null", false),
        (WRITE, 200, "[]", false),
        (WRITE, 202, "{}", false),
        (change, 200, "{}", true),
        (change, 200, r#"{"job": {"uuid": "7d0b4e4e-0000-4000-8000-000000000002"}}"#, true),
        (change, 200, "", false),
        (change, 204, "", false),
        (make, 201, "", true),
        (make, 201, "{}", true),
        (make, 200, "", false),
        (make, 200, r#"{"num_records": 1}"#, true),
        (make, 204, "", false),
    ] {
        let lab = Lab::new();
        lab.script.add(when, Play::Text(status, body));
        let uuid = "3f0b4e4e-0000-4000-8000-000000000001".parse().unwrap();
        let result = match when {
            WRITE => lab.run(export_policy::replace(&lab.client, 7, &[])).await,
            _ if when == change => lab.run(volume::offline(&lab.client, uuid)).await,
            _ => lab.run(kerberos::set_realm(&lab.client, uuid, "R", "192.0.2.1")).await,
        };
        let class = result.map_err(|error| error.class());
        assert_eq!(class, if is_done { Ok(()) } else { Err(Class::Unknown) }, "{when} {status} {body}");
        assert_eq!(lab.script.asked().len(), 1, "{when} {status} {body}");
    }
}

#[tokio::test]
async fn a_read_that_a_gateway_answered_with_an_error_of_its_own_says_nothing_of_the_object() {
    for status in [400, 404, 405, 409, 500, 502, 504] {
        for body in of_a_gateway(status) {
            assert_eq!(read(status, &body).await, Class::Unknown, "{status} {body}");
        }
    }
}

#[tokio::test]
async fn a_read_that_a_gateway_turned_away_is_repeated() {
    for (status, class) in [(408, Class::Unknown), (429, Class::Busy), (503, Class::Busy)] {
        for body in of_a_gateway(status) {
            assert_eq!(counted(status, &body).await, (class, 5), "{status} {body}");
        }
    }
}

#[tokio::test]
async fn only_ontap_says_that_an_account_may_not_do_something() {
    for (status, body, class) in [
        (401, json!({"error": {"code": "6691623", "message": "User is not authorized"}}), Class::Unauthorised),
        (403, json!({"error": {"code": "6691623", "message": "User is not authorized"}}), Class::Unauthorised),
        (403, json!({"error": {"code": "6", "message": "not authorized for that command"}}), Class::Unauthorised),
        (401, json!({"error": {"code": "262245", "message": "no row"}}), Class::Unauthorised),
        (403, json!({"error": {"code": "2", "message": ""}}), Class::Unauthorised),
        (403, json!({"error": {"code": 403, "message": "Forbidden"}}), Class::Unknown),
        (401, json!({"error": {"code": 401, "title": "Unauthorized", "message": "x"}}), Class::Unknown),
        (403, json!({"message": "no access"}), Class::Unknown),
        (403, json!("<html>Forbidden</html>"), Class::Unknown),
        (401, Value::Null, Class::Unknown),
    ] {
        let (error, _) = written(status, &[], &body).await;
        let (of_read, calls) = counted(status, &body).await;
        assert_eq!(calls, 1, "repeated logins lock accounts: {status} {body}");
        assert_eq!(
            (error.class(), of_read, error.lacks_privilege()),
            (class, class, class == Class::Unauthorised && status == 403),
            "{status} {body}"
        );
        let is_hinted = error.message().contains("web server of the array");
        assert_eq!(is_hinted, class == Class::Unknown, "{}", error.message());
    }
}

#[tokio::test]
async fn operators_are_told_what_a_gateway_said() {
    let (error, _) = written(502, &[], &json!({"error": {"code": 502, "message": "Bad Gateway"}})).await;
    let message =
        "ONTAP PATCH /protocols/nfs/export-policies/{id}: unknown (HTTP 502): not an answer of ONTAP: Bad Gateway";
    assert_eq!(error.message(), message);
}

#[tokio::test]
async fn ontaps_own_word_counts_and_of_an_error_of_the_server_only_what_is_known_of_it() {
    for (status, code, message, class, calls) in [
        (404, "4", "entry doesn't exist", Class::Absent, 1),
        (409, "1", "duplicate entry", Class::Exists, 1),
        (409, "8", "in progress", Class::Busy, 1),
        (400, "2", "invalid value", Class::Refused, 1),
        (404, "3", "API not found", Class::Unsupported, 1),
        (403, "6", "not authorized", Class::Unauthorised, 1),
        (400, "262245", "no row", Class::Refused, 1),
        (409, "1703945", "in use", Class::Refused, 1),
        (500, "524615", "clones", Class::Refused, 1),
        (500, "460770", "the job failed", Class::Refused, 1),
        (500, "917927", "there is not enough space in aggregate", Class::Full, 1),
        (500, "262245", "no row", Class::Unknown, 1),
        (502, "262245", "no row", Class::Unknown, 1),
        (503, "262245", "no row", Class::Unknown, 1),
        (503, "0", "", Class::Unknown, 1),
        (429, "262245", "no row", Class::Unknown, 1),
        (429, "0", "", Class::Unknown, 1),
        (503, "8", "in progress", Class::Busy, 5),
        (503, "262160", "too many requests", Class::Busy, 5),
        (429, "262160", "too many requests", Class::Busy, 5),
        (429, "8", "in progress", Class::Busy, 5),
        (408, "262245", "no row", Class::Unknown, 1),
    ] {
        let body = json!({"error": {"code": code, "message": message}});
        let (error, made) = written(status, &[], &body).await;
        assert_eq!((error.class(), error.code(), made), (class, code, calls), "{status} {body}");
    }
}

#[tokio::test]
async fn a_job_that_ended_within_the_call_is_over_whatever_the_code() {
    let job = json!({"uuid": "7d0b4e4e-0000-4000-8000-000000000002"});
    let body = json!({"error": {"code": "262245", "message": "no row"}, "job": job});
    let (error, calls) = written(500, &[], &body).await;
    assert_eq!((error.class(), error.from_job(), calls), (Class::Refused, true, 1));
    let body = json!({"error": {"code": 500, "message": "Internal Server Error"}, "job": job});
    let (error, _) = written(500, &[], &body).await;
    assert_eq!((error.class(), error.from_job()), (Class::Unknown, false), "it is not ONTAP that names a job");
}
