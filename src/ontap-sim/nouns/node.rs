//! Nodes. A client that may list them has a cluster account; the others are told code 6, and take that as the answer.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::rest::ask::Ask;
use crate::rest::code::{ABSENT, Refusal};
use crate::rest::noun::{Noun, text};
use crate::rest::route::{Endpoint, collection, instance};
use crate::state::State;
use crate::state::table::Row;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Node {
    pub uuid: Uuid,
    pub name: String,
}

impl Row for Node {
    type Key = Uuid;
    const KIND: &'static str = "node";
    fn key(&self) -> Uuid {
        self.uuid
    }
}

pub static NODE: Noun = Noun {
    name: "uuid",
    instance: "/api/cluster/nodes/{uuid}",
    fields: &[
        text("uuid").key(),
        text("name").key(),
        text("model"),
        text("state"),
        text("serial_number"),
        text("version.full"),
        text("ha.partners.name"),
        text("ha.partners.uuid"),
    ],
    order: &["name"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] = &[
    collection("/api/cluster/nodes", &NODE).cluster_only(),
    instance("/api/cluster/nodes/{uuid}", &NODE).cluster_only(),
];

fn list(state: &State, _: &Ask) -> Result<Vec<Value>, Refusal> {
    let nodes: Vec<&Node> = state.nodes.iter().collect();
    let record = |node: &&Node| {
        let partners = nodes.iter().filter(|other| other.uuid != node.uuid).map(|other| reference(state, other.uuid));
        json!({
            "uuid": node.uuid,
            "name": node.name,
            "model": "SIMBOX",
            "state": "up",
            "serial_number": node.uuid.simple().to_string()[..12],
            "version": {"full": state.config.release.full()},
            "ha": {"partners": partners.collect::<Vec<_>>()},
        })
    };
    Ok(nodes.iter().map(record).collect())
}

/// The node that the body names at `path`.
pub fn given(state: &State, ask: &Ask, path: &str) -> Result<Option<Uuid>, Refusal> {
    let named = |name: &str| state.nodes.iter().find(|node| node.name == name).map(|node| node.uuid);
    ask.names(path, ABSENT, named, |uuid| state.nodes.get(uuid).is_some())
}

/// Name and uuid of a node, as other records show them.
pub fn reference(state: &State, node: Uuid) -> Value {
    json!({"name": state.nodes.get(&node).map(|node| node.name.as_str()), "uuid": node})
}
