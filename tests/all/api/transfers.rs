//! Share transfers over the wire: who offers, sees, takes and withdraws them, and what goes to whom. Source: resources.md §17.

use std::cell::RefCell;

use manilad_domain::Stamp;
use manilad_http::route::{Method, Route};
use serde_json::{Value, json};

use super::cloud::{Cloud, FOREIGN, NOTHING, OWN, until_gone, until_status};
use super::things::{clear, make_snapshot};
use super::wire::{Answer, Client};
use crate::support::until;

/// A share that is offered again and again, for those who walk the catalogue.
#[derive(Default)]
pub struct Transfers {
    share: RefCell<Option<String>>,
    /// The transfer of it that was made last, and its key.
    offered: RefCell<Option<(String, String)>>,
}

impl Transfers {
    /// What the route is about: a pending transfer, afresh where it may be used up, or a share that can be offered.
    pub fn subject(&self, cloud: &Cloud, kind: &str, route: &Route) -> String {
        if route.path == "/share-transfers" && route.method == Method::POST {
            return self.share(cloud, kind);
        }
        let is_pending = |id: &String| cloud.member().get(&format!("/share-transfers/{id}")).status == 200;
        let existing = self.offered.borrow().as_ref().map(|(id, _)| id.clone());
        match existing.filter(|id| route.method == Method::GET && is_pending(id)) {
            Some(id) => id,
            None => {
                let offered = offered(&cloud.member(), &self.share(cloud, kind));
                self.offered.replace(Some(offered.clone()));
                offered.0
            }
        }
    }

    /// What is said, about what [`Transfers::subject`] has answered.
    pub fn body(&self, route: &Route, subject: &str) -> Value {
        match &*self.offered.borrow() {
            Some((_, key)) if route.path.ends_with("/accept") => json!({ "accept": { "auth_key": key } }),
            _ => json!({ "transfer": { "share_id": subject, "name": "t" } }),
        }
    }

    /// The share, available and of the project whose things tests work on.
    fn share(&self, cloud: &Cloud, kind: &str) -> String {
        let admin = cloud.admin();
        let is_own = |share: &String| {
            let path = format!("/share-transfers?all_tenants=1&resource_id={share}");
            for transfer in admin.get(&path).is(200).column("transfers", "id") {
                withdraw(&admin, &transfer);
            }
            admin.get(&format!("/shares/{share}")).json()["share"]["project_id"] == OWN
        };
        let existing = self.share.take().filter(is_own);
        let share = existing.unwrap_or_else(|| cloud.make_mountable(&cloud.member(), kind, json!({ "name": "s" })));
        self.share.replace(Some(share.clone()));
        share
    }
}

fn offer(client: &Client, share: &str) -> Answer {
    client.post("/share-transfers", json!({ "transfer": { "share_id": share, "name": "t" } }))
}

/// The id of a new transfer, and its key.
fn offered(client: &Client, share: &str) -> (String, String) {
    let made = offer(client, share).is(202);
    (made.text_at("/transfer/id"), made.text_at("/transfer/auth_key"))
}

fn take(client: &Client, id: &str, accept: Value) -> Answer {
    client.post(&format!("/share-transfers/{id}/accept"), json!({ "accept": accept }))
}

fn withdraw(client: &Client, id: &str) -> Answer {
    client.delete(&format!("/share-transfers/{id}"))
}

fn status(client: &Client, share: &str) -> Value {
    client.get(&format!("/shares/{share}")).is(200).json()["share"]["status"].clone()
}

fn make(cloud: &Cloud, name: &str, specs: Value) -> String {
    let kind = cloud.make_type(name, specs);
    cloud.make_mountable(&cloud.member(), &kind, json!({ "name": "s" }))
}

