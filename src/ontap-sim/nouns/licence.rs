//! Licences, by name in lower case.

use serde_json::{Value, json};

use crate::rest::ask::Ask;
use crate::rest::code::{NOT_LICENSED, Refusal};
use crate::rest::field::text;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, instance};
use crate::state::State;

pub static LICENCE: Noun = Noun {
    name: "name",
    instance: "/api/cluster/licensing/licenses/{name}",
    fields: &[text("name").key(), text("scope"), text("state")],
    order: &["name"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] = &[
    collection("/api/cluster/licensing/licenses", &LICENCE).cluster_only(),
    instance("/api/cluster/licensing/licenses/{name}", &LICENCE).cluster_only(),
];

fn list(state: &State, _: &Ask) -> Result<Vec<Value>, Refusal> {
    let record = |name: &String| json!({"name": name, "scope": "cluster", "state": "compliant"});
    Ok(state.config.licences.iter().map(record).collect())
}

/// Refuses (1115127) when the cluster lacks the licence.
pub fn need(state: &State, name: &str) -> Result<(), Refusal> {
    match state.config.licences.iter().any(|licence| licence == name) {
        true => Ok(()),
        false => Err(Refusal::new(NOT_LICENSED, format!("The cluster lacks a valid {name} license."))),
    }
}
