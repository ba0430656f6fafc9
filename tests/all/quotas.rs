//! Quota sets, quota classes and limits through the front door: which keys there are, whose limit binds, what may be
//! set, and who may see it. Source: quotas-and-limits.md of the facts, and recorded exchanges.

use serde_json::{Map, Value, json};

use crate::api::cloud::{Cloud, FOREIGN, OWN, wish};
use crate::api::things::clear;
use crate::api::wire::{Answer, Client};

const KEYS: &str = include_str!("../facts/quotas.tsv");
const OBSERVED: &str = include_str!("../facts/quotas-observed.jsonl");

/// The user of every bearer.
const USER: &str = "cccccccccccccccccccccccccccccccc";

/// A key as the facts have it.
struct Fact {
    name: &'static str,
    preset: i64,
    since: u8,
    of_types: bool,
    /// Names of limit and use in the limits, and since when.
    limits: Option<(&'static str, &'static str, u8)>,
}

fn minor(version: &str) -> u8 {
    version.strip_prefix("2.").unwrap().parse().unwrap()
}

fn facts() -> Vec<Fact> {
    let rows = KEYS.lines().filter(|line| !line.starts_with('#'));
    rows.map(|line| {
        let [name, preset, since, types, limit, used, shown] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        Fact {
            name,
            preset: preset.parse().unwrap(),
            since: minor(since),
            of_types: types == "yes",
            limits: (limit != "-").then(|| (limit, used, minor(shown))),
        }
    })
    .collect()
}

fn path(project: &str) -> String {
    format!("/quota-sets/{project}")
}

fn of_user() -> String {
    format!("{}?user_id={USER}", path(OWN))
}

fn set(client: &Client, path: &str, values: Value) -> Answer {
    client.put(path, json!({ "quota_set": values }))
}

/// One limit out of a quota set.
fn limit(client: &Client, path: &str, key: &str) -> i64 {
    client.get(path).is(200).json()["quota_set"][key].as_i64().unwrap()
}

fn ask(client: &Client, of: &str, more: Value) -> Answer {
    client.post("/shares", wish(of, more))
}

#[test]
fn recorded_exchanges_come_back_value_for_value() {
    let cloud = Cloud::open();
    let kind = cloud.make_type("default", json!({}));
    (0..5).for_each(|_| drop(cloud.make_share(&cloud.member(), &kind, json!({}))));
    for line in OBSERVED.lines().map(|line| line.replace("{share_type}", &kind)) {
        let line: Value = serde_json::from_str(&line).unwrap();
        let text = |key: &str| line[key].as_str().unwrap();
        let caller = match text("roles") {
            _ if text("path") == "/v2/limits" => cloud.caller("foreign-admin"), // the recording used none
            "member,reader" => cloud.member(),
            _ => cloud.admin(),
        };
        let below = text("path").strip_prefix("/v2").unwrap();
        let answer = caller.at(text("version")).ask(text("method"), below, line.get("request"));
        let mut here = answer.json_or_null();
        let fault =
            here.as_object_mut().and_then(|body| body.values_mut().find(|value| value.get("message").is_some()));
        if let Some(fault) = fault {
            fault["message"] = json!("<text>");
        }
        assert_eq!((json!(answer.status), &here), (line["status"].clone(), &line["response"]), "{line}");
    }
    clear(&cloud);
    cloud.close(0);
}

