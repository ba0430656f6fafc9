//! The Neutron plugin: a port for each address of a share server. Source: Networking API v2.0; Manila's configuration
//! reference, "Neutron network plugin".
//!
//! A port bears the server's id as its device and a name that says for which subnet it is, so what an earlier try made
//! is found whatever became of its answer. How to get it wrong: to make ports before looking for them, or to take an
//! answer that was lost for a refusal: then ports are left behind that nobody knows of.

mod api;
mod binding;
mod segment;

use std::net::IpAddr;
use std::time::Duration;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use ipnet::IpNet;
use manilad_clock::Clock;
use manilad_domain::address::{Offer, Source, Standing, Wish};
use manilad_domain::subnet::{Neutron as Names, Segment};
use manilad_domain::{Allocation, AllocationId, ShareServer};
use manilad_openstack::Service;

use self::api::{Api, Port, Subnet};
pub use self::binding::{Binding, Link};
use self::segment::{Network, Piece};
use crate::unsettled::Unsettled;
use crate::{Error, Kind, Plugin};

/// The physical segment of a network comes into being when a port is bound; it is looked for this often, so far apart.
const LOOKS: usize = 15;
const PAUSE: Duration = Duration::from_secs(2);

/// Lists and deletions after which ports that still appear are somebody else's doing.
const ROUNDS: usize = 5;

/// What the operator says of the networks.
#[derive(Debug, Clone, Default)]
pub struct NeutronOptions {
    /// `network_plugin_ipv4_enabled`
    pub ipv4: bool,
    /// `network_plugin_ipv6_enabled`
    pub ipv6: bool,
    /// `neutron_physical_net_name`: which segment of a network with several.
    pub physical_network: Option<String>,
    /// The one network that all servers are in; `None`: the one that the share network names.
    pub only: Option<Names>,
    /// Ports are bound to a host.
    pub binding: Option<Binding>,
}

/// The plugin.
pub struct Neutron {
    api: Api,
    options: NeutronOptions,
    clock: Clock,
    unsettled: Unsettled,
}

impl Plugin for Neutron {
    fn allocate(&self, wish: Wish) -> LocalBoxFuture<'_, Result<Offer, Error>> {
        self.give(wish).boxed_local()
    }

    /// Each address must have a port that is a share server's or nobody's. It stays as it is, whatever device it names,
    /// and goes when the address is given back.
    fn recognise(&self, wish: Wish, addresses: Vec<IpAddr>) -> LocalBoxFuture<'_, Result<Option<Offer>, Error>> {
        self.find(wish, addresses).boxed_local()
    }

    fn release(
        &self,
        server: ShareServer,
        allocations: Vec<Allocation>,
        in_flight: bool,
    ) -> LocalBoxFuture<'_, Result<(), Error>> {
        // Whatever the reason is, ports may be left, so there is always use in trying again.
        let outcome = self.take_back(server, allocations, in_flight);
        outcome.map(|outcome| outcome.map_err(|error| Error { kind: Kind::Unknown, ..error })).boxed_local()
    }
}

impl Neutron {
    /// Nothing is sent yet.
    pub fn new(options: NeutronOptions, service: Service, clock: Clock) -> Self {
        Neutron { api: Api(service), options, unsettled: Unsettled::new(clock.clone()), clock }
    }

    async fn give(&self, wish: Wish) -> Result<Offer, Error> {
        let place = self.place(&wish).await?;
        let comes_with_binding = self.options.binding.is_some() && self.options.physical_network.is_some();
        let found = self.segment_of(&place);
        if let (Err(refusal), false) = (&found, comes_with_binding) {
            return Err(refusal.clone());
        }
        let allocated = self.ports(&wish, &place.names).await?;
        let piece = match found {
            Ok(piece) => piece,
            Err(_) => self.bound_segment(&place.names).await?,
        };
        Ok(place.offer(piece, Source::Given(allocated)))
    }

