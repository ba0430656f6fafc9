//! FPolicy: events and policies as an array keeps them, with what an enabled policy refuses.

use serde_json::{Value, json};

use super::Lab;

async fn places(lab: &Lab) -> (String, String) {
    let svm = lab.get("/api/svm/svms?name=svm1").await["records"][0]["uuid"].as_str().unwrap().to_owned();
    (format!("/api/protocols/fpolicy/{svm}/events"), format!("/api/protocols/fpolicy/{svm}/policies"))
}

fn policy(name: &str, more: Value) -> Value {
    let mut body = json!({"name": name, "events": [{"name": "e"}], "engine": {"name": "native"},
        "scope": {"include_volumes": ["v"], "include_extension": ["exe"]}});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn an_event_watches_what_its_protocol_has_and_stays_while_a_policy_is_about_it() {
    let lab = Lab::new();
    let (events, policies) = places(&lab).await;
    let event = |protocol: &str, operation: &str| json!({"name": "e", "protocol": protocol, "file_operations": {operation: true}});
    assert_eq!(lab.refused("POST", &events, event("nfsv3", "open")).await, "9764929");
    lab.done("POST", &events, event("nfsv4", "open")).await;
    assert_eq!(lab.refused("POST", &events, event("nfsv4", "open")).await, "1");
    let found = lab.get(&format!("{events}/e")).await;
    assert_eq!((&found["file_operations"]["open"], &found["file_operations"]["write"]), (&json!(true), &json!(false)));
    lab.done("POST", &policies, policy("p", json!({}))).await;
    assert_eq!(lab.refused("DELETE", &format!("{events}/e"), Value::Null).await, "9764947");
    lab.done("DELETE", &format!("{policies}/p"), Value::Null).await;
    lab.done("DELETE", &format!("{events}/e"), Value::Null).await;
}

#[tokio::test]
async fn an_enabled_policy_is_not_changed_and_has_a_priority_of_its_own() {
    let lab = Lab::new();
    let (events, policies) = places(&lab).await;
    lab.done("POST", &events, json!({"name": "e", "protocol": "cifs", "file_operations.create": true})).await;
    assert_eq!(lab.refused("POST", &policies, policy("p", json!({"scope": {}}))).await, "9764898");
    assert_eq!(lab.refused("POST", &policies, policy("p", json!({"events": [{"name": "x"}]}))).await, "262197");
    lab.done("POST", &policies, policy("p", json!({}))).await;
    let target = format!("{policies}/p");
    assert_eq!(lab.get(&target).await["enabled"], json!(false));
    let wider = json!({"scope.include_volumes": ["v", "w"]});
    for (body, code) in [
        (json!({"enabled": true}), "9765026"),
        (json!({"enabled": false}), "9764908"),
        (json!({"enabled": true, "priority": 11}), "262197"),
    ] {
        assert_eq!(lab.refused("PATCH", &target, body.clone()).await, code, "{body}");
    }
    lab.done("PATCH", &target, json!({"enabled": true, "priority": 1})).await;
    assert_eq!(lab.refused("POST", &policies, policy("q", json!({"priority": 1}))).await, "9765027");
    for (body, code) in [
        (wider.clone(), "9764899"),
        (json!({"enabled": true, "priority": 2}), "9764907"),
        (json!({"enabled": false, "priority": 1}), "9765025"),
    ] {
        assert_eq!(lab.refused("PATCH", &target, body.clone()).await, code, "{body}");
    }
    assert_eq!(lab.refused("DELETE", &target, Value::Null).await, "9764899");
    lab.done("PATCH", &target, json!({"enabled": false})).await;
    lab.done("PATCH", &target, wider).await;
    lab.done("PATCH", &target, json!({"priority": 1})).await;
    let found = lab.get(&format!("{policies}?scope.include_volumes=w&fields=*")).await;
    let found = &found["records"][0];
    assert_eq!((&found["enabled"], &found["scope"]["include_volumes"]), (&json!(true), &json!(["v", "w"])));
}