#[test]
pub fn every_version_knows_its_keys_and_no_others() {
    let cloud = Cloud::open();
    cloud.make_type("usual", json!({}));
    let facts = facts();
    for version in 0..=99 {
        let client = cloud.admin().at(&format!("2.{version}"));
        let old = if version < 7 { "os-" } else { "" };
        let flat = |of_types: bool, id: &str| -> Map<String, Value> {
            let known = facts.iter().filter(|fact| fact.since <= version && (fact.of_types || !of_types));
            let keys = known.map(|fact| (fact.name.to_owned(), json!(fact.preset)));
            [("id".to_owned(), json!(id))].into_iter().chain(keys).collect()
        };
        let body = |path: &str| client.get(path).is(200).json();
        let own = format!("/{old}quota-sets/{OWN}");
        for path in [own.clone(), format!("{own}/defaults"), format!("{own}?user_id={USER}")] {
            assert_eq!(body(&path), json!({ "quota_set": flat(false, OWN) }), "{path} at 2.{version}");
        }
        let class = format!("/{old}quota-class-sets/any");
        assert_eq!(body(&class), json!({ "quota_class_set": flat(false, "any") }), "{class} at 2.{version}");

        let of_type = format!("{own}?share_type=usual");
        match version {
            39.. => assert_eq!(body(&of_type), json!({ "quota_set": flat(true, OWN) }), "{of_type} at 2.{version}"),
            _ => client.get(&of_type).fails(400),
        }
        let detail = format!("/quota-sets/{OWN}/detail");
        match version {
            25.. => {
                let mut told = flat(false, OWN);
                let numbers = told.values_mut().filter(|value| value.is_number());
                numbers.for_each(|limit| *limit = json!({ "limit": limit.clone(), "in_use": 0, "reserved": 0 }));
                assert_eq!(body(&detail), json!({ "quota_set": told }), "{detail} at 2.{version}");
            }
            _ => client.get(&detail).fails(404),
        }
        let mut absolute = Map::new();
        for fact in &facts {
            if let Some((limit, used, _)) = fact.limits.filter(|(.., since)| *since <= version) {
                absolute.extend([(limit.to_owned(), json!(fact.preset)), (used.to_owned(), json!(0))]);
            }
        }
        assert_eq!(body("/limits"), json!({ "limits": { "rate": [], "absolute": absolute } }), "at 2.{version}");
        let wrong = if version < 7 { "/quota-sets/p" } else { "/os-quota-sets/p" };
        client.get(wrong).fails(404);
    }
    cloud.close(0);
}

#[test]
fn the_narrowest_limit_that_was_set_applies_until_it_is_dropped() {
    let cloud = Cloud::with("[quota]\nshares = 40\nbackups = -1\nencryption_keys = 6");
    let admin = cloud.admin();
    let kind = cloud.make_type("usual", json!({}));
    let of_type = format!("{}?share_type={kind}", path(OWN));
    let shares = |path: &str| limit(&admin, path, "shares");
    let class = |values: Value| admin.put("/quota-class-sets/default", json!({ "quota_class_set": values })).is(200);

    assert_eq!((shares(&path(OWN)), limit(&admin, &path(OWN), "backups")), (40, -1));
    assert_eq!(limit(&admin, &path(OWN), "encryption_keys"), 6);
    class(json!({ "shares": 30 }));
    for path in [path(OWN), path(FOREIGN), of_user(), of_type.clone(), format!("{}/defaults", path("anybody"))] {
        assert_eq!(shares(&path), 30, "{path}: class default changes everybody");
    }
    admin.put("/quota-class-sets/another", json!({ "quota_class_set": { "shares": 9 } })).is(200);
    set(&admin, &path(OWN), json!({ "shares": 20 })).is(200);
    set(&admin, &of_user(), json!({ "shares": 10 })).is(200);
    set(&admin, &of_type, json!({ "shares": 5 })).is(200);
    let seen = || [path(OWN), of_user(), of_type.clone(), path(FOREIGN)].map(|path| shares(&path));
    assert_eq!(seen(), [20, 10, 5, 30]);
    assert_eq!(shares(&format!("{}/defaults", path(OWN))), 30);
    assert_eq!(cloud.member().get("/limits").is(200).json()["limits"]["absolute"]["maxTotalShares"], 20);

    let dropped = |path: &str| assert_eq!(admin.delete(path).is(202).text, "");
    dropped(&of_user());
    assert_eq!(seen(), [20, 20, 5, 30]);
    dropped(&path(OWN));
    assert_eq!(seen(), [30, 30, 5, 30]);
    dropped(&of_type);
    dropped(&of_type);
    class(json!({ "shares": 31 }));
    assert_eq!(seen(), [31, 31, 31, 31]);
    cloud.close(0);
}

