//! Export policies and rules.

use serde_json::{Value, json};

use super::Lab;

const POLICIES: &str = "/api/protocols/nfs/export-policies";

fn rule(client: &str) -> Value {
    json!({"clients": [{"match": client}], "ro_rule": ["sys"], "rw_rule": ["sys"], "superuser": ["sys"]})
}

async fn policy(lab: &Lab, name: &str, rules: &[Value]) -> u64 {
    let body = lab.done("POST", POLICIES, json!({"name": name, "svm.name": "svm1", "rules": rules})).await;
    body["records"][0]["id"].as_u64().unwrap()
}

async fn matches(lab: &Lab, id: u64) -> Vec<(u64, String)> {
    let body = lab.get(&format!("{POLICIES}/{id}/rules?fields=clients.match,index")).await;
    let pair =
        |rule: &Value| (rule["index"].as_u64().unwrap(), rule["clients"][0]["match"].as_str().unwrap().to_owned());
    body["records"].as_array().unwrap().iter().map(pair).collect()
}

fn pairs(list: &[(u64, &str)]) -> Vec<(u64, String)> {
    list.iter().map(|(index, client)| (*index, (*client).to_owned())).collect()
}

#[tokio::test]
async fn a_policy_is_made_with_its_rules_and_found_by_its_large_id() {
    let lab = Lab::new();
    let reply = lab
        .raw("POST", POLICIES, &json!({"name": "p", "svm": {"name": "svm1"}, "rules": [rule("10.0.0.1")]}))
        .await
        .unwrap();
    assert_eq!(reply.status, 201);
    let location = reply.headers.iter().find(|(name, _)| name == "Location").unwrap().1.clone();
    let body = lab.get(&location).await;
    assert!(body["id"].as_u64().unwrap() > 1 << 32);
    assert_eq!(body["rules"][0]["clients"], json!([{"match": "10.0.0.1"}]));
    assert_eq!(body["rules"][0]["anonymous_user"], "65534");
    assert_eq!(body["rules"][0]["protocols"], json!(["any"]));
}

#[tokio::test]
async fn names_of_policies_are_checked() {
    let lab = Lab::new();
    policy(&lab, "p", &[]).await;
    for (name, code) in [("p".to_owned(), "1"), ("a b".to_owned(), "1703952"), ("x".repeat(257), "1704047")] {
        assert_eq!(lab.refused("POST", POLICIES, json!({"name": name, "svm.name": "svm1"})).await, code);
    }
    assert_eq!(lab.refused("POST", POLICIES, json!({"name": "q"})).await, "2621707");
    assert_eq!(lab.refused("POST", POLICIES, json!({"svm.name": "svm1"})).await, "262180");
}

#[tokio::test]
async fn a_policy_in_use_stays_and_a_rename_is_seen_by_its_volume() {
    let lab = Lab::new();
    let id = policy(&lab, "p", &[]).await;
    let uuid = lab.volume("v", 100, json!({"nas.export_policy.name": "p"})).await;
    assert_eq!(lab.refused("DELETE", &format!("{POLICIES}/{id}"), Value::Null).await, "1703945");
    lab.done("PATCH", &format!("{POLICIES}/{id}"), json!({"name": "q"})).await;
    let body = lab.get(&format!("/api/storage/volumes/{uuid}?fields=nas.export_policy")).await;
    assert_eq!(body["nas"]["export_policy"], json!({"name": "q", "id": id}));
    lab.done("DELETE", &format!("/api/storage/volumes/{uuid}"), Value::Null).await;
    lab.done("DELETE", &format!("{POLICIES}/{id}"), Value::Null).await;
    let default = lab.get(&format!("{POLICIES}?name=default")).await["records"][0]["id"].as_u64().unwrap();
    assert_eq!(lab.refused("DELETE", &format!("{POLICIES}/{default}"), Value::Null).await, "1703947");
    let next = policy(&lab, "p", &[]).await;
    assert!(next > id, "an id is never used twice");
}

