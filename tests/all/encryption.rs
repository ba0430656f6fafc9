//! Share servers that are encrypted with keys of their tenants, through the front door: a daemon, a key store over TLS, and
//! the simulated array at the first release that asks Barbican. Source: resources.md §1 and §9, operations.md §10.2.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::api::cloud::{BEARERS, NOTHING, OWN, until_gone, until_status};
use crate::api::wire::{Answer, Client};
use crate::servers::fresh_net;
use crate::support::key_store::{KeyStore, SERVICE_USER};
use crate::support::{BackEnd, Keystone, Stage, until};

/// A daemon whose back end makes share servers, and a key store.
struct Vault {
    stage: Stage,
    keys: KeyStore,
    network: String,
    /// Of the certificate.
    _folder: TempDir,
}

const RELEASE: &[&str] = &["--release", "9.17.1"];

impl Vault {
    /// On an array that is started with `sim`. The key store is told of in the configuration, or is not.
    fn open(sim: &[&str], is_told: bool) -> Self {
        let keystone = Keystone::start(BEARERS);
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyStore::start(folder.path());
        let net = fresh_net();
        let login = format!(
            "auth_url = {}\nauth_type = password\nusername = manila\npassword = secret\nproject_name = service\n\
             user_domain_name = Default\nproject_domain_name = Default\n",
            keystone.url
        );
        let more = format!(
            "driver_handles_share_servers = True\nnetapp_vserver =\nnetapp_delete_retention_hours = 0\n\
             network_api_class = manila.network.standalone_network_plugin.StandaloneNetworkPlugin\n\
             standalone_network_plugin_gateway = {net}.1\nstandalone_network_plugin_mask = 24\n\
             [DEFAULT]\nauth_strategy = keystone\n[keystone_authtoken]\n{login}{}",
            if is_told { keys.section(folder.path()) } else { String::new() }
        );
        let stage = Stage::with(sim, &more, &[BackEnd { name: "alpha", zone: "nova", array: 0 }]);
        let mut vault = Vault { stage, keys, network: String::new(), _folder: folder };
        vault.make_type("plain", json!({}));
        vault.make_type("encrypted", json!({ "encryption_support": "share_server" }));
        let made = vault.member().post("/share-networks", json!({ "share_network": { "name": "n" } })).is(200);
        vault.network = made.text_at("/share_network/id");
        vault
    }

    fn caller(&self, name: &str) -> Client {
        Client::nobody(&self.stage.daemon.address).with_token(name).at("2.99")
    }

    fn member(&self) -> Client {
        self.caller("member")
    }

    fn admin(&self) -> Client {
        self.caller("admin")
    }

    fn make_type(&self, name: &str, more: Value) {
        let mut specs = json!({ "driver_handles_share_servers": "True", "snapshot_support": "True",
                                "create_share_from_snapshot_support": "True" });
        specs.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.admin().post("/types", json!({ "share_type": { "name": name, "extra_specs": specs } })).is(200);
    }

    /// Asks for a share of 1 GiB in the network.
    fn ask(&self, of: &str, more: Value) -> Answer {
        let mut share = json!({ "share_proto": "NFS", "size": 1, "share_type": of, "share_network_id": self.network });
        share.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.member().post("/shares", json!({ "share": share }))
    }

    fn share(&self, of: &str, more: Value) -> String {
        self.ask(of, more).is(200).text_at("/share/id")
    }

    /// Makes a share and waits until it is served; answers its id and that of its server.
    fn served(&self, of: &str, more: Value) -> (String, String) {
        let share = self.share(of, more);
        until_status(&self.admin(), &share, "available");
        let server = self.admin().get(&format!("/shares/{share}")).is(200).text_at("/share/share_server_id");
        (share, server)
    }

    fn remove(&self, share: &str) {
        self.member().delete(&format!("/shares/{share}")).is(202);
        until_gone(&self.admin(), share);
    }

    /// How many keys the project uses.
    fn keys_in_use(&self) -> Value {
        let detail = self.admin().get(&format!("/quota-sets/{OWN}/detail")).is(200).json();
        detail["quota_set"]["encryption_keys"]["in_use"].clone()
    }

    /// Takes the network away, and finds that no credential is left.
    fn close(self) {
        self.member().delete(&format!("/share-networks/{}", self.network)).is(202);
        let servers = || self.admin().get("/share-servers").is(200).column("share_servers", "id");
        until("the servers are gone", || servers().is_empty().then_some(()));
        assert!(self.keys.state.lock().unwrap().credentials.is_empty(), "a credential is left");
        assert_eq!((self.keys_in_use(), self.stage.sim.tenants()), (json!(0), Vec::new()));
        self.stage.close(0);
    }
}

