//! Resource locks over the wire: who places, sees, changes and lifts them, and what they keep from whom. Source: resources.md
//! §2 and §16.

use serde_json::{Value, json};

use super::cloud::{Cloud, FOREIGN, NOTHING, OWN, until_gone};
use super::wire::{Answer, Client};
use crate::support::until;

const CREATOR: &str = "cccccccccccccccccccccccccccccccc";

fn share(cloud: &Cloud) -> String {
    let kind = cloud.make_type("plain", json!({}));
    cloud.make_mountable(&cloud.member(), &kind, json!({ "name": "s" }))
}

fn lock(client: &Client, kind: &str, id: &str, action: &str) -> Answer {
    let lock = json!({ "resource_id": id, "resource_type": kind, "resource_action": action, "lock_reason": "r" });
    client.post("/resource-locks", json!({ "resource_lock": lock }))
}

fn locked(client: &Client, kind: &str, id: &str, action: &str) -> String {
    lock(client, kind, id, action).is(200).text_at("/resource_lock/id")
}

fn put(client: &Client, id: &str, lock: Value) -> Answer {
    client.put(&format!("/resource-locks/{id}"), json!({ "resource_lock": lock }))
}

fn lift(client: &Client, id: &str) -> Answer {
    client.delete(&format!("/resource-locks/{id}"))
}

fn deny(client: &Client, share: &str, rule: &str, unrestrict: bool) -> Answer {
    client.act(share, json!({ "deny_access": { "access_id": rule, "unrestrict": unrestrict } }))
}

/// Lets an address in, with more in the wish; answers the rule.
fn allow(client: &Client, share: &str, to: &str, more: Value) -> Value {
    let mut wish = json!({ "access_type": "ip", "access_to": to });
    wish.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    client.act(share, json!({ "allow_access": wish })).is(200).json()["access"].clone()
}

/// The rule's id, once the array enforces it.
fn in_force(client: &Client, rule: &Value) -> String {
    let id = rule["id"].as_str().unwrap().to_owned();
    until("the rule is in force", || {
        (client.get(&format!("/share-access-rules/{id}")).json()["access"]["state"] == "active").then_some(())
    });
    id
}

fn until_denied(client: &Client, rule: &str) {
    until("the rule is gone", || (client.get(&format!("/share-access-rules/{rule}")).status == 404).then_some(()));
}

fn ids(client: &Client, query: &str) -> Vec<String> {
    let mut ids = client.get(&format!("/resource-locks{query}")).is(200).column("resource_locks", "id");
    ids.sort();
    ids
}

fn sorted<const N: usize>(ids: [&String; N]) -> Vec<String> {
    let mut ids = ids.map(String::clone).to_vec();
    ids.sort();
    ids
}

