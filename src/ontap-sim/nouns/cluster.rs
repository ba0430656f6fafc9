//! The cluster itself. Its version is what clients gate their fields by.

use serde_json::{Value, json};

use crate::rest::ask::Ask;
use crate::rest::code::Refusal;
use crate::rest::field::{integer, text};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, instance};
use crate::state::State;

pub static CLUSTER: Noun = Noun {
    name: "cluster",
    instance: "/api/cluster",
    fields: &[
        text("name"),
        text("uuid"),
        text("location"),
        text("contact"),
        text("version.full"),
        integer("version.generation"),
        integer("version.major"),
        integer("version.minor"),
    ],
    order: &["name"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] = &[instance("/api/cluster", &CLUSTER)];

fn list(state: &State, _: &Ask) -> Result<Vec<Value>, Refusal> {
    let release = state.config.release;
    let uuid = state.identity.iter().next().map(|identity| identity.uuid);
    Ok(vec![json!({
        "name": state.config.name,
        "uuid": uuid,
        "version": {
            "full": release.full(),
            "generation": release.generation,
            "major": release.major,
            "minor": release.minor,
        },
    })])
}
