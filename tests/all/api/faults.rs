//! The order of checks, from the outside in: each request is wrong in two ways, and the outer one decides.

use serde_json::json;

use super::cloud::{Cloud, FOREIGN, NOTHING, wish};
use super::wire::{Client, Sent};

#[test]
fn the_outer_mistake_decides() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let nobody = Client::nobody(&cloud.address);
    let broken = || Sent::Bytes(Some("application/json"), b"{\"share\": ".to_vec());
    let large = || Sent::Bytes(Some("application/json"), vec![b' '; 120_000]);
    // 1 size, 2 token, 3 route, 4 version, 5 action, 6 JSON, 7 project, 8 window, 9 policy, 10 the operation
    nobody.send("POST", "/v2/shares", large()).is(413);
    nobody.at("x").send("POST", "/v2/nosuch", broken()).is(401);
    assert_eq!(
        admin.at("x").send("POST", "/v2/nosuch", broken()).is(404).header("content-type").unwrap()[..4],
        *"text"
    );
    admin.at("2.100").send("POST", "/v2/shares", broken()).fails(406);
    let action = format!("/v2/{FOREIGN}/shares/{NOTHING}/action");
    let elsewhere = admin.send("POST", &action, Sent::Json(&json!({ "nope": null })));
    assert!(elsewhere.text.contains("nope"), "{elsewhere:?}");
    elsewhere.fails(400);
    member.send("POST", &format!("/v2/{FOREIGN}/types"), broken()).fails(400);
    member.send("POST", &format!("/v2/{FOREIGN}/types"), Sent::Json(&json!({}))).fails(400);
    member.at("2.6").get("/services").fails(404);
    member.post("/types", json!({})).fails(403);
    admin.post("/types", json!({})).fails(400);
    // A known action at a wrong version is missing; an unknown one is a mistake at every version.
    admin.at("2.6").act(NOTHING, json!({ "force_delete": null })).fails(404);
    admin.at("2.7").act(NOTHING, json!({ "os-force_delete": null })).fails(404);
    admin.at("2.6").act(NOTHING, json!({ "nope": null })).fails(400);
    member.act(NOTHING, json!({ "reset_status": { "status": "zz" } })).fails(403);
    admin.act(NOTHING, json!({ "reset_status": { "status": "zz" } })).fails(400);
    admin.act(NOTHING, json!({ "reset_status": { "status": "error" } })).fails(404);
    cloud.close(0);
}

#[test]
fn a_body_that_is_no_json_or_no_body_is_told_apart_from_one_without_its_object() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    let types =
        |kind: Option<&str>, text: &str| admin.send("POST", "/v2/shares", Sent::Bytes(kind, text.as_bytes().to_vec()));
    let good = wish("none", json!({})).to_string();
    // No content type, one that is not JSON's, and an empty body all count as no body.
    types(None, &good).fails(400);
    types(Some("text/plain"), &good).fails(400);
    types(Some("application/xml"), &good).fails(400);
    types(Some("application/json"), "").fails(400);
    admin.ask("POST", "/shares", None).fails(400);
    admin.ask("PUT", &format!("/shares/{NOTHING}"), None).fails(400);
    admin.ask("POST", "/types", None).fails(400);
    types(Some("application/json"), "{").fails(400);
    types(Some("application/json"), "\u{feff}{}").fails(400);
    types(Some("application/json; charset=utf-8"), &good).fails(404);
    admin.send("POST", "/v2/shares", Sent::Bytes(Some("application/json"), vec![b'"', 0xff, b'"'])).fails(400);
    // The object is missing: as each resource has it.
    for without in [
        json!({}),
        json!({ "shares": {} }),
        json!({ "share": null }),
        json!({ "share": [] }),
        json!([]),
        json!("share"),
    ] {
        assert!([400, 422].contains(&admin.post("/shares", without.clone()).status), "{without}");
    }
    admin.post("/shares", json!({})).fails(422);
    admin.put(&format!("/shares/{NOTHING}"), json!({})).fails(422);
    admin.post("/types", json!({ "share_type": "x" })).fails(400);

    let act = |body: Option<serde_json::Value>| admin.ask("POST", &format!("/shares/{NOTHING}/action"), body.as_ref());
    let none = act(None);
    assert!(none.text.contains("None"), "{none:?}");
    none.fails(400);
    for wrong in [json!({}), json!([]), json!("extend"), json!({ "a": 1, "b": 1 }), json!({ "nope": null })] {
        act(Some(wrong)).fails(400);
    }
    // A malformed body is refused even where none is expected.
    let broken = || Sent::Bytes(Some("application/json"), b"{".to_vec());
    admin.send("GET", "/v2/shares", broken()).fails(400);
    admin.send("DELETE", &format!("/v2/shares/{NOTHING}"), broken()).fails(400);
    cloud.close(0);
}

#[test]
fn a_body_has_a_size_limit_and_its_own_answer() {
    let cloud = Cloud::with("[oslo_middleware]\nmax_request_body_size = 1000");
    let admin = cloud.admin();
    let padded = |length: usize| {
        let body = wish("none", json!({})).to_string();
        format!("{body}{}", " ".repeat(length - body.len())).into_bytes()
    };
    let told = |length: usize| admin.send("POST", "/v2/shares", Sent::Bytes(Some("application/json"), padded(length)));
    let untold = |length: usize| admin.send("POST", "/v2/shares", Sent::Chunked(padded(length)));
    told(1000).fails(404);
    untold(1000).fails(404);
    untold(1001).is(413);
    let refused = told(1001).is(413);
    assert_eq!(refused.header("content-type"), Some("text/plain; charset=UTF-8"));
    assert_eq!(refused.header("retry-after"), None);
    assert_eq!(refused.header("x-openstack-manila-api-version"), None);
    assert!(refused.header("x-openstack-request-id").is_some());
    cloud.close(0);
}
