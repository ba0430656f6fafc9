//! Why a placement came out as it did, for the administrator: a line that sums up, and a verdict on each pool.
//!
//! Tenants never see this; they get the filter's user message. Nothing is put into words before it is read.

use std::fmt;

use manilad_domain::PoolName;
use manilad_domain::message::{Action, Detail};
use manilad_domain::pool::Ceiling;
use manilad_messages::scheduler::{JudgedPool, Ruling, Weight};

use crate::filters::{self, Reason};
use crate::pools::{BackendState, Candidate, Pools, Unusable};
use crate::prepared_rules::PreparedRules;

/// Why a placement came out as it did. Displays as one line.
pub struct Explanation<'a> {
    pub(crate) pools: &'a Pools,
    pub(crate) rules: PreparedRules<'a>,
    /// How many pools each filter refused, in the order of the chain.
    pub(crate) refused: Vec<usize>,
    pub(crate) passed: usize,
    /// For each weigher, the weights of the pools that passed.
    pub(crate) weights: Vec<Vec<f64>>,
}

/// What became of one pool. Displays as one line.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolVerdict<'a> {
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
        self.rules.filters.iter().map(|(name, _)| *name).zip(self.refused.iter().copied())
    }

    /// What became of each pool, in the order of their names.
    pub fn verdicts(&self) -> impl Iterator<Item = PoolVerdict<'_>> {
        self.findings().map(|(candidate, finding)| PoolVerdict { pool: &candidate.entry.name, finding })
    }

    /// Every pool with what each filter and weigher says of it: those that pass best first, then the others by name.
    pub fn judged_pools(&self) -> Vec<JudgedPool> {
        let mut judged: Vec<_> = self.findings().map(|(candidate, finding)| self.tell(candidate, &finding)).collect();
        judged.sort_by(|a, b| match (a.weight, b.weight) {
            (Some(a), Some(b)) => b.total_cmp(&a),
            (a, b) => b.is_some().cmp(&a.is_some()),
        });
        judged
    }

    /// What whoever asked for a share is told where it has no place, by the filter that left none. `again`: some pool
    /// took it when it was placed first.
    pub fn message(&self, filter: Option<&str>, again: bool) -> (Action, Detail) {
        let is_disabled = self.fits_disabled() || self.finds_all_disabled();
        match (filter, again, is_disabled) {
            (None, false, true) => (Action::Create, Detail::BackendsDisabled),
            (None, false, false) => (Action::Create, Detail::BackendNotReady),
            (_, _, true) => (Action::AllocateHost, Detail::NoValidHostDisabled),
            (Some(filter), _, false) => (Action::AllocateHost, filters::detail(filter)),
            (None, true, false) if self.finds_none_usable() => (Action::Create, Detail::BackendNotReady),
            (None, true, false) => (Action::AllocateHost, Detail::NoValidHost),
        }
    }

    /// Whether a back end would take the request if only it were enabled.
    fn fits_disabled(&self) -> bool {
        self.pools.services().any(|(name, service)| self.fits_if_enabled(name, service))
    }

    /// Whether there are back ends, and all of them are disabled. Then none may have told what it could take.
    fn finds_all_disabled(&self) -> bool {
        let mut services = self.pools.services().peekable();
        let is_disabled = |(name, service)| self.rules.unusable(name, service) == Some(Unusable::Disabled);
        services.peek().is_some() && services.all(is_disabled)
    }

    /// Whether there is no back end that could be asked now.
    fn finds_none_usable(&self) -> bool {
        self.pools.services().all(|(name, service)| self.rules.unusable(name, service).is_some())
    }

    fn fits_if_enabled(&self, name: &str, service: &BackendState) -> bool {
        let only_disabled =
            self.rules.unusable(name, service) == Some(Unusable::Disabled) && service.unready().is_none();
        only_disabled && service.pools().any(|candidate| self.rules.refusal(candidate).is_none())
    }

    fn findings(&self) -> impl Iterator<Item = (Candidate<'_>, Finding<'_>)> {
        let mut passed = 0;
        let all = self.pools.services().flat_map(|(name, service)| service.pools().map(move |pool| (name, pool)));
        all.map(move |(name, candidate)| {
            let finding = if let Some(why) = self.rules.unusable(name, candidate.service) {
                Finding::Unusable(why)
            } else if let Some((filter, reason)) = self.rules.refusal(candidate) {
                Finding::Refused { filter: self.rules.filters[filter].0, reason }
            } else {
                let position = passed;
                passed += 1;
                let names = self.rules.weighers.iter().map(|(name, ..)| *name);
                let weights = names.zip(self.weights.iter().map(|weights| weights[position]));
                Finding::Weighed(weights.collect())
            };
            (candidate, finding)
        })
    }

    fn tell(&self, candidate: Candidate<'_>, finding: &Finding<'_>) -> JudgedPool {
        let rulings = self.rules.filters.iter().map(|(filter, judge)| {
            let verdict = judge.as_ref().map_or(Ok(()), |judge| judge.judge(candidate));
            Ruling { filter, refusal: verdict.err().map(|reason| reason.to_string()) }
        });
        let (mut unusable, mut weights) = (None, Vec::new());
        match finding {
            Finding::Unusable(why) => unusable = Some(why.to_string()),
            Finding::Refused { .. } => {}
            Finding::Weighed(weighed) => {
                let raw = self.rules.weighers.iter().map(|(_, _, weigher)| weigher.weight(candidate));
                weights = weighed
                    .iter()
                    .zip(raw)
                    .map(|((weigher, weight), raw)| Weight { weigher, raw, weight: *weight })
                    .collect();
            }
        }
        let room = candidate.entry.room;
        JudgedPool {
            pool: candidate.entry.name.clone(),
            unusable,
            total_capacity_gb: room.total.gib(),
            free_capacity_gb: room.free.gib(),
            allocated_capacity_gb: room.allocated,
            provisioned_capacity_gb: room.provisioned,
            filters: rulings.collect(),
            weights,
            weight: finding.weight(),
        }
    }
}

