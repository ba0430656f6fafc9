//! Name services and directories of SVMs: what answers, what is refused, and by which code.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Lab, names};
use crate::{Config, DirectoryConfig, Profile};

const DNS: &str = "/api/name-services/dns";
const HOSTS: &str = "/api/name-services/local-hosts";
const LDAP: &str = "/api/name-services/ldap";
const CIFS: &str = "/api/protocols/cifs/services";
const REALMS: &str = "/api/protocols/nfs/kerberos/realms";
const KERBEROS: &str = "/api/protocols/nfs/kerberos/interfaces";

/// A name server and a domain controller that answer.
const ANSWERS: (&str, &str) = ("192.0.2.53", "192.0.2.10");
const SILENT: &str = "192.0.2.99";

fn join(more: Value) -> Value {
    let mut body = json!({
        "svm.name": "svm1", "name": "SVM1", "ad_domain.fqdn": "example.com", "ad_domain.user": "Administrator",
        "ad_domain.password": "password", "security.advertised_kdc_encryptions": ["aes-128", "aes-256"],
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

impl Lab {
    async fn uuid_of(&self, svm: &str) -> String {
        let found = self.get(&format!("/api/svm/svms?name={svm}")).await;
        found["records"][0]["uuid"].as_str().unwrap().to_owned()
    }

    async fn with_dns(self) -> Self {
        self.done("POST", DNS, json!({"svm.name": "svm1", "domains": ["example.com"], "servers": [ANSWERS.0]})).await;
        self
    }
}

#[tokio::test]
async fn dns_is_kept_once_its_servers_have_answered() {
    let lab = Lab::new();
    let at = format!("{DNS}/{}", lab.uuid_of("svm1").await);
    assert_eq!(lab.call("GET", &at, Value::Null).await.0, 404);
    let body = |domains: usize, servers: &[&str]| {
        json!({
            "svm.name": "svm1", "domains": (0..domains).map(|number| format!("d{number}.com")).collect::<Vec<_>>(), "servers": servers,
        })
    };
    for (body, code) in [
        (body(1, &[SILENT]), "8847399"),
        (body(1, &[ANSWERS.0, SILENT]), "8847399"),
        (body(7, &[ANSWERS.0]), "8847361"),
        (body(1, &[ANSWERS.0; 4]), "8847362"),
        (body(0, &[ANSWERS.0]), "262197"),
        (body(1, &["house"]), "262197"),
    ] {
        assert_eq!(lab.refused("POST", DNS, body.clone()).await, code, "{body}");
    }
    lab.done("POST", DNS, body(1, &[ANSWERS.0])).await;
    assert_eq!(lab.refused("POST", DNS, body(1, &[ANSWERS.0])).await, "1");
    lab.done("PATCH", &at, json!({"domains": ["a.com", "b.com"]})).await;
    let record = lab.get(&at).await;
    assert_eq!((&record["domains"], &record["servers"]), (&json!(["a.com", "b.com"]), &json!([ANSWERS.0])));
    assert_eq!(lab.refused("PATCH", &at, json!({"servers": [SILENT]})).await, "8847399");
    lab.done("PATCH", &at, json!({"servers": [SILENT], "skip_config_validation": true})).await;
    lab.done("DELETE", &at, Value::Null).await;
    assert_eq!(lab.refused("DELETE", &at, Value::Null).await, "4");
}

#[tokio::test]
async fn hosts_are_known_by_their_address() {
    let lab = Lab::new();
    let owner = lab.uuid_of("svm1").await;
    let host = json!({"owner.name": "svm1", "address": "10.0.0.1", "hostname": "one.example.com", "aliases": ["one"]});
    lab.done("POST", HOSTS, host.clone()).await;
    assert_eq!(lab.refused("POST", HOSTS, host).await, "1");
    let at = format!("{HOSTS}/{owner}/10.0.0.1");
    lab.done("PATCH", &at, json!({"hostname": "two.example.com", "aliases": []})).await;
    let record = lab.get(&format!("{HOSTS}?owner.uuid={owner}&fields=address,hostname,aliases")).await;
    assert_eq!(record["records"][0]["hostname"], "two.example.com");
    lab.done("DELETE", &at, Value::Null).await;
    assert_eq!(lab.refused("DELETE", &at, Value::Null).await, "4");
}

#[tokio::test]
async fn an_ldap_client_is_tried_before_it_is_kept_and_its_password_never() {
    let lab = Lab::new().with_dns().await;
    let at = format!("{LDAP}/{}", lab.uuid_of("svm1").await);
    let by_domain = json!({"svm.name": "svm1", "ad_domain": "example.com", "schema": "MS-AD-BIS", "port": 389,
        "bind_dn": "Administrator@example.com", "bind_password": "password", "base_dn": "dc=example,dc=com"});
    let with = |field: &str, value: Value| {
        let mut body = by_domain.clone();
        body[field] = value;
        body
    };
    for (body, code) in [
        (with("servers", json!([ANSWERS.1])), "262186"),
        (with("ad_domain", json!("elsewhere.com")), "4915231"),
        (with("bind_password", json!("wrong")), "4915257"),
        (with("schema", json!("mine")), "262197"),
        (json!({"svm.name": "svm1", "servers": [SILENT]}), "4915258"),
        (json!({"svm.name": "svm1"}), "262180"),
    ] {
        assert_eq!(lab.refused("POST", LDAP, body.clone()).await, code, "{body}");
    }
    lab.done("POST", LDAP, by_domain.clone()).await;
    assert_eq!(lab.refused("POST", LDAP, by_domain.clone()).await, "1");
    lab.done("PATCH", &at, json!({"servers": ["dc1.example.com"], "schema": "RFC-2307"})).await;
    let record = lab.get(&format!("{at}?fields=**")).await;
    assert_eq!((&record["servers"], &record["ad_domain"]), (&json!(["dc1.example.com"]), &Value::Null));
    assert!(
        !record.to_string().contains("password") && !lab.cluster.dump().unwrap().to_string().contains("\"password\"")
    );
    lab.done("DELETE", &at, Value::Null).await;
}

#[tokio::test]
async fn a_cifs_server_joins_the_domain_that_it_finds() {
    let lab = Lab::new();
    let at = format!("{CIFS}/{}", lab.uuid_of("svm1").await);
    assert_eq!(lab.refused("POST", CIFS, join(json!({}))).await, "656466", "without DNS no domain controller is found");
    let lab = lab.with_dns().await;
    let mut directory = DirectoryConfig { machines: vec!["TAKEN".to_owned()], ..DirectoryConfig::default() };
    lab.cluster.set_directory(directory.clone());
    for (more, code) in [
        (json!({"ad_domain.password": "wrong"}), "656464"),
        (json!({"ad_domain.user": "guest"}), "656464"),
        (json!({"ad_domain.fqdn": "elsewhere.com"}), "656466"),
        (json!({"ad_domain.organizational_unit": "OU=nowhere"}), "656467"),
        (json!({"name": "taken"}), "655538"),
        (json!({"name": "LONGERTHANNETBIOS"}), "655562"),
    ] {
        assert_eq!(lab.refused("POST", CIFS, join(more.clone())).await, code, "{more}");
    }
    lab.done("POST", CIFS, join(json!({"name": "taken", "force": true, "ad_domain.organizational_unit": "OU=manila"})))
        .await;
    assert_eq!(lab.refused("POST", CIFS, join(json!({}))).await, "655477");
    let record = lab.get(&format!("{at}?fields=**")).await;
    assert_eq!(record["ad_domain"], json!({"fqdn": "EXAMPLE.COM", "organizational_unit": "OU=manila"}));
    assert!(!lab.cluster.dump().unwrap().to_string().contains("\"password\""), "it is forgotten");
    lab.done("PATCH", &at, json!({"security.smb_signing": true})).await;
    assert_eq!(lab.get(&at).await["security"]["smb_signing"], true);
    let site = json!({"ad_domain.default_site": "here", "ad_domain.user": "Administrator", "ad_domain.password": "no"});
    assert_eq!(lab.refused("PATCH", &at, site).await, "656464");

    let svm = format!("/api/svm/svms/{}", lab.uuid_of("svm1").await);
    assert_eq!(lab.refused("DELETE", &svm, Value::Null).await, "2621525");
    assert_eq!(lab.refused("DELETE", &at, Value::Null).await, "655525");
    let login = |password: &str| json!({"ad_domain": {"user": "Administrator", "password": password}});
    assert_eq!(lab.refused("DELETE", &at, login("wrong")).await, "656464");
    directory.controllers.clear();
    lab.cluster.set_directory(directory);
    assert_eq!(lab.refused("DELETE", &at, login("password")).await, "656466");
    let mut forced = login("password");
    forced["force"] = json!(true);
    lab.done("DELETE", &at, forced).await;
    assert_eq!(lab.refused("DELETE", &at, Value::Null).await, "4");
    lab.done("DELETE", &svm, Value::Null).await;
}

#[tokio::test]
async fn a_preferred_domain_controller_is_found_without_dns() {
    let lab = Lab::new();
    let svm = lab.uuid_of("svm1").await;
    let domain = format!("/api/protocols/cifs/domains/{svm}");
    let preferred = format!("{domain}/preferred-domain-controllers");
    let body = |server: &str| json!({"fqdn": "example.com", "server_ip": server, "skip_config_validation": false});
    assert_eq!(lab.refused("POST", &preferred, body(SILENT)).await, "656407");
    lab.done("POST", &preferred, body(ANSWERS.1)).await;
    assert_eq!(lab.refused("POST", &preferred, body(ANSWERS.1)).await, "655506");
    assert_eq!(lab.get(&preferred).await["records"][0]["server_ip"], ANSWERS.1);
    lab.done("PATCH", &domain, json!({"server_discovery_mode": "none"})).await;
    assert_eq!(lab.get(&domain).await["server_discovery_mode"], "none");
    assert_eq!(lab.refused("PATCH", &domain, json!({"server_discovery_mode": "some"})).await, "262197");
    lab.done("POST", CIFS, join(json!({}))).await;
    lab.done("DELETE", &format!("{preferred}/example.com/{}?fqdn=example.com", ANSWERS.1), Value::Null).await;
    assert_eq!(lab.get(&preferred).await["num_records"], 0);
}

#[tokio::test]
async fn without_a_licence_there_is_no_cifs_server() {
    let mut config = Config::default();
    config.licences.retain(|name| name != "cifs");
    let lab = Lab::with(config).with_dns().await;
    assert_eq!(lab.refused("POST", CIFS, join(json!({}))).await, "1115127");
}

#[tokio::test]
async fn joining_a_domain_takes_its_time() {
    let lab = Lab::with(Config { latency: Profile::Array, ..Config::default() });
    let asking = lab.clone();
    let dns = json!({"svm.name": "svm1", "domains": ["example.com"], "servers": [ANSWERS.0]});
    lab.timed(async move { asking.done("POST", DNS, dns).await }).await;
    let asking = lab.clone();
    let target = format!("{CIFS}?return_timeout=60");
    let (reply, took) = lab.timed(async move { asking.call("POST", &target, join(json!({}))).await }).await;
    assert_eq!((reply.0, took), (201, Duration::from_secs(8)), "{}", reply.1);
}

#[tokio::test]
async fn kerberos_is_switched_lif_by_lif() {
    let lab = Lab::new();
    let svm = lab.uuid_of("svm1").await;
    let realm = json!({"svm.name": "svm1", "name": "EXAMPLE.COM", "comment": "c",
        "kdc": {"ip": ANSWERS.1, "port": 88, "vendor": "other"}});
    lab.done("POST", REALMS, realm.clone()).await;
    assert_eq!(lab.refused("POST", REALMS, realm).await, "1");
    let lif = lab.get(KERBEROS).await["records"][0]["interface"]["uuid"].as_str().unwrap().to_owned();
    let at = format!("{KERBEROS}/{lif}");
    let enable = |user: &str, spn: &str| json!({"enabled": true, "interface.name": "svm1_lif1", "user": user, "password": "password", "spn": spn});
    assert_eq!(lab.refused("PATCH", &at, json!({"enabled": false})).await, "3276861");
    assert_eq!(lab.refused("PATCH", &at, enable("guest", "nfs/svm1.example.com@EXAMPLE.COM")).await, "2");
    assert_eq!(lab.refused("PATCH", &at, enable("Administrator", "nfs/svm1.example.com@OTHER.COM")).await, "4");
    lab.done("PATCH", &at, enable("Administrator", "nfs/svm1.example.com@EXAMPLE.COM")).await;
    assert_eq!(lab.refused("PATCH", &at, enable("Administrator", "nfs/x@EXAMPLE.COM")).await, "3276861");
    let record = lab.get(&format!("{KERBEROS}?interface.uuid={lif}&fields=enabled,spn")).await["records"][0].clone();
    assert_eq!((&record["enabled"], &record["spn"]), (&json!(true), &json!("nfs/svm1.example.com@EXAMPLE.COM")));
    lab.done("PATCH", &at, json!({"enabled": false})).await;
    let realm = format!("{REALMS}/{svm}/EXAMPLE.COM");
    lab.done("PATCH", &realm, json!({"kdc.ip": SILENT})).await;
    assert_eq!(lab.refused("PATCH", &realm, json!({"kdc-ip": SILENT})).await, "262179");
    assert_eq!(lab.refused("PATCH", &at, enable("Administrator", "nfs/x@EXAMPLE.COM")).await, "2");
    lab.done("DELETE", &realm, Value::Null).await;
}

#[tokio::test]
async fn a_certificate_is_replaced_by_one_that_lives_longer() {
    let lab = Lab::new();
    let certificates = "/api/security/certificates";
    let query = format!("{certificates}?common-name=svm1&ca=svm1&type=server&svm.name=svm1");
    let old = lab.get(&query).await["records"][0]["uuid"].as_str().unwrap().to_owned();
    let new = |days: u32| json!({"common-name": "svm1", "type": "server", "svm.name": "svm1", "expiry_time": format!("P{days}DT")});
    assert_eq!(lab.refused("POST", certificates, new(3653)).await, "3735701");
    let made = lab.done("POST", certificates, new(3652)).await["records"][0]["uuid"].clone();
    assert_eq!(lab.refused("DELETE", &format!("{certificates}/{old}"), Value::Null).await, "8");
    let svm = format!("/api/svm/svms/{}", lab.uuid_of("svm1").await);
    lab.done("PATCH", &svm, json!({"certificate": {"uuid": made}, "client_enabled": false})).await;
    lab.done("DELETE", &format!("{certificates}/{old}"), Value::Null).await;
    assert_eq!(lab.get(&svm).await["certificate"]["uuid"], made);
}

#[tokio::test]
async fn an_svm_is_made_with_its_directories_or_not_at_all() {
    let lab = Lab::new();
    let body = |password: &str| {
        json!({
            "name": "green", "nsswitch": {"passwd": ["ldap", "files"]},
            "dns": {"domains": ["example.com"], "servers": [ANSWERS.0]},
            "ldap": {"enabled": true, "ad_domain": "example.com", "base_dn": "dc=example,dc=com"},
            "cifs": {"name": "GREEN", "ad_domain": {"fqdn": "example.com", "user": "Administrator", "password": password}},
        })
    };
    assert_eq!(lab.refused("POST", "/api/svm/svms", body("wrong")).await, "656464");
    assert_eq!(names(&lab.get("/api/svm/svms").await), ["svm1"]);
    let made = lab.done("POST", "/api/svm/svms", body("password")).await["records"][0].clone();
    assert_eq!((&made["cifs"]["name"], &made["dns"]["servers"]), (&json!("GREEN"), &json!([ANSWERS.0])));
    assert_eq!(made["ldap"]["ad_domain"], "example.com");
    assert!(lab.cluster.strays().is_empty());
}
