//! The decision: which pools can take a share, best first, or which filter left none.
//!
//! A pure function of the request, the pools and the chain, fast enough to run for each share: each pool is judged until
//! the first refusal, and only as many candidates are named as may be tried. Of two that weigh the same, because the array
//! does not tell enough to weigh them, say, the one with more free space goes first, then the one that has promised less,
//! then the one whose name does, so the same question has the same answer. How to get it wrong: formatting reasons for pools that nobody asks about.

use manilad_domain::PoolName;
use manilad_domain::placement::{Placed, Placement};

use crate::chain::Chain;
use crate::explain::Explanation;
use crate::filters::{Asked, Judge, Reason, left, only_host};
use crate::pools::{Candidate, Pools, Service, Unusable};
use crate::weighers::{Weigh, normalised};

/// Finds pools for a request; where candidates of an earlier placement are left, those among them that still pass, in their
/// order. The explanation says why, in as much detail as is asked of it.
pub fn place<'a>(placement: &'a Placement, pools: &'a Pools, chain: &'a Chain) -> (Placed, Explanation<'a>) {
    let ready = Ready::new(placement, pools, chain);
    let mut refused = vec![0; ready.filters.len()];
    let mut passed = Vec::new();
    for candidate in ready.candidates(pools) {
        match ready.refusal(candidate) {
            None => passed.push(candidate),
            Some((filter, _)) => refused[filter] += 1,
        }
    }
    let weights = ready.weights(&passed);
    let placed = match refused.iter().rposition(|count| *count > 0) {
        _ if !passed.is_empty() && !placement.left.is_empty() => {
            let passes = |pool: &&PoolName| passed.iter().any(|candidate| candidate.entry.name == **pool);
            Placed::On(placement.left.iter().filter(passes).cloned().collect())
        }
        _ if !passed.is_empty() => {
            let best = best(&total(&weights, passed.len()), &passed, chain.attempts);
            Placed::On(best.into_iter().map(|position| passed[position].entry.name.clone()).collect())
        }
        Some(last) => Placed::Refused { filter: ready.filters[last].0 },
        None => Placed::NobodyThere,
    };
    (placed, Explanation { pools, ready, refused, passed: passed.len(), weights })
}

/// A chain that has read a request.
pub(crate) struct Ready<'a> {
    /// A filter that asks nothing of this request has no judge.
    pub(crate) filters: Vec<(&'static str, Option<Box<dyn Judge + 'a>>)>,
    /// The back end of the only pool that will do. It may be disabled, because an administrator names it.
    named: Option<&'a str>,
    pub(crate) weighers: Vec<(&'static str, f64, Box<dyn Weigh + 'a>)>,
}

impl<'a> Ready<'a> {
    fn new(placement: &'a Placement, pools: &'a Pools, chain: &Chain) -> Self {
        let asked = Asked { placement, growth: None, keys: pools.keys() };
        let weighers = chain.weighers.iter();
        let heeds_names = chain.filters.iter().any(|rule| rule.name == only_host::RULE.name);
        let only = placement.only_host.as_deref().filter(|_| heeds_names);
        let left = (!placement.left.is_empty()).then_some(&left::RULE);
        let filters = left.into_iter().chain(chain.filters.iter().copied());
        Ready {
            filters: filters.map(|rule| (rule.name, (rule.prepare)(&asked))).collect(),
            named: only.and_then(|pool| Some(pool.split_once('#')?.0)),
            weighers: weighers.map(|(rule, multiplier)| (rule.name, *multiplier, (rule.prepare)(&asked))).collect(),
        }
    }

    /// Why the pools of a back end are no candidates for this request, if they are not.
    pub(crate) fn unusable(&self, name: &str, service: &Service) -> Option<Unusable> {
        if self.named == Some(name) { service.unready() } else { service.unusable() }
    }

    /// The pools that the filters judge, in the order of their names.
    fn candidates<'p>(&self, pools: &'p Pools) -> impl Iterator<Item = Candidate<'p>> {
        let usable = pools.services().filter(|(name, service)| self.unusable(name, service).is_none());
        usable.flat_map(|(_, service)| service.pools())
    }

    /// The first filter that refuses the pool, by its position in the chain, and why.
    pub(crate) fn refusal<'b>(&'b self, candidate: Candidate<'b>) -> Option<(usize, Reason<'b>)> {
        let mut judges = self.filters.iter().enumerate();
        judges.find_map(|(filter, (_, judge))| Some((filter, judge.as_ref()?.judge(candidate).err()?)))
    }

    /// The weights that each weigher gives, over the pools that passed.
    fn weights(&self, passed: &[Candidate<'_>]) -> Vec<Vec<f64>> {
        let weigh = |weigher: &dyn Weigh, multiplier| {
            let raw: Vec<_> = passed.iter().map(|candidate| weigher.weight(*candidate)).collect();
            normalised(&raw, multiplier)
        };
        self.weighers.iter().map(|(_, multiplier, weigher)| weigh(&**weigher, *multiplier)).collect()
    }
}

/// The sum over the weighers, for each of so many pools.
fn total(weights: &[Vec<f64>], pools: usize) -> Vec<f64> {
    let mut total = vec![0.0; pools];
    for one in weights {
        for (sum, weight) in total.iter_mut().zip(one) {
            *sum += weight;
        }
    }
    total
}

/// The positions of the `most` that weigh most, heaviest first. They come in the order of their names.
fn best(total: &[f64], passed: &[Candidate<'_>], most: usize) -> Vec<usize> {
    let room = |position: usize| passed[position].entry.room;
    let free = |position: usize| room(position).free.gib().unwrap_or(0.0);
    let order = |a: &usize, b: &usize| {
        let by_weight = total[*b].total_cmp(&total[*a]);
        let by_room = || free(*b).total_cmp(&free(*a)).then(room(*a).provisioned.total_cmp(&room(*b).provisioned));
        by_weight.then_with(by_room).then(a.cmp(b))
    };
    let mut positions: Vec<usize> = (0..total.len()).collect();
    if most < positions.len() {
        positions.select_nth_unstable_by(most, order);
        positions.truncate(most);
    }
    positions.sort_unstable_by(order);
    positions
}

#[cfg(test)]
mod tests;
