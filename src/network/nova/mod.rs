//! The plugin for networks of Nova, as clouds had them before Neutron: one network for all, in which addresses are
//! reserved. Source: Compute API v2.1, "Networks" and "Fixed IPs"; Manila's plugin of that time.
//!
//! A reservation bears nobody's name. So the daemon keeps a ledger of who holds what, entered before anything is asked:
//! what an earlier try reserved is found there, and nobody gives back what another server has by now. How to get it
//! wrong: to let two back ends look for a free address at once; both would see the same one.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use ipnet::IpNet;
use manilad_clock::Clock;
use manilad_domain::address::{Offer, Source, Wish};
use manilad_domain::message::Detail;
use manilad_domain::subnet::Segment;
use manilad_domain::{Allocation, AllocationId, ShareNetworkSubnetId, ShareServer, ShareServerId};
use manilad_openstack::{Ask, Error as Failure, Method, Reply, Service};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::{Error, Kind, Plugin, owed};

/// The header and the microversion that `reserved` is told with.
pub const NOVA_MICROVERSION: (&str, &str) = ("x-openstack-nova-api-version", "2.4");

/// Under which Nova tells an error. What else answers for it, in HTML or JSON, knows of no address.
const FAULTS: &[&str] = &[
    "badRequest",
    "forbidden",
    "itemNotFound",
    "badMethod",
    "conflictingRequest",
    "gone",
    "overLimit",
    "badMediaType",
    "computeFault",
];

/// Addresses looked at for one server.
const MOST_LOOKS: usize = 1024;
/// How long one back end waits until others have found their addresses.
const TURN: Duration = Duration::from_secs(120);

/// What the operator says of the network.
#[derive(Debug, Clone)]
pub struct NovaOptions {
    /// `network_plugin_ipv4_enabled`
    pub ipv4: bool,
    /// `network_plugin_ipv6_enabled`
    pub ipv6: bool,
    /// `nova_single_network_plugin_net_id`
    pub net_id: String,
}

/// Who holds which address of which network, as far as this process has asked for it. One for all back ends.
#[derive(Debug, Clone, Default)]
pub struct Ledger(Arc<Mutex<BTreeMap<(String, IpAddr), Held>>>);

#[derive(Debug, Clone)]
struct Held {
    server: ShareServerId,
    /// `None` in the administrative network.
    subnet: Option<ShareNetworkSubnetId>,
    id: AllocationId,
    /// Nova has said so.
    is_reserved: bool,
}

/// The plugin.
pub struct Nova {
    service: Service,
    options: NovaOptions,
    ledger: Ledger,
    clock: Clock,
}

impl Plugin for Nova {
    fn allocate(&self, wish: Wish) -> LocalBoxFuture<'_, Result<Offer, Error>> {
        self.give(wish).boxed_local()
    }

    /// A reservation that comes late bears nobody's name and can't be looked for.
    fn release(
        &self,
        server: ShareServer,
        allocations: Vec<Allocation>,
        _: bool,
    ) -> LocalBoxFuture<'_, Result<(), Error>> {
        // Whatever the reason is, addresses may be left, so there is always use in trying again.
        let outcome = self.take_back(server, allocations);
        outcome.map(|outcome| outcome.map_err(|error| Error { kind: Kind::Unknown, ..error })).boxed_local()
    }
}

#[derive(Debug, Deserialize)]
struct Network {
    cidr: Option<String>,
    cidr_v6: Option<String>,
    gateway: Option<IpAddr>,
    gateway_v6: Option<IpAddr>,
    vlan: Option<u32>,
    mtu: Option<u32>,
    broadcast: Option<IpAddr>,
    dhcp_server: Option<IpAddr>,
    dns1: Option<IpAddr>,
    dns2: Option<IpAddr>,
    vpn_private_address: Option<IpAddr>,
    vpn_public_address: Option<IpAddr>,
}

#[derive(Debug, Deserialize)]
struct FixedIp {
    host: Option<String>,
    hostname: Option<String>,
    /// Without it nobody could tell what is free.
    reserved: bool,
}