#[test]
fn a_lock_shows_what_it_is_and_what_is_wrong_with_one_is_refused() {
    let cloud = Cloud::open();
    let (member, share) = (cloud.member(), share(&cloud));
    let before = member.at("2.80");
    before.get("/resource-locks").fails(404);
    lock(&before, "share", &share, "delete").fails(404);
    let made = lock(&member.at("2.81"), "share", &share, "delete").is(200).json()["resource_lock"].clone();
    let id = made["id"].as_str().unwrap();
    let link = |rest: &str| json!(format!("http://{}{rest}/resource-locks/{id}", cloud.address));
    assert_eq!(
        made,
        json!({
            "id": id, "user_id": CREATOR, "project_id": OWN, "lock_context": "user", "resource_type": "share",
            "resource_id": share, "resource_action": "delete", "lock_reason": "r", "created_at": made["created_at"],
            "updated_at": null,
            "links": [{ "rel": "self", "href": link("/v2") }, { "rel": "bookmark", "href": link("") }],
        })
    );
    assert_eq!(member.get(&format!("/resource-locks/{id}")).is(200).json()["resource_lock"], made);
    let least = json!({ "resource_lock": { "resource_id": share, "lock_reason": "" } });
    let least = member.post("/resource-locks", least).is(200).json()["resource_lock"].clone();
    let said = ["resource_type", "resource_action", "lock_reason"].map(|key| least[key].clone());
    assert_eq!(said, [json!("share"), json!("delete"), Value::Null], "and a share may have several");
    let rule = in_force(&member, &allow(&member, &share, "10.0.0.1", json!({})));
    for wrong in [
        json!({}),
        json!({ "resource_type": "share" }),
        json!({ "resource_id": "zz" }),
        json!({ "resource_id": NOTHING }),
        json!({ "resource_id": NOTHING, "resource_type": "access_rule" }),
        json!({ "resource_id": rule }),
        json!({ "resource_id": share, "resource_type": "access_rule" }),
        json!({ "resource_id": share, "resource_type": "snapshot" }),
        json!({ "resource_id": share, "resource_action": "show" }),
        json!({ "resource_id": share, "resource_action": "read" }),
        json!({ "resource_id": share, "lock_reason": "x".repeat(1024) }),
        json!({ "resource_id": share, "lock_reason": 5 }),
        json!({ "resource_id": share, "lock_context": "admin" }),
    ] {
        member.post("/resource-locks", json!({ "resource_lock": wrong })).fails(400);
    }
    for wrong in [json!({}), json!(null), json!({ "resource_lock": null }), json!([])] {
        member.post("/resource-locks", wrong).fails(400);
    }
    let longest = json!({ "resource_id": share, "lock_reason": "x".repeat(1023) });
    member.post("/resource-locks", json!({ "resource_lock": longest })).is(200);

    let changed = put(&member, id, json!({ "lock_reason": "n" })).is(200).json()["resource_lock"].clone();
    assert_eq!(changed["lock_reason"], "n");
    assert!(changed["updated_at"].is_string());
    assert_eq!(
        put(&member, id, json!({ "lock_reason": null })).is(200).json()["resource_lock"]["lock_reason"],
        Value::Null
    );
    put(&member, id, json!({ "resource_action": "delete" })).is(200);
    for wrong in [
        json!({ "resource_action": "show" }),
        json!({ "resource_id": share }),
        json!({ "zz": 1 }),
        json!({ "lock_reason": "x".repeat(1024) }),
    ] {
        put(&member, id, wrong).fails(400);
    }
    for unknown in [NOTHING, "zz"] {
        member.get(&format!("/resource-locks/{unknown}")).fails(404);
        put(&member, unknown, json!({})).fails(404);
        lift(&member, unknown).fails(404);
    }
    assert_eq!(lift(&member, id).is(204).text, "");
    lift(&member, id).fails(404);
    super::things::clear(&cloud);
    cloud.close(0);
}

#[test]
fn a_share_stays_while_a_delete_lock_stands_on_it_and_its_locks_go_with_it() {
    let cloud = Cloud::open();
    let (admin, member, share) = (cloud.admin(), cloud.member(), share(&cloud));
    let first = locked(&member, "share", &share, "delete");
    let second = locked(&member, "share", &share, "delete");
    let instance = admin.get(&format!("/shares/{share}/instances")).text_at("/share_instances/0/id");
    let path = format!("/shares/{share}");
    for version in ["2.7", "2.99"] {
        member.at(version).delete(&path).fails(403);
        admin.at(version).delete(&path).fails(403);
        admin.at(version).act(&share, json!({ "force_delete": null })).fails(400);
    }
    admin.post(&format!("/share_instances/{instance}/action"), json!({ "force_delete": null })).fails(400);
    assert_eq!(member.get(&path).json()["share"]["status"], "available");
    // What else is done to the share goes on, and so is the share's status.
    member.put(&path, json!({ "share": { "display_name": "t" } })).is(200);
    admin.act(&share, json!({ "reset_status": { "status": "error" } })).is(202);
    member.delete(&path).fails(403);
    admin.act(&share, json!({ "reset_status": { "status": "available" } })).is(202);
    super::cloud::until_status(&admin, &share, "available");
    lift(&member, &first).is(204);
    member.delete(&path).fails(403);
    lift(&member, &second).is(204);

    // A visibility lock keeps nothing from going, and goes too.
    let rule = in_force(&member, &allow(&member, &share, "10.0.0.1", json!({})));
    let hides = locked(&member, "access_rule", &rule, "show");
    for word in ["deleting", "error_deleting"] {
        admin.act(&share, json!({ "reset_status": { "status": word } })).is(202);
        lock(&member, "share", &share, "delete").fails(409);
        lock(&member, "access_rule", &rule, "delete").fails(409);
    }
    admin.act(&share, json!({ "force_delete": null })).is(202);
    until_gone(&admin, &share);
    member.get(&format!("/resource-locks/{hides}")).fails(404);
    assert_eq!(ids(&admin, "?all_projects=1"), [""; 0]);
    cloud.close(0);
}