#[test]
fn what_is_over_a_limit_is_refused_until_the_limit_rises() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("usual", json!({}));
    cloud.make_type("other", json!({}));
    let of_type = format!("{}?share_type=usual", path(OWN));
    let of_others = format!("{}?user_id=nobody", path(OWN));
    let sized = |size: u64| ask(&member, &kind, json!({ "size": size }));

    // Shares: the project, then the user, then the share type.
    set(&admin, &path(OWN), json!({ "shares": 1 })).is(200);
    sized(1).is(200);
    sized(1).fails(413);
    assert_eq!(sized(1).header("retry-after"), Some("0"));
    assert!(sized(1).text.contains("ShareLimitExceeded: "), "{}", sized(1).text);
    ask(&cloud.caller("foreign-member"), &kind, json!({})).is(200);
    set(&admin, &path(OWN), json!({ "shares": 3 })).is(200);
    set(&admin, &of_user(), json!({ "shares": 1 })).is(200);
    set(&admin, &of_others, json!({ "shares": 0 })).is(200);
    sized(1).fails(413);
    set(&admin, &of_user(), json!({ "shares": 3 })).is(200);
    set(&admin, &of_type, json!({ "shares": 1 })).is(200);
    sized(1).fails(413);
    ask(&member, "other", json!({})).is(200);
    admin.delete(&of_type).is(202);
    sized(1).is(200);
    sized(1).fails(413);

    // Sizes: 3 GiB are in use.
    set(&admin, &path(OWN), json!({ "shares": -1, "gigabytes": 8, "per_share_gigabytes": 4 })).is(200);
    admin.delete(&of_user()).is(202);
    sized(5).fails(413);
    assert!(sized(5).text.contains("ShareSizeExceedsLimit: "), "{}", sized(5).text);
    set(&admin, &path(OWN), json!({ "per_share_gigabytes": -1 })).is(200);
    sized(6).fails(413);
    assert!(sized(6).text.contains("ShareSizeExceedsAvailableQuota: "), "{}", sized(6).text);
    sized(5).is(200);
    sized(1).fails(413);
    admin.delete(&path(OWN)).is(202);
    sized(1).is(200);
    clear(&cloud);
    cloud.close(0);
}

#[test]
fn detail_and_limits_tell_what_is_in_use_on_each_account() {
    let cloud = Cloud::open();
    let member = cloud.member();
    let kind = cloud.make_type("usual", json!({}));
    cloud.make_type("other", json!({}));
    ask(&member, &kind, json!({ "size": 2 })).is(200);
    let gone = cloud.make_mountable(&member, "other", json!({ "size": 3 }));
    let used = |query: &str| {
        let body = member.get(&format!("{}/detail{query}", path(OWN))).is(200).json();
        ["shares", "gigabytes", "snapshots", "per_share_gigabytes"]
            .map(|key| body["quota_set"][key]["in_use"].as_i64().unwrap())
    };
    assert_eq!(used(""), [2, 5, 0, 0]);
    assert_eq!(used(&format!("?user_id={USER}")), [2, 5, 0, 0]);
    assert_eq!(used("?user_id=somebody"), [0, 0, 0, 0]);
    assert_eq!(used("?share_type=usual"), [1, 2, 0, 0]);
    assert_eq!(used(&format!("?share_type={kind}")), [1, 2, 0, 0]);
    let absolute = |client: &Client| client.get("/limits").is(200).json()["limits"]["absolute"].clone();
    let told = absolute(&member);
    assert_eq!((&told["totalSharesUsed"], &told["totalShareGigabytesUsed"]), (&json!(2), &json!(5)));
    assert_eq!(absolute(&cloud.caller("foreign-member"))["totalSharesUsed"], 0);
    member.delete(&format!("/shares/{gone}")).is(202);
    crate::api::cloud::until_gone(&member, &gone);
    assert_eq!(used(""), [1, 2, 0, 0]);
    assert_eq!(used("?share_type=other"), [0, 0, 0, 0]);
    clear(&cloud);
    cloud.close(0);
}