    async fn find(&self, wish: Wish, addresses: Vec<IpAddr>) -> Result<Option<Offer>, Error> {
        let place = self.place(&wish).await?;
        let mut standing = Vec::new();
        for address in addresses.into_iter().filter(|address| place.net.contains(address)) {
            let subnet_id = &place.names.subnet_id;
            let Some(port) = self.api.port_at(&place.names, address).await? else {
                return Err(Error::refused(format!(
                    "Neutron has no port with address {address} in subnet {subnet_id}"
                )));
            };
            if let Some(why) = port.unfit_for(address) {
                let reason = format!("port {} has address {address} and is not taken over: {why}", port.id);
                return Err(Error::refused(reason));
            }
            standing.push(Standing { address, id: Some(port.id) });
        }
        if standing.is_empty() {
            return Ok(None);
        }
        let piece = self.segment_of(&place)?;
        Ok(Some(place.offer(piece, Source::Standing(standing))))
    }

    /// The network and subnet that a wish is for, if servers can stand there.
    async fn place(&self, wish: &Wish) -> Result<Place, Error> {
        let names = self.names(wish)?;
        let (network, subnet) = (self.api.network(&names.net_id).await?, self.api.subnet(&names.subnet_id).await?);
        let net = self.check(&names, &subnet)?;
        Ok(Place { names, network, subnet, net })
    }

    /// The segment of a network that the array is plugged into.
    fn segment_of(&self, place: &Place) -> Result<Piece, Error> {
        let found = segment::choose(&place.network, self.options.physical_network.as_deref()).cloned();
        found.map_err(|why| Error::refused(format!("network {}: {why}", place.names.net_id)))
    }

    /// The network and subnet that a wish is for.
    fn names(&self, wish: &Wish) -> Result<Names, Error> {
        let named = wish.subnet.as_ref().and_then(|subnet| subnet.neutron.as_ref());
        match (&self.options.only, named) {
            (None, Some(named)) => Ok(named.clone()),
            (None, None) => Err(Error::refused("the share network's subnet names no network of Neutron")),
            (Some(only), Some(named)) if named != only => Err(Error::refused(format!(
                "the share network's subnet names network {} and subnet {}: only {} and {} are served here",
                named.net_id, named.subnet_id, only.net_id, only.subnet_id
            ))),
            (Some(only), _) => Ok(only.clone()),
        }
    }

    /// The addresses of the subnet, if servers can stand in it.
    fn check(&self, names: &Names, subnet: &Subnet) -> Result<IpNet, Error> {
        let Names { net_id, subnet_id } = names;
        if subnet.network_id != *net_id {
            return Err(Error::refused(format!("subnet {subnet_id} is not one of network {net_id}")));
        }
        let (option, is_enabled) = match subnet.ip_version {
            4 => ("network_plugin_ipv4_enabled", self.options.ipv4),
            _ => ("network_plugin_ipv6_enabled", self.options.ipv6),
        };
        if !is_enabled {
            return Err(Error::refused(format!(
                "subnet {subnet_id} is of IPv{}: {option} is false",
                subnet.ip_version
            )));
        }
        let net = subnet.cidr.parse().ok();
        net.ok_or_else(|| Error::refused(format!("subnet {subnet_id}: {:?} is no network", subnet.cidr)))
    }

