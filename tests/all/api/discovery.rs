//! What clients find before they know anything: versions, health, and where there is nothing.

use super::cloud::{Cloud, FOREIGN, OWN};
use super::wire::{Client, Sent};
use crate::support::Stage;

fn is_request_id(text: &str) -> bool {
    let Some(id) = text.strip_prefix("req-") else { return false };
    uuid::Uuid::parse_str(id).is_ok() && id.len() == 36
}

#[test]
fn versions_are_discovered_at_the_root_and_below_v2() {
    let cloud = Cloud::open();
    let nobody = Client::nobody(&cloud.address);
    let root = nobody.send("GET", "/", Sent::Nothing).is(300);
    let document = root.json();
    let version = &document["versions"][0];
    assert_eq!(document["versions"].as_array().unwrap().len(), 1);
    assert_eq!((&version["id"], &version["status"]), (&"v2.0".into(), &"CURRENT".into()));
    assert_eq!((&version["min_version"], &version["version"]), (&"2.0".into(), &"2.99".into()));
    assert_eq!(version["links"][1]["href"], format!("{}/v2/", nobody.root));
    assert_eq!(version["media-types"][0]["type"], "application/vnd.openstack.share+json;version=1");
    assert!(is_request_id(root.header("x-openstack-request-id").unwrap()));
    for absent in ["x-compute-request-id", "x-openstack-manila-api-version", "vary"] {
        assert_eq!(root.header(absent), None, "{absent}");
    }
    // The root knows no microversions, whatever is asked.
    assert_eq!(nobody.at("9.9").send("GET", "/?any=query", Sent::Nothing).is(300).json(), document);

    let below = cloud.caller("stranger").unversioned().send("GET", "/v2/", Sent::Nothing).is(200);
    assert_eq!(below.json(), document);
    assert_eq!(below.header("x-openstack-manila-api-version"), Some("2.0"));
    assert_eq!(below.header("vary"), Some("X-OpenStack-Manila-API-Version"));
    cloud.admin().at("2.100").send("GET", "/v2/", Sent::Nothing).fails(406);
    nobody.send("GET", "/v2/", Sent::Nothing).is(401);

    let moved = nobody.send("GET", "/v2", Sent::Nothing).is(302);
    assert_eq!(moved.header("location"), Some(format!("{}/v2/", nobody.root).as_str()));
    cloud.close(0);
}

#[test]
fn what_no_route_has_is_404_outside_the_json_faults() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    let id = "00000000-0000-4000-8000-000000000000";
    let nowhere = [
        ("GET", "/v2/nosuch".to_owned()),
        ("DELETE", "/v2/shares".to_owned()),
        ("PUT", "/v2/shares".to_owned()),
        ("PATCH", format!("/v2/shares/{id}")),
        ("HEAD", "/v2/shares".to_owned()),
        ("OPTIONS", "/v2/shares".to_owned()),
        ("GET", "/v1/shares".to_owned()),
        ("GET", "/v1".to_owned()),
        ("GET", "/v2/shares/".to_owned()),
        ("GET", "/v2/types//extra_specs/k".to_owned()),
        ("GET", format!("/v2/{OWN}/")),
        ("GET", format!("/v2/{OWN}")),
        ("GET", format!("/v2/{OWN}/nosuch")),
        ("POST", "/v2/".to_owned()),
        ("GET", format!("/v2/shares/{id}/nosuch/more")),
        ("POST", "/".to_owned()),
        ("POST", "/healthcheck".to_owned()),
    ];
    for (method, path) in nowhere {
        let plain = admin.send(method, &path, Sent::Nothing).is(404);
        assert_eq!(plain.header("content-type"), Some("text/plain; charset=UTF-8"), "{method} {path}");
        assert_eq!(plain.header("x-openstack-manila-api-version"), None, "{method} {path}");
        assert_eq!(plain.header("x-compute-request-id"), None, "{method} {path}");
        assert!(is_request_id(plain.header("x-openstack-request-id").unwrap()), "{method} {path}");
        if method == "HEAD" {
            continue;
        }
        let json = admin.with("Accept", "application/json").send(method, &path, Sent::Nothing).is(404);
        let body = json.json();
        assert_eq!((&body["code"], &body["title"]), (&"404 Not Found".into(), &"Not Found".into()));
        assert!(body["message"].is_string() && body.as_object().unwrap().len() == 3, "{body}");
        let browser = "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8";
        let html = admin.with("Accept", browser).send(method, &path, Sent::Nothing).is(404);
        assert_eq!(html.header("content-type"), Some("text/html; charset=UTF-8"), "{method} {path}");
    }
    // Without a token the identity is asked for first, wherever it leads.
    Client::nobody(&cloud.address).get("/nosuch").is(401);
    cloud.close(0);
}

