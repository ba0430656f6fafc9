//! What SchedulerActor receives, besides [`crate::Look`].

use std::collections::BTreeMap;

use actix::Message;
use manilad_domain::pool::{Pool, PoolReport};

/// A back end tells of its pools.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Report(pub PoolReport);

/// A back end can't report: it is down. Placements no longer wait for it.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct ReportDown {
    /// `host@backend`.
    pub service: String,
}

/// Which pools are there, and how full are they? For the administrators' statistics.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Vec<Pool>")]
pub struct ShowPools {
    /// Only pools that satisfy these extra specs.
    pub of: Option<BTreeMap<String, String>>,
}