#[test]
fn a_rule_stays_while_a_delete_lock_stands_on_it_and_keeps_its_share() {
    let cloud = Cloud::open();
    let (admin, member, share) = (cloud.admin(), cloud.member(), share(&cloud));
    let more = json!({ "lock_deletion": "yes", "lock_reason": "why" });
    let rule = in_force(&member, &allow(&member, &share, "10.0.0.1", more));
    let list = |query: &str| member.get(&format!("/resource-locks?{query}")).is(200).json()["resource_locks"].clone();
    let own = list(&format!("resource_id={rule}"))[0].clone();
    let id = own["id"].as_str().unwrap();
    assert_eq!([&own["resource_type"], &own["resource_action"], &own["lock_reason"]], ["access_rule", "delete", "why"]);
    let brought = list(&format!("resource_id={share}"))[0].clone();
    assert_eq!(
        [&brought["resource_type"], &brought["resource_action"], &brought["lock_context"]],
        ["share", "delete", "user"]
    );
    assert_eq!(brought["lock_reason"], json!(format!("Locked by access lock: {id}")));

    deny(&member, &share, &rule, false).fails(403);
    deny(&admin, &share, &rule, false).fails(403);
    let old = json!({ "os-deny_access": { "access_id": rule } });
    member.at("2.6").act(&share, old).fails(403);
    deny(&member.at("2.81"), &share, &rule, true).fails(403);
    member.delete(&format!("/shares/{share}")).fails(403);
    // A colleague did not place the lock.
    deny(&cloud.caller("colleague"), &share, &rule, true).fails(403);
    deny(&member, &share, &rule, true).is(202);
    until_denied(&member, &rule);
    assert_eq!(ids(&member, ""), [""; 0], "both locks go with the rule");

    // As an administrator's, it is passed over by administrators only.
    let rule = in_force(&member, &allow(&admin, &share, "10.0.0.2", json!({ "lock_deletion": true })));
    deny(&member, &share, &rule, true).fails(403);
    deny(&cloud.caller("service"), &share, &rule, true).fails(403);
    deny(&admin, &share, &rule, true).is(202);
    until_denied(&member, &rule);

    // Placed later, lifted, and changed into one that hides.
    let rule = in_force(&member, &allow(&member, &share, "10.0.0.3", json!({})));
    let later = locked(&member, "access_rule", &rule, "delete");
    assert_eq!(ids(&member, "").len(), 2);
    put(&member, &later, json!({ "resource_action": "show" })).is(200);
    assert_eq!(ids(&member, ""), [later.as_str()]);
    lock(&member, "access_rule", &rule, "show").fails(409);
    put(&member, &later, json!({ "resource_action": "delete" })).is(200);
    deny(&member, &share, &rule, false).fails(403);
    // The share stays with its rule, though the lock that was brought is lifted.
    let brought = list(&format!("resource_id={share}"))[0]["id"].as_str().unwrap().to_owned();
    lift(&member, &brought).is(204);
    member.delete(&format!("/shares/{share}")).fails(403);
    lift(&member, &later).is(204);
    deny(&member, &share, &rule, false).is(202);
    until_denied(&member, &rule);

    // A rule that is in error can't be locked.
    let user = json!({ "allow_access": { "access_type": "user", "access_to": "alice" } });
    let user = member.act(&share, user).is(200).text_at("/access/id");
    until("the rule is in error", || {
        (member.get(&format!("/share-access-rules/{user}")).json()["access"]["state"] == "error").then_some(())
    });
    for action in ["delete", "show"] {
        lock(&member, "access_rule", &user, action).fails(409);
    }
    member.delete(&format!("/shares/{share}")).is(202);
    until_gone(&admin, &share);
    cloud.close(0);
}

