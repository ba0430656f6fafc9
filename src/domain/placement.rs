//! What a request asks of the pool that it will live on, as the scheduler's filters and weighers see it.

use std::collections::BTreeMap;

use crate::ids::ShareId;
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
