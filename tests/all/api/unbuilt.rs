//! Lists of resources that are not built are there and empty, for dashboards ask for them first; whatever else these
//! resources have is not there. Sources: horizon.md, resources.md and routes.tsv of the facts.

use manilad_http::missing::{ApiRoute, missing};
use serde_json::{Value, json};

use super::cloud::{Cloud, NOTHING, make_type};
use super::wire::{Answer, Client};

const EXPERIMENTAL: &str = "X-OpenStack-Manila-API-Experimental";

/// Path, key of the list, the first version, and up to which it is experimental.
const LISTS: &[(&str, &str, u8, u8)] = &[
    ("/share-groups", "share_groups", 31, 54),
    ("/share-groups/detail", "share_groups", 31, 54),
    ("/share-group-types", "share_group_types", 31, 54),
    ("/share-group-snapshots", "share_group_snapshots", 31, 54),
    ("/share-group-snapshots/detail", "share_group_snapshots", 31, 54),
    ("/share-replicas", "share_replicas", 11, 55),
    ("/share-replicas/detail", "share_replicas", 11, 55),
    ("/share-backups", "share_backups", 80, 99),
    ("/share-backups/detail", "share_backups", 80, 99),
];

#[test]
fn lists_of_what_is_not_built_are_empty_at_the_versions_that_have_them() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    for (path, key, from, last) in LISTS {
        let at = |minor: u8| admin.at(&format!("2.{minor}"));
        let opted = |minor: u8| at(minor).with(EXPERIMENTAL, "true");
        let empty = json!({ *key: [] });
        if let Some(before) = from.checked_sub(1) {
            opted(before).get(path).fails(404);
        }
        assert_eq!(opted(*from).get(path).is(200).json(), empty, "{path}");
        assert_eq!(opted(99).get(path).is(200).json(), empty, "{path}");
        at(*from).get(path).fails(404);
        at(*last).get(path).fails(404);
        if *last < 99 {
            at(last + 1).get(path).is(200);
        }
        cloud.caller("stranger").with(EXPERIMENTAL, "true").get(path).fails(403);
    }
    cloud.close(0);
}

#[test]
fn dashboards_and_tools_are_answered_as_they_ask() {
    let cloud = Cloud::open();
    let kind = make_type(&cloud.admin(), "plain", json!({}));
    let share = cloud.make_mountable(&cloud.member(), &kind, json!({}));
    for client in [cloud.admin(), cloud.member()].map(|client| client.at("2.87").with(EXPERIMENTAL, "true")) {
        for query in [
            "/snapshots/detail".to_owned(),
            "/snapshots/detail?all_tenants=True".to_owned(),
            format!("/snapshots/detail?share_id={share}&name~=a&limit=5&offset=2&sort_key=name&sort_dir=asc&usage=any"),
            "/share-groups/detail".to_owned(),
            "/share-groups/detail?all_tenants=1&name~=x&status=available&limit=1".to_owned(),
            "/share-group-snapshots/detail?all_tenants=True".to_owned(),
            "/share-group-types?is_public=all".to_owned(),
            "/share-group-types?is_public=True&group_specs=%7B%27a%27%3A%27b%27%7D".to_owned(),
            format!("/share-replicas/detail?share_id={share}"),
            format!("/share-backups/detail?share_id={share}&all_projects=True"),
            "/share-transfers/detail?all_tenants=1&resource_type=share".to_owned(),
        ] {
            let body = client.get(&query).is(200).json();
            let only: Vec<&Value> = body.as_object().unwrap().values().collect();
            assert_eq!(only, [&json!([])], "{query}: {body}");
        }
        let counted = |version: &str, path: &str| client.at(version).get(path).is(200).json().get("count").cloned();
        assert_eq!(counted("2.79", "/snapshots?with_count=true"), Some(json!(0)));
        assert_eq!(counted("2.78", "/snapshots?with_count=true"), None);
        assert_eq!(counted("2.0", "/snapshots/detail?with_count=1"), Some(json!(0)));
        assert_eq!(counted("2.79", "/snapshots"), None);
    }
    cloud.close(1);
}

