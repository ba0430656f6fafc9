//! Filters: rules that a pool must pass to take a request, one idea per file.
//!
//! A rule reads the request once ([`Rule::prepare`]) and then judges pool by pool, unless the request asks nothing of it.
//! A refusal costs nothing to make; it becomes words only when somebody reads it. To add a filter: a file here and a line
//! in [`RULES`].

mod affinity;
mod attempted;
mod availability_zone;
pub mod capabilities;
mod capacity;
mod driver;
mod json;
pub mod left;
pub mod only_host;
mod share_replication;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;

use manilad_domain::PoolName;
use manilad_domain::hints::Affinity;
use manilad_domain::message::Detail;
use manilad_domain::placement::Placement;

use crate::expression::Flaw;
use crate::pools::Candidate;
use crate::room::Short;
use crate::stat::{Keys, Stat};

/// A filter, as the configuration names it.
#[derive(Debug)]
pub struct Rule {
    pub name: &'static str,
    /// What the tenant is told when this filter left no pool.
    pub detail: Detail,
    /// Reads the request; `None` if every pool passes.
    pub prepare: for<'a> fn(&Asked<'a>) -> Option<Box<dyn Judge + 'a>>,
}

/// The filters there are: Manila's default ones in its order, then those that only a configuration names.
pub const RULES: &[Rule] = &[
    only_host::RULE,
    availability_zone::RULE,
    capacity::RULE,
    capabilities::RULE,
    driver::RULE,
    share_replication::RULE,
    affinity::TOGETHER,
    affinity::APART,
    json::RULE,
    attempted::RETRY,
    attempted::IGNORE,
];

/// Filters of Manila that wait for the feature they serve.
pub const NOT_BUILT: &[&str] = &["ConsistentSnapshotFilter", "CreateFromSnapshotFilter"];

/// The filter that heeds neighbours of this kind.
pub const fn of_affinity(affinity: Affinity) -> &'static Rule {
    match affinity {
        Affinity::Same => &affinity::TOGETHER,
        Affinity::Different => &affinity::APART,
    }
}

/// The filter that the configuration calls so.
pub fn named(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

/// What the tenant is told when the filter of this name left no pool.
pub fn detail(name: &str) -> Detail {
    named(name).map_or(Detail::NoValidHost, |rule| rule.detail)
}

/// A request, before it is read.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub placement: &'a Placement,
    /// GiB by which a share is to grow where it is; none where it is to be placed.
    pub growth: Option<u64>,
    pub keys: &'a Keys,
}

impl<'a> Asked<'a> {
    /// The value of an extra spec, plain or in the `capabilities` scope.
    pub fn spec(&self, plain: &str, scoped: &str) -> Option<&'a str> {
        let specs = &self.placement.extra_specs;
        specs.get(plain).or_else(|| specs.get(scoped)).map(String::as_str)
    }

    /// Whether the share may be thin: it may unless its type says otherwise.
    pub fn is_thin(&self) -> bool {
        may_be_thin(&self.placement.extra_specs)
    }
}

/// Whether shares with these extra specs may be thin.
pub fn may_be_thin(specs: &BTreeMap<String, String>) -> bool {
    let spec = specs.get("thin_provisioning").or_else(|| specs.get("capabilities:thin_provisioning"));
    spec.is_none_or(|text| manilad_domain::extra_specs::boolean(text) == Some(true))
}

/// A filter that has read the request.
pub trait Judge {
    /// # Errors
    /// Why the pool can't take the request.
    fn judge<'a>(&'a self, candidate: Candidate<'a>) -> Result<(), Reason<'a>>;
}

/// Why a pool can't take a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason<'a> {
    /// In another zone than asked for.
    Zone {
        zone: &'a str,
        wanted: &'a str,
    },
    /// In none of the zones of the share type.
    TypeZones {
        zone: &'a str,
        wanted: &'a [String],
    },
    /// No subnet of the share network serves its zone.
    NoSubnet {
        zone: &'a str,
    },
    /// Several subnets of the share network serve its zone, and it can only stand in one.
    SeveralSubnets {
        zone: &'a str,
        count: usize,
    },
    Short(Short),
    /// The pool does not report what an extra spec asks for.
    Missing {
        key: &'a str,
    },
    /// The pool reports otherwise than an extra spec asks for.
    Differs {
        key: &'a str,
        wanted: &'a str,
        stat: &'a Stat,
    },
    /// Its own function says no.
    Declined,
    /// Its own function has no answer.
    Flawed(Flaw),
    /// Another pool is the only one wanted.
    NotThatPool {
        wanted: &'a str,
    },
    /// It does not hold all the shares that this one is to be with; these pools do.
    NotWith {
        pools: &'a BTreeSet<PoolName>,
    },
    /// It holds a share that this one is to be apart from.
    NotApart,
    /// A share that this one is to be with, or apart from, is not known.
    NoNeighbour {
        named: &'a str,
    },
    /// The hinted query is not true of it.
    QueryFalse,
    /// The hinted query can't be read.
    QueryUnread {
        flaw: &'a str,
    },
    /// It was tried before.
    Attempted,
    /// It is none of the candidates that an earlier placement left.
    NotLeft,
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Zone { zone, wanted } => write!(f, "is in zone {zone}, not in {wanted}"),
            Reason::TypeZones { zone, wanted } => write!(f, "is in zone {zone}, not in any of {}", wanted.join(", ")),
            Reason::NoSubnet { zone } => write!(f, "is in zone {zone}, which no subnet of the share network serves"),
            Reason::SeveralSubnets { zone, count } => {
                write!(f, "can't stand in all {count} subnets that the share network has for zone {zone}")
            }
            Reason::Short(short) => short.fmt(f),
            Reason::Missing { key } => write!(f, "reports no {key}"),
            Reason::Differs { key, wanted, stat } => write!(f, "reports {stat} as {key}; wanted is {wanted:?}"),
            Reason::Declined => f.write_str("its filter_function is not true"),
            Reason::Flawed(flaw) => write!(f, "its filter_function has no answer: {flaw}"),
            Reason::NotThatPool { wanted } => write!(f, "is not {wanted}, the only one wanted"),
            Reason::NotWith { pools } if pools.is_empty() => f.write_str("no pool holds all the shares to be with"),
            Reason::NotWith { pools } => {
                f.write_str("does not hold the shares to be with, which are on")?;
                pools.iter().try_for_each(|pool| write!(f, " {pool}"))
            }
            Reason::NotApart => f.write_str("holds a share to be apart from"),
            Reason::NoNeighbour { named } => write!(f, "{named:?} is no share to be with or apart from"),
            Reason::QueryFalse => f.write_str("the query is not true of it"),
            Reason::QueryUnread { flaw } => write!(f, "the query {flaw}"),
            Reason::Attempted => f.write_str("was tried before"),
            Reason::NotLeft => f.write_str("is none of the candidates that are left"),
        }
    }
}

#[cfg(test)]
mod tests;
