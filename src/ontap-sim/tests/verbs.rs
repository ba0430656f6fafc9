//! Every verb as clients that others wrote use it: more slashes, `*` for a parent, queries on one object, `records`, names for objects.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Lab, names};
use crate::rest::ask::Method;
use crate::rest::route::Act;
use crate::{Call, Config, Fault, Rule};

const SHARES: &str = "/api/protocols/cifs/shares";
const POLICIES: &str = "/api/protocols/nfs/export-policies";

async fn answer(lab: &Lab, method: &str, target: &str, accept: &str) -> (u16, String, Vec<String>) {
    let authorization = "Basic YWRtaW46cGFzc3dvcmQ=".to_owned();
    let headers = [("Authorization".to_owned(), authorization), ("Accept".to_owned(), accept.to_owned())];
    let call =
        Call { method: method.to_owned(), target: target.to_owned(), headers: headers.to_vec(), ..Call::default() };
    let reply = lab.cluster.answer(call).await.unwrap();
    let header = |name: &str| {
        reply.headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    (
        reply.status,
        String::from_utf8_lossy(&reply.body).into_owned(),
        [header("Content-Type"), header("Allow")].concat(),
    )
}

#[tokio::test]
async fn any_number_of_slashes_is_one() {
    let lab = Lab::new();
    for path in ["/api//storage/volumes", "//api/storage//volumes//", "/api/storage/volumes/"] {
        assert_eq!(names(&lab.get(&format!("{path}?name=svm1_root")).await), ["svm1_root"], "{path}");
    }
    assert_eq!(lab.call("GET", "/api/storage/volumes//x/", Value::Null).await.0, 400, "no UUID");
}

#[tokio::test]
async fn head_answers_as_get_without_a_body_and_options_tells_the_methods() {
    let lab = Lab::new();
    let (status, body, _) = answer(&lab, "HEAD", "/api/cluster", "*/*").await;
    assert_eq!((status, body.as_str()), (200, ""));
    assert_eq!(answer(&lab, "HEAD", "/api/nothing", "*/*").await.0, 404);
    let (status, _, headers) = answer(&lab, "OPTIONS", POLICIES, "*/*").await;
    assert_eq!((status, headers[1].as_str()), (200, "GET, POST, PATCH, DELETE, HEAD, OPTIONS"));
    assert_eq!(answer(&lab, "OPTIONS", "/api/nothing", "*/*").await.0, 404);
}

#[tokio::test]
async fn what_a_reply_is_follows_what_is_accepted() {
    let lab = Lab::new();
    for (accept, kind) in [
        ("application/json", "application/json"),
        ("*/*", "application/hal+json"),
        ("application/hal+json, application/json", "application/hal+json"),
    ] {
        let (_, _, headers) = answer(&lab, "GET", "/api/cluster", accept).await;
        assert_eq!(headers, [kind], "{accept}");
    }
}

#[tokio::test]
async fn an_object_is_named_by_its_name_alone() {
    let lab = Lab::new();
    lab.done("POST", POLICIES, json!({ "name": "p", "svm": "svm1" })).await;
    let body = json!({ "name": "v", "svm": "svm1", "size": "100MB", "aggregates": ["aggr1"], "nas": { "export_policy": "p" } });
    lab.done("POST", "/api/storage/volumes", body).await;
    let found = lab.get("/api/storage/volumes?name=v&fields=aggregates.name,nas.export_policy.name").await;
    let record = &found["records"][0];
    assert_eq!(
        (&record["aggregates"][0]["name"], &record["nas"]["export_policy"]["name"]),
        (&json!("aggr1"), &json!("p"))
    );
    assert_eq!(lab.refused("POST", POLICIES, json!({ "name": "q", "svm": { "nmae": "svm1" } })).await, "262179");
}

async fn share(lab: &Lab, name: &str) {
    let acls = json!([{ "user_or_group": "Everyone", "permission": "read" }, { "user_or_group": "alice" }]);
    lab.done("POST", SHARES, json!({ "svm.name": "svm1", "name": name, "path": "/", "acls": acls })).await;
}

#[tokio::test]
async fn a_star_stands_for_any_parent_and_a_query_chooses_among_what_a_path_names() {
    let mut config = Config::default();
    config.svms[0].cifs_server = Some("FILER".to_owned());
    let lab = Lab::with(config);
    share(&lab, "one").await;
    share(&lab, "two").await;
    let all = format!("{SHARES}/*/*/acls");
    let count = async |query: &str| lab.get(&format!("{all}?{query}")).await["num_records"].clone();
    assert_eq!((count("").await, count("user_or_group=alice").await), (json!(4), json!(2)));
    assert_eq!(lab.get(&format!("{SHARES}/*/two/acls")).await["num_records"], 2);

    lab.done("DELETE", &format!("{SHARES}/*/one/acls/Everyone/windows?svm.name=svm1"), Value::Null).await;
    assert_eq!(lab.get(&format!("{SHARES}/*/one/acls")).await["num_records"], 1);
    let missing = format!("{SHARES}/*/two/acls/Everyone/windows?svm.name=other");
    assert_eq!(lab.call("DELETE", &missing, Value::Null).await.0, 404);
    lab.done("PATCH", &format!("{SHARES}/*/*/acls/alice/windows"), json!({ "permission": "read" })).await;
    assert_eq!(count("user_or_group=alice&permission=read").await, 2);

    lab.done(
        "POST",
        POLICIES,
        json!({ "name": "p", "svm": "svm1", "rules": [{ "clients": [{ "match": "10.0.0.1" }], "ro_rule": ["any"], "rw_rule": ["any"] }] }),
    )
    .await;
    assert_eq!(lab.get(&format!("{POLICIES}/*/rules?clients.match=10.0.0.1")).await["num_records"], 1);
}

#[tokio::test]
async fn objects_are_changed_and_removed_by_records() {
    let lab = Lab::new();
    for name in ["a", "b", "c"] {
        lab.done("POST", POLICIES, json!({ "name": name, "svm": "svm1" })).await;
    }
    let id = lab.get(&format!("{POLICIES}?name=a&fields=id")).await["records"][0]["id"].clone();
    lab.done("PATCH", POLICIES, json!({ "records": [{ "id": id, "name": "renamed" }] })).await;
    let records = json!([{ "name": "renamed", "svm": { "name": "svm1" } }, { "name": "b", "svm.name": "svm1" }]);
    lab.done("DELETE", POLICIES, json!({ "records": records })).await;
    assert_eq!(names(&lab.get(&format!("{POLICIES}?name=a|b|c|renamed")).await), ["c"]);
    for wrong in [json!([{ "comment": "?" }]), json!([])] {
        assert_eq!(lab.call("DELETE", POLICIES, json!({ "records": wrong })).await.0, 400);
    }
    let absent = json!([{ "name": "c" }, { "name": "nobody" }]);
    assert_eq!(lab.call("DELETE", POLICIES, json!({ "records": absent })).await.0, 404);
    assert_eq!(names(&lab.get(&format!("{POLICIES}?name=c")).await), ["c"], "all of them or none");
}

#[tokio::test]
async fn a_job_that_is_cancelled_does_nothing_any_more() {
    let lab = Lab::new();
    let (method, path) = (Some("POST".to_owned()), "/api/storage/volumes".to_owned());
    lab.cluster.strike(Rule { method, path, svm: None, nth: 1, count: Some(1), fault: Fault::JobHangs });
    let body = json!({ "name": "v", "svm.name": "svm1", "size": "100MB", "aggregates": [{ "name": "aggr1" }] });
    let (status, accepted) = lab.call("POST", "/api/storage/volumes", body).await;
    assert_eq!(status, 202, "{accepted}");
    let job = format!("/api/cluster/jobs/{}", accepted["job"]["uuid"].as_str().unwrap());
    let act = async |action: &str| lab.call("PATCH", &format!("{job}?action={action}"), Value::Null).await.0;
    assert_eq!((act("pause").await, act("stop").await), (405, 400));
    assert_eq!((act("cancel").await, act("cancel").await), (200, 400));
    lab.hand.step(Duration::from_secs(120));
    let ended = lab.get(&job).await;
    assert_eq!((&ended["state"], &ended["error"]["message"]), (&json!("failure"), &json!("The job was canceled.")));
    assert_eq!(lab.get("/api/storage/volumes?name=v").await["num_records"], 0);
}

#[test]
fn each_path_tells_its_own_methods() {
    let methods = crate::routing::methods("/api/cluster/jobs/00000000-0000-0000-0000-000000000001");
    assert_eq!(methods, [Method::Get.name(), Method::Patch.name(), "HEAD", "OPTIONS"]);
}

#[test]
fn what_can_be_done_to_one_object_can_be_done_to_those_that_a_query_chooses() {
    let all = || crate::nouns::ENDPOINTS.iter().copied().flatten();
    let of_many = |instance: &str, method: Method| {
        all().any(|one| one.method == method && matches!(one.act, Act::Each(path) if path == instance))
    };
    let changes = all().filter(|one| matches!(one.method, Method::Patch | Method::Delete) && one.path.ends_with('}'));
    let missing: Vec<_> = changes
        .filter(|one| matches!(one.act, Act::Sync(..) | Act::Job(..)) && !of_many(one.path, one.method))
        .map(|one| format!("{} {}", one.method.name(), one.path))
        .collect();
    assert_eq!(missing, [""; 0]);
}

#[tokio::test]
async fn policies_shares_entries_and_jobs_are_chosen_by_a_query() {
    const QOS: &str = "/api/storage/qos/policies";
    let lab = Lab::new();
    for name in ["unmanaged_a", "unmanaged_b", "c"] {
        let fixed = json!({ "max_throughput_iops": 100, "capacity_shared": false });
        lab.done("POST", QOS, json!({ "name": name, "svm": "svm1", "fixed": fixed })).await;
    }
    lab.done("PATCH", &format!("{QOS}?name=c"), json!({ "fixed": { "max_throughput_iops": 200 } })).await;
    lab.done("DELETE", &format!("{QOS}?name=unmanaged_*"), Value::Null).await;
    let left = lab.get(&format!("{QOS}?fields=name,fixed.max_throughput_iops")).await["records"].clone();
    assert_eq!((left.as_array().unwrap().len(), &left[0]["fixed"]["max_throughput_iops"]), (1, &json!(200)), "{left}");
    assert_eq!(lab.call("DELETE", QOS, Value::Null).await.0, 400, "a whole collection is not removed");
}

#[tokio::test]
async fn what_names_no_object_changes_none() {
    let lab = Lab::new();
    let id = lab.volume("v1", 100, json!({})).await;
    for (target, body, status) in [
        ("/api/storage/volumes/*", Value::Null, 400),
        ("/api/storage/volumes", json!({ "records": [{ "svm": { "name": "svm1" } }] }), 400),
        ("/api/storage/volumes", json!({ "records": [{ "svm": "svm1" }] }), 400),
        ("/api/storage/volumes", json!({ "records": [{ "name": "\"*\"" }] }), 404),
        ("/api/storage/volumes", json!({ "records": [{ "name": "v1", "svm": "other" }] }), 404),
        ("/api/storage/volumes", json!({ "records": [{ "name": "v\"1}" }] }), 400),
        ("/api/protocols/nfs/export-policies/*", Value::Null, 400),
    ] {
        let (found, answer) = lab.call("DELETE", target, body.clone()).await;
        assert_eq!(found, status, "{target} {body}: {answer}");
    }
    assert_eq!(lab.get(&format!("/api/storage/volumes/{id}")).await["name"], "v1");
    let acting = format!("/api/storage/volumes/{id}?validate_only=true");
    assert_eq!(lab.refused("PATCH", &acting, json!({ "comment": "?" })).await, "262179");
    lab.done("PATCH", &format!("/api/storage/volumes/{id}?name=v1"), json!({ "comment": "ours" })).await;
    let moved = lab.call("PATCH", &format!("/api/storage/volumes/{id}?name=v2"), json!({ "comment": "?" })).await;
    assert_eq!(moved.0, 404);
    assert_eq!(lab.get(&format!("/api/storage/volumes/{id}?fields=comment")).await["comment"], "ours");
}

#[tokio::test]
async fn what_is_kept_is_kept_under_the_name_that_the_array_has() {
    let lab = Lab::new();
    let id = lab.volume("v1", 100, json!({})).await;
    let state = async || {
        lab.get(&format!("/api/storage/volumes/{id}?fields=anti_ransomware.state")).await["anti_ransomware"]["state"]
            .clone()
    };
    let only_checked = json!({ "validate_only": true, "anti_ransomware": { "state": "enabled" } });
    lab.done("PATCH", &format!("/api/storage/volumes/{id}"), only_checked).await;
    assert_eq!(state().await, Value::Null);
    let shouted = format!("/api/storage/volumes/{}", id.to_uppercase());
    lab.done("PATCH", &shouted, json!({ "anti_ransomware": { "state": "enabled" } })).await;
    assert_eq!(state().await, "enabled");
    let other_name = json!({ "snapshot_policy": { "uuid": "00000000-0000-4000-8000-000000000001" } });
    assert_eq!(lab.refused("PATCH", &format!("/api/storage/volumes/{id}"), other_name).await, "262196");
}
