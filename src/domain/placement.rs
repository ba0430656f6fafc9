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

#[cfg(test)]
mod tests {
    use super::*;

    fn pool() -> PoolName {
        "h@b#p".parse().unwrap()
    }

    fn subnet(number: u128, zone: Option<&str>) -> ShareNetworkSubnet {
        ShareNetworkSubnet {
            id: uuid::Uuid::from_u128(number).into(),
            share_network_id: uuid::Uuid::from_u128(9).into(),
            availability_zone: zone.map(str::to_owned),
            neutron: None,
            segment: Default::default(),
            metadata: BTreeMap::new(),
            confirmed: Default::default(),
            created_at: crate::Stamp::parse("2026-01-01").unwrap(),
            updated_at: None,
        }
    }

    #[test]
    fn a_server_counts_for_a_pool_where_it_is_of_its_back_end_and_stands_in_just_the_subnets_of_the_zone() {
        let id = |number: u128| ShareNetworkSubnetId(uuid::Uuid::from_u128(number));
        let subnets = vec![subnet(1, Some("az1")), subnet(2, Some("az1")), subnet(3, None)];
        let with = |service: &str, stands: &[u128]| Network {
            subnets: subnets.clone(),
            servers: vec![(service.to_owned(), stands.iter().map(|number| id(*number)).collect())],
        };
        assert_eq!(["az1", "az2"].map(|zone| with("h@b", &[]).subnets_in(zone)), [2, 1]);
        for (service, stands, zone, counts) in [
            ("h@b", &[1, 2][..], "az1", true),
            ("h@c", &[1, 2], "az1", false),
            ("h@b", &[1], "az1", false),
            ("h@b", &[1, 2, 3], "az1", false),
            ("h@b", &[1, 3], "az1", false),
            ("h@b", &[3], "az2", true),
        ] {
            assert_eq!(with(service, stands).has_server(&pool(), zone), counts, "{service} {stands:?} {zone}");
        }
    }

    #[test]
    fn who_refused_is_told_where_somebody_did() {
        assert_eq!(Placed::Refused { filter: "CapacityFilter" }.refused_by(), Some("CapacityFilter"));
        assert_eq!([Placed::On(vec![pool()]), Placed::NobodyThere].map(|placed| placed.refused_by()), [None, None]);
    }
}
