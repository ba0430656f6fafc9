//! Whatever is sent, the daemon answers and lives: no failure of ours, no panic in the log, and all is in order after.

use manilad_http::route::Route;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::cloud::{Cloud, NOTHING, OWN};
use super::things::{Request, Things, clear, newest};
use super::wire::{Client, Sent};

/// Requests per route.
const BODIES: u32 = 40;
const QUERIES: u32 = 25;

/// JSON that is wrong in some way, or just odd.
const NASTY: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1.5",
    "1e308",
    "1e400",
    "-0",
    "99999999999999999999999999",
    "\"\"",
    "\" \"",
    "\"\\u0000\"",
    "\"a\\u0000b\"",
    "\"\\ud800\"",
    "\"\\ud83d\\ude00\"",
    "\"\u{202e}\u{feff}\"",
    "\"\\n\\r\\t\\u007f\"",
    "[]",
    "{}",
    "[null]",
    "{\"\": \"\"}",
    "{\"a\": {\"b\": [1, {}]}}",
    "{\"a\": \"b\", \"a\": \"c\"}",
    "\"../../etc/passwd\"",
    "\"%00%2f\"",
    "\"' or 1=1 --\"",
    "\"{'a': 'b'\"",
    "\"00000000-0000-0000-0000-000000000000\"",
    "\"::/0\"",
    "\"0.0.0.0/-1\"",
    "NaN",
    "01",
    "tru",
];

fn nasty() -> impl Strategy<Value = String> {
    let deep = (1usize..400).prop_map(|depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
    let deep_object = (1usize..400).prop_map(|depth| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth)));
    prop_oneof![
        6 => prop::sample::select(NASTY).prop_map(str::to_owned),
        2 => any::<String>().prop_map(|text| json!(text).to_string()),
        1 => (1usize..3000).prop_map(|length| json!("\u{e4}".repeat(length)).to_string()),
        1 => any::<f64>().prop_map(|number| json!(number).to_string()),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => deep,
        1 => deep_object,
        1 => prop::collection::btree_map(any::<String>(), any::<String>(), 0..5).prop_map(|map| json!(map).to_string()),
    ]
}

/// How a body is spoilt.
#[derive(Debug, Clone)]
enum Spoil {
    /// These members are added; those that were there already are there twice then.
    Members(Vec<(prop::sample::Index, String)>),
    Wrapper(String),
    Whole(String),
    Truncated(prop::sample::Index),
    NotText(prop::sample::Index),
}

fn spoil() -> impl Strategy<Value = Spoil> {
    prop_oneof![
        6 => prop::collection::vec((any::<prop::sample::Index>(), nasty()), 1..4).prop_map(Spoil::Members),
        2 => nasty().prop_map(Spoil::Wrapper),
        1 => nasty().prop_map(Spoil::Whole),
        1 => any::<prop::sample::Index>().prop_map(Spoil::Truncated),
        1 => any::<prop::sample::Index>().prop_map(Spoil::NotText),
    ]
}

/// A good body, spoilt.
fn spoilt(route: &Route, good: &Value, spoil: &Spoil) -> Vec<u8> {
    let text = good.to_string();
    let (wrapper, inner) = good.as_object().unwrap().iter().next().unwrap();
    match spoil {
        Spoil::Whole(nasty) => nasty.clone().into_bytes(),
        Spoil::Wrapper(nasty) => format!("{{{}: {nasty}}}", json!(wrapper)).into_bytes(),
        Spoil::Truncated(at) => text.as_bytes()[..at.index(text.len())].to_vec(),
        Spoil::NotText(at) => {
            let mut bytes = text.into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = 0xff;
            bytes
        }
        Spoil::Members(members) => {
            let shape = route.body.unwrap();
            let known: Vec<&str> =
                shape.members.iter().map(|member| member.name).chain(["x:k", "", "\u{0}", "unknown"]).collect();
            let kept = inner.as_object().into_iter().flatten().map(|(key, value)| format!("{}:{value}", json!(key)));
            let added = members.iter().map(|(at, nasty)| format!("{}:{nasty}", json!(known[at.index(known.len())])));
            let inner: Vec<String> = kept.chain(added).collect();
            format!("{{{}: {{{}}}}}", json!(wrapper), inner.join(",")).into_bytes()
        }
    }
}

/// Whether an answer is one that we stand by. 501 says that something is not built.
fn is_ours(status: u16) -> bool {
    status < 500 || status == 501
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, max_shrink_iters: 50, ..Config::default() })
}

/// Holds that the daemon is well: it never panicked, and everything can still be listed.
fn is_well(cloud: &Cloud, admin: &Client) {
    for path in [
        "/shares?all_tenants=1",
        "/shares/detail?all_tenants=1&sort_key=name",
        "/types?is_public=all",
        "/messages",
        "/services",
        "/share-networks/detail?all_tenants=1",
        "/security-services/detail?all_tenants=1",
        "/share-servers",
    ] {
        admin.get(path).is(200);
    }
    let log = cloud.stage.daemon.log();
    let panics: Vec<_> = log.iter().filter(|line| line.contains("panicked") || line.contains("PANIC")).collect();
    assert!(panics.is_empty(), "{panics:#?}");
}

