//! What a request asks of the pool that it will live on, as the scheduler's filters and weighers see it.

use std::collections::BTreeMap;

use crate::ids::ShareId;
use crate::neighbours::Neighbours;
use crate::pool::PoolName;
use crate::share::Protocol;

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
    /// Full name of the only pool that will do, where a host administrator says so.
    pub only_host: Option<String>,
    /// The shares that it is to be with: a pool must hold all of them.
    pub same_host: Neighbours,
    /// The shares that it is to be apart from: a pool may hold none of them.
    pub different_host: Neighbours,
    /// A condition on pools: a JSON list.
    pub query: Option<String>,
    /// Pools that failed to make it.
    pub attempted: Vec<PoolName>,
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
