//! A key store with the identity service beside it, over TLS, as arrays want it: secrets, who may read them, and
//! application credentials. A token is the name of who bears it.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use super::conversation::{Received, converse};

/// The daemon's user.
pub const SERVICE_USER: &str = "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";
const SERVICE_TOKEN: &str = "daemon";
const SECRETS: &str = "/key-manager/v1/secrets/";

#[derive(Default)]
pub struct State {
    /// By id: who made it, and who may read it besides.
    pub secrets: BTreeMap<String, (String, Vec<String>)>,
    /// Application credentials by id.
    pub credentials: BTreeMap<String, Value>,
    made: usize,
    pub is_away: bool,
}

pub struct KeyStore {
    pub url: String,
    pub state: Arc<Mutex<State>>,
}

impl KeyStore {
    /// Its certificate is put into `folder`, as `key-store.pem`.
    pub fn start(folder: &Path) -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        std::fs::write(folder.join("key-store.pem"), cert.pem()).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let _installed_before = rustls::crypto::ring::default_provider().install_default();
        let tls = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![cert.der().clone()], key);
        let tls = Arc::new(tls.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let (shared, own) = (state.clone(), url.clone());
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let (state, tls, url) = (shared.clone(), tls.clone(), own.clone());
                std::thread::spawn(move || {
                    let stream = StreamOwned::new(ServerConnection::new(tls).unwrap(), connection);
                    converse(stream, |received| {
                        let (status, body) = state.lock().unwrap().answer(received, &url);
                        (status, &[("X-Subject-Token", SERVICE_TOKEN)], body)
                    })
                });
            }
        });
        KeyStore { url, state }
    }

    /// A secret that `owner` makes.
    pub fn secret(&self, number: u128, owner: &str) -> String {
        let id = uuid::Uuid::from_u128(0x5ec4e7 << 64 | number).to_string();
        self.state.lock().unwrap().secrets.insert(id.clone(), (owner.to_owned(), Vec::new()));
        id
    }

    /// The section of a configuration by which a daemon finds it.
    pub fn section(&self, folder: &Path) -> String {
        format!(
            "[barbican]\nauth_type = password\nauth_url = {}/v3\nusername = manila\npassword = secret of keys\nproject_name = service\n\
             user_domain_name = Default\nproject_domain_name = Default\ncafile = {}/key-store.pem\n",
            self.url,
            folder.display()
        )
    }
}

fn no_such(status: u16) -> (u16, Value) {
    (status, json!({ "code": status, "title": "No", "description": "No." }))
}

impl State {
    fn answer(&mut self, received: &Received, url: &str) -> (u16, Value) {
        let token = received.header("x-auth-token");
        if received.path == "/v3/auth/tokens" {
            let at = |kind: &str, path: &str| json!({ "type": kind, "endpoints": [{ "interface": "public", "url": format!("{url}{path}") }] });
            let catalog = json!([at("key-manager", "/key-manager"), at("identity", "")]);
            let user = json!({ "id": SERVICE_USER, "name": "manila" });
            let token = json!({ "expires_at": "2099-01-01T00:00:00.000000Z", "user": user, "catalog": catalog });
            return (201, json!({ "token": token }));
        }
        match received.path.strip_prefix(SECRETS) {
            _ if self.is_away => (503, json!("away")),
            Some(rest) => self.of_secret(received, token, rest),
            None => self.of_credential(received),
        }
    }

    fn of_secret(&mut self, received: &Received, token: &str, rest: &str) -> (u16, Value) {
        let (id, part) = rest.split_once('/').unwrap_or((rest, ""));
        let Some((owner, readers)) = self.secrets.get_mut(id) else { return no_such(404) };
        let is_let_in = token == SERVICE_TOKEN && readers.iter().any(|reader| reader == SERVICE_USER);
        if owner != token && !(is_let_in && part.is_empty()) {
            return no_such(403);
        }
        match (received.method.as_str(), part) {
            ("GET", "") => (200, json!({ "secret_type": "symmetric", "status": "ACTIVE" })),
            ("GET", "acl") => (200, json!({ "read": { "project-access": true, "users": readers } })),
            ("PATCH", "acl") => {
                *readers = serde_json::from_value(received.body["read"]["users"].clone()).unwrap();
                (200, json!({ "acl_ref": "x" }))
            }
            _ => no_such(405),
        }
    }

    fn of_credential(&mut self, received: &Received) -> (u16, Value) {
        let all = format!("/v3/users/{SERVICE_USER}/application_credentials");
        let id = received.path.strip_prefix(&format!("{all}/"));
        match (received.method.as_str(), id) {
            ("GET", None) => {
                let name = received.query.strip_prefix("name=").unwrap_or_default();
                let found: Vec<&Value> = self.credentials.values().filter(|one| one["name"] == name).collect();
                (200, json!({ "application_credentials": found }))
            }
            ("POST", None) => {
                self.made += 1;
                let id = format!("credential-{}", self.made);
                let mut made = received.body["application_credential"].clone();
                made["id"] = json!(id);
                self.credentials.insert(id.clone(), made.clone());
                made["secret"] = json!(format!("secret of {id}"));
                (201, json!({ "application_credential": made }))
            }
            ("DELETE", Some(id)) if self.credentials.remove(id).is_some() => (204, Value::Null),
            _ => (404, json!({ "error": { "code": 404, "title": "Not Found" } })),
        }
    }
}
