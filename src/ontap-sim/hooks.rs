//! What tests and demonstrations may ask of the simulator besides ONTAP: `/sim/faults`, `/sim/calls`, `/sim/state`,
//! `/sim/strays`, `/sim/directories`, `/sim/password`.
//!
//! Served only when the configuration says so, and to everybody who can connect.

use std::net::IpAddr;

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::call::{Call, Reply};
use crate::cluster::Cluster;
use crate::config::DirectoryConfig;
use crate::faults::Rule;
use crate::rest::code::{BAD_JSON, NOT_SUPPORTED, Refusal, UNKNOWN_PATH};

pub const ROOT: &str = "/sim/";

/// The new password of an account.
#[derive(Deserialize)]
struct Password {
    account: String,
    password: String,
}

/// A domain and what answers in it.
#[derive(Deserialize)]
struct Directory {
    domain: String,
    dns: Vec<IpAddr>,
    controllers: Vec<IpAddr>,
    user: String,
    password: String,
    #[serde(default)]
    machines: Vec<String>,
    #[serde(default)]
    units: Vec<String>,
}

impl From<Directory> for DirectoryConfig {
    fn from(directory: Directory) -> Self {
        let Directory { domain, dns, controllers, user, password, machines, units } = directory;
        DirectoryConfig { domain, dns, controllers, user, password: password.into(), machines, units }
    }
}

pub fn answer(cluster: &Cluster, call: &Call) -> Reply {
    match carry_out(cluster, call) {
        Ok(body) => Reply::json(200, &body),
        Err(refusal) => Reply::refusal(&refusal),
    }
}

fn carry_out(cluster: &Cluster, call: &Call) -> Result<Value, Refusal> {
    match (call.method.as_str(), call.path()) {
        ("GET", "/sim/faults") => Ok(json!({"faults": cluster.faults()})),
        ("POST", "/sim/faults") => {
            let wrong = |problem: serde_json::Error| Refusal::new(BAD_JSON, format!("no fault rule: {problem}"));
            // One rule, or a list of them: all are added or none.
            let body: Value = serde_json::from_slice(&call.body).map_err(wrong)?;
            let rules: Vec<Rule> = match body {
                Value::Array(_) => serde_json::from_value(body),
                one => serde_json::from_value(one).map(|rule| vec![rule]),
            }
            .map_err(wrong)?;
            let ids: Vec<u64> = rules.into_iter().map(|rule| cluster.strike(rule)).collect();
            Ok(json!({"ids": ids}))
        }
        ("DELETE", "/sim/faults") => {
            cluster.heal();
            Ok(json!({}))
        }
        ("GET", "/sim/calls") => {
            let counts = cluster.log().counts().clone();
            Ok(json!({"calls": cluster.calls(), "counts": counts, "waiting": cluster.waiting()}))
        }
        ("DELETE", "/sim/calls") => {
            cluster.forget_calls();
            Ok(json!({}))
        }
        ("GET", "/sim/state") => {
            cluster.dump().map_err(|problem| Refusal::new(NOT_SUPPORTED, format!("no dump: {problem}")))
        }
        ("GET", "/sim/strays") => Ok(json!({"strays": cluster.strays()})),
        ("POST", "/sim/password") => {
            let Password { account, password } = serde_json::from_slice(&call.body)
                .map_err(|problem| Refusal::new(BAD_JSON, format!("no account and password: {problem}")))?;
            match cluster.set_password(&account, SecretString::from(password)) {
                true => Ok(json!({})),
                false => Err(Refusal::new(UNKNOWN_PATH, "there is no such account")),
            }
        }
        ("POST", "/sim/directories") => {
            let directory: Directory = serde_json::from_slice(&call.body)
                .map_err(|problem| Refusal::new(BAD_JSON, format!("no directory: {problem}")))?;
            cluster.set_directory(directory.into());
            Ok(json!({}))
        }
        (_, "/sim/directories" | "/sim/faults" | "/sim/calls" | "/sim/state" | "/sim/strays" | "/sim/password") => {
            Err(Refusal::new(NOT_SUPPORTED, "Operation not supported."))
        }
        _ => Err(Refusal::new(UNKNOWN_PATH, "API not found")),
    }
}
