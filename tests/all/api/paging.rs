//! Pages of lists, followed from link to link as clients do.

use std::collections::BTreeMap;

use serde_json::json;

use super::cloud::{Cloud, NOTHING, make_type, until_gone, until_status};
use super::wire::Client;
use crate::support::until;

/// Follows the links of a list as openstacksdk does: what is in the query of a link takes the place of what was asked,
/// the rest is sent again, and behind a page without a link one more is asked for with the last id as the marker.
fn followed(client: &Client, path: &str, list: &str, query: &[(&str, &str)]) -> Vec<String> {
    let mut asked: BTreeMap<String, String> =
        query.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let (limit, mut found, mut last) = (asked["limit"].clone(), Vec::new(), None);
    loop {
        let text: Vec<String> = asked.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let answer = client.get(&format!("{path}?{}", text.join("&"))).is(200);
        let ids = answer.column(list, "id");
        let Some(end) = ids.last().cloned() else { return found };
        assert!(ids.iter().all(|id| !found.contains(id)), "{path} {asked:?}: a page comes twice");
        found.extend(ids);
        match answer.json()[format!("{list}_links")][0]["href"].as_str() {
            Some(href) => {
                let query = reqwest::Url::parse(href).unwrap();
                asked.extend(query.query_pairs().map(|(key, value)| (key.into_owned(), value.into_owned())));
            }
            None => asked.extend([("limit".to_owned(), limit.clone()), ("marker".to_owned(), end)]),
        }
        assert_ne!(last, asked.get("marker").cloned(), "{path}: the same marker again");
        last = asked.get("marker").cloned();
    }
}

/// Leaves messages behind, and nothing else.
fn make_messages(cloud: &Cloud, count: usize) {
    let (admin, member) = (cloud.admin(), cloud.member());
    if !admin.get("/types").column("share_types", "name").contains(&"hopeless".to_owned()) {
        make_type(&admin, "hopeless", json!({ "vendor_name": "Nobody" }));
    }
    for _ in 0..count {
        let share = cloud.make_share(&member, "hopeless", json!({}));
        until_status(&admin, &share, "error");
        admin.act(&share, json!({ "force_delete": null })).is(202);
        until_gone(&admin, &share);
    }
    until("all messages are there", || (member.get("/messages").column("messages", "id").len() >= count).then_some(()));
}

#[test]
fn links_to_further_pages_lead_through_the_list_and_end() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    make_messages(&cloud, 5);
    let kind = make_type(&admin, "plain", json!({}));
    let mut shares: Vec<String> =
        (0..5).map(|at| cloud.make_mountable(&member, &kind, json!({ "name": format!("s{at}") }))).collect();
    shares.reverse();
    for of in 0..5 {
        let service = json!({ "security_service": { "type": "ldap", "name": format!("d{of}") } });
        member.post("/security-services", service).is(200);
        member.post("/share-networks", json!({ "share_network": { "name": format!("n{of}") } })).is(200);
    }
    for limit in ["1", "2", "3", "5", "6"] {
        for path in ["/shares", "/shares/detail"] {
            for (client, more) in [
                (&member, [].as_slice()),
                (&member, &[("name~", "s"), ("status", "available")]),
                (&member, &[("is_public", "true")]),
                (&admin, &[("all_tenants", "1"), ("sort_key", "name"), ("sort_dir", "desc")]),
            ] {
                let query = [&[("limit", limit)], more].concat();
                assert_eq!(followed(client, path, "shares", &query), shares, "{path} {query:?}");
            }
            assert_eq!(followed(&member, path, "shares", &[("limit", limit), ("offset", "1")]), shares[1..], "{limit}");
        }
        for (path, list) in [
            ("/messages", "messages"),
            ("/share-networks", "share_networks"),
            ("/share-networks/detail", "share_networks"),
            ("/security-services", "security_services"),
            ("/security-services/detail", "security_services"),
        ] {
            let whole = member.get(path).is(200).column(list, "id");
            assert_eq!(whole.len(), 5, "{path}");
            assert_eq!(followed(&member, path, list, &[("limit", limit)]), whole, "{path} {limit}");
        }
    }
    for lost in ["/messages", "/share-networks", "/security-services"] {
        member.get(&format!("{lost}?marker={NOTHING}")).fails(400);
    }
    cloud.close(5);
}