    /// As many ports as wished: found, or made. What is too much goes.
    async fn ports(&self, wish: &Wish, names: &Names) -> Result<Vec<(AllocationId, IpAddr)>, Error> {
        let name = port_name(wish);
        let server = wish.server.to_string();
        let there = self.api.ports(&server, Some(&names.net_id)).await?;
        let mut allocated = Vec::with_capacity(wish.count.min(64));
        for port in there.into_iter().filter(|port| port.name == name) {
            match port.address_in(&names.subnet_id) {
                Some(address) if allocated.len() < wish.count && !self.is_unbindable(&port) => {
                    allocated.push((port.id, address))
                }
                _ => self.api.delete_port(port.id).await?,
            }
        }
        while allocated.len() < wish.count {
            // The administrators' ports belong to the service user's own project.
            let project = wish.subnet.as_ref().map(|_| wish.project.as_str());
            let mut asking = self.unsettled.asking(wish.server);
            let asked = self.api.create_port(&name, &server, project, names, self.options.binding.as_ref()).await;
            asking.is_known = !matches!(asked, Err(Error { kind: Kind::Unknown, .. }));
            drop(asking);
            let port = asked?;
            if self.is_unbindable(&port) {
                let host = self.options.binding.as_ref().map(|binding| binding.host.as_str()).unwrap_or_default();
                return Err(Error::refused(format!("port {} can't be bound to host {host}", port.id)));
            }
            let address = port.address_in(&names.subnet_id);
            let unfit = || api::malformed("making a port", "expected an address in the subnet");
            allocated.push((port.id, address.ok_or_else(unfit)?));
        }
        allocated.sort_unstable_by_key(|(_, address)| *address);
        Ok(allocated)
    }

    /// Only a port of type `normal` has somebody to bind it, other than the array.
    fn is_unbindable(&self, port: &Port) -> bool {
        let is_normal = self.options.binding.as_ref().is_some_and(|binding| binding.vnic_type == "normal");
        is_normal && port.has_failed()
    }

    async fn bound_segment(&self, names: &Names) -> Result<Piece, Error> {
        let mut why = String::new();
        for _ in 0..LOOKS {
            let network: Network = self.api.network(&names.net_id).await?;
            match segment::choose(&network, self.options.physical_network.as_deref()) {
                Ok(piece) => return Ok(piece.clone()),
                Err(unfit) => why = unfit,
            }
            self.clock.sleep(PAUSE).await;
        }
        Err(Error::refused(format!("network {}, although its ports are bound: {why}", names.net_id)))
    }

    async fn take_back(&self, server: ShareServer, allocations: Vec<Allocation>, in_flight: bool) -> Result<(), Error> {
        for allocation in allocations.iter().filter(|allocation| allocation.scope.starts_with(SCOPE)) {
            self.api.delete_port(allocation.id).await?;
        }
        self.unsettled.landed(server.id, in_flight).await;
        let device = server.id.to_string();
        for _ in 0..ROUNDS {
            let left = self.api.ports(&device, None).await?;
            if left.is_empty() {
                self.unsettled.forget(server.id);
                return Ok(());
            }
            for port in left {
                self.api.delete_port(port.id).await?;
            }
        }
        Err(Error::unknown(format!("share server {device} still has ports, however often they are deleted")))
    }
}

/// Where servers are to stand, as Neutron tells it.
struct Place {
    names: Names,
    network: Network,
    subnet: Subnet,
    net: IpNet,
}

impl Place {
    fn offer(self, piece: Piece, source: Source) -> Offer {
        let segment = Segment {
            network_type: piece.network_type,
            segmentation_id: piece.segmentation_id,
            cidr: Some(self.subnet.cidr),
            gateway: self.subnet.gateway_ip,
            ip_version: Some(self.subnet.ip_version),
            mtu: self.network.mtu.filter(|mtu| *mtu > 0),
        };
        Offer { segment, scope: scope(&self.names.subnet_id), prefix: self.net.prefix_len(), source }
    }
}

const SCOPE: &str = "neutron:";

/// Neutron gives an address once in a subnet.
fn scope(subnet_id: &str) -> String {
    format!("{SCOPE}{subnet_id}")
}

/// Tells the ports of a server's subnets, and those of administrators, apart even where they share a network.
fn port_name(wish: &Wish) -> String {
    match &wish.subnet {
        Some(subnet) => format!("manila-{}-{}", wish.server, subnet.id),
        None => format!("manila-{}-admin", wish.server),
    }
}

#[cfg(test)]
mod tests;
