//! A pool must hold all the shares that a share is to be with, and none of those that it is to be apart from. What
//! names no share leaves no pool, because the client meant something by it.

use std::collections::BTreeSet;

use manilad_domain::PoolName;
use manilad_domain::message::Detail;
use manilad_domain::neighbours::Neighbours;

use crate::filters::{FilterRule, Judge, Reason};
use crate::pools::Candidate;

pub const TOGETHER: FilterRule = FilterRule {
    name: "AffinityFilter",
    detail: Detail::NoValidHost,
    prepare: |asked| read(&asked.placement.same_host, true),
};

pub const APART: FilterRule = FilterRule {
    name: "AntiAffinityFilter",
    detail: Detail::NoValidHost,
    prepare: |asked| read(&asked.placement.different_host, false),
};

fn read(neighbours: &Neighbours, together: bool) -> Option<Box<dyn Judge + '_>> {
    match neighbours {
        Neighbours::Any => None,
        Neighbours::On(pools) => Some(Box::new(Beside { pools, together })),
        Neighbours::Unknown(named) => Some(Box::new(Nobody(named))),
    }
}

struct Beside<'a> {
    pools: &'a BTreeSet<PoolName>,
    together: bool,
}

impl Judge for Beside<'_> {
    fn judge<'a>(&'a self, candidate: Candidate<'a>) -> Result<(), Reason<'a>> {
        match (self.pools.contains(&candidate.entry.name), self.together) {
            (false, true) => Err(Reason::NotWith { pools: self.pools }),
            (true, false) => Err(Reason::NotApart),
            _ => Ok(()),
        }
    }

    fn spare(&self, _: Candidate<'_>) -> Option<f64> {
        None
    }
}

struct Nobody<'a>(&'a str);

impl Judge for Nobody<'_> {
    fn judge<'a>(&'a self, _: Candidate<'a>) -> Result<(), Reason<'a>> {
        Err(Reason::NoNeighbour { named: self.0 })
    }

    fn spare(&self, _: Candidate<'_>) -> Option<f64> {
        None
    }
}
