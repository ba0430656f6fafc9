//! The stand-alone plugin: a network that stands in the configuration, and no service to ask. Source: Manila's
//! configuration reference, "Standalone network plugin".
//!
//! It names the addresses that may be given; which of them are free is known to the store alone. How to get it wrong:
//! to offer the address of the gateway or of the network itself, or to let two back ends on one segment count apart.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use futures::FutureExt;
use futures::future::{LocalBoxFuture, ready};
use ipnet::IpNet;
use manilad_domain::address::{Offer, STANDALONE, Source, Standing, Wish};
use manilad_domain::subnet::Segment;
use manilad_domain::{Allocation, ShareServer};

use crate::{Error, Misfit, Plugin};

const GATEWAY: &str = "standalone_network_plugin_gateway";
const MASK: &str = "standalone_network_plugin_mask";
const SEGMENTATION: &str = "standalone_network_plugin_segmentation_id";
const RANGES: &str = "standalone_network_plugin_allowed_ip_ranges";

/// What the operator says of the network. Names are those of the options without `standalone_network_plugin_`.
#[derive(Debug, Clone)]
pub struct StandaloneOptions {
    /// `network_plugin_ipv4_enabled`
    pub ipv4: bool,
    /// `network_plugin_ipv6_enabled`; with both, IPv6 it is.
    pub ipv6: bool,
    pub gateway: String,
    /// A prefix length, or a mask such as 255.255.255.0.
    pub mask: String,
    /// `flat` unless given.
    pub network_type: Option<String>,
    pub segmentation_id: Option<u32>,
    /// Each an address or `first-last`; empty: the whole network.
    pub allowed_ip_ranges: Vec<String>,
    /// Bytes.
    pub mtu: u32,
}

/// The plugin.
#[derive(Debug, Clone)]
pub struct Standalone {
    segment: Segment,
    scope: String,
    net: IpNet,
    ranges: Vec<(IpAddr, IpAddr)>,
}

impl TryFrom<StandaloneOptions> for Standalone {
    type Error = Misfit;

    /// # Errors
    /// The option that can't work.
    fn try_from(options: StandaloneOptions) -> Result<Self, Misfit> {
        let gateway = gateway(&options)?;
        let net = net(gateway, &options.mask)?;
        let network_type = options.network_type.unwrap_or_else(|| "flat".to_owned());
        let found = options.segmentation_id.map(|id| id.to_string()).unwrap_or_default();
        if network_type == "vlan" && !options.segmentation_id.is_some_and(|id| (1..=4094).contains(&id)) {
            return Err(Misfit::new(SEGMENTATION, found, "a VLAN from 1 to 4094, since the network's type is vlan"));
        }
        Ok(Standalone {
            scope: scope(options.segmentation_id),
            net,
            ranges: ranges(net, gateway, &options.allowed_ip_ranges)?,
            segment: Segment {
                network_type: Some(network_type),
                segmentation_id: options.segmentation_id,
                cidr: Some(net.to_string()),
                gateway: Some(gateway.to_string()),
                ip_version: Some(if gateway.is_ipv4() { 4 } else { 6 }),
                mtu: Some(options.mtu),
            },
        })
    }
}

impl Plugin for Standalone {
    fn allocate(&self, wish: Wish) -> LocalBoxFuture<'_, Result<Offer, Error>> {
        let source = Source::Free { ranges: self.ranges.clone(), count: wish.count };
        ready(Ok(self.offer(source))).boxed_local()
    }

    /// They are taken as they are, whichever of them would be given: the ranges are for new servers.
    fn recognise(&self, _: Wish, addresses: Vec<IpAddr>) -> LocalBoxFuture<'_, Result<Option<Offer>, Error>> {
        let own = addresses.into_iter().filter(|address| self.net.contains(address));
        let own: Vec<_> = own.map(|address| Standing { address, id: None }).collect();
        ready(Ok((!own.is_empty()).then(|| self.offer(Source::Standing(own))))).boxed_local()
    }

    /// The records are all there is.
    fn release(&self, _: ShareServer, _: Vec<Allocation>, _: bool) -> LocalBoxFuture<'_, Result<(), Error>> {
        ready(Ok(())).boxed_local()
    }
}

