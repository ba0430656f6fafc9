//! The daemon and an array that shows a certificate: whom it believes, and what it does with whom it does not.

use serde_json::json;
use tempfile::TempDir;

use crate::authority::Authority;
use crate::support::{BackEnd, Stage, until};

/// A daemon that believes `believed`, with an array that shows the certificate of `shown`.
fn stage(shown: &Authority, believed: &Authority, more: &str) -> Stage {
    let more = format!("netapp_transport_type = https\nnetapp_ssl_cert_path = {}\n{more}", believed.root.display());
    Stage::with(&shown.shown(), &more, &[BackEnd { name: "alpha", zone: "nova", array: 0 }])
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// The state of the back end among the services.
fn backend_state(stage: &Stage) -> String {
    let services = stage.api().get("/services");
    let services = services["services"].as_array().unwrap();
    let backend = services.iter().find(|service| service["binary"] == "manila-share").unwrap();
    backend["state"].as_str().unwrap().to_owned()
}

fn do_the_main_job(login: &str) {
    let folder = folder();
    let authority = Authority::new(folder.path(), "array");
    let stage = stage(&authority, &authority, &format!("netapp_login = {login}\n"));
    let api = stage.api();
    let share = api.make_share(&api.make_type("plain", json!({})));
    api.until_status(&share, "available");
    assert_eq!(api.exports(&share).len(), 2);
    let rules = [api.allow(&share, "10.0.0.1", "rw"), api.allow(&share, "10.0.0.0/24", "ro")];
    rules.iter().for_each(|rule| api.until_rule(rule, "active"));
    rules.iter().for_each(|rule| api.deny(&share, rule));
    rules.iter().for_each(|rule| api.until_rule_gone(rule));
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn a_cluster_account_does_the_main_job_over_tls() {
    do_the_main_job("admin");
}

#[test]
fn an_svm_account_does_the_main_job_over_tls() {
    do_the_main_job("vsadmin");
}

/// A daemon that logs in with a certificate of `of` that names `account`, and an array that takes those of `taken`.
fn certified(array: &Authority, taken: &Authority, of: &Authority, account: &str) -> Stage {
    let (certificate, key) = of.client(account);
    let more = format!(
        "netapp_transport_type = https\nnetapp_certificate_file = {}\nnetapp_private_key_file = {}\n\
         netapp_ca_certificate_file = {}\nnetapp_certificate_host_validation = True\n",
        certificate.display(),
        key.display(),
        array.root.display()
    );
    let words = [&array.shown()[..], &["--tls-client-ca", taken.root.to_str().unwrap()]].concat();
    Stage::with(&words, &more, &[BackEnd { name: "alpha", zone: "nova", array: 0 }])
}

#[test]
fn a_certificate_logs_in_as_the_account_that_it_names() {
    for (account, sees_the_cluster) in [("admin", true), ("vsadmin", false)] {
        let folder = folder();
        let array = Authority::new(folder.path(), "array");
        let people = Authority::new(folder.path(), "people");
        let stage = certified(&array, &people, &people, account);
        let api = stage.api();
        let share = api.make_share(&api.make_type("plain", json!({})));
        api.until_status(&share, "available");
        let rule = api.allow(&share, "10.0.0.1", "rw");
        api.until_rule(&rule, "active");
        let pools = api.get("/scheduler-stats/pools/detail");
        let qos = &pools["pools"][0]["capabilities"]["qos"];
        assert_eq!(qos, &json!(sees_the_cluster), "the login is the certificate's, not netapp_login");
        api.delete(&format!("/shares/{share}"));
        api.until_gone(&share);
        stage.close(0);
    }
}

#[test]
fn a_certificate_of_a_stranger_or_of_an_unknown_account_does_not_log_in() {
    let folder = folder();
    let [array, people, strangers] = ["array", "people", "strangers"].map(|name| Authority::new(folder.path(), name));
    for (of, account) in [(&people, "nobody"), (&strangers, "admin")] {
        let stage = certified(&array, &people, of, account);
        until("a word on the login in the log", || {
            let told = |line: &String| line.contains("alpha") && (line.contains("401") || line.contains("connection"));
            stage.daemon.log().iter().any(told).then_some(())
        });
        assert_eq!(backend_state(&stage), "down");
        assert!(stage.sim.volumes().is_empty());
        stage.close(0);
    }
}

#[test]
fn an_array_whose_certificate_leads_to_no_known_authority_is_down_and_the_log_says_why() {
    let folder = folder();
    let [array, stranger] = ["array", "stranger"].map(|name| Authority::new(folder.path(), name));
    let stage = stage(&array, &stranger, "");
    until("a word on the certificate in the log", || {
        let log = stage.daemon.log();
        log.iter().any(|line| line.contains("alpha") && line.contains("invalid peer certificate")).then_some(())
    });
    let api = stage.api();
    assert_eq!(backend_state(&stage), "down");
    let share = api.make_share(&api.make_type("plain", json!({})));
    api.until_status(&share, "error");
    assert_eq!(stage.sim.calls(), [], "nothing may be told to whom we do not believe");
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn any_certificate_will_do_where_verification_is_off() {
    let folder = folder();
    let [array, stranger] = ["array", "stranger"].map(|name| Authority::new(folder.path(), name));
    let stage = stage(&array, &stranger, "netapp_ssl_cert_verify = False\n");
    until("the back end is up", || (backend_state(&stage) == "up").then_some(()));
    stage.close(0);
}
