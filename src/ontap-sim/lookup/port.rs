//! Finds ports, and tells what follows from where they are.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lookup::node;
use crate::rows::interface::Interface;
use crate::rows::port::Port;
use crate::state::State;

/// MTU of a port in no broadcast domain, in bytes.
const MTU: u64 = 1500;

/// Name, node and uuid of a port, as other records show them.
pub fn reference(state: &State, port: Uuid) -> Value {
    let found = state.ports.get(&port);
    let node = found.map(|port| node::reference(state, port.node)["name"].clone());
    json!({"name": found.map(|port| port.name.as_str()), "uuid": port, "node": {"name": node}})
}

pub fn named(state: &State, node: Uuid, name: &str) -> Option<Uuid> {
    state.ports.iter().find(|port| port.node == node && port.name == name).map(|port| port.uuid)
}

/// The ports in a broadcast domain.
pub fn members(state: &State, domain: Uuid) -> impl Iterator<Item = &Port> {
    state.ports.iter().filter(move |port| port.domain == Some(domain))
}

/// The interfaces on a port.
pub fn hosts(state: &State, port: Uuid) -> impl Iterator<Item = &Interface> {
    state.interfaces.iter().filter(move |lif| lif.port == port)
}

pub fn is_up(state: &State, port: &Port) -> bool {
    let base = port.vlan.as_ref().and_then(|vlan| state.ports.get(&vlan.base));
    port.enabled && base.is_none_or(|base| base.enabled)
}

/// Bytes.
pub fn mtu(state: &State, port: &Port) -> u64 {
    port.domain.and_then(|domain| state.domains.get(&domain)).map_or(MTU, |domain| domain.mtu)
}

/// The IPspace in which an interface on this port would be. `None` while the port is in no broadcast domain.
pub fn ipspace(state: &State, port: &Port) -> Option<Uuid> {
    state.domains.get(&port.domain?).map(|domain| domain.ipspace)
}
