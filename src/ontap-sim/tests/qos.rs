//! QoS policies and the volumes that refer to them.

use serde_json::{Value, json};

use super::{Lab, names};

const POLICIES: &str = "/api/storage/qos/policies";
const VOLUMES: &str = "/api/storage/volumes";

fn at(uuid: &str) -> String {
    format!("{POLICIES}/{uuid}")
}

async fn policy(lab: &Lab, name: &str, terms: Value) -> String {
    let mut body = json!({"name": name, "svm.name": "svm1"});
    body.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
    let made = lab.done("POST", POLICIES, body).await;
    made["records"][0]["uuid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_policy_is_made_shown_changed_renamed_and_deleted() {
    let lab = Lab::new();
    let uuid = policy(&lab, "gold", json!({"fixed.max_throughput_iops": 1000})).await;
    let again = json!({"name": "gold", "svm.name": "svm1", "fixed": {"max_throughput_iops": 1}});
    assert_eq!(lab.refused("POST", POLICIES, again).await, "8454154");
    lab.done("PATCH", &at(&uuid), json!({"fixed": {"max_throughput_iops": 0, "max_throughput_mbps": 7}})).await;
    lab.done("PATCH", &at(&uuid), json!({"name": "silver"})).await;
    let found = lab.get(&format!("{POLICIES}?name=sil*&fields=fixed,object_count,svm.name")).await;
    assert_eq!(names(&found), ["silver"]);
    let record = &found["records"][0];
    assert_eq!(
        (&record["fixed"]["max_throughput_iops"], &record["fixed"]["max_throughput_mbps"]),
        (&json!(0), &json!(7))
    );
    assert_eq!((&record["object_count"], &record["adaptive"]), (&json!(0), &Value::Null));
    lab.done("DELETE", &at(&uuid), json!({})).await;
    assert!(names(&lab.get(POLICIES).await).is_empty());
}

#[tokio::test]
async fn a_policy_stays_of_its_kind() {
    let lab = Lab::new();
    let fixed = policy(&lab, "fixed", json!({"fixed.max_throughput_iops": 1000})).await;
    let adaptive = policy(&lab, "adaptive", json!({"adaptive": {"expected_iops": 100, "peak_iops": 200}})).await;
    assert_eq!(lab.refused("PATCH", &at(&fixed), json!({"adaptive.peak_iops": 5})).await, "8454327");
    assert_eq!(lab.refused("PATCH", &at(&adaptive), json!({"fixed.max_throughput_iops": 5})).await, "8454328");
    let half = json!({"name": "half", "svm.name": "svm1", "adaptive": {"peak_iops": 200}});
    assert_eq!(lab.refused("POST", POLICIES, half).await, "262180");
    let nothing = json!({"name": "nothing", "svm.name": "svm1"});
    assert_eq!(lab.refused("POST", POLICIES, nothing).await, "262180");
}

#[tokio::test]
async fn a_policy_in_use_can_not_be_deleted_and_volumes_follow_its_name() {
    let lab = Lab::new();
    let uuid = policy(&lab, "gold", json!({"fixed.max_throughput_iops": 1000})).await;
    let volume = lab.volume("v", 20, json!({"qos.policy.name": "gold"})).await;
    assert_eq!(lab.refused("DELETE", &at(&uuid), json!({})).await, "460770");
    assert_eq!(lab.get(&at(&uuid)).await["object_count"], 1);
    lab.done("PATCH", &at(&uuid), json!({"name": "silver"})).await;
    let shown = lab.get(&format!("{VOLUMES}/{volume}?fields=qos.policy")).await;
    assert_eq!(shown["qos"]["policy"], json!({"name": "silver", "uuid": uuid}));
    lab.done("PATCH", &format!("{VOLUMES}/{volume}"), json!({"qos.policy.name": "none"})).await;
    lab.done("PATCH", &format!("{VOLUMES}/{volume}"), json!({"qos.policy.uuid": uuid})).await;
    let stranger = json!({"qos.policy.name": "bronze"});
    assert_eq!(lab.refused("PATCH", &format!("{VOLUMES}/{volume}"), stranger).await, "4");
    lab.done("DELETE", &format!("{VOLUMES}/{volume}"), json!({})).await;
    lab.done("DELETE", &at(&uuid), json!({})).await;
}