#[test]
fn a_limit_can_only_be_set_between_what_is_used_and_what_is_allowed_above() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    let kind = cloud.make_type("usual", json!({}));
    (0..2).for_each(|_| drop(cloud.make_share(&cloud.member(), &kind, json!({}))));
    let of_type = format!("{}?share_type={kind}", path(OWN));
    let of_another = format!("{}?user_id=another", path(OWN));
    let takes = |path: &str, value: i64| set(&admin, path, json!({ "shares": value })).is(200);
    let refuses = |path: &str, value: i64| set(&admin, path, json!({ "shares": value })).fails(400);

    // Below what is used, and above the project's limit.
    for path in [path(OWN), of_user(), of_type.clone()] {
        refuses(&path, 1);
        refuses(&path, -2);
        takes(&path, 2);
        admin.delete(&path).is(202);
    }
    for path in [of_user(), of_type.clone()] {
        refuses(&path, 51);
        refuses(&path, -1);
        takes(&path, 50);
        admin.delete(&path).is(202);
    }
    // Below what was handed out.
    takes(&of_user(), 10);
    takes(&of_another, 15);
    takes(&of_type, 20);
    refuses(&path(OWN), 24);
    takes(&path(OWN), 25);
    takes(&path(OWN), -1);
    takes(&of_user(), -1);
    // Force heeds nothing of this, but not everything is a limit.
    let force = |path: &str, value: Value| set(&admin, path, json!({ "shares": value, "force": "true" }));
    force(&path(OWN), json!(0)).is(200);
    force(&of_user(), json!(99)).is(200);
    force(&path(OWN), json!(-2)).fails(400);
    ask(&cloud.member(), &kind, json!({})).fails(413);
    // All or nothing.
    set(&admin, &path(OWN), json!({ "backups": 3, "gigabytes": 0 })).fails(400);
    assert_eq!(limit(&admin, &path(OWN), "backups"), 10);
    clear(&cloud);
    cloud.close(0);
}