#[test]
pub fn a_path_may_name_the_project_and_end_in_json() {
    let cloud = Cloud::open();
    let kind = cloud.make_type("plain", serde_json::json!({}));
    let member = cloud.member();
    let share = cloud.make_mountable(&member, &kind, serde_json::json!({}));
    let links = |path: &str| {
        let body = member.get(path).is(200).json();
        let href = |at: usize| body["share"]["links"][at]["href"].as_str().unwrap().to_owned();
        assert_eq!(body["share"]["links"][0]["rel"], "self");
        assert_eq!(body["share"]["links"][1]["rel"], "bookmark");
        (href(0), href(1))
    };
    let root = &member.root;
    let plain = (format!("{root}/v2/shares/{share}"), format!("{root}/shares/{share}"));
    assert_eq!(links(&format!("/shares/{share}")), plain);
    assert_eq!(links(&format!("/shares/{share}.json")), plain);
    assert_eq!(links(&format!("//shares/{share}")), plain);
    let scoped = (format!("{root}/v2/{OWN}/shares/{share}"), format!("{root}/{OWN}/shares/{share}"));
    assert_eq!(links(&format!("/{OWN}/shares/{share}")), scoped);
    assert_eq!(member.get("/shares.json").is(200).column("shares", "id"), [share.as_str()]);
    assert_eq!(member.get(&format!("/{OWN}/shares/detail.json")).is(200).column("shares", "id"), [share.as_str()]);

    member.get(&format!("/{FOREIGN}/shares")).fails(400);
    cloud.admin().get(&format!("/{FOREIGN}/shares")).fails(400);
    // A token for the whole system has no project that a URL could name.
    cloud.caller("system-admin").get(&format!("/{OWN}/shares")).fails(400);
    cloud.close(1);
}

#[test]
fn links_begin_where_the_client_or_the_proxy_or_the_configuration_says() {
    let cloud = Cloud::with("[oslo_middleware]\nenable_proxy_headers_parsing = true");
    let nobody = Client::nobody(&cloud.address);
    let own_link = |client: &Client| client.send("GET", "/", Sent::Nothing).is(300).text_at("/versions/0/links/1/href");
    assert_eq!(own_link(&nobody), format!("{}/v2/", nobody.root));
    assert_eq!(own_link(&nobody.with("Host", "cloud.example:8786")), "http://cloud.example:8786/v2/");
    let proxied = nobody.with("X-Forwarded-Proto", "https").with("X-Forwarded-Host", "cloud.example");
    assert_eq!(own_link(&proxied), "https://cloud.example/v2/");
    assert_eq!(own_link(&proxied.with("X-Forwarded-Prefix", "/share")), "https://cloud.example/share/v2/");
    cloud.close(0);

    let cloud = Cloud::with("[DEFAULT]\nosapi_share_base_URL = https://public.example/share");
    let nobody = Client::nobody(&cloud.address);
    assert_eq!(
        own_link(&nobody.with("X-Forwarded-Proto", "https").with("X-Forwarded-Host", "evil.example")),
        "https://public.example/share/v2/",
        "proxy headers are believed only where the configuration says so"
    );
    cloud.close(0);
}

#[test]
fn the_health_check_needs_no_token() {
    let cloud = Cloud::open();
    let nobody = Client::nobody(&cloud.address);
    let well = nobody.send("GET", "/healthcheck", Sent::Nothing).is(200);
    assert_eq!((well.text.as_str(), well.header("content-type")), ("OK", Some("text/plain; charset=UTF-8")));
    let json = nobody.with("Accept", "application/json").send("GET", "/healthcheck", Sent::Nothing).is(200);
    assert_eq!(json.json(), serde_json::json!({ "detailed": false, "reasons": [] }));
    assert_eq!(nobody.send("HEAD", "/healthcheck", Sent::Nothing).is(200).text, "");
    cloud.close(0);
}

#[test]
fn without_authentication_a_caller_without_token_is_told_how_to_go_on() {
    let stage = Stage::open();
    let nobody = Client::nobody(&stage.daemon.address).at("2.99");
    let greeting = nobody.get("/shares").is(204);
    let token = greeting.header("x-auth-token").unwrap().to_owned();
    let address = greeting.header("x-server-management-url").unwrap().to_owned();
    assert!(greeting.text.is_empty() && !token.trim_matches(':').is_empty(), "{token:?}");
    let path = address.strip_prefix(&nobody.root).unwrap().to_owned();
    nobody.with_token(&token).send("GET", &format!("{path}/shares"), Sent::Nothing).is(200);
    let named = nobody.with("X-Auth-User", "alice").with("X-Auth-Project-Id", "f00d").get("/shares").is(204);
    assert_eq!(named.header("x-auth-token"), Some("alice:f00d"));

    // The token is taken at face value, and everybody is an administrator.
    nobody.with_token("alice:f00d").get("/services").is(200);
    nobody.with_token("alice:f00d").get("/f00d/shares").is(200);
    nobody.with_token("alice:f00d").get("/beef/shares").fails(400);
    stage.close(0);
}
