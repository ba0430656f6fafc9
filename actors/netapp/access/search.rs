//! Finding out which of several new rules the array refuses, when all it says is "no": pure.
//!
//! What is accepted only ever grows: each set that is tried holds all that was accepted so far, so no client that has
//! access loses it while we search, and the first try already takes away what is no longer wanted. How to get it wrong:
//! trying the suspects by themselves, on a policy that is in use.

use std::collections::BTreeSet;

/// A search among rules, known by their place in the order.
#[derive(Debug, Clone)]
pub struct Search {
    accepted: BTreeSet<usize>,
    /// Groups still to be tried; the last one first.
    groups: Vec<Vec<usize>>,
    refused: Vec<usize>,
}

impl Search {
    /// `accepted` are rules that the array enforces already; all others of `all` are suspects, and were refused together.
    /// `named` are those that the array spoke of.
    pub fn new(all: usize, accepted: BTreeSet<usize>, named: impl Fn(usize) -> bool) -> Self {
        let suspects: Vec<usize> = (0..all).filter(|place| !accepted.contains(place)).collect();
        let mut search = Search { accepted, groups: Vec::new(), refused: Vec::new() };
        search.split(suspects, named);
        search.groups.push(Vec::new());
        search
    }

    /// The set to try next, in order; none when the search is over.
    pub fn next(&self) -> Option<Vec<usize>> {
        let group = self.groups.last()?;
        Some(self.accepted.iter().chain(group).copied().collect::<BTreeSet<_>>().into_iter().collect())
    }

    /// The array took the set.
    pub fn took(&mut self) {
        self.accepted.extend(self.groups.pop().unwrap_or_default());
    }

    /// The array refused the set. False when that says nothing of the suspects: there were none in it.
    pub fn refused(&mut self, named: impl Fn(usize) -> bool) -> bool {
        let group = self.groups.pop().unwrap_or_default();
        let had_suspects = !group.is_empty();
        self.split(group, named);
        had_suspects
    }

    /// The only one left is the culprit; of several, those that were named and the others are tried apart, the named ones
    /// first: a search that is cut short has found some.
    fn split(&mut self, group: Vec<usize>, named: impl Fn(usize) -> bool) {
        if group.len() <= 1 {
            self.refused.extend(group);
            return;
        }
        let (mut apart, mut rest): (Vec<_>, Vec<_>) = group.into_iter().partition(|place| named(*place));
        if apart.is_empty() || rest.is_empty() {
            let mut all = if apart.is_empty() { rest } else { apart };
            rest = all.split_off(all.len() / 2);
            apart = all;
        }
        self.groups.extend([rest, apart]);
    }

    /// The rules that the array refuses, each by itself.
    pub fn culprits(&self) -> &[usize] {
        &self.refused
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An array that refuses any set with a bad rule in it, and names the first one if it can.
    struct Model {
        bad: BTreeSet<usize>,
        names: bool,
        in_force: BTreeSet<usize>,
        tries: usize,
    }

    fn run(all: usize, accepted: BTreeSet<usize>, model: &mut Model) -> Vec<usize> {
        let first_bad = |set: &[usize], model: &Model| set.iter().find(|place| model.bad.contains(place)).copied();
        let everything: Vec<usize> = (0..all).collect();
        let culprit = first_bad(&everything, model).filter(|_| model.names);
        let mut search = Search::new(all, accepted, |place| Some(place) == culprit);
        while let Some(set) = search.next() {
            model.tries += 1;
            match first_bad(&set, model) {
                None => {
                    let kept = model.in_force.iter().filter(|place| **place < all);
                    assert!(kept.clone().all(|place| set.contains(place)), "a client lost its access in between");
                    model.in_force = set.into_iter().collect();
                    search.took();
                }
                Some(culprit) => {
                    let culprit = Some(culprit).filter(|_| model.names);
                    assert!(search.refused(|place| Some(place) == culprit));
                }
            }
        }
        let mut culprits = search.culprits().to_vec();
        culprits.sort_unstable();
        culprits
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn exactly_the_bad_rules_are_found_and_all_others_enforced(
            all in 1usize..60,
            kinds in prop::collection::vec(0u8..8, 60),
            names: bool,
            stale in 0usize..3,
        ) {
            let bad: BTreeSet<usize> = (0..all).filter(|place| kinds[*place] == 0).collect();
            let accepted: BTreeSet<usize> = (0..all).filter(|place| kinds[*place] > 4).collect();
            prop_assume!(!bad.is_empty());
            // What is in force, some of it not wanted any more.
            let in_force = accepted.iter().copied().chain(all..all + stale).collect();
            let mut model = Model { bad: bad.clone(), names, in_force, tries: 0 };
            let culprits = run(all, accepted, &mut model);
            prop_assert_eq!(&culprits, &bad.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(model.in_force, (0..all).filter(|place| !bad.contains(place)).collect::<BTreeSet<_>>());
            let halvings = all.next_power_of_two().ilog2() as usize;
            let most = if names { 2 * bad.len() + 1 } else { 2 * bad.len() * (halvings + 1) + 1 };
            prop_assert!(model.tries <= most, "{} tries for {} bad of {all}", model.tries, bad.len());
        }
    }

    #[test]
    fn what_is_no_longer_wanted_goes_with_the_first_try() {
        let search = Search::new(5, [0, 3].into(), |_| false);
        assert_eq!(search.next().unwrap(), [0, 3]);
    }

    #[test]
    fn a_refusal_of_what_was_in_force_is_no_fault_of_the_suspects() {
        let mut search = Search::new(2, [0].into(), |_| false);
        assert!(!search.refused(|_| false));
    }
}
