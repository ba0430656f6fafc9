//! Key managers of SVMs: what is asked of a configuration, and which one an SVM uses.

use serde_json::{Value, json};

use super::Lab;
use crate::{Config, Release};

const KMS: &str = "/api/security/barbican-kms";
const STORES: &str = "/api/security/key-stores";

fn lab() -> Lab {
    Lab::with(Config { release: Release::new(9, 17, 1), ..Config::default() })
}

fn source(name: &str, more: Value) -> Value {
    let mut body = json!({
        "svm": { "name": "svm1" }, "configuration": { "name": name },
        "key_id": "https://keys.example/v1/secrets/1", "keystone_url": "https://id.example/v3/auth/tokens",
        "application_cred_id": "c1", "application_cred_secret": "open sesame",
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// The uuid of the only key store of this configuration.
async fn store(lab: &Lab, name: &str) -> String {
    let found = lab.get(&format!("{STORES}?configuration.name={name}")).await;
    assert_eq!(found["num_records"], 1, "{found}");
    found["records"][0]["uuid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_svm_has_each_configuration_once_and_uses_the_one_that_was_enabled_last() {
    let lab = lab();
    for name in ["a", "b"] {
        lab.done("POST", KMS, source(name, json!({}))).await;
    }
    assert_eq!(lab.call("POST", KMS, source("a", json!({}))).await.0, 409);
    let enabled = async || {
        let all = lab.get(&format!("{STORES}?enabled=true&fields=configuration.name,type,svm.name")).await;
        let told = |one: &Value| {
            assert_eq!((&one["type"], &one["svm"]["name"]), (&json!("barbican"), &json!("svm1")));
            one["configuration"]["name"].as_str().unwrap().to_owned()
        };
        all["records"].as_array().unwrap().iter().map(told).collect::<Vec<_>>()
    };
    assert_eq!(enabled().await, [""; 0]);
    for name in ["a", "b", "b"] {
        lab.done("PATCH", &format!("{STORES}/{}", store(&lab, name).await), json!({ "enabled": true })).await;
        assert_eq!(enabled().await, [name]);
    }
    let off = lab.call("PATCH", &format!("{STORES}/{}", store(&lab, "b").await), json!({ "enabled": false })).await;
    assert!(off.0 >= 400 || off.1["job"].is_object(), "{off:?}");
    assert_eq!(enabled().await, ["b"]);
}

#[tokio::test]
async fn a_secret_is_asked_for_with_its_credential_and_shown_to_nobody() {
    let lab = lab();
    for (missing, status) in [
        (json!({ "application_cred_secret": "" }), 400),
        (json!({ "key_id": "http://keys.example/v1/secrets/1" }), 400),
        (json!({ "keystone_url": "http://id.example" }), 400),
    ] {
        assert_eq!(lab.call("POST", KMS, source("a", missing.clone())).await.0, status, "{missing}");
    }
    lab.done("POST", KMS, source("a", json!({}))).await;
    let path = format!("{KMS}/{}", store(&lab, "a").await);
    let shown = lab.get(&format!("{path}?fields=**")).await;
    assert_eq!((&shown["application_cred_id"], &shown["enabled"]), (&json!("c1"), &json!(false)));
    assert!(!shown.to_string().contains("sesame"), "{shown}");
    lab.done("PATCH", &path, json!({ "application_cred_id": "c2", "application_cred_secret": "another" })).await;
    assert_eq!(lab.get(&path).await["application_cred_id"], "c2");
}

#[tokio::test]
async fn before_its_release_nobody_is_asked_for_keys() {
    let lab = Lab::with(Config { release: Release::V9_16_1, ..Config::default() });
    assert_eq!(lab.call("POST", KMS, source("a", json!({}))).await.0, 400);
}
