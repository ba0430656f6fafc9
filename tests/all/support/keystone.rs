//! A Keystone that knows a table of tokens and nothing else: it speaks `/v3/auth/tokens` over real HTTP.
//!
//! `noauth` makes everybody an administrator, so only behind a Keystone can tests tell tenants apart. How to get it
//! wrong: to hand out a role by implication; like the real one, this Keystone lists every role of a token.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::conversation::{Received, converse};

/// The bearer of one token.
#[derive(Debug, Clone, Copy)]
pub struct Bearer {
    pub token: &'static str,
    pub user: &'static str,
    pub scope: Speaks,
    pub roles: &'static [&'static str],
}

/// What a token speaks for.
#[derive(Debug, Clone, Copy)]
pub enum Speaks {
    Project(&'static str),
    Domain(&'static str),
    System,
}

/// A running Keystone; its thread ends with the test process.
pub struct Keystone {
    pub url: String,
    revoked: Revoked,
}

/// Tokens that are none any more.
type Revoked = Arc<Mutex<BTreeSet<&'static str>>>;

const FAR: &str = "2099-01-01T00:00:00.000000Z";

impl Keystone {
    pub fn start(bearers: &'static [Bearer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let revoked = Revoked::default();
        let known = revoked.clone();
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let known = known.clone();
                std::thread::spawn(move || {
                    converse(connection, |received| {
                        let (status, body) = answer(received, bearers, &known);
                        (status, &[("X-Subject-Token", "service")], body)
                    })
                });
            }
        });
        Keystone { url, revoked }
    }

    /// From now on the token is unknown.
    pub fn revoke(&self, token: &'static str) {
        self.revoked.lock().unwrap().insert(token);
    }
}

fn answer(received: &Received, bearers: &[Bearer], revoked: &Revoked) -> (u16, Value) {
    let subject = received.header("x-subject-token");
    match received.method.as_str() {
        "POST" => (201, json!({ "token": { "expires_at": FAR } })),
        _ if revoked.lock().unwrap().contains(subject) => unknown(),
        _ => match bearers.iter().find(|bearer| bearer.token == subject) {
            Some(bearer) => (200, described(bearer)),
            None => unknown(),
        },
    }
}

fn unknown() -> (u16, Value) {
    (404, json!({ "error": { "code": 404, "title": "Not Found" } }))
}

fn described(bearer: &Bearer) -> Value {
    let domain = json!({ "id": "default", "name": "Default" });
    let roles: Vec<Value> = bearer.roles.iter().map(|role| json!({ "id": role, "name": role })).collect();
    let mut token = json!({
        "expires_at": FAR, "issued_at": "2024-01-01T00:00:00.000000Z", "methods": ["password"],
        "user": { "id": bearer.user, "name": bearer.user, "domain": domain },
        "roles": roles,
    });
    match bearer.scope {
        Speaks::Project(project) => token["project"] = json!({ "id": project, "name": project, "domain": domain }),
        Speaks::Domain(id) => token["domain"] = json!({ "id": id, "name": id }),
        Speaks::System => token["system"] = json!({ "all": true }),
    }
    json!({ "token": token })
}
