//! No tenant sees another: what members, readers, strangers, other projects and system tokens come to.

use serde_json::{Value, json};

use super::cloud::{Cloud, NOTHING, OWN, wish};

#[test]
fn things_of_another_project_do_not_exist() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("plain", json!({}));
    let share = cloud.make_mountable(&member, &kind, json!({ "name": "s" }));
    let rule = json!({ "allow_access": { "access_type": "ip", "access_to": "10.0.0.1", "metadata": { "k": "v" } } });
    let rule = member.act(&share, rule.clone()).is(200).text_at("/access/id");
    let foreign = cloud.caller("foreign-member");
    let path = format!("/shares/{share}");
    let allow = json!({ "allow_access": { "access_type": "ip", "access_to": "10.0.0.2" } });
    let deny = json!({ "deny_access": { "access_id": rule } });
    foreign.get(&path).fails(404);
    foreign.put(&path, json!({ "share": { "display_name": "x" } })).fails(404);
    foreign.delete(&path).fails(404);
    foreign.act(&share, allow.clone()).fails(404);
    foreign.act(&share, deny.clone()).fails(404);
    foreign.at("2.44").act(&share, json!({ "access_list": null })).fails(404);
    foreign.get(&format!("/share-access-rules?share_id={share}")).fails(400);
    foreign.get(&format!("/share-access-rules/{rule}")).fails(404);
    foreign.put(&format!("/share-access-rules/{rule}/metadata"), json!({ "metadata": { "k": "w" } })).fails(404);
    foreign.delete(&format!("/share-access-rules/{rule}/metadata/k")).fails(404);
    foreign.get(&format!("/shares/{share}/export_locations")).fails(403);

    // Made public, it can be seen, and nothing more.
    member.put(&path, json!({ "share": { "is_public": true } })).fails(403);
    foreign.put(&path, json!({ "share": { "is_public": true } })).fails(404);
    admin.put(&path, json!({ "share": { "is_public": true } })).is(200);
    let seen = foreign.get(&path).is(200).json();
    assert_eq!((&seen["share"]["project_id"], seen["share"].get("host")), (&json!(OWN), None));
    foreign.put(&path, json!({ "share": { "display_name": "x" } })).fails(403);
    foreign.delete(&path).fails(403);
    foreign.act(&share, allow).fails(403);
    foreign.act(&share, deny).fails(403);
    foreign.get(&format!("/share-access-rules/{rule}")).fails(404);
    foreign.put(&format!("/share-access-rules/{rule}/metadata"), json!({ "metadata": { "k": "w" } })).fails(404);
    foreign.delete(&format!("/share-access-rules/{rule}/metadata/k")).fails(404);
    foreign.post(&format!("{path}/metadata"), json!({ "metadata": { "a": "b" } })).fails(403);
    assert_eq!(member.get(&path).json()["share"]["name"], "s");
    // The owner may take the publicity back.
    member.put(&path, json!({ "share": { "is_public": false } })).is(200);
    foreign.get(&path).fails(404);
    member.post("/shares", wish(&kind, json!({ "is_public": true }))).fails(403);
    member.post("/shares", wish(&kind, json!({ "is_public": "no" }))).is(200);
    let shares = member.get("/shares").column("shares", "id").len();
    for id in member.get("/shares").column("shares", "id") {
        super::cloud::until_status(&member, &id, "available");
    }
    cloud.close(shares);
}

