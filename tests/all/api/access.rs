//! Access rules over the wire: whom they name, what is refused, and how they are told of.

use serde_json::{Value, json};

use super::cloud::{Cloud, NOTHING};
use super::wire::{Answer, Client};
use crate::support::until;

/// A share that can be mounted, as its owner sees it.
fn share(cloud: &Cloud) -> (Client, String) {
    let kind = cloud.make_type("plain", json!({}));
    let member = cloud.member();
    let share = cloud.make_mountable(&member, &kind, json!({ "name": "s" }));
    (member, share)
}

fn allow(client: &Client, share: &str, kind: &str, to: &str) -> Answer {
    client.act(share, json!({ "allow_access": { "access_type": kind, "access_to": to } }))
}

#[test]
fn a_rule_names_an_address_a_user_or_a_certificate() {
    let cloud = Cloud::open();
    let (member, share) = share(&cloud);
    let made = allow(&member, &share, "ip", "10.0.0.1").is(200).json()["access"].clone();
    assert_eq!((&made["access_to"], &made["access_level"]), (&json!("10.0.0.1"), &json!("rw")));
    assert_eq!((&made["state"], &made["share_id"]), (&json!("queued_to_apply"), &json!(share)));
    assert_eq!((&made["access_key"], &made["metadata"], &made["updated_at"]), (&Value::Null, &json!({}), &Value::Null));
    for (kind, to) in [
        ("ip", "10.1.0.0/16"),
        ("ip", "10.3.0.0/255.255.255.0"),
        ("ip", "::ffff:10.4.0.1"),
        ("ip", "0.0.0.0/0"),
        ("ip", "fd00::1"),
        ("ip", "fd00::/64"),
        ("user", "alice"),
        ("user", "/alice"), // the first character may be anything
        ("user", &"x".repeat(255)),
        ("user", "DOMAIN\\bob"),
        ("user", "bob@example.com"),
        ("cert", "common name"),
        ("cert", &"x".repeat(64)),
        ("cephx", "alice"),
    ] {
        assert_eq!(allow(&member, &share, kind, to).is(200).json()["access"]["access_to"], to);
    }
    let trimmed = allow(&member, &share, "cert", "  padded  ").is(200).json();
    assert_eq!(trimmed["access"]["access_to"], "padded");
    let described =
        json!({ "access_type": "ip", "access_to": "10.9.9.9", "access_level": "ro", "metadata": { "a": "b" } });
    let described = member.act(&share, json!({ "allow_access": described })).is(200).json()["access"].clone();
    assert_eq!((&described["access_level"], &described["metadata"]), (&json!("ro"), &json!({ "a": "b" })));
    // One client has one rule, however it is written.
    for (kind, to) in [
        ("ip", "10.0.0.1"),
        ("ip", "10.0.0.1/32"),
        ("ip", "10.0.0.1/255.255.255.255"),
        ("ip", "::ffff:10.0.0.1"),
        ("ip", "::ffff:a00:1/128"),
        ("ip", "10.1.0.0/255.255.0.0"),
        ("ip", "::ffff:10.1.0.0/112"),
        ("ip", "10.3.0.0/24"),
        ("ip", "10.3.0.0/0.0.0.255"),
        ("ip", "10.4.0.1"),
        ("ip", "fd00::1/128"),
        ("ip", "fd00:0::1"),
        ("user", "alice"),
        ("user", "ALICE"),
        ("user", "domain\\Bob"),
        ("user", "Bob@EXAMPLE.com"),
    ] {
        allow(&member, &share, kind, to).fails(400);
    }
    for (kind, to) in [
        ("ip", "10.0.0.256"),
        ("ip", "1.2.3.4/99"),
        ("ip", "10.0.0.1/8"),
        ("ip", "10.0.0.1/255.0.0.0"),
        ("ip", "10.0.0.0/255.0.255.0"),
        ("ip", "10.0.0.1/0.255.255.255"),
        ("ip", "host.example"),
        ("ip", ""),
        ("user", "abc"),
        ("user", "al/ice"),
        ("user", "DOMAIN\\bob\\b"),
        ("user", "DOMAIN\\"),
        ("user", "...."),
        ("user", "    "),
        ("user", &"x".repeat(256)),
        ("cert", ""),
        ("cert", "   "),
        ("cert", &"x".repeat(65)),
        ("cephx", "a.b"),
        ("cephx", ""),
        ("cephx", "\u{e4}"),
        ("zz", "a"),
        ("IP", "10.7.7.7"),
    ] {
        allow(&member, &share, kind, to).fails(400);
    }
    for wrong in [
        json!({ "access_to": "10.7.7.7" }),
        json!({ "access_type": "ip" }),
        json!({ "access_type": 5, "access_to": "10.7.7.7" }),
        json!({ "access_type": "ip", "access_to": 5 }),
        json!({ "access_type": "ip", "access_to": "10.7.7.7", "access_level": "zz" }),
        json!({ "access_type": "ip", "access_to": "10.7.7.7", "access_level": "RW" }),
        json!({ "access_type": "ip", "access_to": "10.7.7.7", "metadata": { "": "x" } }),
        json!({ "access_type": "ip", "access_to": "10.7.7.7", "lock_reason": "why" }),
        json!({}),
        json!(null),
        json!("ip"),
    ] {
        member.act(&share, json!({ "allow_access": wrong })).fails(400);
    }
    allow(&member, NOTHING, "ip", "10.7.7.7").fails(404);
    cloud.close(1);
}

