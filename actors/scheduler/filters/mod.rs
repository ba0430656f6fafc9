//! Filters: rules that a pool must pass to take a request, one idea per file.
//!
//! A rule reads the request once ([`FilterRule::prepare`]) and then judges pool by pool, unless the request asks nothing of it.
//! A refusal costs nothing to make; it becomes words only when somebody reads it. To add a filter: a file here and a line
//! in [`RULES`].

mod affinity;
mod attempted_hosts;
mod availability_zone;
mod booked_figures;
pub mod capabilities;
mod capacity;
mod create_from_snapshot;
mod driver;
mod json;
pub mod only_host;
mod reason;
mod rule;
mod share_replication;

use manilad_domain::hints::Affinity;
use manilad_domain::message::Detail;

pub use booked_figures::{BookedFigures, spare_after};
pub use create_from_snapshot::RULE as CREATE_FROM_SNAPSHOT;
pub use reason::Reason;
pub use rule::{Asked, FilterRule, Judge, may_be_thin};

/// The filters there are: Manila's default ones in its order, then those that only a configuration names.
pub const RULES: &[FilterRule] = &[
    only_host::RULE,
    availability_zone::RULE,
    capacity::RULE,
    capabilities::RULE,
    driver::RULE,
    share_replication::RULE,
    create_from_snapshot::RULE,
    affinity::TOGETHER,
    affinity::APART,
    json::RULE,
    attempted_hosts::RETRY,
    attempted_hosts::IGNORE,
];

/// Filters of Manila that wait for the feature they serve.
pub const NOT_BUILT: &[&str] = &["ConsistentSnapshotFilter"];

/// The filter that heeds neighbours of this kind.
pub const fn of_affinity(affinity: Affinity) -> &'static FilterRule {
    match affinity {
        Affinity::Same => &affinity::TOGETHER,
        Affinity::Different => &affinity::APART,
    }
}

/// The filter that the configuration calls so.
pub fn named(name: &str) -> Option<&'static FilterRule> {
    RULES.iter().find(|rule| rule.name == name)
}

/// What the tenant is told when the filter of this name left no pool.
pub fn detail(name: &str) -> Detail {
    named(name).map_or(Detail::NoValidHost, |rule| rule.detail)
}

#[cfg(test)]
mod tests;