impl Standalone {
    fn offer(&self, source: Source) -> Offer {
        Offer { segment: self.segment.clone(), scope: self.scope.clone(), prefix: self.net.prefix_len(), source }
    }
}

/// The segment, whichever section names it: two back ends on one VLAN draw from one supply. Untagged networks can't be
/// told apart, so they are one.
fn scope(segmentation_id: Option<u32>) -> String {
    match segmentation_id {
        None | Some(0) => STANDALONE.to_owned(),
        Some(id) => format!("{STANDALONE}:{id}"),
    }
}

fn gateway(options: &StandaloneOptions) -> Result<IpAddr, Misfit> {
    let address = options.gateway.parse().ok();
    let (fits, expected) = match (options.ipv4, options.ipv6) {
        (true, false) => (address.filter(IpAddr::is_ipv4), "an IPv4 address, since only IPv4 is enabled"),
        (true, true) => {
            (address.filter(IpAddr::is_ipv6), "an IPv6 address: with IPv4 and IPv6 enabled, IPv6 is served")
        }
        (false, _) => (address.filter(IpAddr::is_ipv6), "an IPv6 address, since only IPv6 is enabled"),
    };
    fits.ok_or_else(|| Misfit::new(GATEWAY, &options.gateway, expected))
}

/// The network that the gateway is in.
fn net(gateway: IpAddr, mask: &str) -> Result<IpNet, Misfit> {
    let mask = mask.trim();
    let dotted = || {
        let mask: IpAddr = mask.parse().ok()?;
        (mask.is_ipv4() == gateway.is_ipv4()).then(|| ipnet::ip_mask_to_prefix(mask).ok())?
    };
    let net = mask.parse().ok().or_else(dotted).and_then(|prefix| IpNet::new(gateway, prefix).ok());
    let example = if gateway.is_ipv4() { "24 or 255.255.255.0" } else { "64" };
    Ok(net.ok_or_else(|| Misfit::new(MASK, mask, format!("a prefix length or a mask, such as {example}")))?.trunc())
}

/// What may be given, in the operator's order.
fn ranges(net: IpNet, gateway: IpAddr, texts: &[String]) -> Result<Vec<(IpAddr, IpAddr)>, Misfit> {
    let whole = (net.network(), net.broadcast());
    let asked = match texts {
        [] => vec![whole],
        texts => texts.iter().map(|text| range(net, text)).collect::<Result<_, _>>()?,
    };
    // The first address is the network's, with IPv6 that of any of its routers; the last is for all, with IPv4 only.
    let last = net.broadcast();
    let mut never = vec![bits(net.network()), bits(gateway)];
    never.extend(last.is_ipv4().then(|| bits(last)));
    never.sort_unstable();
    let left: Vec<_> = asked.into_iter().flat_map(|range| without(range, &never)).collect();
    if left.is_empty() {
        let expected = format!("an address in {net} that is neither the network's, the broadcast's nor the gateway's");
        return Err(Misfit::new(RANGES, texts.join(","), expected));
    }
    Ok(left)
}

fn range(net: IpNet, text: &str) -> Result<(IpAddr, IpAddr), Misfit> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let inside = |text: &str| text.trim().parse::<IpAddr>().ok().filter(|address| net.contains(address));
    let found = inside(first).zip(inside(last)).filter(|(first, last)| first <= last);
    found.ok_or_else(|| Misfit::new(RANGES, text, format!("an address or first-last, inside {net}")))
}

/// The pieces of a range that are left without some addresses, which are sorted.
fn without((first, last): (IpAddr, IpAddr), never: &[u128]) -> Vec<(IpAddr, IpAddr)> {
    let address = |bits| if first.is_ipv4() { v4(bits) } else { Ipv6Addr::from_bits(bits).into() };
    let (mut from, last) = (bits(first), bits(last));
    let mut pieces = Vec::new();
    for hole in never.iter().copied().filter(|hole| (bits(first)..=last).contains(hole)) {
        if from < hole {
            pieces.push((address(from), address(hole - 1)));
        }
        from = hole.saturating_add(1);
    }
    if from <= last {
        pieces.push((address(from), address(last)));
    }
    pieces
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn v4(bits: u128) -> IpAddr {
    Ipv4Addr::from_bits(u32::try_from(bits).unwrap_or(u32::MAX)).into()
}

#[cfg(test)]
mod tests;
