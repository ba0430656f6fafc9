//! What a request asks of the pool that it will live on, as the scheduler's filters and weighers see it.

use std::collections::{BTreeMap, BTreeSet};

use crate::extra_specs;
use crate::ids::{ShareId, ShareNetworkSubnetId};
use crate::neighbours::Neighbours;
use crate::pool::PoolName;
use crate::share::Protocol;
use crate::subnet::{self, ShareNetworkSubnet};

/// What to place. Source: scheduler.md §4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    pub share: ShareId,
    /// GiB.
    pub size: u64,
    pub protocol: Protocol,
    /// Name of the zone that was asked for.
    pub availability_zone: Option<String>,
    /// Zones that the share type is confined to; empty means any.
    pub type_zones: Vec<String>,
    pub extra_specs: BTreeMap<String, String>,
    /// The share network that it is to be served in, if there is one.
    pub network: Option<Network>,
    /// Full name of the only pool that will do, where a host administrator says so.
    pub only_host: Option<String>,
    /// The shares that it is to be with: a pool must hold all of them.
    pub same_host: Neighbours,
    /// The shares that it is to be apart from: a pool may hold none of them.
    pub different_host: Neighbours,
    /// A condition on pools: a JSON list.
    pub query: Option<String>,
    /// Where the share of the snapshot is that it begins with, if it begins with one.
    pub origin: Option<Origin>,
    /// Pools that failed to make it.
    pub attempted: Vec<PoolName>,
    /// The candidates that are left of an earlier placement, best first; none where the share is placed for the first
    /// time.
    pub left: Vec<PoolName>,
}

impl Placement {
    /// Whether a share network was given to a share whose type has no share servers: no back end can make it.
    pub fn has_network_in_vain(&self) -> bool {
        let spec = self.extra_specs.get(extra_specs::DRIVER_HANDLES_SHARE_SERVERS);
        self.network.is_some() && spec.and_then(|text| extra_specs::boolean(text)) != Some(true)
    }
}

/// Where the share of a snapshot is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub pool: PoolName,
    pub zone: Option<String>,
}

/// A share network, as far as it matters to where a share can live.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    pub subnets: Vec<ShareNetworkSubnet>,
    /// The share servers in it that take instances: the back end, and the subnets that each stands in.
    pub servers: Vec<(String, BTreeSet<ShareNetworkSubnetId>)>,
}

impl Network {
    /// How many subnets serve a zone.
    pub fn subnets_in(&self, zone: &str) -> usize {
        subnet::serving(&self.subnets, zone).count()
    }

    /// Whether the back end of `pool`, which is in `zone`, has a server that stands in just the subnets of this zone.
    pub fn has_server(&self, pool: &PoolName, zone: &str) -> bool {
        let stands = |subnets: &BTreeSet<ShareNetworkSubnetId>| {
            let mut serving = subnet::serving(&self.subnets, zone);
            serving.all(|one| subnets.contains(&one.id)) && subnets.len() == self.subnets_in(zone)
        };
        self.servers.iter().any(|(service, subnets)| pool.is_on(service) && stands(subnets))
    }
}

/// Where it can go, best first, or who said no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placed {
    On(Vec<PoolName>),
    /// The filter that emptied the list.
    Refused {
        filter: &'static str,
    },
    /// No back end has reported yet and none is up.
    NobodyThere,
}

impl Placed {
    /// The filter that emptied the list, if one did.
    pub fn refused_by(&self) -> Option<&'static str> {
        match self {
            Placed::Refused { filter } => Some(filter),
            Placed::On(_) | Placed::NobodyThere => None,
        }
    }
}
