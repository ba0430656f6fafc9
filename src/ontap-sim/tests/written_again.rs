//! What is read of an object and written again makes no difference: each field of each noun that can be changed and is only documented.

use serde_json::{Value, json};

use super::Lab;
use crate::rest::ask::Method;
use crate::rest::documented;
use crate::rest::field::{Field, Kind};
use crate::rest::noun::Noun;
use crate::{Config, Release, routing};

/// Makes one of each noun that a new cluster has none of.
async fn stock(lab: &Lab) {
    let volume = lab.volume("alpha", 100, json!({})).await;
    let tenant = lab.tenant("blue", 100).await;
    let svm = |more: Value| {
        let mut body = json!({"svm.name": "svm1"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let rule =
        json!({"clients": [{"match": "10.0.0.1"}], "ro_rule": ["any"], "rw_rule": ["any"], "superuser": ["any"]});
    let snapshots = format!("/api/storage/volumes/{volume}/snapshots");
    let events = format!("/api/protocols/fpolicy/{tenant}/events");
    let fpolicies = format!("/api/protocols/fpolicy/{tenant}/policies");
    let preferred = format!("/api/protocols/cifs/domains/{tenant}/preferred-domain-controllers");
    for (path, body) in [
        (snapshots.as_str(), json!({"name": "s"})),
        ("/api/protocols/nfs/export-policies", svm(json!({"name": "p", "rules": [rule]}))),
        ("/api/storage/qos/policies", svm(json!({"name": "q", "fixed": {"max_throughput_iops": 100}}))),
        ("/api/name-services/dns", svm(json!({"domains": ["example.com"], "servers": ["192.0.2.53"]}))),
        (
            "/api/name-services/ldap",
            svm(json!({"ad_domain": "example.com", "schema": "MS-AD-BIS", "port": 389,
            "bind_dn": "Administrator@example.com", "bind_password": "password", "base_dn": "dc=example,dc=com"})),
        ),
        ("/api/name-services/local-hosts", json!({"owner.name": "svm1", "address": "10.0.0.1", "hostname": "one"})),
        (
            "/api/protocols/nfs/kerberos/realms",
            svm(json!({"name": "EXAMPLE.COM", "kdc": {"ip": "192.0.2.10", "vendor": "other"}})),
        ),
        ("/api/protocols/cifs/shares", svm(json!({"name": "c", "path": "/"}))),
        (events.as_str(), json!({"name": "e", "protocol": "nfsv3", "file_operations": {"create": true}})),
        (fpolicies.as_str(), json!({"name": "f", "events": [{"name": "e"}], "scope": {"include_volumes": ["alpha"]}})),
        (
            "/api/security/barbican-kms",
            svm(json!({"configuration": {"name": "k"}, "key_id": "https://keys.example/v1/secrets/k",
            "keystone_url": "https://id.example/v3/auth/tokens", "application_cred_id": "c",
            "application_cred_secret": "s"})),
        ),
        (preferred.as_str(), json!({"fqdn": "example.com", "server_ip": "192.0.2.10", "skip_config_validation": true})),
    ] {
        lab.done("POST", path, body).await;
    }
}

#[tokio::test]
async fn what_is_read_and_written_again_makes_no_difference() {
    let mut config = Config { release: Release::V9_19_1, ..Config::default() };
    config.svms[0].cifs_server = Some("SVM1".to_owned());
    let lab = Lab::with(config);
    stock(&lab).await;
    let (mut written, mut broken) = (0, Vec::new());
    for row in routing::endpoints().filter(|row| row.method == Method::Patch && row.path == row.noun.instance) {
        let is_ours = |field: &Field| row.noun.fields.iter().any(|own| own.name == field.name);
        let fields = documented::of(row.noun.instance).iter().filter(|field| field.patched && !is_ours(field));
        // What names another object is looked up.
        let names = |field: &Field| [".name", ".uuid"].iter().any(|end| field.name.ends_with(end));
        let fields: Vec<&Field> = fields.filter(|field| !names(field)).collect();
        if fields.is_empty() {
            continue;
        }
        let Some(path) = first(&lab, row.noun).await else {
            broken.push(format!("{}: the lab has no object of it", row.path));
            continue;
        };
        for field in fields {
            let value = match field.kind {
                Kind::Text => json!("x"),
                Kind::Integer | Kind::Size => json!(7),
                Kind::Flag => json!(true),
                Kind::Time => json!("2026-01-01T00:00:00+00:00"),
            };
            for _ in 0..2 {
                let target = format!("{path}?return_timeout=120");
                let (status, answer) = lab.call("PATCH", &target, json!({ field.name: value })).await;
                let all = lab.get(&format!("{path}?fields={}", field.name)).await;
                let found = crate::rest::json::get(&all, field.name).cloned().unwrap_or_default();
                if status >= 300 || found != value {
                    broken.push(format!("{} of {path}: {status} {answer}, {found}", field.name));
                }
            }
            written += 1;
        }
    }
    assert_eq!(broken, [""; 0]);
    assert!(written > 100, "{written}");
}

/// The path of the first object of a noun.
async fn first(lab: &Lab, noun: &Noun) -> Option<String> {
    let (above, _) = noun.instance.rsplit_once("/{")?;
    let above = above.split('/').map(|segment| if segment.starts_with('{') { "*" } else { segment });
    // An object with several keys is listed above all of them, or below whatever the first one is.
    let below = above.collect::<Vec<_>>().join("/");
    let alone = below.split("/*").next().unwrap_or_default().to_owned();
    for collection in [below, alone] {
        let (status, found) = lab.call("GET", &format!("{collection}?max_records=1&fields=*"), Value::Null).await;
        if let Some(path) = noun.href(&found["records"][0]).filter(|_| status == 200) {
            return Some(path);
        }
    }
    None
}
