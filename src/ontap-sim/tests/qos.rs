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
    let strange = json!({"name": "strange", "svm.name": "svm1",
                         "adaptive": {"expected_iops": 100, "peak_iops": 200, "block_size": "3k"}});
    assert_eq!(lab.refused("POST", POLICIES, strange).await, "262197");
    let nothing = json!({"name": "nothing", "svm.name": "svm1"});
    assert_eq!(lab.refused("POST", POLICIES, nothing).await, "262180");
}

#[tokio::test]
async fn an_adaptive_policy_keeps_what_it_is_not_told_to_change() {
    let lab = Lab::new();
    let terms = json!({"adaptive": {"expected_iops": 100, "peak_iops": 200, "block_size": "8k"}});
    let uuid = policy(&lab, "adaptive", terms).await;
    lab.done("PATCH", &at(&uuid), json!({"adaptive": {"peak_iops": 300, "peak_iops_allocation": "allocated_space"}}))
        .await;
    let found = lab.get(&format!("{POLICIES}?name=adaptive&fields=fixed,adaptive")).await;
    let record = &found["records"][0];
    let expected = json!({"expected_iops": 100, "peak_iops": 300, "absolute_min_iops": 0, "block_size": "8k",
                          "expected_iops_allocation": "allocated_space", "peak_iops_allocation": "allocated_space"});
    assert_eq!((&record["adaptive"], &record["fixed"]), (&expected, &Value::Null));
    assert_eq!(lab.refused("PATCH", &at(&uuid), json!({"adaptive.block_size": "9k"})).await, "262197");
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
