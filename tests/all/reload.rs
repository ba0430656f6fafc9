//! TLS of the API, and what SIGHUP reads again while the daemon runs: certificates, policy, logins, limits.

use std::path::Path;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::json;

use crate::support::{BackEnd, PASSWORD, Stage, until};

/// Writes a fresh self-signed certificate and its key; answers the certificate.
pub fn certify(folder: &Path) -> String {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    std::fs::write(folder.join("chain.pem"), cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), signing_key.serialize_pem()).unwrap();
    cert.pem()
}

/// The configuration of an API that shows what [`certify`] wrote.
pub fn over_tls(folder: &Path) -> String {
    format!(
        "[DEFAULT]\nosapi_share_use_ssl = true\n[ssl]\ncert_file = {0}/chain.pem\nkey_file = {0}/key.pem",
        folder.display()
    )
}

/// Whether a client that trusts only `certificate` gets an answer, on a new connection.
fn is_served(address: &str, certificate: &str) -> bool {
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
    let trusted = reqwest::Certificate::from_pem(certificate.as_bytes()).unwrap();
    let client = reqwest::blocking::Client::builder().tls_certs_only([trusted]).build().unwrap();
    client.get(format!("https://{address}/healthcheck")).send().is_ok_and(|answer| answer.status() == 200)
}

#[test]
fn a_renewed_certificate_is_served_after_a_hangup_and_a_broken_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let first = certify(folder.path());
    let more = over_tls(folder.path());
    let stage = Stage::with(&[], &more, &[BackEnd { name: "alpha", zone: "nova", array: 0 }]);
    let address = stage.daemon.address.clone();
    assert!(is_served(&address, &first));
    let second = certify(folder.path());
    assert!(!is_served(&address, &second), "nothing was read again yet");
    stage.daemon.hang_up();
    until("the new certificate is served", || is_served(&address, &second).then_some(()));
    std::fs::write(folder.path().join("key.pem"), "not a key").unwrap();
    stage.daemon.hang_up();
    until("the log tells why", || {
        stage.daemon.log().iter().any(|line| line.contains("stay as they were")).then_some(())
    });
    assert!(is_served(&address, &second), "the old one stays in force");
    stage.close(0);
}

#[test]
fn a_changed_policy_is_in_force_after_a_hangup_and_a_broken_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yaml");
    std::fs::write(&file, "{}").unwrap();
    let more = format!("[oslo_policy]\npolicy_file = {}", file.display());
    let stage = Stage::with(&[], &more, &[BackEnd { name: "alpha", zone: "nova", array: 0 }]);
    let api = stage.api();
    assert_eq!(api.ask("GET", "/services", None).0, 200);
    std::fs::write(&file, "\"service:index\": \"role:nobody\"\n").unwrap();
    stage.daemon.hang_up();
    until("the rule is in force", || (api.ask("GET", "/services", None).0 == 403).then_some(()));
    std::fs::write(&file, "\"service:index\": \"(role:admin\"\n").unwrap();
    stage.daemon.hang_up();
    until("the log tells why", || stage.daemon.log().iter().any(|line| line.contains("stays as it was")).then_some(()));
    assert_eq!(
        api.ask("GET", "/services", None),
        (
            403,
            json!({ "forbidden": {
        "code": 403, "message": "Access was denied to this resource." } })
        )
    );
    stage.close(0);
}

/// Waits for a line of the log that holds all these words.
fn until_logged(stage: &Stage, words: &[&str]) {
    let is_it = |line: &String| words.iter().all(|word| line.contains(word));
    until(&format!("the log tells {words:?}"), || stage.daemon.log().iter().any(is_it).then_some(()));
}

#[test]
fn a_changed_password_of_the_array_is_in_force_after_a_hangup_and_no_work_is_lost() {
    let stage = Stage::open();
    let api = stage.api();
    let kind = api.make_type("plain", json!({}));
    let before = api.make_share(&kind);
    api.until_status(&before, "available");
    stage.sim.set_password("admin", "ch4nged-h0rse");
    let meanwhile = api.make_share(&kind);
    let rule = api.allow(&before, "10.0.0.1", "rw");
    until_logged(&stage, &["work is tried again", "node1@alpha"]);
    assert_eq!(
        (api.status(&meanwhile).unwrap(), api.rule_state(&rule).unwrap() == "active"),
        ("creating".into(), false)
    );
    stage.reconfigure(|text| text.replace(&format!("netapp_password = {PASSWORD}"), "netapp_password = "));
    until_logged(&stage, &["the configuration stays as it was", "netapp_password"]);
    stage.reconfigure(|text| text.replace("netapp_password = ", "netapp_password = ch4nged-h0rse"));
    api.until_status(&meanwhile, "available");
    api.until_rule(&rule, "active");
    stage.close(2);
}

#[test]
fn changed_limits_are_in_force_after_a_hangup_and_what_waits_for_a_restart_is_named() {
    let stage = Stage::open();
    let api = stage.api();
    let kind = api.make_type("plain", json!({}));
    let first = api.make_share(&kind);
    api.until_status(&first, "available");
    let wish = json!({ "share": { "share_proto": "NFS", "size": 1, "share_type": kind } });
    stage.reconfigure(|text| format!("{text}\n[quota]\nshares = 1\n"));
    until("the limit is in force", || (api.ask("POST", "/shares", Some(wish.clone())).0 == 413).then_some(()));
    assert_eq!(api.get("/limits")["limits"]["absolute"]["maxTotalShares"], 1);
    stage.reconfigure(|text| text.replace("shares = 1", "shares = many"));
    until_logged(&stage, &["the configuration stays as it was", "shares", "many"]);
    assert_eq!(api.ask("POST", "/shares", Some(wish)).0, 413);
    stage.reconfigure(|text| {
        let text = text.replace("shares = many", "shares = 50");
        text.replace("netapp_password", "goodness_function = 100 *\nnetapp_password")
    });
    until_logged(&stage, &["the configuration stays as it was", "[alpha] goodness_function", "at byte 5"]);
    stage.reconfigure(|text| {
        text.replace("goodness_function = 100 *\n", "").replace("periodic_interval = 2", "periodic_interval = 3")
    });
    until_logged(&stage, &["only read at start", "[DEFAULT] periodic_interval"]);
    assert!(!stage.daemon.log().iter().any(|line| line.contains("only read at start") && line.contains("shares")));
    for share in stage.api().get("/shares")["shares"].as_array().unwrap() {
        let id = share["id"].as_str().unwrap();
        api.until_status(id, "available");
        api.delete(&format!("/shares/{id}"));
        api.until_gone(id);
    }
    stage.close(0);
}