#[test]
fn the_rules_of_a_public_share_are_an_empty_list_to_other_projects() {
    let cloud = Cloud::open();
    let admin = cloud.admin();
    let kind = cloud.make_type("plain", json!({}));
    let share = cloud.make_mountable(&admin, &kind, json!({ "is_public": true }));
    let allow = json!({ "allow_access": { "access_type": "ip", "access_to": "10.0.0.1" } });
    admin.act(&share, allow).is(200);
    let list = format!("/share-access-rules?share_id={share}");
    let old = |who: &str, version: &str, action: &str| {
        cloud.caller(who).at(version).act(&share, json!({ action: null })).is(200).column("access_list", "access_to")
    };
    for (who, seen) in [
        ("admin", ["10.0.0.1"].as_slice()),
        ("member", &["10.0.0.1"]),
        ("reader", &["10.0.0.1"]),
        ("foreign-admin", &["10.0.0.1"]),
        ("foreign-member", &[]),
        ("foreign-reader", &[]),
    ] {
        assert_eq!(cloud.caller(who).get(&list).is(200).column("access_list", "access_to"), seen, "{who}");
        assert_eq!(old(who, "2.44", "access_list"), seen, "{who}");
        assert_eq!(old(who, "2.6", "os-access_list"), seen, "{who}");
    }
    let foreign = cloud.caller("foreign-member");
    for filter in ["&access_type=ip&access_to=10.0.0.1", "&access_level=rw"] {
        assert_eq!(foreign.get(&format!("{list}{filter}")).is(200).column("access_list", "id"), [""; 0], "{filter}");
    }
    foreign.get(&format!("{list}&access_level=zz")).fails(400);
    cloud.caller("stranger").get(&list).fails(403);
    cloud.close(1);
}

#[test]
fn administrators_of_any_project_reach_everything_and_see_where_things_live() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("plain", json!({}));
    let share = cloud.make_mountable(&member, &kind, json!({}));
    let path = format!("/shares/{share}");
    let keys = |name: &str| {
        let body = cloud.caller(name).get(&path).is(200).json();
        let keys = ["host", "share_server_id"].map(|key| body["share"].get(key).is_some());
        assert_eq!(keys[0], keys[1]);
        keys[0]
    };
    assert!(keys("admin") && keys("foreign-admin"));
    assert!(!keys("member") && !keys("reader"));
    let list = member.get("/shares/detail").is(200).json();
    assert_eq!(list["shares"][0].get("host"), None);
    assert!(admin.get("/shares/detail").is(200).json()["shares"][0]["host"].as_str().unwrap().contains("node1@alpha#"));
    cloud.caller("foreign-admin").put(&path, json!({ "share": { "display_name": "x" } })).is(200);
    cloud.caller("foreign-admin").delete(&path).is(202);
    super::cloud::until_gone(&admin, &share);
    cloud.close(0);
}

#[test]
fn a_token_of_the_whole_system_is_of_the_wrong_scope() {
    let cloud = Cloud::open();
    for name in ["system-admin", "system-reader"] {
        let caller = cloud.caller(name);
        for path in ["/shares", "/types", "/availability-zones", "/messages", "/services", "/scheduler-stats/pools"] {
            caller.get(path).fails(403);
        }
        caller.get(&format!("/shares/{NOTHING}")).fails(403);
        caller.post("/shares", wish("plain", json!({}))).fails(403);
        caller.send("GET", "/v2/", super::wire::Sent::Nothing).is(200);
    }
    cloud.close(0);
}

#[test]
fn an_operator_s_policy_file_is_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yaml");
    let rules = "\"share:get_all\": \"role:service\"\n\"share:create_public_share\": \"rule:project-member\"\n";
    std::fs::write(&file, rules).unwrap();
    let cloud = Cloud::with(&format!("[oslo_policy]\npolicy_file = {}", file.display()));
    let kind = cloud.make_type("plain", json!({}));
    cloud.member().get("/shares").fails(403);
    cloud.admin().get("/shares").fails(403);
    cloud.caller("service").get("/shares").is(200);
    let public = cloud.member().post("/shares", wish(&kind, json!({ "is_public": true }))).is(200).json();
    assert_eq!((&public["share"]["is_public"], &public["share"]["host"]), (&json!(true), &Value::Null));
    super::cloud::until_status(&cloud.admin(), public["share"]["id"].as_str().unwrap(), "available");
    cloud.close(1);
}