#[test]
fn a_value_that_the_list_would_refuse_is_refused_though_it_is_empty() {
    let cloud = Cloud::open();
    let member = cloud.member().with(EXPERIMENTAL, "true");
    for wrong in [
        "/share-groups?colour=red",
        "/share-groups/detail?sort_key=colour",
        "/share-group-types?group_specs=zz",
        "/share-replicas?limit=a",
        "/share-backups?sort_key=zz",
        &format!("/share-backups?share_id={NOTHING}"),
    ] {
        member.get(wrong).fails(400);
    }
    // Below its version a filter is dropped, as everywhere.
    member.at("2.65").get("/share-group-types?group_specs=zz").is(200);
    cloud.close(0);
}

#[test]
fn what_else_these_resources_have_is_not_there() {
    let cloud = Cloud::open();
    let admin = cloud.admin().with(EXPERIMENTAL, "true");
    for (path, ..) in LISTS.iter().filter(|(path, ..)| !path.ends_with("/detail")) {
        for (method, path) in [
            ("POST", (*path).to_owned()),
            ("GET", format!("{path}/{NOTHING}")),
            ("PUT", format!("{path}/{NOTHING}")),
            ("DELETE", format!("{path}/{NOTHING}")),
            ("POST", format!("{path}/{NOTHING}/action")),
        ] {
            assert_eq!(admin.ask(method, &path, None).status, 404, "{method} {path}");
        }
    }
    cloud.close(0);
}

/// Asks for a route that is not built.
fn ask(client: &Client, row: &ApiRoute) -> Answer {
    let segment = |text| if str::starts_with(text, '{') { NOTHING } else { text };
    let path: Vec<&str> = row.path.split('/').map(segment).collect();
    client.ask(row.method.name(), &path.join("/"), row.action.map(|action| json!({ action: null })).as_ref())
}

#[test]
fn who_asks_for_a_route_that_is_not_built_is_told_so() {
    let cloud = Cloud::open();
    let is_told = |row: &ApiRoute, answer: &Answer| {
        answer.text.contains(row.path) && answer.text.contains("is not built in manilad")
    };
    for row in missing() {
        let version = row.span.to.to_string();
        let answer = ask(&cloud.admin().at(&version).with(EXPERIMENTAL, "true"), row);
        // Where no action of a path is built, the path is not there, whatever the action is.
        let (status, key) = if answer.status == 400 { (400, "badRequest") } else { (404, "itemNotFound") };
        answer.fails(status);
        assert!(is_told(row, &answer), "{}", answer.text);
        let names_it = answer.json()[key]["message"].as_str().unwrap().contains(row.action.unwrap_or_default());
        assert!(status == 404 || names_it, "{}", answer.text);
        assert_eq!(answer.header("x-openstack-manila-api-version"), Some(&*version));
    }
    let row = |path: &str, action: Option<&str>| {
        missing().iter().find(|row| row.path == path && row.action == action && row.method.name() == "POST").unwrap()
    };
    let (groups, cancel) = (row("/share-groups", None), row("/shares/{share_id}/action", Some("migration_cancel")));
    for (row, version, experimental, is_named) in [
        (groups, "2.30", true, false),
        (groups, "2.31", true, true),
        (groups, "2.54", false, false),
        (groups, "2.55", false, true),
        (groups, "2.zz", true, false),
        (cancel, "2.21", true, false),
        (cancel, "2.22", true, true),
    ] {
        let client = cloud.admin().at(version);
        let answer = ask(&if experimental { client.with(EXPERIMENTAL, "true") } else { client }, row);
        assert_eq!(answer.status, if row.action.is_some() { 400 } else { 404 }, "{} at {version}", row.path);
        assert_eq!(is_told(row, &answer), is_named, "{} at {version}: {}", row.path, answer.text);
    }
    cloud.close(0);
}