#[test]
fn mistakes_in_a_quota_have_their_status() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    cloud.make_type("usual", json!({}));
    let of_type = format!("{}?share_type=usual", path(OWN));
    for wrong in ["a", "1.5", "2147483648"].map(Value::from).into_iter().chain([json!(true), json!(1.5), json!([1])]) {
        set(&admin, &path(OWN), json!({ "shares": wrong })).fails(400);
    }
    for wrong in [json!({}), json!({ "force": true }), json!({ "zz": 1 }), json!({ "zz": 1, "shares": 5 })] {
        set(&admin, &path(OWN), wrong).fails(400);
    }
    admin.put(&path(OWN), json!({ "shares": 1 })).fails(400);
    set(&admin, &path(OWN), json!({ "shares": null, "gigabytes": "", "tenant_id": "p" })).is(200);
    set(&admin, &path(OWN), json!({ "shares": "11" })).is(200);
    assert_eq!(limit(&admin, &path(OWN), "shares"), 11);
    for key in ["share_groups", "share_group_snapshots", "share_networks"] {
        set(&admin, &of_type, json!({ key: 1 })).fails(400);
    }
    for (version, key) in [
        ("2.39", "share_groups"),
        ("2.39", "share_group_snapshots"),
        ("2.52", "share_replicas"),
        ("2.40", "replica_gigabytes"),
        ("2.61", "per_share_gigabytes"),
        ("2.79", "backups"),
        ("2.62", "backup_gigabytes"),
        ("2.89", "encryption_keys"),
    ] {
        set(&admin.at(version), &path(OWN), json!({ key: 1 })).fails(400);
    }
    let old = admin.at("2.6");
    for key in ["share_groups", "share_replicas", "replica_gigabytes"] {
        set(&old, &format!("/os-quota-sets/{OWN}"), json!({ key: 1 })).fails(400);
    }
    set(&old, &format!("/os-quota-sets/{OWN}?share_type=usual"), json!({ "shares": 1 })).fails(400);
    set(&old, &format!("/os-quota-sets/{OWN}"), json!({ "shares": 12 })).is(200);
    old.delete(&format!("/os-quota-sets/{OWN}")).is(202);
    assert_eq!(limit(&admin, &path(OWN), "shares"), 50);

    let both = format!("{}?share_type=usual&user_id=u", path(OWN));
    let unknown = format!("{}?share_type=unusual", path(OWN));
    let ask = |path: &str, status: u16| {
        admin.get(path).fails(status);
        set(&admin, path, json!({ "shares": 1 })).fails(status);
        admin.delete(path).fails(status);
    };
    ask(&both, 400);
    ask(&unknown, 404);
    let endless = "x".repeat(256);
    set(&admin, &path(&endless), json!({ "shares": 1 })).fails(400);
    set(&admin, &format!("{}?user_id={endless}", path(OWN)), json!({ "shares": 1 })).fails(400);
    let class = |name: &str, body: Value| admin.put(&format!("/quota-class-sets/{name}"), body);
    class(&endless, json!({ "quota_class_set": { "shares": 1 } })).fails(400);
    class("a", json!({ "shares": 1 })).fails(400);
    for wrong in [json!("1"), json!(-2), json!(null), json!(2_147_483_648u64)] {
        class("a", json!({ "quota_class_set": { "shares": wrong } })).fails(400);
    }
    let ignored = class("a", json!({ "quota_class_set": { "class_name": "b", "zz": "?", "gigabytes": 20 } })).is(200);
    assert_eq!(ignored.json()["quota_class_set"]["gigabytes"], 20);
    assert_eq!(ignored.json()["quota_class_set"].get("id"), None);
    cloud.close(0);
}

#[test]
fn everybody_sees_their_own_project_and_only_administrators_more() {
    let cloud = Cloud::open();
    let (own, foreign) = (path(OWN), path(FOREIGN));
    for who in ["reader", "member", "admin"] {
        let client = cloud.caller(who);
        for path in [own.clone(), format!("{own}/detail"), of_user(), format!("{own}/defaults")] {
            client.get(&path).is(200);
        }
        client.get(&format!("{foreign}/defaults")).is(200);
        client.get("/limits").is(200);
    }
    for who in ["reader", "member", "foreign-member"] {
        let (client, elsewhere) = (cloud.caller(who), if who == "foreign-member" { &own } else { &foreign });
        client.get(elsewhere).fails(403);
        client.get(&format!("{elsewhere}/detail")).fails(403);
        client.get("/quota-class-sets/default").fails(403);
        client.put("/quota-class-sets/default", json!({ "quota_class_set": { "shares": 1 } })).fails(403);
        for path in [&own, &foreign] {
            set(&client, path, json!({ "shares": 1 })).fails(403);
            client.delete(path).fails(403);
        }
    }
    cloud.admin().get(&foreign).is(200);
    cloud.caller("stranger").get(&own).fails(403);
    cloud.caller("stranger").get("/limits").is(200);
    cloud.caller("system-reader").get("/limits").is(200);
    cloud.close(0);
}

#[test]
fn a_share_type_that_goes_takes_its_limits_along() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    let kind = cloud.make_type("brief", json!({}));
    for project in [OWN, FOREIGN] {
        set(&admin, &format!("{}?share_type=brief", path(project)), json!({ "shares": 30 })).is(200);
    }
    set(&admin, &path(OWN), json!({ "shares": 29 })).fails(400);
    admin.delete(&format!("/types/{kind}")).is(202);
    set(&admin, &path(OWN), json!({ "shares": 29 })).is(200);
    set(&admin, &path(FOREIGN), json!({ "shares": 29 })).is(200);
    cloud.close(0);
}