#[test]
pub fn a_rule_is_as_old_as_the_version_that_asks() {
    let cloud = Cloud::open();
    let (member, share) = share(&cloud);
    allow(&member.at("2.37"), &share, "ip", "fd00::1").fails(400);
    allow(&member.at("2.38"), &share, "ip", "fd00::1").is(200);
    allow(&member.at("2.12"), &share, "cephx", "alice").fails(400);
    let early = |version: &str, to: &str, more: Value| {
        let mut wish = json!({ "access_type": "ip", "access_to": to });
        wish.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        member.at(version).act(&share, json!({ "allow_access": wish }))
    };
    // Members of later versions are ignored.
    early("2.44", "10.0.0.1", json!({ "metadata": { "": "x" } })).is(200);
    early("2.81", "10.0.0.2", json!({ "lock_reason": "why", "lock_deletion": "zz" })).is(200);
    let old =
        member.at("2.6").act(&share, json!({ "os-allow_access": { "access_type": "ip", "access_to": "10.0.0.3" } }));
    let old = old.is(200).json()["access"].clone();
    assert_eq!(old["state"], "new", "before 2.28 a rule has no state of its own");
    allow(&member.at("2.6"), &share, "ip", "10.0.0.4").fails(404);

    let list = |version: &str| member.at(version).act(&share, json!({ "access_list": null }));
    assert_eq!(list("2.44").is(200).json()["access_list"].as_array().unwrap().len(), 4);
    list("2.45").fails(404);
    let oldest = member.at("2.0").act(&share, json!({ "os-access_list": {} })).is(200).json();
    assert_eq!(oldest["access_list"][0].get("share_id"), None, "{oldest}");
    until("all rules are in force", || {
        let states = member.get(&format!("/share-access-rules?share_id={share}")).column("access_list", "state");
        states.iter().all(|state| state == "active").then_some(())
    });
    assert_eq!(list("2.27").is(200).column("access_list", "state"), ["active"; 4]);
    let rule = old["id"].as_str().unwrap();
    member.at("2.6").act(&share, json!({ "os-deny_access": { "access_id": rule } })).is(202);
    until("the rule is gone", || (member.get(&format!("/share-access-rules/{rule}")).status == 404).then_some(()));
    for gone in ["/share-access-rules", &format!("/share-access-rules/{rule}")] {
        member.at("2.44").get(gone).fails(404);
    }
    cloud.close(1);
}