impl Nova {
    /// Nothing is sent yet.
    pub fn new(options: NovaOptions, service: Service, ledger: Ledger, clock: Clock) -> Self {
        Nova { service, options, ledger, clock }
    }

    async fn give(&self, wish: Wish) -> Result<Offer, Error> {
        if wish.subnet.as_ref().is_some_and(|subnet| subnet.neutron.is_some()) {
            return Err(Error::refused(
                "the share network's subnet names a network of Neutron; only Nova's are served here",
            ));
        }
        let net_id = &self.options.net_id;
        let shown: Option<Network> = self.show("looking at a network", ["os-networks", net_id], "network").await?;
        let network = shown.ok_or_else(|| Error::refused(format!("Nova has no network {net_id}")))?;
        let (net, gateway) = self.net(&network)?;
        let allocated = self.addresses(&wish, &network, net).await?;
        let vlan = network.vlan.filter(|vlan| *vlan > 0);
        let segment = Segment {
            network_type: Some(if vlan.is_some() { "vlan" } else { "flat" }.to_owned()),
            segmentation_id: vlan,
            cidr: Some(net.to_string()),
            gateway: gateway.map(|gateway| gateway.to_string()),
            ip_version: Some(if net.addr().is_ipv4() { 4 } else { 6 }),
            mtu: network.mtu.filter(|mtu| *mtu > 0),
        };
        Ok(Offer { segment, scope: self.scope(), prefix: net.prefix_len(), source: Source::Given(allocated) })
    }

    fn scope(&self) -> String {
        format!("nova:{}", self.options.net_id)
    }

    /// The family that is served, and its gateway.
    fn net(&self, network: &Network) -> Result<(IpNet, Option<IpAddr>), Error> {
        let four = network.cidr.as_ref().filter(|_| self.options.ipv4).map(|cidr| (cidr, network.gateway));
        let six = || network.cidr_v6.as_ref().filter(|_| self.options.ipv6).map(|cidr| (cidr, network.gateway_v6));
        let found = four.or_else(six).and_then(|(cidr, gateway)| Some((cidr.parse().ok()?, gateway)));
        found.ok_or_else(|| {
            Error::refused(format!("network {} has no addresses of an enabled family", self.options.net_id))
        })
    }

    /// As many addresses as wished: on the ledger, or free in Nova and reserved now.
    async fn addresses(
        &self,
        wish: &Wish,
        network: &Network,
        net: IpNet,
    ) -> Result<Vec<(AllocationId, IpAddr)>, Error> {
        let turn = self.clock.within(TURN, self.ledger.0.lock()).await;
        let mut ledger =
            turn.map_err(|_| Error::unknown("other share servers have been looking for addresses all the time"))?;
        let subnet = wish.subnet.as_ref().map(|subnet| subnet.id);
        let is_ours = |held: &Held| held.server == wish.server && held.subnet == subnet;
        let mut allocated = Vec::with_capacity(wish.count.min(64));
        for ((net_id, address), held) in ledger.iter_mut() {
            if *net_id != self.options.net_id || !is_ours(held) || allocated.len() == wish.count {
                continue;
            }
            if !held.is_reserved {
                self.act(*address, "reserve").await?;
                held.is_reserved = true;
            }
            allocated.push((held.id, *address));
        }
        let taken = [
            network.gateway,
            network.gateway_v6,
            network.broadcast,
            network.dhcp_server,
            network.dns1,
            network.dns2,
            network.vpn_private_address,
            network.vpn_public_address,
            Some(net.network()),
        ];
        let mut candidates = net.hosts().filter(|address| !taken.contains(&Some(*address))).take(MOST_LOOKS);
        while allocated.len() < wish.count {
            let full =
                Error { detail: Detail::NeutronSubnetFull, ..Error::refused("Nova: no free address in the network") };
            let address = candidates.next().ok_or(full)?;
            let place = (self.options.net_id.clone(), address);
            if ledger.contains_key(&place) || !self.is_free(address).await? {
                continue;
            }
            let id = self.clock.id().into();
            ledger.insert(place.clone(), Held { server: wish.server, subnet, id, is_reserved: false });
            self.act(address, "reserve").await?;
            ledger.entry(place).and_modify(|held| held.is_reserved = true);
            allocated.push((id, address));
        }
        Ok(allocated)
    }