#[test]
fn shares_of_one_key_share_a_server_that_reads_the_key_and_no_other_share_is_on_it() {
    let vault = Vault::open(RELEASE, true);
    let key = vault.keys.secret(1, "member");
    vault.keys.state.lock().unwrap().secrets.get_mut(&key).unwrap().1.push("another reader".to_owned());
    let with_key = || json!({ "encryption_key_ref": key });
    let (first, server) = vault.served("encrypted", with_key());
    let (second, same) = vault.served("encrypted", with_key());
    let (plain, other) = vault.served("plain", json!({}));
    let (keyless, keyless_server) = vault.served("encrypted", json!({}));
    let (third, of_third) = vault.served("encrypted", json!({ "encryption_key_ref": vault.keys.secret(2, "member") }));
    assert_eq!((&same, &keyless_server), (&server, &other));
    assert_eq!(BTreeSet::from([&server, &other, &of_third]).len(), 3);

    // Who may read the key: the daemon's user beside whoever might before. Everything else is the array's.
    {
        let state = vault.keys.state.lock().unwrap();
        assert_eq!(state.secrets[&key].1, ["another reader", SERVICE_USER]);
        assert_eq!(state.credentials.len(), 2);
        let made = state.credentials.values().find(|one| one["name"] == format!("manilad-{server}")).unwrap();
        let path = format!("/key-manager/v1/secrets/{key}");
        let rule = |path: &str| json!({ "service": "key-manager", "method": "GET", "path": path });
        assert_eq!(made["access_rules"], json!([rule(&path), rule(&format!("{path}/payload"))]));
        let shown = vault.stage.sim.record("security/barbican-kms", "configuration.name", &format!("barbican_{key}"));
        assert_eq!(shown["application_cred_id"], made["id"]);
        assert_eq!(shown["key_id"], format!("{}{path}", vault.keys.url));
        assert_eq!(shown["keystone_url"], format!("{}/v3/auth/tokens", vault.keys.url));
        assert_eq!(shown["enabled"], true);
    }
    let svm = |server: &str| {
        vault
            .admin()
            .get(&format!("/share-servers/{server}"))
            .is(200)
            .text_at("/share_server/backend_details/vserver_name")
    };
    for (server, is_encrypted) in [(&server, true), (&other, false)] {
        let volumes = vault.stage.sim.by_hand(
            "GET",
            &format!("/api/storage/volumes?svm.name={}&is_svm_root=false&fields=encryption.enabled", svm(server)),
            Value::Null,
        );
        let all = volumes["records"].as_array().unwrap().clone();
        assert_eq!(all.len(), 2, "{volumes}");
        assert!(all.iter().all(|one| one["encryption"]["enabled"] == is_encrypted), "{volumes}");
    }

    // How it is shown and found.
    let member = vault.member();
    let shown = |version: &str| member.at(version).get(&format!("/shares/{first}")).is(200).json()["share"].clone();
    assert_eq!(
        (shown("2.90")["encryption_key_ref"].as_str(), shown("2.89").get("encryption_key_ref")),
        (Some(&*key), None)
    );
    let found = |path: &str, list: &str| -> BTreeSet<String> {
        let found = vault.admin().get(&format!("/{path}?encryption_key_ref={key}")).is(200);
        found.column(list, "id").into_iter().collect()
    };
    assert_eq!(found("shares", "shares"), BTreeSet::from([first.clone(), second.clone()]));
    assert_eq!(found("share_instances", "share_instances").len(), 2);
    assert_eq!(found("share-servers", "share_servers"), BTreeSet::from([server.clone()]));
    vault.admin().post(&format!("/share-servers/{server}/action"), json!({ "unmanage": { "force": true } })).fails(400);

    // A key counts once, as long as a share of the project has it.
    assert_eq!(vault.keys_in_use(), 2);
    vault.remove(&first);
    assert_eq!(vault.keys_in_use(), 2);
    for share in [&second, &third, &plain, &keyless] {
        vault.remove(share);
    }
    assert_eq!(vault.keys_in_use(), 0);
    vault.close();
}

