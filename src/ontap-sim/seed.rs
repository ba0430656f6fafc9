//! The first objects of a cluster, from its configuration; and what a changed configuration adds when it is opened
//! again.

use uuid::Uuid;

use crate::Error;
use crate::config::{AggregateConfig, LifConfig, SvmConfig};
use crate::lookup::ipspace::{self, CLUSTER, DEFAULT};
use crate::lookup::{aggregate, broadcast_domain, port};
use crate::nouns::svm;
use crate::rows::aggregate::Aggregate;
use crate::rows::broadcast_domain::BroadcastDomain;
use crate::rows::cifs_service::CifsService;
use crate::rows::interface::Interface;
use crate::rows::ipspace::Ipspace;
use crate::rows::node::Node;
use crate::rows::port::Port;
use crate::rows::svm::Svm;
use crate::state::{Identity, State};

pub fn seed(state: &mut State) -> Result<(), Error> {
    let config = state.config.clone();
    if state.identity.len() == 0 {
        state.identity.put(Identity { uuid: state.clock.id(), next: 2 });
    }
    for name in &config.nodes {
        if node(state, name).is_none() {
            state.nodes.put(Node { uuid: state.clock.id(), name: name.clone() });
        }
    }
    network(state);
    config.aggregates.iter().try_for_each(|wish| set_aggregate(state, wish))?;
    config.svms.iter().try_for_each(|wish| set_svm(state, wish))
}

/// The physical ports of each node: name, Mbit/s, IPspace and broadcast domain.
const PORTS: &[(&str, u64, &str)] = &[
    ("e0M", 1000, DEFAULT),
    ("e0a", 10_000, CLUSTER),
    ("e0b", 10_000, CLUSTER),
    (DATA_PORT, 25_000, DEFAULT),
    ("e0d", 25_000, DEFAULT),
];

/// The port on which the configured data LIFs sit.
pub const DATA_PORT: &str = "e0c";

/// Bytes: jumbo frames, so that a VLAN may have any MTU.
const MTU: u64 = 9000;

/// IPspaces and broadcast domains that every cluster has, and the ports of its nodes.
fn network(state: &mut State) {
    for name in [DEFAULT, CLUSTER] {
        if ipspace::named(state, name).is_none() {
            let (uuid, domain) = (state.clock.id(), state.clock.id());
            state.ipspaces.put(Ipspace { uuid, name: name.to_owned() });
            state.domains.put(BroadcastDomain { uuid: domain, ipspace: uuid, name: name.to_owned(), mtu: MTU });
        }
    }
    let nodes: Vec<Uuid> = state.nodes.iter().map(|node| node.uuid).collect();
    for node in nodes {
        for (name, speed, domain) in PORTS {
            if port::named(state, node, name).is_none() {
                let uuid = state.clock.id();
                let domain =
                    ipspace::named(state, domain).and_then(|ipspace| broadcast_domain::named(state, ipspace, domain));
                let name = (*name).to_owned();
                state.ports.put(Port { uuid, node, name, vlan: None, domain, enabled: true, speed: *speed });
            }
        }
    }
}

fn node(state: &State, name: &str) -> Option<Uuid> {
    state.nodes.iter().find(|node| node.name == name).map(|node| node.uuid)
}

fn strange(what: &str, name: &str, missing: &str) -> Error {
    Error::Configuration(format!("{what} '{name}' names '{missing}', which the cluster does not have"))
}

fn set_aggregate(state: &mut State, wish: &AggregateConfig) -> Result<(), Error> {
    let node = node(state, &wish.node).ok_or_else(|| strange("aggregate", &wish.name, &wish.node))?;
    let existing =
        state.aggregates.iter().find(|aggregate| aggregate.name == wish.name).map(|aggregate| aggregate.uuid);
    state.aggregates.put(Aggregate {
        uuid: existing.unwrap_or_else(|| state.clock.id()),
        name: wish.name.clone(),
        node,
        size: wish.size,
        disk_type: wish.disk_type.clone(),
        taken: 0,
    });
    Ok(())
}

fn set_svm(state: &mut State, wish: &SvmConfig) -> Result<(), Error> {
    let id = state.svms.iter().find(|svm| svm.name == wish.name).map(|svm| svm.uuid);
    let id = match id {
        Some(id) => id,
        None => new_svm(state, wish)?,
    };
    let hours = wish.retention_hours;
    // One that has joined a domain was made on the cluster; the others are as the configuration has them.
    let member = state.svms.get(&id).and_then(|svm| svm.cifs.clone()).filter(|server| server.domain.is_some());
    let server = member.or_else(|| wish.cifs_server.as_deref().map(CifsService::in_workgroup));
    state.svms.change(&id, |svm| (svm.cifs, svm.retention_hours) = (server, hours));
    wish.lifs.iter().try_for_each(|lif| interface(state, id, lif))
}

fn new_svm(state: &mut State, wish: &SvmConfig) -> Result<Uuid, Error> {
    let mut aggregates = Vec::new();
    for name in &wish.aggregates {
        aggregates.push(aggregate::named(state, name).ok_or_else(|| strange("SVM", &wish.name, name))?);
    }
    let id = state.clock.id();
    let (name, ipspace) = (wish.name.clone(), ipspace::default(state));
    let made = svm::establish(state, Svm { uuid: id, name, ipspace, aggregates, ..Svm::default() });
    made.map_err(|refusal| Error::Configuration(format!("SVM '{}': {}", wish.name, refusal.message)))?;
    Ok(id)
}

/// A data LIF of the configuration. What was changed of it on the cluster stays, but for its address and node.
fn interface(state: &mut State, svm: Uuid, wish: &LifConfig) -> Result<(), Error> {
    let node = node(state, &wish.node).ok_or_else(|| strange("LIF", &wish.name, &wish.node))?;
    let existing = state.interfaces.iter().find(|lif| lif.svm == svm && lif.name == wish.name).cloned();
    let uuid = existing.as_ref().map(|lif| lif.uuid);
    if let Some(other) = state.interfaces.iter().find(|lif| lif.address == wish.address && Some(lif.uuid) != uuid) {
        let message = format!("LIFs '{}' and '{}' have the same address {}", other.name, wish.name, wish.address);
        return Err(Error::Configuration(message));
    }
    let here = existing.as_ref().is_some_and(|lif| lif.node == node);
    let new = Interface {
        uuid: state.clock.id(),
        name: wish.name.clone(),
        svm,
        node,
        address: wish.address,
        number: state.number(),
        length: 0,
        port: Uuid::nil(),
        policy: Uuid::nil(),
        enabled: true,
        kerberos: None,
    };
    let existing = existing.unwrap_or(new);
    let port = if here { existing.port } else { Uuid::nil() };
    state.interfaces.put(Interface { node, address: wish.address, port, ..existing });
    Ok(())
}