#[test]
fn a_transfer_shows_what_it_is_and_its_key_once_and_what_is_wrong_with_one_is_refused() {
    let cloud = Cloud::open();
    let (member, share) = (cloud.member(), make(&cloud, "plain", json!({})));
    let before = member.at("2.76");
    before.get("/share-transfers").fails(404);
    offer(&before, &share).fails(404);
    for wrong in [
        json!({}),
        json!({ "share_id": null }),
        json!({ "share_id": "zz" }),
        json!({ "share_id": NOTHING }),
        json!({ "share_id": share, "name": "x".repeat(256) }),
        json!({ "share_id": share, "name": 5 }),
    ] {
        member.post("/share-transfers", json!({ "transfer": wrong })).fails(400);
    }
    for wrong in [json!({}), json!(null), json!({ "transfer": null }), json!([])] {
        member.post("/share-transfers", wrong).fails(400);
    }
    offer(&cloud.caller("foreign-member"), &share).fails(400);
    offer(&cloud.caller("reader"), &share).fails(403);

    let made = offer(&member.at("2.77"), &share).is(202).json()["transfer"].clone();
    let id = made["id"].as_str().unwrap();
    let link = |rest: &str| json!(format!("http://{}{rest}/share-transfers/{id}", cloud.address));
    let links = json!([{ "rel": "self", "href": link("/v2") }, { "rel": "bookmark", "href": link("") }]);
    let full = json!({
        "id": id, "created_at": made["created_at"], "name": "t", "resource_type": "share", "resource_id": share,
        "source_project_id": OWN, "destination_project_id": null, "accepted": false, "expires_at": made["expires_at"],
        "links": links,
    });
    let mut with_key = full.clone();
    with_key["auth_key"] = made["auth_key"].clone();
    assert_eq!(made, with_key);
    assert_eq!(made["auth_key"].as_str().unwrap().len(), 16);
    let at = |key: &str| Stamp::parse(made[key].as_str().unwrap()).unwrap().0.as_microsecond();
    assert_eq!(at("expires_at") - at("created_at"), 300_000_000);
    let brief = json!({ "id": id, "name": "t", "resource_type": "share", "resource_id": share, "links": links });
    for reader in ["member", "reader", "admin", "foreign-admin", "stranger"] {
        let shown = cloud.caller(reader).get(&format!("/share-transfers/{id}")).is(200).json();
        assert_eq!(shown, json!({ "transfer": full }), "{reader}");
    }
    assert_eq!(member.get("/share-transfers").is(200).json(), json!({ "transfers": [brief] }));
    assert_eq!(member.get("/share-transfers/detail").is(200).json(), json!({ "transfers": [full] }));
    assert_eq!(status(&member, &share), "awaiting_transfer");

    // Meanwhile the share is only looked at, and let in to.
    offer(&member, &share).fails(400);
    member.delete(&format!("/shares/{share}")).fails(403);
    member.act(&share, json!({ "extend": { "new_size": 2 } })).fails(400);
    let rule = json!({ "allow_access": { "access_type": "ip", "access_to": "10.0.0.1" } });
    member.act(&share, rule).is(200);

    let foreign = cloud.caller("foreign-member");
    for unknown in [NOTHING, "zz"] {
        member.get(&format!("/share-transfers/{unknown}")).fails(404);
        withdraw(&member, unknown).fails(404);
        take(&foreign, unknown, json!({ "auth_key": made["auth_key"] })).fails(400);
    }
    foreign.get(&format!("/share-transfers/{id}")).fails(404);
    withdraw(&foreign, id).fails(404);
    withdraw(&cloud.caller("reader"), id).fails(403);
    assert_eq!(withdraw(&member, id).is(200).text, "");
    withdraw(&member, id).fails(404);
    assert_eq!(status(&member, &share), "available");
    clear(&cloud);
    cloud.close(0);
}