/// A limit that was drawn and accepted must not hinder what the next route needs.
fn lift_limits(admin: &Client) {
    admin.delete(&format!("/quota-sets/{OWN}"));
    let none: Value =
        ["shares", "gigabytes", "per_share_gigabytes", "share_networks"].map(|key| (key, -1)).into_iter().collect();
    admin.put("/quota-class-sets/default", json!({ "quota_class_set": none })).is(200);
}

#[test]
fn no_body_makes_the_daemon_fail() {
    let cloud = Cloud::furnished("[DEFAULT]\ndefault_share_type = usual");
    let things = Things::make(&cloud, 1);
    let admin = cloud.admin();
    for route in manilad_http::catalogue().filter(|route| route.body.is_some()) {
        let mut request = things.request(route);
        if route.action.is_some_and(|action| action.ends_with("force_delete")) {
            request.path = format!("/shares/{NOTHING}/action"); // else the share goes at the first request
        }
        let Request { method, path, body } = request;
        let (client, good) = (admin.at(&newest(route)), body.unwrap());
        let outcome = runner(BODIES).run(&spoil(), |spoil| {
            let body = spoilt(route, &good, &spoil);
            let answer = client.send(method, &format!("/v2{path}"), Sent::Bytes(Some("application/json"), body));
            prop_assert!(is_ours(answer.status), "{} {}: {} {}", method, path, answer.status, answer.text);
            Ok(())
        });
        outcome.unwrap_or_else(|failed| panic!("{failed}"));
        if path.contains("quota") {
            lift_limits(&admin);
        }
    }
    is_well(&cloud, &admin);
    drop(things);
    clear(&cloud);
    cloud.close(0);
}

const KEYS: &[&str] = &[
    "limit",
    "offset",
    "marker",
    "sort_key",
    "sort_dir",
    "with_count",
    "all_tenants",
    "is_public",
    "is_soft_deleted",
    "name",
    "name~",
    "status",
    "metadata",
    "extra_specs",
    "host",
    "backend",
    "pool",
    "share_type",
    "share_id",
    "access_type",
    "access_to",
    "created_since",
    "created_before",
    "ensuring",
    "project_id",
    "availability_zone",
    "export_location_id",
    "zone",
    "id",
    "share_network_id",
    "security_service_id",
    "share_network_subnet_id",
    "share_server_id",
    "is_auto_deletable",
    "task_state",
    "neutron_net_id",
    "ip_version",
    "segmentation_id~",
    "type",
];

const VALUES: &[&str] = &[
    "",
    "%00",
    "%",
    "%zz",
    "%ff%fe",
    "-1",
    "0",
    "99999999999999999999",
    "1e3",
    "{}",
    "{'a':",
    "{'a':{'b':'c'}}",
    "{'a':'b'",
    "[[[[",
    "(((((",
    "(a{999}){999}",
    "(?=a)",
    ".*",
    "true",
    "TRUE",
    "%F0%9F%98%80",
    "2026-13-99",
    "9999-12-31T23:59:59.999999",
    "a&b=c&a",
    "+%2B+",
    "..%2F..",
];

#[test]
fn no_query_path_or_header_makes_the_daemon_fail() {
    let cloud = Cloud::furnished("[DEFAULT]\ndefault_share_type = usual");
    let things = Things::make(&cloud, 1);
    let admin = cloud.admin();
    let pair =
        (prop::sample::select(KEYS), prop_oneof![prop::sample::select(VALUES).prop_map(str::to_owned), "[ -~]{0,40}"]);
    let query = prop::collection::vec(pair, 0..4);
    for route in manilad_http::catalogue().filter(|route| route.method.name() == "GET") {
        let path = things.request(route).path;
        let client = admin.at(&newest(route));
        let outcome = runner(QUERIES).run(&query, |pairs| {
            let pairs =
                pairs.iter().map(|(key, value)| format!("{key}={}", value.replace([' ', '#', '"', '<', '>'], "+")));
            let glue = if path.contains('?') { "&" } else { "?" };
            let asked = format!("/v2{path}{glue}{}", pairs.collect::<Vec<_>>().join("&"));
            let answer = client.send("GET", &asked, Sent::Nothing);
            prop_assert!(is_ours(answer.status), "{}: {} {}", asked, answer.status, answer.text);
            Ok(())
        });
        outcome.unwrap_or_else(|failed| panic!("{failed}"));
    }
    for segment in
        ["%00", "%2e%2e", "%ff", "%", "a%2Fb", "*", "x\u{e4}", &"y".repeat(4000), "%E2%80%AE", ".json", "..json"]
    {
        for path in [
            "/shares/{}",
            "/types/{}",
            "/types/{}/extra_specs",
            "/messages/{}",
            "/share-access-rules/{}",
            "/share-networks/{}/subnets/{}/metadata/{}",
            "/security-services/{}",
            "/{}",
            "/{}/shares",
        ] {
            let answer = admin.get(&path.replace("{}", segment));
            assert!(is_ours(answer.status), "{path} {segment}: {answer:?}");
        }
    }
    for version in ["2.18446744073709551616", "99999999999999999999.1", "2.7 ", "2.7\t", "2.\u{7f}", &"2".repeat(4000)]
    {
        let Ok(_) = reqwest::header::HeaderValue::from_str(version) else { continue };
        assert!(is_ours(admin.at(version).get("/shares").status), "{version}");
    }
    is_well(&cloud, &admin);
    drop(things);
    clear(&cloud);
    cloud.close(0);
}
