//! Why a pool can't take a request.
//!
//! How to get it wrong: to put it into words where a filter refuses; most of it nobody reads.

use std::collections::BTreeSet;
use std::fmt;

use manilad_domain::PoolName;

use crate::expression::Flaw;
use crate::pool_room::Short;
use crate::statistics::Stat;

/// Why a pool can't take a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason<'a> {
    /// In another zone than asked for.
    Zone {
        zone: &'a str,
        requested: &'a str,
    },
    /// In none of the zones of the share type.
    TypeZones {
        zone: &'a str,
        requested: &'a [String],
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
        requested: &'a str,
        stat: &'a Stat,
    },
    /// Its own function says no.
    Declined,
    /// Its own function has no answer.
    Flawed(Flaw),
    /// Another pool is the only one wanted.
    NotThatPool {
        requested: &'a str,
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
    /// Its back end can't reach the snapshot that the share begins with, which is of a share on this pool.
    OtherBackend {
        origin: &'a PoolName,
    },
    /// Nothing that begins in another pool of its back end can come to it.
    TakesNoClones {
        origin: &'a PoolName,
    },
    /// It was tried before.
    Attempted,
    /// It is none of the candidates that an earlier placement left.
    NotLeft,
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Zone { zone, requested } => write!(f, "is in zone {zone}, not in {requested}"),
            Reason::TypeZones { zone, requested } => {
                write!(f, "is in zone {zone}, not in any of {}", requested.join(", "))
            }
            Reason::NoSubnet { zone } => write!(f, "is in zone {zone}, which no subnet of the share network serves"),
            Reason::SeveralSubnets { zone, count } => {
                write!(f, "can't stand in all {count} subnets that the share network has for zone {zone}")
            }
            Reason::Short(short) => short.fmt(f),
            Reason::Missing { key } => write!(f, "reports no {key}"),
            Reason::Differs { key, requested, stat } => write!(f, "reports {stat} as {key}; wanted is {requested:?}"),
            Reason::Declined => f.write_str("its filter_function is not true"),
            Reason::Flawed(flaw) => write!(f, "its filter_function has no answer: {flaw}"),
            Reason::NotThatPool { requested } => write!(f, "is not {requested}, the only one wanted"),
            Reason::NotWith { pools } if pools.is_empty() => f.write_str("no pool holds all the shares to be with"),
            Reason::NotWith { pools } => {
                f.write_str("does not hold the shares to be with, which are on")?;
                pools.iter().try_for_each(|pool| write!(f, " {pool}"))
            }
            Reason::NotApart => f.write_str("holds a share to be apart from"),
            Reason::NoNeighbour { named } => write!(f, "{named:?} is no share to be with or apart from"),
            Reason::QueryFalse => f.write_str("the query is not true of it"),
            Reason::QueryUnread { flaw } => write!(f, "the query {flaw}"),
            Reason::OtherBackend { origin } => {
                write!(f, "is on another back end than the snapshot, which is of a share on {origin}")
            }
            Reason::TakesNoClones { origin } => {
                write!(f, "takes nothing that begins with a snapshot in another pool, such as {origin}")
            }
            Reason::Attempted => f.write_str("was tried before"),
            Reason::NotLeft => f.write_str("is none of the candidates that are left"),
        }
    }
}
