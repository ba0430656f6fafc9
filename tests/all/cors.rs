//! `[cors]` through the front door: what browsers ask beforehand, and what pages of other sites may read.

use crate::api::cloud::Cloud;
use crate::api::wire::{Client, Sent};

const HERE: &str = "https://horizon.example";

#[test]
fn a_preflight_is_answered_before_anybody_is_identified() {
    let cloud = Cloud::with(&format!("[cors]\nallowed_origin = {HERE}, https://other.example\nmax_age = 77\n"));
    let nobody = Client::nobody(&cloud.address);
    let browser = nobody.with("Origin", HERE).with("Access-Control-Request-Method", "POST");
    let wanted = "content-type,x-auth-token,x-openstack-manila-api-version";
    let granted = browser.with("Access-Control-Request-Headers", wanted).send("OPTIONS", "/v2/shares", Sent::Nothing);
    for (name, value) in [
        ("access-control-allow-origin", HERE),
        ("access-control-allow-methods", "POST"),
        ("access-control-allow-headers", wanted),
        ("access-control-allow-credentials", "true"),
        ("access-control-max-age", "77"),
    ] {
        assert_eq!(granted.header(name), Some(value), "{name}");
    }
    assert_eq!((granted.status, granted.text.as_str()), (200, ""));
    for (origin, method, headers) in
        [("https://evil.example", "POST", "x-auth-token"), (HERE, "TRACE", ""), (HERE, "POST", "x-forged")]
    {
        let asked = nobody.with("Origin", origin).with("Access-Control-Request-Method", method);
        let refused =
            asked.with("Access-Control-Request-Headers", headers).send("OPTIONS", "/v2/shares", Sent::Nothing);
        assert_eq!((refused.status, refused.header("access-control-allow-origin")), (200, None), "{origin} {method}");
    }
    cloud.close(0);
}

#[test]
fn a_listed_page_may_read_answers_and_errors_and_nobody_else() {
    let cloud = Cloud::with(&format!(
        "[cors]\nallowed_origin = {HERE}\nallow_credentials = false\nexpose_headers = X-One,X-Two\n"
    ));
    for (client, status) in [(cloud.member(), 200), (Client::nobody(&cloud.address).at("2.99"), 401)] {
        let answer = client.with("Origin", HERE).get("/shares");
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("access-control-allow-origin"), Some(HERE));
        assert_eq!(answer.header("access-control-expose-headers"), Some("X-One,X-Two"));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        for other in [client.with("Origin", "https://evil.example"), client] {
            assert_eq!(other.get("/shares").header("access-control-allow-origin"), None);
        }
    }
    cloud.close(0);
}

#[test]
fn without_an_allowed_origin_nothing_is_opened() {
    let cloud = Cloud::open();
    let answer = cloud.member().with("Origin", HERE).get("/shares");
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None));
    cloud.close(0);
}
