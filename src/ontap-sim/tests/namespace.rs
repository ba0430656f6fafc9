//! What the data LIFs serve to whom.

use std::net::IpAddr;

use manilad_nfs3::{Access, Flavour};
use serde_json::{Value, json};

use super::Lab;
use crate::{Config, SvmConfig};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn rule(client: &str, rw: &str) -> Value {
    json!({"clients": [{"match": client}], "ro_rule": ["sys"], "rw_rule": [rw]})
}

#[tokio::test]
async fn a_changed_rule_counts_from_the_next_call_on() {
    let lab = Lab::new();
    let policies = "/api/protocols/nfs/export-policies";
    let body = lab
        .done("POST", policies, json!({"name": "p", "svm.name": "svm1", "rules": [rule("10.0.0.0/24", "never")]}))
        .await;
    let policy = format!("{policies}/{}", body["records"][0]["id"]);
    lab.volume("v", 1000, json!({"nas.path": "/v", "nas.export_policy.name": "p"})).await;
    let exports = lab.cluster.exports();
    let lif = ip("127.0.1.1");
    let mounted_by = |client: &str| exports.volume_at(lif, "/v", ip(client)).unwrap();
    let mounted = mounted_by("10.0.0.1");
    assert_eq!((mounted.grant.access, mounted.junction.as_str()), (Access::ReadOnly, "/v"));
    assert!(mounted.root.is_dir());
    assert_eq!(mounted_by("10.0.1.1").grant.access, Access::Denied);
    assert_eq!(exports.junctions(lif, ip("10.0.0.1")), ["/v"]);
    assert!(exports.junctions(lif, ip("10.0.1.1")).is_empty());
    lab.done("PATCH", &policy, json!({"rules": [rule("10.0.1.1", "sys")]})).await;
    let by_number = |client: &str| exports.volume(lif, mounted.id, ip(client), Flavour::Sys).unwrap().grant.access;
    assert_eq!((by_number("10.0.0.1"), by_number("10.0.1.1")), (Access::Denied, Access::ReadWrite));
}

#[tokio::test]
async fn only_mounted_volumes_are_served_by_the_lifs_of_their_svm() {
    let mut config = Config::default();
    config.svms.push(SvmConfig::named("svm2", ["127.0.2.1", "127.0.2.2"]));
    let lab = Lab::with(config);
    assert_eq!(lab.cluster.lifs().len(), 4);
    let uuid = lab.volume("v", 100, json!({"nas.path": "/v"})).await;
    let exports = lab.cluster.exports();
    let client = ip("10.0.0.1");
    let id = exports.volume_at(ip("127.0.1.2"), "/v", client).unwrap().id;
    for (lif, junction) in [("127.0.2.1", "/v"), ("127.0.9.9", "/v"), ("127.0.1.1", "/w"), ("127.0.1.1", "/")] {
        assert!(exports.volume_at(ip(lif), junction, client).is_none(), "{lif} {junction}");
    }
    assert!(exports.volume(ip("127.0.2.1"), id, client, Flavour::Sys).is_none());
    assert!(exports.volume(ip("127.0.1.1"), id + 1, client, Flavour::Sys).is_none());
    lab.done("PATCH", &format!("/api/storage/volumes/{uuid}"), json!({"state": "offline"})).await;
    assert!(exports.volume(ip("127.0.1.1"), id, client, Flavour::Sys).is_none(), "offline is gone");
    lab.done("PATCH", &format!("/api/storage/volumes/{uuid}"), json!({"state": "online", "nas.path": "/elsewhere"}))
        .await;
    assert_eq!(exports.volume(ip("127.0.1.1"), id, client, Flavour::Sys).unwrap().junction, "/elsewhere");
}

#[tokio::test]
async fn a_purged_volume_takes_its_files_along() {
    let lab = Lab::new();
    let uuid = lab.volume("v", 100, json!({"nas.path": "/v"})).await;
    let root = lab.cluster.exports().volume_at(ip("127.0.1.1"), "/v", ip("10.0.0.1")).unwrap().root;
    std::fs::write(root.join("file"), "x").unwrap();
    lab.done("PATCH", &format!("/api/storage/volumes/{uuid}"), json!({"nas.path": ""})).await;
    lab.done("DELETE", &format!("/api/storage/volumes/{uuid}?force=true"), Value::Null).await;
    assert!(!root.exists());
}
