//! Finds IPspaces, by what a request says of them.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::rest::ask::Ask;
use crate::rest::code::{Code, Refusal};
use crate::state::State;

/// The one in which everything is that names no other.
pub const DEFAULT: &str = "Default";

/// The one of the nodes' own traffic.
pub const CLUSTER: &str = "Cluster";

pub fn named(state: &State, name: &str) -> Option<Uuid> {
    state.ipspaces.iter().find(|ipspace| ipspace.name == name).map(|ipspace| ipspace.uuid)
}

/// The IPspace `Default`, which every cluster has from the start.
pub fn default(state: &State) -> Uuid {
    named(state, DEFAULT).unwrap_or_default()
}

/// The IPspace that the body names at `path`; refused with `code` if there is none of that name.
pub fn in_body(state: &State, ask: &Ask, path: &str, code: Code) -> Result<Option<Uuid>, Refusal> {
    ask.names(path, code, |name| named(state, name), |uuid| state.ipspaces.get(uuid).is_some())
}

/// Name and uuid of an IPspace, as other records show them.
pub fn reference(state: &State, ipspace: Uuid) -> Value {
    json!({"name": state.ipspaces.get(&ipspace).map(|ipspace| ipspace.name.as_str()), "uuid": ipspace})
}