#[test]
fn whom_a_hidden_rule_lets_in_is_told_to_its_creator_and_those_above_them() {
    let cloud = Cloud::open();
    let (member, share) = (cloud.member(), share(&cloud));
    let wish = json!({ "lock_visibility": true, "lock_reason": "why" });
    let made = allow(&member, &share, "10.0.0.1", wish);
    assert_eq!(made["access_to"], "10.0.0.1");
    let rule = in_force(&member, &made);
    allow(&member, &share, "10.0.0.2", json!({}));
    lock(&member, "access_rule", &rule, "show").fails(409);
    let path = format!("/share-access-rules/{rule}");
    let told = |who: &str| {
        let shown = cloud.caller(who).get(&path).is(200).json()["access"].clone();
        [shown["access_to"].clone(), shown["access_key"].clone()]
    };
    for who in ["member", "admin", "foreign-admin"] {
        assert_eq!(told(who), [json!("10.0.0.1"), Value::Null], "{who}");
    }
    assert_eq!(told("colleague"), [json!("******"), json!("******")]);
    let colleague = cloud.caller("colleague");
    let list = format!("/share-access-rules?share_id={share}");
    let whom = |query: &str| colleague.get(&format!("{list}{query}")).is(200).column("access_list", "access_to");
    assert_eq!(whom(""), ["******", "10.0.0.2"]);
    assert_eq!(whom("&access_level=rw"), ["******", "10.0.0.2"]);
    for by_whom in ["10.0.0.1", "******"] {
        assert_eq!(whom(&format!("&access_type=ip&access_to={by_whom}")), [""; 0], "{by_whom}");
    }
    assert_eq!(whom("&access_key=******"), [""; 0]);
    assert_eq!(whom("&access_type=ip&access_to=10.0.0.2"), ["10.0.0.2"]);
    // No earlier version is a way around.
    assert_eq!(colleague.at("2.81").get(&path).text_at("/access/access_to"), "******");
    for (version, action) in [("2.6", "os-access_list"), ("2.44", "access_list")] {
        let old = colleague.at(version).act(&share, json!({ action: null })).is(200);
        assert_eq!(old.column("access_list", "access_to"), ["******", "10.0.0.2"], "{version}");
    }
    deny(&colleague, &share, &rule, false).is(202);
    until_denied(&member, &rule);
    assert_eq!(ids(&member, ""), [""; 0]);

    for wrong in [
        json!({ "lock_reason": "why" }),
        json!({ "lock_visibility": false, "lock_deletion": "no", "lock_reason": "why" }),
        json!({ "lock_visibility": "maybe" }),
        json!({ "lock_deletion": true, "lock_reason": "x".repeat(1024) }),
    ] {
        let mut wish = json!({ "access_type": "ip", "access_to": "10.0.0.9" });
        wish.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        member.act(&share, json!({ "allow_access": wish })).fails(400);
    }
    allow(&member.at("2.81"), &share, "10.0.0.9", json!({ "lock_visibility": true, "lock_deletion": true }));
    assert_eq!(ids(&member, ""), [""; 0], "members of later versions are ignored");
    cloud.close(1);
}

#[test]
fn a_lock_is_changed_by_its_creator_and_by_whoever_acts_as_more() {
    let cloud = Cloud::open();
    let share = share(&cloud);
    let (member, admin, service) = (cloud.member(), cloud.admin(), cloud.caller("service"));
    for (who, context) in [("member", "user"), ("service", "service"), ("admin", "admin"), ("foreign-admin", "admin")] {
        let made = lock(&cloud.caller(who), "share", &share, "delete").is(200).json()["resource_lock"].clone();
        assert_eq!(made["lock_context"], context, "{who}");
        let id = made["id"].as_str().unwrap();
        let forbidden: &[&str] = match context {
            "user" => &["colleague"],
            "service" => &["colleague", "member"],
            _ => &["service"],
        };
        for one in forbidden {
            put(&cloud.caller(one), id, json!({ "lock_reason": "n" })).fails(403);
            lift(&cloud.caller(one), id).fails(403);
        }
        let others = if who == "foreign-admin" { 404 } else { 403 };
        let abroad = if who == "foreign-admin" { "member" } else { "foreign-member" };
        cloud.caller(abroad).get(&format!("/resource-locks/{id}")).fails(404);
        put(&cloud.caller("colleague"), id, json!({})).fails(others);
        lift(&cloud.caller("colleague"), id).fails(others);
        put(&admin, id, json!({ "lock_reason": "n" })).is(200);
        lift(if context == "user" { &service } else { &admin }, id).is(204);
    }
    // Of another project, a share is there and not to be locked; a reader locks nothing.
    lock(&cloud.caller("foreign-member"), "share", &share, "delete").fails(403);
    lock(&cloud.caller("reader"), "share", &share, "delete").fails(403);
    lock(&cloud.caller("colleague"), "share", &share, "delete").is(200);
    let rule = in_force(&member, &allow(&member, &share, "10.0.0.1", json!({})));
    lock(&cloud.caller("foreign-member"), "access_rule", &rule, "show").fails(403);
    super::things::clear(&cloud);
    cloud.close(0);
}

