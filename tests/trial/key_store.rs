//! The key store of a trial, and the identity service as far as application credentials go. Like the network service it
//! outlives the daemon, and carries out what it was asked when nobody waits any more.
//!
//! Each tenant has two keys from the start, and gets to no other's.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

use manilad_clock::Clock;
use manilad_openstack::{Lost, Reply, Request};
use rand::rngs::StdRng;
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fate::{Fate, LateCalls};
use crate::neutron::reply;
use crate::plan::{NEUTRON, Plan, stream};

/// The daemon's user.
pub const USER: &str = "manila";
/// Where it is, and where the identity service is asked for credentials.
pub const HOSTS: [&str; 2] = ["keys.test", "credentials.test"];

/// A key of a tenant.
pub fn key_of(project: &str, number: u8) -> String {
    let mut hasher = DefaultHasher::new();
    project.hash(&mut hasher);
    Uuid::from_u128((u128::from(hasher.finish()) << 8) | u128::from(number)).to_string()
}

pub struct KeyStore {
    plan: Plan,
    state: Mutex<State>,
}

struct State {
    /// Keys that the daemon's user was let in to.
    open: BTreeSet<String>,
    /// Application credentials by id: their names, and which key they read.
    credentials: BTreeMap<String, (String, String)>,
    made: usize,
    late: LateCalls,
    lots: StdRng,
    is_rough: bool,
    /// Of the calls that were carried out, and what was answered.
    hash: DefaultHasher,
}

impl KeyStore {
    pub fn new(plan: &Plan) -> Arc<Self> {
        let state = State {
            open: BTreeSet::new(),
            credentials: BTreeMap::new(),
            made: 0,
            late: LateCalls::default(),
            lots: stream(plan.seed, "keys"),
            is_rough: true,
            hash: DefaultHasher::new(),
        };
        Arc::new(KeyStore { plan: plan.clone(), state: Mutex::new(state) })
    }

    /// From now on all is well.
    pub fn calm(&self) {
        self.state.lock().unwrap().is_rough = false;
    }

    pub fn hash(&self) -> u64 {
        self.state.lock().unwrap().hash.finish()
    }

    /// The credentials that there are at a time: id, name, and the key that it reads.
    pub fn credentials(&self, clock: &Clock) -> Vec<(String, String, String)> {
        let mut state = self.state.lock().unwrap();
        state.land(clock.running());
        let of = |(id, (name, key)): (&String, &(String, String))| (id.clone(), name.clone(), key.clone());
        state.credentials.iter().map(of).collect()
    }

    /// What comes of a call at this time.
    pub fn send(&self, request: Request, clock: &Clock) -> Result<Reply, Lost> {
        let (mut state, now) = (self.state.lock().unwrap(), clock.running());
        state.land(now);
        let percent = if state.is_rough { self.plan.faults_at(now, NEUTRON) } else { 0 };
        let lost = || Err(Lost("connection reset".to_owned()));
        match Fate::draw(&mut state.lots, percent) {
            Fate::Fine => Ok(state.answer(&request)),
            Fate::Lost => lost(),
            Fate::LostAnswer => {
                state.answer(&request);
                lost()
            }
            Fate::Gateway(status, late) => {
                if let Some(late) = late {
                    state.late.push(now + late, request);
                }
                Ok(reply(status, &json!("upstream error")))
            }
            Fate::Late(late) => {
                state.late.push(now + late, request);
                lost()
            }
        }
    }
}

impl State {
    /// Carries out what is late, if it is time.
    fn land(&mut self, now: std::time::Duration) {
        self.late.due(now).iter().for_each(|request| drop(self.answer(request)));
    }

    fn answer(&mut self, request: &Request) -> Reply {
        let (status, body) = self.carry_out(request);
        (request.method.as_str(), request.url.as_str(), status, body.to_string()).hash(&mut self.hash);
        reply(status, &body)
    }

    fn carry_out(&mut self, request: &Request) -> (u16, Value) {
        let path: Vec<String> = request.url.path_segments().unwrap().map(str::to_owned).collect();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let token = request.headers.get("x-auth-token").and_then(|token| token.to_str().ok()).unwrap_or_default();
        let body = || -> Value { serde_json::from_str(request.body.as_ref().unwrap().expose_secret()).unwrap() };
        match (&request.method, path.as_slice()) {
            (method, ["v1", "secrets", key, rest @ ..]) => {
                let is_own = token.split(':').nth(1).is_some_and(|project| (0..2).any(|n| key_of(project, n) == *key));
                let is_let_in = !token.contains(':') && self.open.contains(*key);
                let is_key = is_own || is_let_in || self.open.contains(*key);
                match (method, rest) {
                    _ if !is_key => of_key_store(404),
                    _ if !(is_own || is_let_in && rest.is_empty()) => of_key_store(403),
                    (&Method::GET, []) => (200, json!({ "status": "ACTIVE" })),
                    (&Method::GET, ["acl"]) => {
                        (200, json!({ "read": { "project-access": true, "users": self.readers(key) } }))
                    }
                    (&Method::PATCH, ["acl"]) => {
                        assert_eq!(body()["read"]["users"], json!([USER]), "whoever may read stays");
                        self.open.insert((*key).to_owned());
                        (200, json!({ "acl_ref": "x" }))
                    }
                    other => panic!("nobody asks {other:?}"),
                }
            }
            (&Method::GET, ["v3", "users", USER, "application_credentials"]) => {
                let name = request.url.query_pairs().find(|(key, _)| key == "name").unwrap().1.into_owned();
                let named = self.credentials.iter().filter(|(_, (own, _))| *own == name);
                let found: Vec<Value> = named.map(|(id, (name, _))| json!({ "id": id, "name": name })).collect();
                (200, json!({ "application_credentials": found }))
            }
            (&Method::POST, ["v3", "users", USER, "application_credentials"]) => {
                let wish = body()["application_credential"].clone();
                let (name, rule) = (wish["name"].as_str().unwrap(), wish["access_rules"][0]["path"].as_str().unwrap());
                if self.credentials.values().any(|(own, _)| own == name) {
                    return of_keystone(409);
                }
                self.made += 1;
                let id = format!("credential-{}", self.made);
                self.credentials.insert(id.clone(), (name.to_owned(), rule.rsplit('/').next().unwrap().to_owned()));
                (201, json!({ "application_credential": { "id": id, "name": name, "secret": "of the array" } }))
            }
            (&Method::DELETE, ["v3", "users", USER, "application_credentials", id]) => {
                match self.credentials.remove(*id) {
                    Some(_) => (204, Value::Null),
                    None => of_keystone(404),
                }
            }
            other => panic!("nobody asks {other:?}"),
        }
    }

    fn readers(&self, key: &str) -> Vec<&'static str> {
        if self.open.contains(key) { vec![USER] } else { Vec::new() }
    }
}

fn of_key_store(status: u16) -> (u16, Value) {
    (status, json!({ "code": status, "title": "No", "description": "No." }))
}

fn of_keystone(status: u16) -> (u16, Value) {
    (status, json!({ "error": { "code": status, "title": "No", "message": "No." } }))
}