#[test]
fn a_share_that_begins_with_a_snapshot_has_the_key_of_its_share() {
    let vault = Vault::open(RELEASE, true);
    let (key, other) = (vault.keys.secret(1, "member"), vault.keys.secret(2, "member"));
    let (parent, server) = vault.served("encrypted", json!({ "encryption_key_ref": key }));
    let wish = json!({ "snapshot": { "share_id": parent, "name": "s" } });
    let snapshot = vault.member().post("/snapshots", wish).is(202).text_at("/snapshot/id");
    until("the snapshot is there", || {
        let shown = vault.member().get(&format!("/snapshots/{snapshot}")).is(200).text_at("/snapshot/status");
        (shown == "available").then_some(())
    });
    vault.ask("encrypted", json!({ "snapshot_id": snapshot, "encryption_key_ref": other })).fails(400);
    let (clone, same) = vault.served("encrypted", json!({ "snapshot_id": snapshot }));
    assert_eq!(same, server);
    let shown = vault.member().get(&format!("/shares/{clone}")).is(200).text_at("/share/encryption_key_ref");
    assert_eq!((shown, vault.keys_in_use()), (key, json!(1)));
    vault.remove(&clone);
    vault.member().delete(&format!("/snapshots/{snapshot}")).is(202);
    until("the snapshot is gone", || {
        (vault.member().get(&format!("/snapshots/{snapshot}")).status == 404).then_some(())
    });
    vault.remove(&parent);
    vault.close();
}

#[test]
fn a_key_that_cant_be_used_is_refused_at_once_with_its_reason_and_nothing_is_recorded() {
    let vault = Vault::open(RELEASE, true);
    let (key, foreign) = (vault.keys.secret(1, "member"), vault.keys.secret(2, "foreign-member"));
    let refused = |status: u16, of: &str, key: &str, why: &str| {
        let answer = vault.ask(of, json!({ "encryption_key_ref": key })).is(status);
        let text = answer.json().to_string();
        assert!(text.contains(why), "{text}");
    };
    refused(400, "encrypted", "zz", "must be a UUID");
    refused(400, "encrypted", NOTHING, "no such secret");
    refused(400, "encrypted", &foreign, "no such secret, or the caller may not read it");
    refused(400, "plain", &key, "needs a share type with encryption_support");
    vault.keys.state.lock().unwrap().is_away = true;
    refused(503, "encrypted", &key, "try again");
    vault.keys.state.lock().unwrap().is_away = false;
    let limit = json!({ "quota_set": { "encryption_keys": 0 } });
    vault.admin().put(&format!("/quota-sets/{OWN}"), limit).is(200);
    refused(413, "encrypted", &key, "EncryptionKeysLimitExceeded");
    assert!(vault.admin().get("/shares?all_tenants=1").is(200).column("shares", "id").is_empty());
    vault.close();
}

#[test]
fn without_a_key_store_a_key_is_refused_and_an_array_that_asks_none_has_no_place_for_it() {
    let vault = Vault::open(RELEASE, false);
    let answer = vault.ask("encrypted", json!({ "encryption_key_ref": vault.keys.secret(1, "member") })).is(400);
    assert!(answer.json().to_string().contains("no key store is configured"));
    vault.close();
    let vault = Vault::open(&["--release", "9.16.1"], true);
    let share = vault.share("encrypted", json!({ "encryption_key_ref": vault.keys.secret(1, "member") }));
    until_status(&vault.admin(), &share, "error");
    vault.remove(&share);
    vault.close();
}

#[test]
fn a_server_in_the_making_that_is_interrupted_reads_its_key_all_the_same() {
    let mut vault = Vault::open(RELEASE, true);
    let key = vault.keys.secret(1, "member");
    for (method, path) in [("POST", "/api/security/barbican-kms"), ("PATCH", "/api/security/key-stores/*")] {
        vault.stage.sim.strike(json!({ "method": method, "path": path, "count": 1, "fault": "reply_lost" }));
        let share = vault.share("encrypted", json!({ "encryption_key_ref": key }));
        vault.stage.sim.until_struck();
        vault.stage.daemon.kill();
        vault.stage.restart();
        until_status(&vault.admin(), &share, "available");
        let stores = vault.stage.sim.by_hand("GET", "/api/security/key-stores?fields=enabled", Value::Null);
        assert_eq!((&stores["num_records"], &stores["records"][0]["enabled"]), (&json!(1), &json!(true)), "{stores}");
        let shown =
            vault.stage.sim.by_hand("GET", "/api/security/barbican-kms?fields=application_cred_id", Value::Null);
        let credentials: Vec<String> = vault.keys.state.lock().unwrap().credentials.keys().cloned().collect();
        assert_eq!(credentials, [shown["records"][0]["application_cred_id"].as_str().unwrap()]);
        vault.remove(&share);
        let network = json!({ "share_network": { "name": "next" } });
        let next = vault.member().post("/share-networks", network).is(200).text_at("/share_network/id");
        let gone = std::mem::replace(&mut vault.network, next);
        vault.member().delete(&format!("/share-networks/{gone}")).is(202);
        let servers = || vault.admin().get("/share-servers").is(200).column("share_servers", "id");
        until("the server is gone", || servers().is_empty().then_some(()));
    }
    vault.close();
}