#[test]
fn locks_are_listed_newest_first_by_project_and_by_every_filter() {
    let cloud = Cloud::open();
    let (admin, member, share) = (cloud.admin(), cloud.member(), share(&cloud));
    assert_eq!(member.get("/resource-locks?with_count=true").is(200).json(), json!({ "resource_locks": [] }));
    let rule = in_force(&member, &allow(&member, &share, "10.0.0.1", json!({})));
    let first = locked(&member, "share", &share, "delete");
    let second = locked(&cloud.caller("colleague"), "access_rule", &rule, "show");
    put(&cloud.caller("colleague"), &second, json!({ "lock_reason": "audit of 2026" })).is(200);
    let third = locked(&admin, "share", &share, "delete");
    let foreign = locked(&cloud.caller("foreign-admin"), "share", &share, "delete");
    let made = |id: &str| admin.get(&format!("/resource-locks/{id}")).text_at("/resource_lock/created_at");
    let own = sorted([&first, &second, &third]);
    let all = sorted([&first, &second, &third, &foreign]);
    for (query, expected) in [
        (String::new(), own.clone()),
        ("?all_projects=1".to_owned(), own.clone()),
        (format!("?project_id={OWN}"), own.clone()),
        (format!("?id={first}"), vec![first.clone()]),
        ("?user_id=dddddddd-dddd-dddd-dddd-dddddddddddd".to_owned(), vec![second.clone()]),
        (format!("?user_id={CREATOR}"), sorted([&first, &third])),
        (format!("?resource_id={share}"), sorted([&first, &third])),
        (format!("?resource_id={}", rule.to_uppercase()), vec![second.clone()]),
        (format!("?resource_id={NOTHING}"), vec![]),
        ("?resource_type=access_rule".to_owned(), vec![second.clone()]),
        ("?resource_type=share&lock_context=user".to_owned(), vec![first.clone()]),
        ("?resource_action=show".to_owned(), vec![second.clone()]),
        ("?lock_context=admin".to_owned(), vec![third.clone()]),
        ("?lock_context=service".to_owned(), vec![]),
        ("?lock_reason=audit%20of%202026".to_owned(), vec![second.clone()]),
        ("?lock_reason=audit".to_owned(), vec![]),
        ("?lock_reason~=audit".to_owned(), vec![second.clone()]),
        (format!("?created_since={}", made(&third)), vec![third.clone()]),
        (format!("?created_before={}", made(&first)), vec![first.clone()]),
        ("?limit=0".to_owned(), vec![]),
        ("?unknown=zz".to_owned(), own.clone()),
    ] {
        assert_eq!(ids(&member, &query), expected, "{query}");
    }
    assert_eq!(ids(&admin, ""), own);
    for (who, query) in [("admin", "?all_projects=True"), ("service", "?all_projects=yes")] {
        assert_eq!(ids(&cloud.caller(who), query), all, "{who}");
    }
    assert_eq!(ids(&admin, &format!("?project_id={FOREIGN}")), [foreign.as_str()]);
    assert_eq!(ids(&cloud.caller("foreign-member"), ""), [foreign.as_str()]);
    assert_eq!(ids(&cloud.caller("foreign-member"), &format!("?resource_id={share}")), [foreign.as_str()]);
    member.get(&format!("/resource-locks?project_id={FOREIGN}")).fails(403);

    let order = |query: &str| member.get(&format!("/resource-locks{query}")).is(200).column("resource_locks", "id");
    assert_eq!(order(""), [&third, &second, &first].map(String::clone));
    assert_eq!(order("?sort_dir=asc"), [&first, &second, &third].map(String::clone));
    assert_eq!(order("?sort_key=lock_reason&sort_dir=asc")[0], second);
    assert_eq!(order("?sort_key=resource_type&sort_dir=desc")[2], second);
    for key in ["id", "lock_context", "project_id", "resource_action", "resource_id", "updated_at", "user_id"] {
        assert_eq!(order(&format!("?sort_key={key}")).len(), 3, "{key}");
    }
    assert_eq!(order("?offset=1&limit=1"), [second.as_str()]);
    let page = member.get("/resource-locks?limit=2&with_count=true").is(200);
    assert_eq!((page.column("resource_locks", "id").len(), &page.json()["count"]), (2, &json!(3)));
    let next = page.text_at("/resource_locks_links/0/href");
    let rest = member.get(next.split_once("/v2").unwrap().1).is(200).json();
    assert_eq!((&rest["resource_locks"][0]["id"], rest.get("resource_locks_links")), (&json!(first), None));
    for wrong in [
        "resource_type=zz",
        "resource_action=zz",
        "lock_context=zz",
        "id=zz",
        "user_id=zz",
        "resource_id=zz",
        "created_since=zz",
        "created_before=zz",
        "sort_key=zz",
        "sort_dir=zz",
        "all_projects=zz",
        "with_count=zz",
        "limit=-1",
        "offset=zz",
    ] {
        member.get(&format!("/resource-locks?{wrong}")).fails(400);
    }
    cloud.caller("stranger").get("/resource-locks").fails(403);
    super::things::clear(&cloud);
    cloud.close(0);
}
