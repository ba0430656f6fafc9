//! What is missing of a share server's network on the array: pure.
//!
//! A VLAN port that is there decides: its IPspace and its port below are used again. Else, on each node, the fastest port
//! that is up carries the server, one with data LIFs before others. How to get it wrong: asking for a port with data
//! LIFs; a new cluster has none. Source: operations.md §10.2.

use std::collections::BTreeSet;

use manilad_domain::message::Detail;
use manilad_driver::Trouble;
use manilad_ontap::interface::{self, Interface};
use manilad_ontap::ipspace::DEFAULT;
use manilad_ontap::port::{NewVlan, Place, Port};
use manilad_ontap::svm::Svm;

use super::names::{ServerTemplates, is_of_servers, of_network};
use super::network::Network;
use crate::trouble;
use crate::value::Pattern;

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct ObservedNetwork {
    /// That of the server.
    pub svm: Option<Svm>,
    pub uplinks: Vec<Port>,
    /// Ports of the VLANs that the server is to be on, with their tags.
    pub vlans: Vec<(u32, Port)>,
    /// All data LIFs of the cluster.
    pub lifs: Vec<Interface>,
}

/// What there is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    pub ipspace: String,
    pub make_ipspace: bool,
    /// Broadcast domains to be made, with their MTU.
    pub domains: Vec<(String, u32)>,
    /// Broadcast domains whose MTU is another, by any port in them, and which nobody else is on.
    pub mtus: Vec<(manilad_clock::Uuid, u32)>,
    pub vlans: Vec<NewVlan>,
    /// VLAN ports that are in another broadcast domain, or none.
    pub astray: Vec<(manilad_clock::Uuid, String)>,
    pub lifs: Vec<interface::New>,
}

/// What decides where LIFs go.
pub struct Terms<'a> {
    pub nodes: &'a [String],
    pub ports: &'a Pattern,
    pub templates: &'a ServerTemplates,
    /// Name of the server's SVM.
    pub svm: &'a str,
}

/// Lays the network out.
///
/// # Errors
/// `Elsewhere` where a node has no port for it, or others are on a broadcast domain of another MTU.
pub fn plan(network: &Network, observed: &ObservedNetwork, terms: &Terms<'_>) -> Result<Layout, Trouble> {
    let ipspace = ipspace(network, observed);
    let is_known = observed.svm.is_some() || observed.vlans.iter().any(|(_, port)| is_in(port, &ipspace));
    let mut layout = Layout {
        make_ipspace: ipspace != DEFAULT && !is_known,
        ipspace,
        domains: Vec::new(),
        mtus: Vec::new(),
        vlans: Vec::new(),
        astray: Vec::new(),
        lifs: Vec::new(),
    };
    let tags: BTreeSet<u32> = network.addresses.iter().filter_map(|address| address.tag).collect();
    for tag in tags {
        let whole = network.tag == Some(tag);
        let here = |node: &&String| network.addresses.iter().any(|one| one.tag == Some(tag) && one.node == **node);
        let nodes: Vec<&String> = terms.nodes.iter().filter(|node| whole || here(node)).collect();
        layout.lay(network, tag, &nodes, observed, terms)?;
    }
    for address in &network.addresses {
        let name = terms.templates.lif(&address.allocation, &address.node);
        // What was managed has names of its own.
        let is_it = |lif: &Interface| lif.name == name || lif.address == address.allocation.address;
        let is_there = |lif: &Interface| is_it(lif) && lif.svm.as_deref() == Some(terms.svm);
        if observed.lifs.iter().any(is_there) {
            continue;
        }
        let base = uplink(&address.node, address.tag, observed, terms)?;
        layout.lifs.push(interface::New {
            name,
            svm: terms.svm.to_owned(),
            address: address.allocation.address,
            prefix: address.allocation.prefix,
            node: address.node.clone(),
            port: address.tag.map_or_else(|| base.name.clone(), |tag| vlan_name(base, tag)),
        });
    }
    Ok(layout)
}