#[tokio::test]
async fn a_volume_admits_whom_its_policy_names_whatever_that_is_called_until_it_is_deleted() {
    let lab = Lab::new();
    let mut reads = rule("10.0.0.2");
    reads["rw_rule"] = json!(["never"]);
    policy(&lab, "p", &[rule("10.0.0.1"), reads]).await;
    let clients = || lab.cluster.admissions().unwrap().remove("v").map(|one| Vec::from_iter(one.clients));
    assert_eq!(clients(), None);
    let uuid = lab.volume("v", 100, json!({"nas.export_policy.name": "p"})).await;
    assert_eq!(clients(), Some(vec![("10.0.0.1".to_owned(), true), ("10.0.0.2".to_owned(), false)]));
    lab.done("PATCH", &format!("/api/storage/volumes/{uuid}"), json!({"nas.export_policy.name": "default"})).await;
    assert_eq!(clients(), Some(Vec::new()));
    lab.done("DELETE", &format!("/api/storage/volumes/{uuid}"), Value::Null).await;
    assert_eq!(clients(), None, "the volume is in the recovery queue");
}

#[tokio::test]
async fn all_rules_of_a_policy_are_replaced_or_none() {
    let lab = Lab::new();
    let id = policy(&lab, "p", &[rule("10.0.0.1"), rule("10.0.0.2")]).await;
    let target = format!("{POLICIES}/{id}");
    assert_eq!(
        lab.refused("PATCH", &target, json!({"rules": [rule("10.0.0.3"), rule("10.0.0.1/24")]})).await,
        "1704040"
    );
    assert_eq!(lab.refused("PATCH", &target, json!({"rules": [rule("10.0.0.3"), rule("10.0.0.3")]})).await, "1704071");
    assert_eq!(matches(&lab, id).await, pairs(&[(1, "10.0.0.1"), (2, "10.0.0.2")]));
    lab.done("PATCH", &target, json!({"rules": [rule("10.0.0.3")]})).await;
    assert_eq!(matches(&lab, id).await, pairs(&[(1, "10.0.0.3")]));
    lab.done("PATCH", &target, json!({"rules": []})).await;
    assert_eq!(matches(&lab, id).await, []);
}

#[tokio::test]
async fn rules_are_added_changed_moved_and_removed_one_by_one() {
    let lab = Lab::new();
    let id = policy(&lab, "p", &[]).await;
    let rules = format!("{POLICIES}/{id}/rules");
    for client in ["10.0.0.1", "10.0.0.2", "10.0.0.3"] {
        lab.done("POST", &rules, rule(client)).await;
    }
    assert_eq!(lab.refused("POST", &rules, rule("10.0.0.2")).await, "1704070");
    assert_eq!(lab.refused("POST", &rules, rule("nonsense/")).await, "1704039");
    assert_eq!(
        lab.refused(
            "POST",
            &rules,
            json!({"index": 0, "clients": [{"match": "a"}], "ro_rule": ["any"], "rw_rule": ["any"]})
        )
        .await,
        "262197"
    );
    lab.done("PATCH", &format!("{rules}/3?new_index=1"), json!({})).await;
    lab.done("PATCH", &format!("{rules}/2"), json!({"rw_rule": ["never"]})).await;
    assert_eq!(lab.refused("PATCH", &format!("{rules}/2"), json!({"client_match": "10.0.0.9"})).await, "262179");
    assert_eq!(matches(&lab, id).await, pairs(&[(1, "10.0.0.3"), (2, "10.0.0.1"), (3, "10.0.0.2")]));
    lab.done("DELETE", &format!("{rules}/2"), json!({"index": 2})).await;
    assert_eq!(matches(&lab, id).await, pairs(&[(1, "10.0.0.3"), (3, "10.0.0.2")]));
    assert_eq!(lab.refused("DELETE", &format!("{rules}/2"), Value::Null).await, "4");
    let found = lab.get(&format!("{rules}?clients.match=10.0.0.2&fields=index")).await;
    assert_eq!(found["records"][0]["index"], 3);
    let (status, body) = lab.call("GET", &format!("{POLICIES}/99/rules"), Value::Null).await;
    assert_eq!((status, &body["error"]["code"]), (404, &json!("1703954")));
}

