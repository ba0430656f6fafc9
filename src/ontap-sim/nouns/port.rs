//! Ethernet ports: the physical ones of each node, and VLANs on them.
//!
//! A port is in the IPspace of its broadcast domain; without one it can host no interface. How to get it wrong: letting
//! a port change its domain, or go, under an interface.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lanes::Cost;
use crate::lookup::port::{hosts, is_up, mtu, named, reference};
use crate::lookup::{broadcast_domain, ipspace, node};
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{
    ABSENT, DUPLICATE, PORT_BOUND, PORT_HAS_LIF, PORT_IS_HOME, PORT_IS_MEMBER, PORT_IS_PHYSICAL, Refusal, VLAN_BASE,
    VLAN_TAG,
};
use crate::rest::field::{flag, integer, text};
use crate::rest::made::{Made, made};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::rows::port::{Port, Vlan};
use crate::state::State;

const TAGS: std::ops::RangeInclusive<u64> = 1..=4094;
pub static PORT: Noun = Noun {
    name: "uuid",
    instance: INSTANCE,
    fields: &[
        text("uuid").key(),
        text("name").key(),
        text("node.name").key().post(),
        text("node.uuid").post(),
        text("type").post(),
        text("state"),
        flag("enabled").write(),
        integer("speed"),
        integer("mtu"),
        text("mac_address"),
        text("reachability"),
        integer("vlan.tag").post(),
        text("vlan.base_port.name").post(),
        text("vlan.base_port.uuid").post(),
        text("vlan.base_port.node.name").post(),
        text("broadcast_domain.name").write(),
        text("broadcast_domain.uuid").write(),
        text("broadcast_domain.ipspace.name").write(),
        text("broadcast_domain.ipspace.uuid").input().write(),
    ],
    order: &["node.name", "name"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/network/ethernet/ports";
const INSTANCE: &str = "/api/network/ethernet/ports/{uuid}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &PORT).cluster_only(),
    sync(Method::Post, COLLECTION, &PORT, Cost::Network, create).cluster_only(),
    each(Method::Patch, COLLECTION, &PORT, INSTANCE).cluster_only(),
    each(Method::Delete, COLLECTION, &PORT, INSTANCE).cluster_only(),
    instance(INSTANCE, &PORT).cluster_only(),
    sync(Method::Patch, INSTANCE, &PORT, Cost::Network, change).cluster_only(),
    sync(Method::Delete, INSTANCE, &PORT, Cost::Network, delete).cluster_only(),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let name = ask.sieve("name");
    Ok(state.ports.iter().filter(|port| name.passes(&port.name)).map(|port| record(state, port)).collect())
}

fn record(state: &State, port: &Port) -> Value {
    let domain = port.domain.and_then(|domain| state.domains.get(&domain));
    let mac = &port.vlan.as_ref().map_or(port.uuid, |vlan| vlan.base).into_bytes()[..5];
    json!({
        "uuid": port.uuid,
        "name": port.name,
        "node": node::reference(state, port.node),
        "type": if port.vlan.is_some() { "vlan" } else { "physical" },
        "state": if is_up(state, port) { "up" } else { "down" },
        "enabled": port.enabled,
        "speed": port.speed,
        "mtu": mtu(state, port),
        "mac_address": mac.iter().fold("02".to_owned(), |text, byte| format!("{text}:{byte:02x}")),
        "reachability": if domain.is_some() { "ok" } else { "no_reachability" },
        "vlan": port.vlan.as_ref().map(|vlan| json!({"tag": vlan.tag, "base_port": reference(state, vlan.base)})),
        "broadcast_domain": domain.map(|domain| json!({
            "name": domain.name,
            "uuid": domain.uuid,
            "ipspace": {"name": ipspace::reference(state, domain.ipspace)["name"]},
        })),
    })
}

fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    if let Some(kind) = ask.text("type").filter(|kind| *kind != "vlan") {
        return Err(Refusal::value(kind, "type", "vlan"));
    }
    let node = node::in_body(state, ask, "node")?.ok_or_else(|| Refusal::missing("node"))?;
    let tag = ask.whole("vlan.tag").ok_or_else(|| Refusal::missing("vlan.tag"))?;
    if !TAGS.contains(&tag) {
        return Err(Refusal::new(VLAN_TAG, format!("The VLAN tag must be 1 to 4094, not {tag}.")).at("vlan.tag"));
    }
    let base = |port: &Uuid| state.ports.get(port).is_some_and(|port| port.node == node && port.vlan.is_none());
    let found = ask.names("vlan.base_port", VLAN_BASE, |name| named(state, node, name).filter(base), base)?;
    let base = found.and_then(|base| state.ports.get(&base)).ok_or_else(|| Refusal::missing("vlan.base_port"))?;
    let name = format!("{}-{tag}", base.name);
    if named(state, node, &name).is_some() {
        return Err(Refusal::new(DUPLICATE, format!("Port \"{name}\" already exists on the node.")));
    }
    let (vlan, speed) = (Vlan { base: base.uuid, tag }, base.speed);
    let domain = broadcast_domain::in_body(state, ask, "broadcast_domain", None)?;
    let enabled = ask.flag("enabled").unwrap_or(true);
    let port = Port { uuid: ask.id, node, name, vlan: Some(vlan), domain, enabled, speed };
    fits(state, &port)?;
    state.ports.put(port);
    Ok(made(ask.id))
}

/// Refuses a VLAN in a broadcast domain whose MTU its base port does not carry.
fn fits(state: &State, port: &Port) -> Result<(), Refusal> {
    match port.domain.and_then(|domain| state.domains.get(&domain)) {
        Some(domain) => broadcast_domain::check_mtu(state, domain.mtu, std::iter::once(port)),
        None => Ok(()),
    }
}

fn mine(state: &State, ask: &Ask) -> Result<Port, Refusal> {
    ask.key().and_then(|uuid| state.ports.get(&uuid)).cloned().ok_or_else(|| Refusal::absent("uuid"))
}

fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let mut port = mine(state, ask)?;
    port.enabled = ask.flag("enabled").unwrap_or(port.enabled);
    if let Some(domain) = broadcast_domain::in_body(state, ask, "broadcast_domain", None)? {
        if port.domain == Some(domain) {
            let message = format!("Port \"{}\" is already a member of the broadcast domain.", port.name);
            return Err(Refusal::new(PORT_IS_MEMBER, message).at("broadcast_domain"));
        }
        if hosts(state, port.uuid).next().is_some() {
            let message = format!("Port \"{}\" can't be moved: it has network interfaces.", port.name);
            return Err(Refusal::new(PORT_HAS_LIF, message).at("broadcast_domain"));
        }
        port.domain = Some(domain);
        fits(state, &port)?;
    } else if ask.has("broadcast_domain") {
        return Err(Refusal::new(ABSENT, "A broadcast domain is named by name or uuid.").at("broadcast_domain"));
    }
    let uuid = port.uuid;
    state.ports.put(port);
    Ok(made(uuid))
}

fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let port = mine(state, ask)?;
    if port.vlan.is_none() {
        return Err(Refusal::new(PORT_IS_PHYSICAL, "Cannot delete a physical port."));
    }
    if let Some(lif) = hosts(state, port.uuid).next() {
        let (code, what) = match lif.enabled {
            true => (PORT_BOUND, "Port already has an interface bound."),
            false => (PORT_IS_HOME, "Port is the home port or current port of an interface."),
        };
        return Err(Refusal::new(code, what));
    }
    state.ports.remove(&port.uuid);
    Ok(made(port.uuid))
}