impl Layout {
    /// Adds what is missing of one VLAN on `nodes`.
    fn lay(
        &mut self,
        network: &Network,
        tag: u32,
        nodes: &[&String],
        observed: &ObservedNetwork,
        terms: &Terms<'_>,
    ) -> Result<(), Trouble> {
        let there = || observed.vlans.iter().filter(|(other, _)| *other == tag).map(|(_, port)| port);
        let placed = there().find(|port| is_in(port, &self.ipspace));
        let domain = match placed.and_then(|port| port.place.as_ref()) {
            Some(place) => place.domain.clone(),
            None => {
                let names = network.names.as_ref().filter(|_| network.tag == Some(tag));
                let name = names.map_or_else(|| of_network(None, tag).1, |(_, domain)| domain.clone());
                self.domains.push((name.clone(), network.mtu));
                name
            }
        };
        let differs = |port: &&Port| port.mtu.is_some_and(|mtu| mtu != network.mtu);
        if let Some(place) = placed.filter(differs).and_then(|port| port.place.as_ref())
            && let Some(uuid) = place.domain_uuid
            && is_of_servers(&self.ipspace)
        {
            self.refuse_shared(place, network.mtu, observed, terms)?;
            self.mtus.push((uuid, network.mtu));
        }
        for node in nodes {
            let base = uplink(node, Some(tag), observed, terms)?;
            let name = vlan_name(base, tag);
            match there().find(|port| port.node == **node && port.name == name) {
                None => self.vlans.push(NewVlan {
                    node: (*node).clone(),
                    base: base.name.clone(),
                    tag,
                    ipspace: self.ipspace.clone(),
                    domain: domain.clone(),
                }),
                Some(port) if is_in(port, &self.ipspace) => {}
                Some(port) => self.astray.push((port.uuid, domain.clone())),
            }
        }
        Ok(())
    }

    /// Refuses to change the MTU of a broadcast domain on which LIFs of other SVMs are.
    fn refuse_shared(
        &self,
        place: &Place,
        mtu: u32,
        observed: &ObservedNetwork,
        terms: &Terms<'_>,
    ) -> Result<(), Trouble> {
        let is_home = |lif: &&Interface| {
            let ports = observed.vlans.iter().map(|(_, port)| port).filter(|port| port.place.as_ref() == Some(place));
            let is_of =
                |port: &Port| lif.home_node.as_ref() == Some(&port.node) && lif.home_port.as_ref() == Some(&port.name);
            ports.into_iter().any(is_of)
        };
        let is_foreign = |lif: &&Interface| lif.svm.as_deref() != Some(terms.svm);
        let Some(other) = observed.lifs.iter().filter(is_foreign).find(is_home) else { return Ok(()) };
        let (domain, ipspace, lif) = (&place.domain, &place.ipspace, &other.name);
        let svm = other.svm.as_deref().unwrap_or("unknown");
        let reason = format!(
            "broadcast domain {domain} in IPspace {ipspace} has another MTU than {mtu}, and LIF {lif} of SVM {svm} is in it"
        );
        Err(trouble::elsewhere(Detail::NoShareServer, reason))
    }
}

/// The IPspace of the server: where its SVM is, where its VLAN is, or one of its own.
fn ipspace(network: &Network, observed: &ObservedNetwork) -> String {
    let of_svm = observed.svm.as_ref().and_then(|svm| svm.ipspace.clone());
    let of_vlan = || {
        let (_, port) = observed.vlans.iter().find(|(tag, port)| network.tag == Some(*tag) && port.place.is_some())?;
        port.place.as_ref().map(|place| place.ipspace.clone())
    };
    let own = || network.names.as_ref().map_or_else(|| DEFAULT.to_owned(), |(ipspace, _)| ipspace.clone());
    of_svm.or_else(of_vlan).unwrap_or_else(own)
}

fn is_in(port: &Port, ipspace: &str) -> bool {
    port.place.as_ref().is_some_and(|place| place.ipspace == ipspace)
}

fn vlan_name(base: &Port, tag: u32) -> String {
    format!("{}-{tag}", base.name)
}

/// The port of a node that carries share servers.
fn uplink<'a>(
    node: &str,
    tag: Option<u32>,
    observed: &'a ObservedNetwork,
    terms: &Terms<'_>,
) -> Result<&'a Port, Trouble> {
    let mut found = Vec::new();
    for port in observed.uplinks.iter().filter(|port| port.node == node) {
        let in_default = port.place.as_ref().is_some_and(|place| place.domain == DEFAULT && place.ipspace == DEFAULT);
        let is_up = port.state.as_deref() == Some("up");
        if in_default && is_up && terms.ports.matches(&port.name).map_err(trouble::again)? {
            found.push(port);
        }
    }
    let has_vlan = |port: &Port| {
        let same = |other: &Port| other.node == node && other.base.as_ref() == Some(&port.name);
        observed.vlans.iter().any(|(other, vlan)| Some(*other) == tag && same(vlan))
    };
    let carries = |port: &Port| {
        let on = |home: &str| home == port.name || home.split_once('-').is_some_and(|(base, _)| base == port.name);
        let here = |lif: &&Interface| lif.home_node.as_deref() == Some(node);
        observed.lifs.iter().filter(here).any(|lif| lif.home_port.as_deref().is_some_and(on))
    };
    found.sort_by(|one, other| one.name.cmp(&other.name));
    let best = found.into_iter().rev().max_by_key(|port| (has_vlan(port), carries(port), port.speed));
    best.ok_or_else(|| {
        let reason =
            format!("node {node} has no port that is up, in broadcast domain Default, and matches the pattern");
        trouble::elsewhere(Detail::NoShareServer, reason)
    })
}

#[cfg(test)]
mod tests;
