//! Finds nodes, by what a request says of them.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::rest::ask::Ask;
use crate::rest::code::{ABSENT, Refusal};
use crate::state::State;

/// The node that the body names at `path`.
pub fn in_body(state: &State, ask: &Ask, path: &str) -> Result<Option<Uuid>, Refusal> {
    let named = |name: &str| state.nodes.iter().find(|node| node.name == name).map(|node| node.uuid);
    ask.names(path, ABSENT, named, |uuid| state.nodes.get(uuid).is_some())
}

/// Name and uuid of a node, as other records show them.
pub fn reference(state: &State, node: Uuid) -> Value {
    json!({"name": state.nodes.get(&node).map(|node| node.name.as_str()), "uuid": node})
}