#[test]
pub fn access_waits_until_the_share_stands_still() {
    let cloud = Cloud::open();
    let (member, share) = share(&cloud);
    let admin = cloud.admin();
    let rule = allow(&member, &share, "ip", "10.0.0.1").is(200).text_at("/access/id");
    let reset = |word: &str| admin.act(&share, json!({ "reset_status": { "status": word } })).is(202);
    for word in ["creating", "deleting", "migrating", "migrating_to", "server_migrating"] {
        reset(word);
        allow(&member, &share, "ip", "10.0.0.2").fails(400);
        member.act(&share, json!({ "deny_access": { "access_id": rule } })).fails(400);
    }
    reset("error");
    allow(&member.at("2.73"), &share, "ip", "10.0.0.2").fails(400);
    member.at("2.73").act(&share, json!({ "deny_access": { "access_id": rule } })).fails(400);
    allow(&member.at("2.74"), &share, "ip", "10.0.0.2").is(200);
    member.at("2.74").act(&share, json!({ "deny_access": { "access_id": rule } })).is(202);
    reset("available");

    // Nobody can apply a user to an NFS share: the rule is in error, and before 2.28 that holds everybody up.
    let user = allow(&member, &share, "user", "alice").is(200).text_at("/access/id");
    let state = |id: &str| member.get(&format!("/share-access-rules/{id}")).json()["access"]["state"].clone();
    until("the rule is in error", || (state(&user) == "error").then_some(()));
    until("the share tells so", || {
        let shown = member.get(&format!("/shares/{share}")).json();
        (shown["share"]["access_rules_status"] == "error").then_some(())
    });
    allow(&member.at("2.27"), &share, "ip", "10.0.0.3").fails(400);
    let list = member.at("2.27").act(&share, json!({ "access_list": null })).is(200);
    assert!(list.column("access_list", "state").iter().all(|state| state == "error"), "{list:?}");
    allow(&member.at("2.28"), &share, "ip", "10.0.0.3").is(200);

    // A share that never found a place has nothing that a rule could be applied to.
    let nowhere = cloud.make_type("nowhere", json!({ "vendor_name": "Nobody" }));
    let homeless = cloud.make_share(&member, &nowhere, json!({}));
    until("it is in error", || {
        (member.get(&format!("/shares/{homeless}")).json()["share"]["status"] == "error").then_some(())
    });
    allow(&member, &homeless, "ip", "10.0.0.1").fails(400);
    member.delete(&format!("/shares/{homeless}")).is(202);
    cloud.close(1);
}

#[test]
pub fn rules_are_listed_shown_described_and_taken_away() {
    let cloud = Cloud::open();
    let (member, share) = share(&cloud);
    let (admin, other) = (cloud.admin(), cloud.make_share(&member, "plain", json!({})));
    let rule = json!({ "access_type": "ip", "access_to": "10.0.0.1", "metadata": { "a": "b" } });
    let rule = member.act(&share, json!({ "allow_access": rule })).is(200).text_at("/access/id");
    let second = json!({ "access_type": "ip", "access_to": "10.0.0.2", "access_level": "ro" });
    member.act(&share, json!({ "allow_access": second })).is(200);
    let list = |more: &str| member.get(&format!("/share-access-rules?share_id={share}{more}"));
    let found = |more: &str| list(more).is(200).column("access_list", "access_to");
    assert_eq!(found(""), ["10.0.0.1", "10.0.0.2"]);
    for (more, expected) in [
        ("&access_type=ip", ["10.0.0.1", "10.0.0.2"].as_slice()),
        ("&access_type=user", &[]),
        ("&access_type=ip&access_to=10.0.0.2", &["10.0.0.2"]),
        ("&access_level=ro", &["10.0.0.2"]),
        ("&access_key=zz", &[]),
        ("&metadata=%7B%27a%27%3A%27b%27%7D", &["10.0.0.1"]),
        ("&unknown=zz", &["10.0.0.1", "10.0.0.2"]),
    ] {
        assert_eq!(found(more), expected, "{more}");
    }
    assert_eq!(found(&format!("&id={rule}")), ["10.0.0.1"]);
    for wrong in ["&access_to=10.0.0.1", "&access_type=zz", "&access_level=zz", "&metadata=zz"] {
        list(wrong).fails(400);
    }
    let before = |more: &str| member.at("2.81").get(&format!("/share-access-rules?share_id={share}{more}")).is(200);
    assert!(before("&access_type=zz").column("access_list", "id").is_empty(), "checked from 2.82 on only");
    assert!(before("&access_level=zz").column("access_list", "id").is_empty());
    member.get("/share-access-rules").fails(400);
    member.get(&format!("/share-access-rules?share_id={NOTHING}")).fails(400);
    member.get("/share-access-rules?share_id=zz").fails(400);

    let path = format!("/share-access-rules/{rule}");
    assert_eq!(member.get(&path).is(200).json()["access"]["share_id"], json!(share));
    for unknown in [NOTHING, "zz"] {
        member.get(&format!("/share-access-rules/{unknown}")).fails(404);
        member.put(&format!("/share-access-rules/{unknown}/metadata"), json!({ "metadata": { "k": "v" } })).fails(404);
        member.delete(&format!("/share-access-rules/{unknown}/metadata/a")).fails(404);
        member.act(&share, json!({ "deny_access": { "access_id": unknown } })).fails(404);
    }
    let metadata = |body: Value| member.put(&format!("{path}/metadata"), body);
    assert_eq!(
        metadata(json!({ "metadata": { "k": "v" } })).is(200).json(),
        json!({ "metadata": { "a": "b", "k": "v" } })
    );
    for wrong in [
        json!({}),
        json!({ "metadata": null }),
        json!({ "metadata": [] }),
        json!({ "metadata": { "": "v" } }),
        json!({ "metadata": { "k": "" } }),
        json!({ "metadata": { "k": 1 } }),
        json!({ "metadata": { "k".repeat(256): "v" } }),
        json!({ "metadata": { "k": "v".repeat(1024) } }),
    ] {
        metadata(wrong).fails(400);
    }
    assert_eq!(member.delete(&format!("{path}/metadata/k")).is(200).text, "");
    member.delete(&format!("{path}/metadata/k")).fails(404);
    member.at("2.44").put(&format!("{path}/metadata"), json!({ "metadata": { "k": "v" } })).fails(404);

    for wrong in [json!({}), json!(null), json!({ "access_id": 5 }), json!({ "access_id": null })] {
        member.act(&share, json!({ "deny_access": wrong })).fails(400);
    }
    super::cloud::until_status(&admin, &other, "available");
    member.act(&other, json!({ "deny_access": { "access_id": rule } })).fails(404);
    member.act(NOTHING, json!({ "deny_access": { "access_id": rule } })).fails(404);
    assert_eq!(
        member.act(&share, json!({ "deny_access": { "access_id": rule, "unrestrict": true } })).is(202).text,
        ""
    );
    until("the rule is gone", || (member.get(&path).status == 404).then_some(()));
    cloud.close(2);
}

