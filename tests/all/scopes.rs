//! Scopes, roles and the rules of earlier releases, behind a Keystone: what a token must be for, and how long it is believed.

use serde_json::json;

use crate::api::cloud::{Cloud, wish};
use crate::support::until;

/// One route of each kind of rule: for readers, for administrators, and one of our own.
const ROUTES: &[&str] = &["/shares", "/services", "/types", "/scheduler-stats/pools"];

#[test]
fn tokens_of_the_system_or_a_domain_are_denied_whatever_their_roles() {
    let cloud = Cloud::open();
    for who in ["system-admin", "domain-admin", "system-reader"] {
        for route in ROUTES {
            cloud.caller(who).get(route).is(403);
        }
        cloud.caller(who).post("/shares", wish("plain", json!({}))).is(403);
    }
    cloud.close(0);
}

#[test]
fn where_scopes_are_not_enforced_roles_decide() {
    let cloud = Cloud::with("[oslo_policy]\nenforce_scope = false\n");
    for who in ["system-admin", "domain-admin"] {
        for route in ROUTES {
            cloud.caller(who).get(route).is(200);
        }
    }
    cloud.caller("system-reader").get("/services").is(403);
    cloud.close(0);
}

#[test]
fn every_role_comes_as_far_as_the_defaults_let_it() {
    let cloud = Cloud::open();
    let kind = cloud.make_type("plain", json!({}));
    for (who, looks, makes, administers) in [
        ("admin", 200, 200, 200),
        ("member", 200, 200, 403),
        ("reader", 200, 403, 403),
        ("stranger", 403, 403, 403),
        ("service", 403, 403, 403),
    ] {
        let caller = cloud.caller(who);
        caller.get("/shares").is(looks);
        caller.get("/services").is(administers);
        if makes == 200 {
            let share = cloud.make_mountable(&caller, &kind, json!({}));
            caller.delete(&format!("/shares/{share}")).is(202);
            crate::api::cloud::until_gone(&cloud.admin(), &share);
        } else {
            caller.post("/shares", wish(&kind, json!({}))).is(makes);
        }
    }
    cloud.close(0);
}

#[test]
fn deprecated_rules_count_where_new_defaults_are_not_enforced_unless_they_are_overridden() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yaml");
    std::fs::write(&file, "\"share:create\": \"rule:context_is_admin or rule:project-member\"\n").unwrap();
    let cloud =
        Cloud::with(&format!("[oslo_policy]\nenforce_new_defaults = false\npolicy_file = {}\n", file.display()));
    let stranger = cloud.caller("stranger");
    stranger.get("/shares").is(200);
    stranger.get("/services").is(403);
    stranger.post("/shares", wish("plain", json!({}))).is(403);
    cloud.caller("system-reader").get("/shares").is(403);
    cloud.close(0);
}

#[test]
fn a_revoked_token_is_believed_for_the_cache_time_and_no_longer() {
    let cloud = Cloud::with("[keystone_authtoken]\ntoken_cache_time = 3\n");
    let leaver = cloud.caller("leaver");
    leaver.get("/shares").is(200);
    cloud.keystone.revoke("leaver");
    leaver.get("/shares").is(200);
    until("the token is no longer believed", || (leaver.get("/shares").status == 401).then_some(()));
    cloud.member().get("/shares").is(200);
    cloud.close(0);
}
