//! Lists of shares: pages, orders, counts and filters.

use serde_json::json;

use super::cloud::{Cloud, FOREIGN, NOTHING, OWN, make_type};
use super::wire::Client;

/// Names of the shares that a query finds, in order.
#[track_caller]
fn names(client: &Client, query: &str) -> Vec<String> {
    client.get(&format!("/shares?{query}")).is(200).column("shares", "name")
}

#[track_caller]
fn sorted(client: &Client, query: &str) -> Vec<String> {
    let mut found = names(client, query);
    found.sort();
    found
}

/// Three shares of the own project: a (1 GiB), b (3 GiB, of type gold, with metadata) and c (2 GiB, public).
fn three(cloud: &Cloud) -> [String; 3] {
    let (admin, member) = (cloud.admin(), cloud.member());
    let plain = make_type(&admin, "plain", json!({}));
    let gold = make_type(&admin, "gold", json!({ "x:tier": "gold" }));
    let a = cloud.make_mountable(&member, &plain, json!({ "name": "a", "description": "first share" }));
    let b = json!({ "name": "b", "size": 3, "metadata": { "k": "v", "x": "it's" } });
    let b = cloud.make_mountable(&member, &gold, b);
    let c = cloud.make_mountable(&admin, &plain, json!({ "name": "c", "size": 2, "is_public": true }));
    [a, b, c]
}

#[test]
pub fn a_list_is_paged_sorted_and_counted() {
    let cloud = Cloud::open();
    let member = cloud.member();
    let [_, b, _] = three(&cloud);
    assert_eq!(names(&member, ""), ["c", "b", "a"], "the newest first");
    assert_eq!(names(&member, "limit=2"), ["c", "b"]);
    assert_eq!(names(&member, "limit=2&offset=1"), ["b", "a"]);
    assert_eq!(names(&member, "offset=1"), ["c", "b", "a"], "an offset alone is ignored");
    assert_eq!(names(&member, "limit=2&offset=9"), [""; 0]);
    assert_eq!(names(&member, "limit=0"), [""; 0]);
    assert_eq!(names(&member, &format!("limit=1&marker={b}")), ["a"], "what follows the marker");
    assert_eq!(names(&member, &format!("marker={}", b.to_uppercase())), ["a"]);
    assert_eq!(names(&member, &format!("marker={b}&offset=5&limit=5")), ["a"], "an offset beside it is not counted");
    assert_eq!(names(&member, "marker="), ["c", "b", "a"]);
    assert_eq!(names(&member, "limit=5000"), ["c", "b", "a"]);

    let page = member.get(&format!("/{OWN}/shares?limit=2&name~=&sort_dir=desc")).is(200).json();
    let href = format!("{}/v2/{OWN}/shares?limit=2&name~=&sort_dir=desc&marker={b}~", member.root);
    let link = &page["shares_links"][0];
    assert!(link["rel"] == "next" && link["href"].as_str().unwrap().starts_with(&href), "{link}");
    let next = member.get("/shares?offset=0&limit=2&marker=").is(200).json();
    let href = format!("{}/v2/shares?limit=2&marker={b}~", member.root);
    assert!(next["shares_links"][0]["href"].as_str().unwrap().starts_with(&href), "{next}");
    for no_link in ["limit=4", "limit=0", "", "offset=1"] {
        let page = member.get(&format!("/shares?{no_link}")).is(200).json();
        assert_eq!(page.get("shares_links"), None, "{no_link}");
    }
    let detail = member.get("/shares/detail?limit=3").is(200).json();
    assert!(detail["shares_links"][0]["href"].as_str().unwrap().contains("/v2/shares/detail?limit=3&marker="));

    for (query, order) in [
        ("sort_key=size", ["b", "c", "a"]),
        ("sort_key=size&sort_dir=asc", ["a", "c", "b"]),
        ("sort_key=name&sort_dir=asc", ["a", "b", "c"]),
        ("sort_key=display_name&sort_dir=desc", ["c", "b", "a"]),
        ("sort_key=created_at&sort_dir=asc", ["a", "b", "c"]),
        ("sort_dir=asc", ["a", "b", "c"]),
    ] {
        assert_eq!(names(&member, query), order, "{query}");
        assert_eq!(names(&member, &format!("{query}&limit=2&offset=1")), order[1..], "{query}");
    }
    for key in [
        "id",
        "project_id",
        "user_id",
        "share_proto",
        "updated_at",
        "host",
        "status",
        "share_type_id",
        "availability_zone_id",
        "share_network_id",
        "share_server_id",
        "snapshot_id",
        "share_group_id",
        "is_public",
        "display_description",
        "task_state",
        "launched_at",
        "scheduled_at",
        "terminated_at",
        "replica_state",
        "access_rules_status",
        "progress",
        "cast_rules_to_readonly",
        "mount_point_name",
        "snapshot_support",
        "replication_type",
        "is_soft_deleted",
        "scheduled_to_be_deleted_at",
        "source_backup_id",
        "encryption_key_ref",
    ] {
        assert_eq!(names(&member, &format!("sort_key={key}")).len(), 3, "{key}");
    }

    let count = |version: &str, path: &str| member.at(version).get(path).is(200).json().get("count").cloned();
    assert_eq!(count("2.42", "/shares?with_count=true&limit=1"), Some(json!(3)));
    assert_eq!(count("2.42", "/shares?with_count=&name=b"), Some(json!(1)));
    assert_eq!(count("2.42", "/shares?with_count=false"), None);
    assert_eq!(count("2.42", "/shares"), None);
    assert_eq!(count("2.41", "/shares?with_count=true"), None);
    assert_eq!(count("2.41", "/shares?with_count=zz"), None, "dropped below its version");
    assert_eq!(count("2.0", "/shares/detail?with_count=1&limit=0"), Some(json!(3)));

    for wrong in [
        "marker=zz",
        "marker=zz&sort_key=name",
        &format!("marker={NOTHING}"),
        &format!("name=a&marker={b}"),
        "limit=-1",
        "limit=a",
        "limit=",
        "limit=1.5",
        "limit=99999999999999999999",
        "offset=-1",
        "offset=a&limit=1",
        "offset=a",
        "sort_key=zz",
        "sort_key=",
        "sort_dir=zz",
        "sort_dir=DESC",
        "with_count=zz",
        "is_soft_deleted=zz",
        "all_tenants=zz",
        "is_public=zz",
        "metadata=zz",
        "metadata=%5B1%5D",
        "metadata=%7B%27a%27",
        "metadata=",
    ] {
        member.get(&format!("/shares?{wrong}")).fails(400);
    }
    cloud.close(3);
}