#[test]
fn whoever_has_the_key_gets_the_share_and_its_former_project_knows_it_no_more() {
    let cloud = Cloud::open();
    let (admin, member, foreign) = (cloud.admin(), cloud.member(), cloud.caller("foreign-member"));
    let share = make(&cloud, "usual", json!({ "snapshot_support": "True" }));
    let snapshot = make_snapshot(&member, &share);
    let rule = json!({ "allow_access": { "access_type": "ip", "access_to": "10.0.0.1", "lock_visibility": true } });
    let rule = member.act(&share, rule).is(200).text_at("/access/id");
    let lock = json!({ "resource_lock": { "resource_id": share, "resource_type": "share" } });
    let lock = member.post("/resource-locks", lock).is(200).text_at("/resource_lock/id");
    let (id, key) = offered(&member, &share);
    for wrong in [
        json!({}),
        json!({ "auth_key": null }),
        json!({ "auth_key": "zz" }),
        json!({ "auth_key": key.to_uppercase() + "0" }),
        json!({ "auth_key": 5 }),
        json!({ "auth_key": key, "clear_access_rules": "zz" }),
    ] {
        take(&foreign, &id, wrong).fails(400);
    }
    for wrong in [json!({}), json!(null), json!({ "accept": null })] {
        foreign.post(&format!("/share-transfers/{id}/accept"), wrong).fails(400);
    }
    take(&cloud.caller("foreign-reader"), &id, json!({ "auth_key": key })).fails(403);
    take(&cloud.caller("system-admin"), &id, json!({ "auth_key": key })).fails(400);
    assert_eq!(status(&member, &share), "awaiting_transfer");
    let accept = json!({ "auth_key": key, "clear_access_rules": "yes" });
    assert_eq!(take(&foreign, &id, accept.clone()).is(202).text, "");

    let shown = foreign.get(&format!("/shares/{share}")).is(200).json()["share"].clone();
    assert_eq!([&shown["status"], &shown["project_id"]], ["available", FOREIGN]);
    let project = foreign.get(&format!("/snapshots/{snapshot}")).is(200).text_at("/snapshot/project_id");
    assert_eq!(project, FOREIGN);
    let used = |client: &Client| {
        let limits = client.get("/limits").is(200).json()["limits"]["absolute"].clone();
        ["totalSharesUsed", "totalShareGigabytesUsed", "totalShareSnapshotsUsed", "totalSnapshotGigabytesUsed"]
            .map(|key| limits[key].clone())
    };
    assert_eq!((used(&member), used(&foreign)), ([0; 4].map(Value::from), [1; 4].map(Value::from)));
    for path in [format!("/shares/{share}"), format!("/snapshots/{snapshot}"), format!("/resource-locks/{lock}")] {
        member.get(&path).fails(404);
    }
    member.act(&share, json!({ "extend": { "new_size": 2 } })).fails(404);
    until("the rule is gone from the array", || {
        (foreign.get(&format!("/share-access-rules/{rule}")).status == 404).then_some(())
    });
    assert_eq!(foreign.get("/resource-locks").is(200).column("resource_locks", "id"), [lock.as_str()]);

    // It tells who took the share until its time is over, and does nothing more.
    let told = member.get(&format!("/share-transfers/{id}")).is(200).json()["transfer"].clone();
    assert_eq!([&told["accepted"], &told["destination_project_id"]], [&json!(true), &json!(FOREIGN)]);
    foreign.get(&format!("/share-transfers/{id}")).fails(404);
    take(&foreign, &id, accept).fails(400);
    withdraw(&member, &id).fails(400);
    foreign.delete(&format!("/resource-locks/{lock}")).is(204);
    foreign.delete(&format!("/snapshots/{snapshot}")).is(202);
    until("the snapshot is gone", || (foreign.get(&format!("/snapshots/{snapshot}")).status == 404).then_some(()));
    foreign.delete(&format!("/shares/{share}")).is(202);
    until_gone(&admin, &share);
    cloud.close(0);
}

#[test]
fn a_share_is_taken_by_a_project_that_has_room_for_it_and_may_use_its_type() {
    let cloud = Cloud::open();
    let (admin, member, foreign) = (cloud.admin(), cloud.member(), cloud.caller("foreign-member"));
    let share = make(&cloud, "plain", json!({}));
    let (id, key) = offered(&member, &share);
    let accept = || take(&foreign, &id, json!({ "auth_key": key }));
    for name in ["shares", "gigabytes"] {
        let limit = |limit: i64| {
            let quota = json!({ "quota_set": { name: limit } });
            admin.put(&format!("/quota-sets/{FOREIGN}"), quota).is(200);
        };
        limit(0);
        accept().fails(413);
        limit(-1);
    }
    let close = json!({ "share_type": { "share_type_access:is_public": false } });
    let kind = admin.get(&format!("/shares/{share}")).text_at("/share/share_type");
    admin.put(&format!("/types/{kind}"), close).is(200);
    accept().fails(400);
    let open = json!({ "addProjectAccess": { "project": FOREIGN } });
    admin.post(&format!("/types/{kind}/action"), open).is(202);
    assert_eq!(status(&member, &share), "awaiting_transfer");
    accept().is(202);
    assert_eq!(status(&foreign, &share), "available");
    clear(&cloud);
    cloud.close(0);
}