#[test]
fn the_level_of_a_rule_is_changed_on_the_array_and_what_is_so_already_stays() {
    let cloud = Cloud::open();
    let (member, share) = share(&cloud);
    let rule = allow(&member, &share, "ip", "10.0.0.1").is(200).text_at("/access/id");
    let path = format!("/share-access-rules/{rule}");
    let until_active = || {
        until("the rule is in force", || (member.get(&path).json()["access"]["state"] == "active").then_some(()));
    };
    until_active();
    let update = |client: &Client, body: Value| client.put(&path, json!({ "update_access": body }));
    let same = update(&member, json!({ "access_level": "rw" })).is(200).json()["access"].clone();
    assert_eq!((&same["state"], &same["access_level"]), (&json!("active"), &json!("rw")));
    let changed = update(&member, json!({ "access_level": "ro" })).is(200).json()["access"].clone();
    assert_eq!((&changed["state"], &changed["access_level"]), (&json!("queued_to_update"), &json!("ro")));
    until_active();
    let policies = "/api/protocols/nfs/export-policies?name=policy_*&fields=rules";
    let on_array = cloud.stage.sim.by_hand("GET", policies, Value::Null);
    let only = &on_array["records"][0]["rules"][0];
    assert_eq!((&only["ro_rule"], &only["rw_rule"]), (&json!(["sys"]), &json!(["never"])), "{only}");

    update(&member, json!({ "access_level": "all" })).fails(400);
    update(&member, json!({})).fails(400);
    member.put(&path, json!({ "access_level": "rw" })).fails(400);
    update(&cloud.caller("reader"), json!({ "access_level": "rw" })).fails(403);
    update(&cloud.caller("foreign-member"), json!({ "access_level": "rw" })).fails(404);
    update(&member.at("2.87"), json!({ "access_level": "rw" })).fails(404);
    member
        .put(&format!("/share-access-rules/{NOTHING}"), json!({ "update_access": { "access_level": "rw" } }))
        .fails(404);
    cloud.admin().act(&share, json!({ "reset_status": { "status": "deleting" } })).is(202);
    update(&member, json!({ "access_level": "rw" })).fails(400);
    cloud.close(1);
}
