//! Versions, opt-ins and request ids: what each answer says about the conversation itself.

use serde_json::json;

use super::cloud::{Cloud, NOTHING};
use super::wire::{Client, Sent};

#[test]
fn the_version_header_is_read_echoed_and_refused() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    let version = "x-openstack-manila-api-version";
    let silent = admin.unversioned().get("/shares").is(200);
    assert_eq!(silent.header(version), Some("2.0"));
    assert_eq!(silent.header("content-type"), Some("application/json"));
    for served in ["2.0", "2.7", "2.10", "2.99"] {
        let answer = admin.at(served).get("/shares").is(200);
        assert_eq!(
            (answer.header(version), answer.header("vary")),
            (Some(served), Some("X-OpenStack-Manila-API-Version"))
        );
    }
    for out in ["2.100", "1.0", "1.99", "3.0", "2.300", "10.0"] {
        let answer = admin.at(out).get("/shares");
        assert_eq!(answer.header(version), Some(out));
        assert_eq!(answer.header("vary"), Some("X-OpenStack-Manila-API-Version"));
        answer.fails(406);
    }
    for malformed in ["latest", "x", "2", "2.", ".1", "2.01", "02.1", "0.1", "2.1.1", "2,1", "-2.1", "2.1-rc", ""] {
        let answer = admin.at(malformed).get("/shares");
        assert_eq!(answer.header(version), None, "{malformed}");
        answer.fails(400);
    }
    // Faults carry the headers too; so do answers without a body.
    let kind = cloud.make_type("plain", json!({}));
    let gone = admin.at("2.50").delete(&format!("/types/{kind}")).is(202);
    assert_eq!((gone.header(version), gone.header("vary")), (Some("2.50"), Some("X-OpenStack-Manila-API-Version")));
    assert_eq!(gone.header("content-type"), Some("text/html; charset=UTF-8"));
    let missing = admin.at("2.40").get(&format!("/shares/{NOTHING}"));
    assert_eq!(
        (missing.header(version), missing.header("vary")),
        (Some("2.40"), Some("X-OpenStack-Manila-API-Version"))
    );
    missing.fails(404);
    cloud.close(0);
}

#[test]
fn the_experimental_opt_in_is_echoed_and_does_no_harm_to_stable_routes() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    let header = "X-OpenStack-Manila-API-Experimental";
    for yes in ["true", "True", "1", "t", "yes", "on", "ON"] {
        let answer = admin.with(header, yes).get("/shares").is(200);
        assert_eq!(answer.header(header), Some("True"), "{yes}");
    }
    for no in ["false", "0", "", "maybe", "latest"] {
        assert_eq!(admin.with(header, no).get("/shares").is(200).header(header), None, "{no}");
    }
    assert_eq!(admin.get("/shares").header(header), None);
    let refused = admin.with(header, "True").at("2.100").get("/shares");
    assert_eq!(refused.header(header), Some("True"));
    refused.fails(406);
    cloud.close(0);
}

#[test]
fn every_answer_has_its_own_request_id() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    let ids = |answer: &super::wire::Answer| {
        let id = |name: &str| answer.header(name).map(str::to_owned);
        (id("x-openstack-request-id").unwrap(), id("x-compute-request-id"))
    };
    let well_formed = |id: &str| id.len() == 40 && id.starts_with("req-") && uuid::Uuid::parse_str(&id[4..]).is_ok();
    let given = "req-00000000-0000-4000-8000-000000000001";
    let (first, compute) = ids(&admin.with("X-OpenStack-Request-ID", given).get("/shares").is(200));
    assert!(well_formed(&first) && first != given, "{first}");
    assert_eq!(compute.as_ref(), Some(&first));
    let (second, compute) = ids(&admin.get(&format!("/shares/{NOTHING}")));
    assert!(well_formed(&second) && second != first);
    assert_eq!(compute.as_ref(), Some(&second));
    let (unknown, compute) = ids(&Client::nobody(&cloud.address).get("/shares").is(401));
    assert!(well_formed(&unknown));
    assert_eq!(compute, None, "no controller was reached");
    cloud.close(0);
}

#[test]
fn a_caller_without_a_good_token_is_sent_to_keystone() {
    let cloud = Cloud::open();
    let nobody = Client::nobody(&cloud.address).at("2.99");
    for caller in [nobody.clone(), nobody.with_token("garbage"), nobody.with_token(&"x".repeat(9000))] {
        let answer = caller.get("/shares").is(401);
        assert_eq!(answer.header("www-authenticate"), Some("Keystone uri=\"http://keystone.example:5000\""));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("x-openstack-manila-api-version"), None);
        let message = "The request you have made requires authentication.";
        let error = json!({ "error": { "code": 401, "title": "Unauthorized", "message": message } });
        assert_eq!(answer.json(), error);
    }
    cloud.close(0);

    let cloud = Cloud::with("auth_url = http://127.0.0.1:9\nhttp_request_max_retries = 0");
    let away = cloud.admin().get("/shares").is(503);
    assert_eq!(away.json()["error"]["code"], 503, "{away:?}");
    assert_eq!(away.json()["error"]["title"], "Service Unavailable");
    assert_eq!(away.header("content-type"), Some("application/json"));
    Client::nobody(&cloud.address).send("GET", "/healthcheck", Sent::Nothing).is(200);
    cloud.close(0);
}