#[test]
fn a_list_that_ends_at_osapi_max_limit_links_to_what_is_left() {
    let cloud = Cloud::with("[DEFAULT]\nosapi_max_limit = 2");
    let member = cloud.member();
    make_messages(&cloud, 2);
    let share = cloud.make_share(&member, "hopeless", json!({}));
    until_status(&cloud.admin(), &share, "error");
    let first = member.get("/messages?sort_dir=asc&limit=1").is(200).text_at("/messages/0/id");
    until("three messages are there", || {
        (member.get(&format!("/messages?sort_dir=asc&marker={first}")).column("messages", "id").len() == 2)
            .then_some(())
    });
    for query in ["/messages", "/messages?limit=9"] {
        let page = member.get(query).is(200).json();
        assert_eq!(page["messages"].as_array().unwrap().len(), 2, "{query}");
        let href = page["messages_links"][0]["href"].as_str().unwrap().replace(&format!("{}/v2", member.root), "");
        let rest = member.get(&href).is(200).json();
        assert_eq!((rest["messages"].as_array().unwrap().len(), rest.get("messages_links")), (1, None), "{query}");
    }
    cloud.admin().act(&share, json!({ "force_delete": null })).is(202);
    cloud.close(0);
}

/// Follows the links of a list and removes what each page shows before it goes on, as a clean-up does.
fn removed(client: &Client, path: &str, list: &str, remove: impl Fn(&str)) -> Vec<String> {
    let (mut found, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next {
        let page = client.get(&path).is(200);
        let ids = page.column(list, "id");
        ids.iter().for_each(|id| remove(id));
        found.extend(ids);
        let href = page.json()[format!("{list}_links")][0]["href"].as_str().map(str::to_owned);
        next = href.map(|href| href.replace(&format!("{}/v2", client.root), ""));
    }
    found
}

#[test]
fn links_lead_on_when_what_a_page_showed_is_deleted() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = make_type(&admin, "plain", json!({}));
    for query in [
        "",
        "&sort_dir=asc",
        "&sort_key=name",
        "&sort_key=share_server_id&sort_dir=asc",
        "&sort_key=updated_at&sort_dir=asc",
        "&status=available",
        "&name~=s&is_public=true",
    ] {
        let shares: std::collections::BTreeSet<String> =
            (0..5).map(|at| cloud.make_mountable(&member, &kind, json!({ "name": format!("s{at}") }))).collect();
        let gone = removed(&admin, &format!("/shares?limit=2{query}"), "shares", |share| {
            member.delete(&format!("/shares/{share}")).is(202);
            until_gone(&admin, share);
        });
        assert_eq!((gone.len(), gone.into_iter().collect()), (5, shares), "{query}");
    }
    cloud.close(0);
}

#[test]
fn links_lead_on_when_a_share_leaves_what_is_filtered() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = make_type(&admin, "plain", json!({}));
    for _ in 0..5 {
        cloud.make_mountable(&member, &kind, json!({ "name": "s" }));
    }
    let left = removed(&member, "/shares?limit=2&status=available", "shares", |share| {
        admin.act(share, json!({ "reset_status": { "status": "error" } })).is(202);
    });
    assert_eq!(left.len(), 5);
    cloud.close(5);
}

#[test]
fn links_of_messages_lead_on_when_what_a_page_showed_is_deleted() {
    let cloud = Cloud::open();
    let member = cloud.member();
    let remove = |message: &str| {
        member.delete(&format!("/messages/{message}")).is(204);
    };
    for query in ["", "&sort_dir=asc", "&sort_key=resource_id", "&message_level=ERROR&created_since=2020-01-01"] {
        make_messages(&cloud, 5);
        let gone = removed(&member, &format!("/messages?limit=2{query}"), "messages", remove);
        assert_eq!((gone.len(), member.get("/messages").column("messages", "id").len()), (5, 0), "{query}");
    }
    cloud.close(0);
}

#[test]
fn links_tell_nobody_what_only_administrators_see() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = make_type(&admin, "plain", json!({}));
    let share = cloud.make_mountable(&member, &kind, json!({}));
    let link = |client: &Client, key: &str| {
        let page = client.get(&format!("/shares?limit=1&sort_key={key}")).is(200).json();
        page["shares_links"][0]["href"].as_str().unwrap().to_owned()
    };
    for key in ["host", "share_server_id"] {
        assert!(link(&member, key).ends_with(&format!("marker={share}")), "{key}");
        let told = link(&admin, key);
        let (_, position) = told.split_once("marker=").unwrap();
        assert!(position.starts_with(&format!("{share}~")), "{key}");
        // With made-up values, who has one share would find out where it stands.
        member.get(&format!("/shares?sort_key={key}&marker={position}")).fails(400);
        member.get(&format!("/shares?sort_key={key}&marker={share}")).is(200);
        admin.get(&format!("/shares?sort_key={key}&marker={position}")).is(200);
    }
    for wrong in ["~", "~zz", &format!("{share}~"), &format!("{share}~bnVsbA")] {
        member.get(&format!("/shares?marker={wrong}")).fails(400);
    }
    let of_another_order = link(&member, "name").split_once("marker=").unwrap().1.to_owned();
    member.get(&format!("/shares?marker={of_another_order}")).fails(400);
    cloud.close(1);
}