#[test]
pub fn a_list_is_filtered_as_the_version_and_the_caller_allow() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let [a, b, c] = three(&cloud);
    let gold = admin.get("/types?extra_specs=%7B%27x%3Atier%27%3A%27gold%27%7D").is(200).text_at("/share_types/0/id");
    let exports = admin.get(&format!("/shares/{a}/export_locations")).is(200).json();
    let (export, path) = (exports["export_locations"][0]["id"].clone(), exports["export_locations"][0]["path"].clone());
    let (export, path) = (export.as_str().unwrap(), path.as_str().unwrap());
    let zone = admin.get("/availability-zones").text_at("/availability_zones/0/id");
    let all = ["a", "b", "c"].as_slice();
    for (query, found) in [
        ("name=b".to_owned(), ["b"].as_slice()),
        ("display_name=b".to_owned(), &["b"]),
        ("name=B".to_owned(), &[]),
        ("description=first+share".to_owned(), &["a"]),
        ("display_description=first%20share".to_owned(), &["a"]),
        ("description=first".to_owned(), &[]),
        ("name~=a".to_owned(), &["a"]),
        ("description~=st+sh".to_owned(), &["a"]),
        ("status=available".to_owned(), all),
        ("status=error".to_owned(), &[]),
        (format!("share_type_id={gold}"), &["b"]),
        ("metadata=%7B%27k%27%3A+%27v%27%7D".to_owned(), &["b"]),
        ("metadata=%7B%22k%22%3A%22v%22%7D".to_owned(), &["b"]),
        ("metadata=%7B%27k%27%3A%27v%27%2C%27x%27%3A%22it%27s%22%7D".to_owned(), &["b"]),
        ("metadata=%7B%27k%27%3A%27w%27%7D".to_owned(), &[]),
        ("metadata=%7B%27k%27%3A1%2C+%27x%27%3A+True%7D".to_owned(), &[]),
        ("metadata=%7B%7D".to_owned(), all),
        (format!("export_location_id={export}"), &["a"]),
        (format!("export_location_path={path}"), &["a"]),
        ("export_location_path=1.1.1.1:/zz".to_owned(), &[]),
        ("availability_zone=nova".to_owned(), all),
        (format!("availability_zone={zone}"), all),
        ("availability_zone=zz".to_owned(), &[]),
        (format!("snapshot_id={NOTHING}"), &[]),
        ("share_network_id=x".to_owned(), &[]),
        ("share_group_id=x".to_owned(), &[]),
        ("mount_point_name=x".to_owned(), &[]),
        ("is_soft_deleted=true".to_owned(), &[]),
        ("is_soft_deleted=false".to_owned(), all),
        ("unknown=1".to_owned(), all),
        ("share_proto=CIFS".to_owned(), all),
        (format!("project_id={FOREIGN}"), all), // only with all_tenants
        ("name=b&status=available&limit=1".to_owned(), &["b"]),
    ] {
        assert_eq!(sorted(&member, &query), found, "{query}");
        assert_eq!(sorted(&admin, &query), found, "{query}");
    }
    // Below its version a filter is dropped.
    for (version, query) in [
        ("2.34", format!("export_location_id={NOTHING}")),
        ("2.34", "export_location_path=zz".to_owned()),
        ("2.35", "name~=zz".to_owned()),
        ("2.35", "description~=zz".to_owned()),
        ("2.68", "is_soft_deleted=true".to_owned()),
        ("2.68", "is_soft_deleted=zz".to_owned()),
        ("2.96", "availability_zone=zz".to_owned()),
    ] {
        assert_eq!(sorted(&member.at(version), &query), all, "{version} {query}");
    }
    assert_eq!(sorted(&member.at("2.35"), &format!("export_location_id={export}")), ["a"]);
    assert_eq!(sorted(&member.at("2.36"), "name~=a"), ["a"]);
    assert!(sorted(&member.at("2.97"), "availability_zone=zz").is_empty());
    // What only administrators may ask for is refused to others, or not heard.
    let host = admin.get(&format!("/shares/{b}")).text_at("/share/host").replace('#', "%23");
    let service = host.split("%23").next().unwrap().to_owned();
    assert!(sorted(&admin, &format!("host={host}")).contains(&"b".to_owned()));
    assert_eq!(sorted(&admin, &format!("host={service}")), all);
    assert!(sorted(&admin, "host=zz").is_empty() && sorted(&admin, "share_server_id=zz").is_empty());
    assert_eq!(sorted(&admin, "extra_specs=%7B%27x%3Atier%27%3A%27gold%27%7D"), ["b"]);
    assert!(sorted(&admin, &format!("encryption_key_ref={NOTHING}")).is_empty());
    assert!(sorted(&admin, "status=deferred_deleting").is_empty());
    for refused in ["host=zz", "share_server_id=zz", "extra_specs=%7B%27a%27%3A%27b%27%7D", "status=deferred_deleting"]
    {
        member.get(&format!("/shares?{refused}")).fails(403);
    }
    assert_eq!(sorted(&member, &format!("encryption_key_ref={NOTHING}")), all);
    admin.get("/shares?extra_specs=zz").fails(400);

    let foreign = cloud.caller("foreign-member");
    assert!(names(&foreign, "").is_empty());
    assert_eq!(names(&foreign, "is_public=true"), ["c"], "public shares of others, if asked for");
    assert_eq!(foreign.get(&format!("/shares/{c}")).is(200).json()["share"]["name"], "c");
    assert!(names(&foreign, "all_tenants=1").is_empty(), "silently one's own only");
    let elsewhere = cloud.caller("foreign-admin");
    assert!(names(&elsewhere, "").is_empty());
    for query in ["all_tenants=1", "all_tenants=", "all_tenants=true", &format!("all_tenants=1&project_id={OWN}")] {
        assert_eq!(sorted(&elsewhere, query), all, "{query}");
    }
    assert!(names(&elsewhere, &format!("all_tenants=1&project_id={FOREIGN}")).is_empty());
    assert!(names(&elsewhere, "all_tenants=0").is_empty());
    assert_eq!(elsewhere.get("/shares?all_tenants=1&with_count=1&limit=1").is(200).json()["count"], 3);
    cloud.close(3);
}
