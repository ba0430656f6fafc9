//! The networks of a share server, as they are told: pure.
//!
//! All subnets must be one VLAN, or none, since an SVM lives in one IPspace; only the administrative network may be
//! another. How to get it wrong: taking addresses in the order in which they come; the same must be on the same node in
//! every try. Source: operations.md §10.1.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use manilad_domain::Allocation;
use manilad_domain::message::Detail;
use manilad_domain::share_server::ServerSubnet;
use manilad_domain::subnet::{SET_MTU, SET_VLAN, Segment};
use manilad_driver::{ServerSubject, Trouble};

use super::names;
use crate::trouble;

/// Keys of a subnet's metadata that say how a server is to be, and are not built.
const IDLE: &[&str] = &["showmount", "pnfs"];
/// Bytes; what Ethernet has without jumbo frames.
const USUAL_MTU: u32 = 1500;
/// The tags that a VLAN may have.
const TAGS: std::ops::RangeInclusive<u32> = 1..=4094;

/// What a server is to stand on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// None: straight on the physical ports, in IPspace `Default`.
    pub tag: Option<u32>,
    /// Bytes.
    pub mtu: u32,
    /// Names of the IPspace and the broadcast domain, should they have to be made.
    pub names: Option<(String, String)>,
    pub addresses: Vec<Address>,
    /// Of default routes.
    pub gateways: BTreeSet<IpAddr>,
}

/// An address, and where it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub allocation: Allocation,
    pub node: String,
    pub tag: Option<u32>,
}

/// Why a server can't stand there.
fn never(reason: String) -> Trouble {
    Trouble { detail: Detail::NoShareServer, ..trouble::never(reason) }
}

/// Reads what a server is to stand on, spread over `nodes`.
///
/// # Errors
/// `Never` for networks that no array can serve at once.
pub fn read(subject: &ServerSubject, nodes: &[String]) -> Result<Network, Trouble> {
    let subnets = &subject.server.subnets;
    let mut tags = BTreeSet::new();
    let mut mtu = None;
    let mut gateways = BTreeSet::new();
    let mut placed = Vec::new();
    for allocation in sorted(&subject.allocations) {
        let Some(id) = allocation.subnet else { continue };
        let subnet = subnets.iter().find(|subnet| subnet.id == id);
        tags.insert(tag(&allocation.segment, subnet)?);
        mtu = mtu.max(set_mtu(subnet)?.or(allocation.segment.mtu));
        if let Some(gateway) = allocation.segment.gateway.as_deref().filter(|gateway| !gateway.is_empty()) {
            gateways.insert(gateway.parse().map_err(|_| never(format!("{gateway:?} is no address of a gateway")))?);
        }
        placed.push((id, allocation));
    }
    if tags.len() > 1 {
        let names: Vec<String> = tags.iter().map(|tag| tag.map_or("none".to_owned(), |tag| tag.to_string())).collect();
        return Err(never(format!("the subnets of a share server must be one VLAN, but are {}", names.join(", "))));
    }
    let Some(tag) = tags.into_iter().next() else {
        return Err(never("the share server has no addresses".to_owned()));
    };
    let mut addresses = Vec::new();
    let mut counts = BTreeMap::new();
    for (subnet, allocation) in placed {
        let count: &mut usize = counts.entry(subnet).or_default();
        let node = nodes.get(*count % nodes.len().max(1)).cloned().unwrap_or_default();
        *count += 1;
        addresses.push(Address { allocation: allocation.clone(), node, tag });
    }
    for allocation in sorted(&subject.allocations).into_iter().filter(|allocation| allocation.subnet.is_none()) {
        let own = self::tag(&allocation.segment, None)?;
        if own.is_none() && tag.is_some() {
            let reason =
                "the administrative network has no VLAN of its own, so no address in it fits into the IPspace of one";
            return Err(never(reason.to_owned()));
        }
        let node = nodes.first().cloned().unwrap_or_default();
        addresses.push(Address { allocation: allocation.clone(), node, tag: own });
    }
    let names = tag.map(|tag| names::of_network(neutron(subnets), tag));
    Ok(Network { tag, mtu: mtu.unwrap_or(USUAL_MTU), names, addresses, gateways })
}

/// In an order that no try changes.
fn sorted(allocations: &[Allocation]) -> Vec<&Allocation> {
    let mut sorted: Vec<&Allocation> = allocations.iter().collect();
    sorted.sort_by_key(|allocation| (allocation.created_at, allocation.id));
    sorted
}

fn neutron(subnets: &[ServerSubnet]) -> Option<&str> {
    subnets.iter().find_map(|subnet| subnet.neutron.as_ref()).map(|neutron| neutron.net_id.as_str())
}

fn tag(segment: &Segment, subnet: Option<&ServerSubnet>) -> Result<Option<u32>, Trouble> {
    if let Some(text) = subnet.and_then(|subnet| subnet.metadata.get(SET_VLAN)) {
        let tag = text.parse().ok().filter(|tag| TAGS.contains(tag));
        return tag.map(Some).ok_or_else(|| never(format!("{SET_VLAN} is {text:?}: expected 1 to 4094")));
    }
    match segment.network_type.as_deref() {
        None | Some("" | "flat" | "vlan") => {}
        Some(other) => return Err(never(format!("networks of type {other} can't be served: expected flat or vlan"))),
    }
    match segment.segmentation_id {
        None | Some(0) => Ok(None),
        Some(tag) if TAGS.contains(&tag) => Ok(Some(tag)),
        Some(other) => Err(never(format!("{other} is no VLAN: expected 1 to 4094"))),
    }
}

fn set_mtu(subnet: Option<&ServerSubnet>) -> Result<Option<u32>, Trouble> {
    let Some(text) = subnet.and_then(|subnet| subnet.metadata.get(SET_MTU)) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| never(format!("{SET_MTU} is {text:?}: expected bytes")))
}

/// Keys of the metadata of a server's subnets that have no effect.
pub fn without_effect(subject: &ServerSubject) -> BTreeSet<&'static str> {
    let is_given = |key: &&&str| subject.server.subnets.iter().any(|subnet| subnet.metadata.contains_key(**key));
    IDLE.iter().filter(is_given).copied().collect()
}

/// The VLANs on which something of a server may be, whatever became of it, and the names that an IPspace for them has.
pub fn traces(subject: &ServerSubject) -> (BTreeSet<u32>, BTreeSet<String>) {
    let subnets = &subject.server.subnets;
    let of_subnets = subnets.iter().filter_map(|subnet| tag(&subnet.segment, Some(subnet)).ok().flatten());
    let of_addresses = subject.allocations.iter().filter(|allocation| allocation.subnet.is_some()).filter_map(|one| {
        let subnet = subnets.iter().find(|subnet| Some(subnet.id) == one.subnet);
        tag(&one.segment, subnet).ok().flatten()
    });
    let tags: BTreeSet<u32> = of_subnets.chain(of_addresses).collect();
    let ipspaces = tags.iter().map(|tag| names::of_network(neutron(subnets), *tag).0).collect();
    (tags, ipspaces)
}

#[cfg(test)]
mod tests;