    async fn is_free(&self, address: IpAddr) -> Result<bool, Error> {
        let text = address.to_string();
        // Of the addresses of a network Nova need not give all.
        let shown: Option<FixedIp> = self.show("looking at an address", ["os-fixed-ips", &text], "fixed_ip").await?;
        let is_used = |name: &Option<String>| name.as_deref().is_some_and(|name| !name.is_empty());
        Ok(shown.is_some_and(|found| !found.reserved && !is_used(&found.host) && !is_used(&found.hostname)))
    }

    async fn take_back(&self, server: ShareServer, allocations: Vec<Allocation>) -> Result<(), Error> {
        let turn = self.clock.within(TURN, self.ledger.0.lock()).await;
        let mut ledger =
            turn.map_err(|_| Error::unknown("other share servers have been looking for addresses all the time"))?;
        let here = |address: IpAddr| (self.options.net_id.clone(), address);
        let recorded = allocations.iter().filter(|allocation| allocation.scope == self.scope()).map(|one| one.address);
        let on_ledger =
            ledger.iter().filter(|((net_id, _), held)| *net_id == self.options.net_id && held.server == server.id);
        let mut back: Vec<IpAddr> = recorded.chain(on_ledger.map(|((_, address), _)| *address)).collect();
        // What was given back before may be another's by now.
        back.retain(|address| ledger.get(&here(*address)).is_none_or(|held| held.server == server.id));
        back.sort_unstable();
        back.dedup();
        for address in back {
            self.act(address, "unreserve").await?;
            ledger.remove(&here(address));
        }
        Ok(())
    }

    /// Reserving what is reserved, and giving back what is free or no more there, is no error.
    async fn act(&self, address: IpAddr, action: &'static str) -> Result<(), Error> {
        owed::check()?;
        let (text, what) = (address.to_string(), if action == "reserve" { "reserving" } else { "giving back" });
        let path = ["os-fixed-ips", &text, "action"];
        let reply = self.ask(what, &Method::POST, &path, Some(&json!({ action: null }))).await?;
        if reply.is_some() || action == "unreserve" {
            Ok(())
        } else {
            Err(Error::refused(format!("Nova: no address {address}")))
        }
    }

    /// What stands under `member` of the answer; `None` if there is no such thing.
    async fn show<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: [&str; 2],
        member: &str,
    ) -> Result<Option<T>, Error> {
        let Some(reply) = self.ask(what, &Method::GET, &path, None).await? else { return Ok(None) };
        let body: Option<Value> = serde_json::from_slice(&reply.body).ok();
        let found = body.and_then(|mut body| serde_json::from_value(body.get_mut(member)?.take()).ok());
        found.map(Some).ok_or_else(|| Error::unknown(format!("Nova: {what}: malformed answer: expected {member:?}")))
    }

    /// `None` for Nova's 404.
    async fn ask(
        &self,
        what: &'static str,
        method: &Method,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<Option<Reply>, Error> {
        let asked = self.service.ask(Ask { what, method, path, query: &[], body }).await;
        let reply = asked.map_err(|failure| match failure {
            Failure::Rejected { .. } | Failure::NoEndpoint { .. } => Error::refused(format!("Nova: {failure}")),
            _ => Error::unknown(format!("Nova: {failure}")),
        })?;
        match reply.status.as_u16() {
            200..300 => Ok(Some(reply)),
            status if !is_of_nova(&reply) => {
                Err(Error::unknown(format!("Nova: {what}: {status}, which is not an answer of Nova")))
            }
            404 => Ok(None),
            410 => Err(Error::refused("Nova: 410: it has no networks of its own any more; use Neutron's")),
            status => Err(Error::refused(format!("Nova: {what}: {status} at {}", path.join("/")))),
        }
    }
}

/// Whether an error is Nova's own.
fn is_of_nova(reply: &Reply) -> bool {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    FAULTS.iter().any(|name| body[*name]["code"] == reply.status.as_u16())
}

#[cfg(test)]
mod tests;
