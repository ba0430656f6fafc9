//! A real Barbican behind a real Keystone: tenants keep keys there, the unmodified `openstack` client asks for shares with
//! them, and a credential that we make for an array reads its one key and nothing else.
//!
//! One test: both services take seconds to start.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use manilad_clock::Clock;
use manilad_openstack::{
    AuthOptions, Credential, EndpointSelector, Http, HttpOptions, KeyRefusal, KeyStore, ServiceOptions, Transport,
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::keystone::{self, Caller, Keystone};
use crate::peer::{Server, free_port};
use crate::servers::net;
use crate::support::{BackEnd, Stage, http, until};

/// Barbican, and the files of its certificate in a folder.
struct Barbican {
    _server: Server,
    url: String,
}

impl Barbican {
    /// Puts the certificate that it is to show into a folder, for the daemon reads it when it starts.
    fn certify(folder: &Path) {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        std::fs::write(folder.join("barbican.pem"), cert.pem()).unwrap();
        std::fs::write(folder.join("barbican-key.pem"), signing_key.serialize_pem()).unwrap();
    }

    fn start(port: u16, keystone: &Keystone, folder: &Path) -> Self {
        let [certificate, key] =
            ["barbican.pem", "barbican-key.pem"].map(|name| folder.join(name).display().to_string());
        let (port, auth_url) = (port.to_string(), keystone.url());
        let arguments = ["--port", &port, "--auth-url", &auth_url, "--cert", &certificate, "--key", &key];
        let mut server = Server::begin("barbican", &arguments);
        server.until_ready();
        Barbican { _server: server, url: format!("https://127.0.0.1:{port}") }
    }

    /// Makes a key by a token; answers its id.
    fn key(&self, token: &str) -> String {
        let body = json!({ "name": "key", "payload": "x".repeat(32), "payload_content_type": "text/plain" });
        let request = http().post(format!("{}/v1/secrets", self.url)).header("X-Auth-Token", token).json(&body);
        let made: Value = serde_json::from_str(&request.send().unwrap().text().unwrap()).unwrap();
        made["secret_ref"].as_str().unwrap_or_else(|| panic!("{made}")).rsplit('/').next().unwrap().to_owned()
    }

    fn status(&self, path: &str, token: &str) -> u16 {
        let accept = if path.ends_with("/payload") { "text/plain" } else { "application/json" };
        let request = http().get(format!("{}/v1/secrets/{path}", self.url)).header("X-Auth-Token", token);
        request.header("Accept", accept).send().unwrap().status().as_u16()
    }
}

/// The key store as the daemon has it, which logs in as `manila`.
fn key_store(keystone: &Keystone, folder: &Path) -> KeyStore {
    let login = AuthOptions {
        auth_type: Some("password".into()),
        username: Some("manila".into()),
        password: Some(SecretString::from("manila-pass")),
        project_name: Some("service".into()),
        user_domain_id: Some("default".into()),
        project_domain_id: Some("default".into()),
        ..AuthOptions::default()
    };
    let options = ServiceOptions {
        auth_url: keystone.url().parse().unwrap(),
        credential: Credential::try_from(login).unwrap(),
        endpoint: EndpointSelector { kind: "key-manager", interface: "publicURL".to_owned(), region: None },
        version: None,
        header: None,
        retries: 0,
        attempt_patience: Duration::from_secs(30),
        patience: Duration::from_secs(60),
    };
    let http = HttpOptions { cafile: Some(folder.join("barbican.pem")), ..HttpOptions::default() };
    let transport: Arc<dyn Transport> = Arc::new(Http::new(&http).unwrap());
    KeyStore::new(&options, &transport, &Clock::system())
}

/// A token by an application credential; none where Keystone does not take that.
fn token_by(keystone: &Keystone, id: &str, secret: &str) -> Option<String> {
    let methods =
        json!({ "methods": ["application_credential"], "application_credential": { "id": id, "secret": secret } });
    let body = json!({ "auth": { "identity": methods } });
    let answer = http().post(format!("{}/auth/tokens", keystone.url())).json(&body).send().unwrap();
    (answer.status() == 201).then(|| answer.headers()["X-Subject-Token"].to_str().unwrap().to_owned())
}

/// The application credentials that the daemon's user has.
fn credentials(keystone: &Keystone) -> Vec<Value> {
    let token = keystone.token("manila", "service");
    let get = |path: &str| -> Value {
        let answer = http().get(format!("{}/{path}", keystone.url())).header("X-Auth-Token", &token);
        serde_json::from_str(&answer.send().unwrap().text().unwrap()).unwrap()
    };
    let own = http().get(format!("{}/auth/tokens", keystone.url()));
    let own = own.header("X-Auth-Token", &token).header("X-Subject-Token", &token).send().unwrap().text().unwrap();
    let own: Value = serde_json::from_str(&own).unwrap();
    let user = own["token"]["user"]["id"].as_str().unwrap();
    get(&format!("users/{user}/application_credentials"))["application_credentials"].as_array().unwrap().clone()
}

/// What a credential for a key opens, by the key store's own word.
fn a_credential_reads_its_one_key(keystone: &Keystone, barbican: &Barbican, folder: &Path) {
    let store = key_store(keystone, folder);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let admit = |key: &str, token: String| runtime.block_on(store.admit(key, &SecretString::from(token)));
    let ann = keystone.token("ann", "alpha");
    let [key, other] = [barbican.key(&ann), barbican.key(&ann)];
    for (user, project) in [("ben", "beta"), ("ray", "alpha")] {
        assert_eq!(admit(&key, keystone.token(user, project)), Err(KeyRefusal::Unknown), "{user}");
    }
    for key in [&key, &other, &key] {
        admit(key, ann.clone()).unwrap();
    }
    let access = runtime.block_on(store.credential("probe", &key)).unwrap();
    assert_eq!(access.key_url, format!("{}/v1/secrets/{key}", barbican.url));
    let token = token_by(keystone, &access.id, access.secret.expose_secret()).unwrap();
    assert_eq!([&key, &format!("{key}/payload")].map(|path| barbican.status(path, &token)), [200, 200]);
    let closed = [&format!("{key}/acl"), &other, &format!("{other}/payload")].map(|path| barbican.status(path, &token));
    assert!(closed.iter().all(|status| [401, 403].contains(status)), "{closed:?}");
    runtime.block_on(store.forget("probe")).unwrap();
    assert_eq!(token_by(keystone, &access.id, access.secret.expose_secret()), None);
}

#[test]
fn tenants_keep_keys_in_a_real_barbican() {
    let (keystone_port, barbican_port) = (free_port(), free_port());
    let folder = tempfile::tempdir().unwrap();
    let net = net(7);
    let more = format!(
        "driver_handles_share_servers = True\nnetapp_vserver =\n\
         network_api_class = manila.network.standalone_network_plugin.StandaloneNetworkPlugin\n\
         standalone_network_plugin_gateway = {net}.1\nstandalone_network_plugin_mask = 24\n{}\
         [barbican]\nauth_url = http://127.0.0.1:{keystone_port}/v3\ncafile = {}/barbican.pem\n\
         [key_manager]\nauth_endpoint = https://identity.example:5000/v3\n",
        keystone::options(keystone_port),
        folder.path().display()
    );
    Barbican::certify(folder.path());
    let stage = Stage::with(&["--release", "9.17.1"], &more, &[BackEnd { name: "alpha", zone: "nova", array: 0 }]);
    let url = format!("https://127.0.0.1:{barbican_port}");
    let keystone =
        Keystone::with(keystone_port, &format!("http://{}/v2", stage.daemon.address), &["--key-manager", &url]);
    let barbican = Barbican::start(barbican_port, &keystone, folder.path());
    a_credential_reads_its_one_key(&keystone, &barbican, folder.path());

    let admin = Caller { stage: &stage, token: Some(keystone.token("admin", "admin")) };
    let specs = json!({ "driver_handles_share_servers": "True", "encryption_support": "share_server" });
    let kind = json!({ "share_type": { "name": "encrypted", "extra_specs": specs } });
    assert_eq!(admin.ask("POST", "/types", Some(kind)).0, 200);
    let key = barbican.key(&keystone.token("ann", "alpha"));
    let foreign = barbican.key(&keystone.token("ben", "beta"));
    let words = ["--share-type", "encrypted", "--key", &key, "--foreign-key", &foreign];
    keystone.driven("ann", "alpha", "osc", "encryption.py", &words);
    until("the server and its credential are gone", || credentials(&keystone).is_empty().then_some(()));
    until("nothing is left on the array", || stage.sim.tenants().is_empty().then_some(()));
    stage.close(0);
}
