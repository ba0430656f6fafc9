//! TLS of the API, and what SIGHUP reads again: certificates and policy, while the daemon runs.

use std::path::Path;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::json;

use crate::support::{BackEnd, Stage, until};

/// Writes a fresh self-signed certificate and its key; answers the certificate.
fn certify(folder: &Path) -> String {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    std::fs::write(folder.join("chain.pem"), cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), signing_key.serialize_pem()).unwrap();
    cert.pem()
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
    let more = format!(
        "[DEFAULT]\nosapi_share_use_ssl = true\n[ssl]\ncert_file = {0}/chain.pem\nkey_file = {0}/key.pem",
        folder.path().display()
    );
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
