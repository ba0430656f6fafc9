//! Why a placement came out as it did, for the administrator: a line that sums up, and a verdict on each pool.
//!
//! Tenants never see this; they get the filter's user message. Nothing is put into words before it is read.

use std::fmt;

use manilad_domain::PoolName;

use crate::filters::Reason;
use crate::place::Ready;
use crate::pools::{Pools, Unusable};

/// Why a placement came out as it did. Displays as one line.
pub struct Explanation<'a> {
    pub(crate) pools: &'a Pools,
    pub(crate) ready: Ready<'a>,
    /// How many pools each filter refused, in the order of the chain.
    pub(crate) refused: Vec<usize>,
    pub(crate) passed: usize,
    /// For each weigher, the weights of the pools that passed.
    pub(crate) weights: Vec<Vec<f64>>,
}

/// What became of one pool. Displays as one line.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict<'a> {
    pub pool: &'a PoolName,
    pub finding: Finding<'a>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Finding<'a> {
    /// Its back end can't be sent to.
    Unusable(Unusable),
    Refused {
        filter: &'static str,
        reason: Reason<'a>,
    },
    /// What each weigher gave.
    Weighed(Vec<(&'static str, f64)>),
}

impl Explanation<'_> {
    /// How many pools each filter refused, in the order of the chain.
    pub fn tally(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.ready.filters.iter().map(|(name, _)| *name).zip(self.refused.iter().copied())
    }

    /// What became of each pool, in the order of their names.
    pub fn verdicts(&self) -> impl Iterator<Item = Verdict<'_>> {
        let mut passed = 0;
        self.pools.services().flat_map(|(_, service)| service.pools()).map(move |candidate| {
            let finding = if let Some(why) = candidate.service.unusable() {
                Finding::Unusable(why)
            } else if let Some((filter, reason)) = self.ready.refusal(candidate) {
                Finding::Refused { filter: self.ready.filters[filter].0, reason }
            } else {
                let position = passed;
                passed += 1;
                let names = self.ready.weighers.iter().map(|(name, ..)| *name);
                let weights = names.zip(self.weights.iter().map(|weights| weights[position]));
                Finding::Weighed(weights.collect())
            };
            Verdict { pool: &candidate.entry.name, finding }
        })
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} pools pass", self.passed, self.passed + self.refused.iter().sum::<usize>())?;
        for (filter, count) in self.tally().filter(|(_, count)| *count > 0) {
            write!(f, ", {filter} refuses {count}")?;
        }
        let unusable = self.pools.services().filter_map(|(name, service)| Some((name, service.unusable()?)));
        unusable.into_iter().try_for_each(|(name, why)| write!(f, ", {name} is {why}"))
    }
}

impl fmt::Display for Verdict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.pool)?;
        match &self.finding {
            Finding::Unusable(why) => why.fmt(f),
            Finding::Refused { filter, reason } => write!(f, "refused by {filter}: {reason}"),
            Finding::Weighed(weights) => {
                write!(f, "passes with {:.3}", weights.iter().map(|(_, weight)| weight).sum::<f64>())?;
                weights.iter().try_for_each(|(weigher, weight)| write!(f, ", {weigher} {weight:.3}"))
            }
        }
    }
}