impl Explanation<'_> {
    /// What may be promised on a pool before that it passes has to be judged again.
    pub(crate) fn ceiling(&self, pool: &PoolName) -> Ceiling {
        let entry = self.pools.service(&pool.service()).and_then(|service| service.candidate(pool));
        entry.map_or(Ceiling(None), |candidate| candidate.entry.ceiling(self.rules.spare(candidate)))
    }
}

impl Finding<'_> {
    /// The sum by which candidates are ordered; `None` for what is no candidate.
    pub fn weight(&self) -> Option<f64> {
        match self {
            Finding::Unusable(_) | Finding::Refused { .. } => None,
            Finding::Weighed(weights) => Some(weights.iter().fold(0.0, |sum, (_, weight)| sum + weight)),
        }
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} pools pass", self.passed, self.passed + self.refused.iter().sum::<usize>())?;
        for (filter, count) in self.tally().filter(|(_, count)| *count > 0) {
            write!(f, ", {filter} refuses {count}")?;
        }
        for (name, service) in self.pools.services() {
            let Some(why) = self.rules.unusable(name, service) else { continue };
            let but = if self.fits_if_enabled(name, service) { " and would take it" } else { "" };
            write!(f, ", {name} is {why}{but}")?;
        }
        Ok(())
    }
}

impl fmt::Display for PoolVerdict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.pool)?;
        match &self.finding {
            Finding::Unusable(why) => why.fmt(f),
            Finding::Refused { filter, reason } => write!(f, "refused by {filter}: {reason}"),
            Finding::Weighed(weights) => {
                write!(f, "passes with {:.3}", self.finding.weight().unwrap_or_default())?;
                weights.iter().try_for_each(|(weigher, weight)| write!(f, ", {weigher} {weight:.3}"))
            }
        }
    }
}