#[test]
fn a_transfer_ends_with_what_an_administrator_says_of_its_share_and_when_its_time_is_over() {
    let cloud = Cloud::with("[DEFAULT]\ntransfer_retention_time = 0\n");
    let (admin, member, foreign) = (cloud.admin(), cloud.member(), cloud.caller("foreign-member"));
    let share = make(&cloud, "plain", json!({}));
    let (id, key) = offered(&member, &share);
    take(&foreign, &id, json!({ "auth_key": key })).fails(400);
    until_status(&member, &share, "available");
    member.get(&format!("/share-transfers/{id}")).fails(404);

    let (id, _) = offered(&member, &share);
    admin.act(&share, json!({ "reset_status": { "status": "available" } })).is(202);
    member.get(&format!("/share-transfers/{id}")).fails(404);
    until("the share was looked for", || (offer(&member, &share).status == 202).then_some(()));
    let id = member.get("/share-transfers").text_at("/transfers/0/id");
    admin.act(&share, json!({ "force_delete": null })).is(202);
    member.get(&format!("/share-transfers/{id}")).fails(404);
    until_gone(&admin, &share);
    cloud.close(0);
}

#[test]
fn transfers_are_listed_newest_first_by_project_and_by_every_filter() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("plain", json!({}));
    let offer_of = |who: &str, name: Value| {
        let client = cloud.caller(who);
        let share = cloud.make_mountable(&client, &kind, json!({}));
        let transfer = json!({ "transfer": { "share_id": share, "name": name } });
        let made = client.post("/share-transfers", transfer).is(202);
        (made.text_at("/transfer/id"), share, made.text_at("/transfer/auth_key"))
    };
    let (first, share, _) = offer_of("member", json!("alpha"));
    let (second, _, key) = offer_of("admin", Value::Null);
    let (foreign, ..) = offer_of("foreign-member", json!("alphabet"));
    take(&cloud.caller("foreign-member"), &second, json!({ "auth_key": key })).is(202);
    let ids = |client: &Client, query: &str| {
        client.get(&format!("/share-transfers{query}")).is(200).column("transfers", "id")
    };
    let own = || vec![second.clone(), first.clone()];
    for (query, expected) in [
        (String::new(), own()),
        ("?all_tenants=1".to_owned(), own()),
        ("?resource_type=share".to_owned(), own()),
        ("?resource_type=snapshot".to_owned(), vec![]),
        (format!("?id={first}"), vec![first.clone()]),
        (format!("?resource_id={share}"), vec![first.clone()]),
        ("?name=alpha".to_owned(), vec![first.clone()]),
        ("?name=alp".to_owned(), vec![]),
        ("?name~=alp".to_owned(), vec![first.clone()]),
        (format!("?source_project_id={OWN}"), own()),
        (format!("?source_project_id={FOREIGN}"), vec![]),
        (format!("?destination_project_id={FOREIGN}"), vec![second.clone()]),
        ("?unknown=zz".to_owned(), own()),
        ("?limit=0".to_owned(), vec![]),
        ("?limit=1&offset=1".to_owned(), vec![first.clone()]),
    ] {
        assert_eq!(ids(&member, &query), expected, "{query}");
    }
    let all = vec![foreign.clone(), second.clone(), first.clone()];
    assert_eq!(ids(&admin, ""), own());
    assert_eq!(ids(&admin, "/detail?all_tenants=True"), all);
    assert_eq!(ids(&admin, "?all_tenants=1&name~=alpha"), [foreign.clone(), first.clone()]);
    assert_eq!(ids(&admin, &format!("?all_tenants=1&source_project_id={FOREIGN}")), [foreign.as_str()]);
    assert_eq!(ids(&cloud.caller("foreign-member"), ""), [foreign]);
    let page = member.get("/share-transfers/detail?limit=1").is(200);
    let next = page.text_at("/transfers_links/0/href");
    let rest = member.get(next.split_once("/v2").unwrap().1).is(200);
    assert_eq!(rest.column("transfers", "id"), [first]);
    for wrong in ["all_tenants=zz", "limit=-1", "offset=zz"] {
        member.get(&format!("/share-transfers?{wrong}")).fails(400);
    }
    cloud.caller("stranger").get("/share-transfers").fails(403);
    clear(&cloud);
    cloud.close(0);
}
