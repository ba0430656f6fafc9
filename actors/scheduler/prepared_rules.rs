//! The filters and weighers of a chain once they have read a request.
//!
//! How to get it wrong: to keep it for another request, or for pools that have reported since.

use manilad_domain::placement::Placement;

use crate::filters::{Asked, Judge, Reason, only_host};
use crate::next_candidate;
use crate::pools::{BackendState, Candidate, Pools, Unusable};
use crate::rule_chain::Chain;
use crate::weighers::{Weigh, normalised};

/// A chain that has read a request.
pub(crate) struct PreparedRules<'a> {
    /// A filter that asks nothing of this request has no judge.
    pub(crate) filters: Vec<(&'static str, Option<Box<dyn Judge + 'a>>)>,
    /// The back end of the only pool that will do. It may be disabled, because an administrator names it.
    named: Option<&'a str>,
    pub(crate) weighers: Vec<(&'static str, f64, Box<dyn Weigh + 'a>)>,
}

impl<'a> PreparedRules<'a> {
    pub(crate) fn new(placement: &'a Placement, pools: &'a Pools, chain: &Chain) -> Self {
        let asked = Asked { placement, growth: None, keys: pools.keys() };
        let weighers = chain.weighers.iter();
        let heeds_names = chain.filters.iter().any(|rule| rule.name == only_host::RULE.name);
        let only = placement.only_host.as_deref().filter(|_| heeds_names);
        let filters = next_candidate::filter(placement).into_iter().chain(chain.filters.iter().copied());
        PreparedRules {
            filters: filters.map(|rule| (rule.name, (rule.prepare)(&asked))).collect(),
            named: only.and_then(|pool| Some(pool.split_once('#')?.0)),
            weighers: weighers.map(|(rule, multiplier)| (rule.name, *multiplier, (rule.prepare)(&asked))).collect(),
        }
    }

    /// Why the pools of a back end are no candidates for this request, if they are not.
    pub(crate) fn unusable(&self, name: &str, service: &BackendState) -> Option<Unusable> {
        if self.named == Some(name) { service.unready() } else { service.unusable() }
    }

    /// The pools that the filters judge, in the order of their names.
    pub(crate) fn candidates<'p>(&self, pools: &'p Pools) -> impl Iterator<Item = Candidate<'p>> {
        let usable = pools.services().filter(|(name, service)| self.unusable(name, service).is_none());
        usable.flat_map(|(_, service)| service.pools())
    }

    /// The first filter that refuses the pool, by its position in the chain, and why.
    pub(crate) fn refusal<'b>(&'b self, candidate: Candidate<'b>) -> Option<(usize, Reason<'b>)> {
        let mut judges = self.filters.iter().enumerate();
        judges.find_map(|(filter, (_, judge))| Some((filter, judge.as_ref()?.judge(candidate).err()?)))
    }

    /// GiB that may be promised to others before the pool, which passes, has to be judged again.
    pub(crate) fn spare(&self, candidate: Candidate<'_>) -> Option<f64> {
        let spares = self.filters.iter().filter_map(|(_, judge)| judge.as_ref()?.spare(candidate));
        spares.reduce(f64::min)
    }

    /// The weights that each weigher gives, over the pools that passed.
    pub(crate) fn weights(&self, passed: &[Candidate<'_>]) -> Vec<Vec<f64>> {
        let weigh = |weigher: &dyn Weigh, multiplier| {
            let raw: Vec<_> = passed.iter().map(|candidate| weigher.weight(*candidate)).collect();
            normalised(&raw, multiplier)
        };
        self.weighers.iter().map(|(_, multiplier, weigher)| weigh(&**weigher, *multiplier)).collect()
    }
}
