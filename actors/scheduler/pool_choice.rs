//! The decision: which pools can take a share, best first, or which filter left none.
//!
//! A pure function of the request, the pools and the chain, fast enough to run for each share: each pool is judged until
//! the first refusal, and only as many candidates are named as may be tried. Of two that weigh the same, because the array
//! does not tell enough to weigh them, say, the one goes first that is nearer to the snapshot which a share begins with, then the
//! one with more free space, then the one that has promised less, then the one whose name does, so the same question has the
//! same answer. How to get it wrong: formatting reasons for pools that nobody asks about.

use manilad_domain::placement::{Origin, Placed, Placement};

use crate::explanation::Explanation;
use crate::next_candidate;
use crate::pools::{Candidate, Pools};
use crate::prepared_rules::PreparedRules;
use crate::rule_chain::Chain;
use crate::weighers::nearness;

/// Finds pools for a request; where candidates of an earlier placement are left, those among them that still pass, in their
/// order. The explanation says why, in as much detail as is asked of it.
pub fn choose_pools<'a>(placement: &'a Placement, pools: &'a Pools, chain: &'a Chain) -> (Placed, Explanation<'a>) {
    let rules = PreparedRules::new(placement, pools, chain);
    let mut refused = vec![0; rules.filters.len()];
    let mut passed = Vec::new();
    for candidate in rules.candidates(pools) {
        match rules.refusal(candidate) {
            None => passed.push(candidate),
            Some((filter, _)) => refused[filter] += 1,
        }
    }
    let weights = rules.weights(&passed);
    let placed = match refused.iter().rposition(|count| *count > 0) {
        _ if !passed.is_empty() => Placed::On(next_candidate::in_order(placement, &passed).unwrap_or_else(|| {
            let origin = placement.origin.as_ref();
            let best = best(&total(&weights, passed.len()), &passed, origin, chain.attempts);
            best.into_iter().map(|position| passed[position].entry.name.clone()).collect()
        })),
        Some(last) => Placed::Refused { filter: rules.filters[last].0 },
        None => Placed::NobodyThere,
    };
    (placed, Explanation { pools, rules, refused, passed: passed.len(), weights })
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

/// The positions of the `most` that weigh most, heaviest first; of those that weigh the same, nearer ones to where the share begins come
/// first, then those with more room. They come in the order of their names.
fn best(total: &[f64], passed: &[Candidate<'_>], origin: Option<&Origin>, most: usize) -> Vec<usize> {
    let room = |position: usize| passed[position].entry.room;
    let free = |position: usize| room(position).free.gib().unwrap_or(0.0);
    let order = |a: &usize, b: &usize| {
        let by_weight = total[*b].total_cmp(&total[*a]);
        let by_room = || free(*b).total_cmp(&free(*a)).then(room(*a).provisioned.total_cmp(&room(*b).provisioned));
        let by_nearness = || nearness(origin, passed[*b]).total_cmp(&nearness(origin, passed[*a]));
        by_weight.then_with(by_nearness).then_with(by_room).then(a.cmp(b))
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