#[tokio::test]
async fn a_policy_shows_its_first_rules_and_the_rules_endpoint_all() {
    let lab = Lab::new();
    let rules: Vec<Value> = (0..600).map(|n| rule(&format!("10.0.{}.{}", n / 250, n % 250))).collect();
    let id = policy(&lab, "p", &rules).await;
    assert_eq!(lab.get(&format!("{POLICIES}/{id}")).await["rules"].as_array().unwrap().len(), 500);
    assert_eq!(lab.get(&format!("{POLICIES}/{id}/rules")).await["num_records"], 600);
}

#[tokio::test]
async fn policies_are_deleted_over_a_query() {
    let lab = Lab::new();
    for name in ["deleted_a", "deleted_b", "kept"] {
        policy(&lab, name, &[]).await;
    }
    let body = lab.done("DELETE", &format!("{POLICIES}?name=deleted_*"), Value::Null).await;
    assert_eq!(body["num_records"], 2);
    assert_eq!(super::names(&lab.get(POLICIES).await), ["default", "kept"]);
}

#[tokio::test]
async fn smb_shares_have_lists_of_who_may_use_them() {
    let mut config = crate::Config::default();
    config.svms[0].cifs_server = Some("FILER".to_owned());
    let lab = Lab::with(config);
    lab.volume("v", 100, json!({"nas.path": "/v"})).await;
    let shares = "/api/protocols/cifs/shares";
    let share = |name: &str, path: &str| json!({"name": name, "path": path, "svm.name": "svm1"});
    let made = lab.done("POST", shares, share("V", "/v")).await;
    let svm = made["records"][0]["svm"]["uuid"].as_str().unwrap().to_owned();
    assert_eq!(made["records"][0]["acls"][0]["user_or_group"], "Everyone");
    for (body, code) in [
        (share("v", "/v"), "1"),
        (share("w", "/nowhere"), "655551"),
        (share(&"w".repeat(81), "/v"), "655577"),
        (share("w/x", "/v"), "656426"),
    ] {
        assert_eq!(lab.refused("POST", shares, body).await, code);
    }
    let acls = format!("{shares}/{svm}/V/acls");
    lab.done("POST", &acls, json!({"user_or_group": "DOM\\bob", "permission": "read"})).await;
    assert_eq!(lab.refused("POST", &acls, json!({"user_or_group": "dom\\BOB", "permission": "read"})).await, "1");
    lab.done("PATCH", &format!("{acls}/DOM%5Cbob/windows"), json!({"permission": "full_control"})).await;
    lab.done("POST", &acls, json!({"user_or_group": "eve", "permission": "no_access"})).await;
    lab.done("POST", &acls, json!({"user_or_group": "zoe", "permission": "read"})).await;
    let accounts = lab.cluster.accounts().unwrap().remove("V").map(Vec::from_iter);
    let let_in = [("DOM\\bob", true), ("Everyone", true), ("zoe", false)].map(|(one, writes)| (one.to_owned(), writes));
    assert_eq!(accounts, Some(let_in.to_vec()), "who is shut out is not let in");
    lab.done("DELETE", &format!("{acls}/zoe/windows"), Value::Null).await;
    lab.done("DELETE", &format!("{acls}/eve/windows"), Value::Null).await;
    lab.done("DELETE", &format!("{acls}/Everyone/windows"), Value::Null).await;
    assert_eq!(lab.refused("DELETE", &format!("{acls}/Everyone/windows"), Value::Null).await, "655516");
    let body = lab.get(&format!("{acls}?fields=user_or_group,permission")).await;
    assert_eq!(
        (body["num_records"].as_u64(), body["records"][0]["permission"].as_str()),
        (Some(1), Some("full_control"))
    );
    lab.done("DELETE", &format!("{shares}/{svm}/V"), Value::Null).await;
    assert_eq!(lab.refused("DELETE", &format!("{shares}/{svm}/V"), Value::Null).await, "4");
    let bare = Lab::new();
    assert_eq!(bare.refused("POST", shares, share("V", "/")).await, "655399");
}
