//! Where an interface is at home: the node and port that a request names, or the broadcast domain in which one is
//! chosen.

use uuid::Uuid;

use crate::lookup::{broadcast_domain, node, port};
use crate::rest::ask::Ask;
use crate::rest::code::{LIF_IPSPACE, LIF_PORT, Refusal};
use crate::rows::interface::Interface;
use crate::rows::port::Port;
use crate::state::State;

/// Takes over the home that the request gives; a new interface gets one in any case.
pub fn settle(state: &State, lif: &mut Interface, ask: &Ask) -> Result<(), Refusal> {
    if !lif.port.is_nil() && !ask.has("location") {
        return Ok(());
    }
    let port = chosen(state, lif, ask)?;
    let refuse = |code, why: &str| {
        Err(Refusal::new(code, format!("Port \"{}\" can't host the interface: {why}.", port.name)).at("location"))
    };
    match (port::ipspace(state, port), state.svms.get(&lif.svm).map(|svm| svm.ipspace)) {
        (None, _) => refuse(LIF_PORT, "it is in no broadcast domain"),
        (Some(one), Some(other)) if one != other => refuse(LIF_IPSPACE, "it is not in the IPspace of the SVM"),
        _ if port.node != lif.node && is_full(state, port.node) => {
            refuse(LIF_PORT, "its node has the most that it can")
        }
        _ => {
            (lif.port, lif.node) = (port.uuid, port.node);
            Ok(())
        }
    }
}

fn is_full(state: &State, node: Uuid) -> bool {
    state.interfaces.iter().filter(|lif| lif.node == node).count() >= state.config.limits.lifs_per_node
}

fn chosen<'a>(state: &'a State, lif: &Interface, ask: &Ask) -> Result<&'a Port, Refusal> {
    let home = node::in_body(state, ask, "location.home_node")?;
    let beside = node::in_body(state, ask, "location.home_port.node")?;
    let node = home.or(beside);
    let fits = |port: &Port| node.is_none_or(|node| node == port.node);
    let find = |name: &str| state.ports.iter().find(|port| port.name == name && fits(port)).map(|port| port.uuid);
    let is_there = |uuid: &Uuid| state.ports.get(uuid).is_some_and(fits);
    if node.is_none() && ask.text("location.home_port.name").is_some() && ask.text("location.home_port.uuid").is_none()
    {
        return Err(Refusal::missing("location.home_node"));
    }
    let named = ask.names("location.home_port", LIF_PORT, find, is_there)?;
    if let Some(port) = named.and_then(|port| state.ports.get(&port)) {
        return Ok(port);
    }
    let ipspace = state.svms.get(&lif.svm).map(|svm| svm.ipspace);
    let domain = broadcast_domain::in_body(state, ask, "location.broadcast_domain", ipspace)?;
    let eligible = |port: &&Port| {
        let here = domain.map_or(port::ipspace(state, port) == ipspace, |domain| port.domain == Some(domain));
        here && fits(port) && port::is_up(state, port)
    };
    let chosen = state.ports.iter().filter(eligible).max_by_key(|port| (port.speed, std::cmp::Reverse(&port.name)));
    chosen.ok_or_else(|| Refusal::new(LIF_PORT, "No port can host the interface.").at("location"))
}
