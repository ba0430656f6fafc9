//! Broadcast domains: ports that hear each other. A domain lies in one IPspace and gives its ports their MTU.
//!
//! Which ports are in it is said of the ports, not here. How to get it wrong: an MTU that a VLAN's base port can't
//! carry.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lanes::Cost;
use crate::lookup::broadcast_domain::{check_mtu, named};
use crate::lookup::{ipspace, port};
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{DOMAIN_HAS_PORTS, DUPLICATE, IPSPACE_ABSENT, PORT_HAS_LIF, Refusal};
use crate::rest::field::{integer, text};
use crate::rest::made::{Made, made};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::rows::broadcast_domain::BroadcastDomain;
use crate::state::State;

pub static BROADCAST_DOMAIN: Noun = Noun {
    name: "uuid",
    instance: INSTANCE,
    fields: &[
        text("uuid").key(),
        text("name").key().write(),
        text("ipspace.name").key().write(),
        text("ipspace.uuid").write(),
        integer("mtu").write(),
        text("ports.name"),
        text("ports.uuid"),
        text("ports.node.name"),
    ],
    order: &["ipspace.name", "name"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/network/ethernet/broadcast-domains";
const INSTANCE: &str = "/api/network/ethernet/broadcast-domains/{uuid}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &BROADCAST_DOMAIN).cluster_only(),
    sync(Method::Post, COLLECTION, &BROADCAST_DOMAIN, Cost::Network, create).cluster_only(),
    each(Method::Patch, COLLECTION, &BROADCAST_DOMAIN, INSTANCE).cluster_only(),
    each(Method::Delete, COLLECTION, &BROADCAST_DOMAIN, INSTANCE).cluster_only(),
    instance(INSTANCE, &BROADCAST_DOMAIN).cluster_only(),
    sync(Method::Patch, INSTANCE, &BROADCAST_DOMAIN, Cost::Network, change).cluster_only(),
    sync(Method::Delete, INSTANCE, &BROADCAST_DOMAIN, Cost::Network, delete).cluster_only(),
];

fn list(state: &State, _: &Ask) -> Result<Vec<Value>, Refusal> {
    Ok(state.domains.iter().map(|domain| record(state, domain)).collect())
}

fn record(state: &State, domain: &BroadcastDomain) -> Value {
    let ports: Vec<Value> = port::members(state, domain.uuid).map(|port| port::reference(state, port.uuid)).collect();
    json!({
        "uuid": domain.uuid,
        "name": domain.name,
        "ipspace": ipspace::reference(state, domain.ipspace),
        "mtu": domain.mtu,
        "ports": ports,
    })
}

fn free_name(state: &State, ipspace: Uuid, name: &str) -> Result<(), Refusal> {
    match named(state, ipspace, name) {
        Some(_) => Err(Refusal::new(DUPLICATE, format!("Broadcast domain \"{name}\" already exists.")).at("name")),
        None => Ok(()),
    }
}

fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let name = ask.text("name").filter(|name| !name.is_empty()).ok_or_else(|| Refusal::missing("name"))?.to_owned();
    let mtu = ask.whole("mtu").ok_or_else(|| Refusal::missing("mtu"))?;
    let ipspace = ipspace::in_body(state, ask, "ipspace", IPSPACE_ABSENT)?.unwrap_or_else(|| ipspace::default(state));
    check_mtu(state, mtu, std::iter::empty())?;
    free_name(state, ipspace, &name)?;
    state.domains.put(BroadcastDomain { uuid: ask.id, ipspace, name, mtu });
    Ok(made(ask.id))
}

fn mine(state: &State, ask: &Ask) -> Result<BroadcastDomain, Refusal> {
    ask.key().and_then(|uuid| state.domains.get(&uuid)).cloned().ok_or_else(|| Refusal::absent("uuid"))
}

fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let before = mine(state, ask)?;
    let mut domain = before.clone();
    domain.ipspace = ipspace::in_body(state, ask, "ipspace", IPSPACE_ABSENT)?.unwrap_or(domain.ipspace);
    domain.name = ask.text("name").map_or(domain.name, str::to_owned);
    domain.mtu = ask.whole("mtu").unwrap_or(domain.mtu);
    if (domain.ipspace, &domain.name) != (before.ipspace, &before.name) {
        free_name(state, domain.ipspace, &domain.name)?;
    }
    let moves = domain.ipspace != before.ipspace;
    if moves && port::members(state, domain.uuid).any(|port| port::hosts(state, port.uuid).next().is_some()) {
        let message = "The broadcast domain can't go to another IPspace: its ports have network interfaces.";
        return Err(Refusal::new(PORT_HAS_LIF, message).at("ipspace"));
    }
    check_mtu(state, domain.mtu, port::members(state, domain.uuid))?;
    let uuid = domain.uuid;
    state.domains.put(domain);
    Ok(made(uuid))
}

fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let uuid = mine(state, ask)?.uuid;
    if port::members(state, uuid).next().is_some() {
        return Err(Refusal::new(DOMAIN_HAS_PORTS, "A broadcast domain with ports cannot be deleted."));
    }
    state.domains.remove(&uuid);
    Ok(made(uuid))
}
