//! Settles which rule each reference means, once, at load.
//!
//! A name that is not defined means the default rule, and if there is none, nothing: it denies. oslo.policy warns of
//! circles and then recurses until it breaks; here a circle is refused with the rules that form it.

use std::collections::HashMap;

use crate::check::Check;
use crate::error::Error;

/// A longer chain of references than this is refused: deciding follows it on the stack.
const MAX_CHAIN: usize = 32;

/// Names of rules and where they stand.
pub(crate) struct Names<'n> {
    pub places: &'n HashMap<String, usize>,
    pub default: Option<usize>,
}

/// Fills in the places; returns (rule, name) of each reference to a rule that is not defined.
pub(crate) fn settle(checks: &mut [Check], names: &Names<'_>) -> Vec<(usize, String)> {
    let mut undefined = Vec::new();
    for (place, check) in checks.iter_mut().enumerate() {
        let mut references = Vec::new();
        check.references_mut(&mut references);
        for reference in references {
            let found = names.places.get(&reference.name).copied();
            if found.is_none() {
                undefined.push((place, reference.name.clone()));
            }
            reference.place = found.or(names.default);
        }
    }
    undefined
}

/// Refuses circles, and chains longer than [`MAX_CHAIN`].
pub(crate) fn refuse_circles(checks: &[Check], names: &[String]) -> Result<(), Error> {
    let mut walk = Walk { checks, names, lengths: vec![None; checks.len()], trail: Vec::new() };
    (0..checks.len()).try_for_each(|place| walk.length(place).map(drop))
}

struct Walk<'c> {
    checks: &'c [Check],
    names: &'c [String],
    /// Per rule, the rules on the longest chain that starts with it, once known.
    lengths: Vec<Option<usize>>,
    /// The rules between where the walk began and where it is.
    trail: Vec<usize>,
}

impl Walk<'_> {
    fn length(&mut self, place: usize) -> Result<usize, Error> {
        if let Some(length) = self.lengths[place] {
            return Ok(length);
        }
        let earlier_place = self.trail.iter().position(|&earlier| earlier == place);
        self.trail.push(place);
        if let Some(start) = earlier_place {
            return Err(Error::Circle { rules: self.named(start) });
        }
        if self.trail.len() > MAX_CHAIN {
            return Err(Error::Chain { rules: self.named(0), most: MAX_CHAIN });
        }
        let mut references = Vec::new();
        self.checks[place].references(&mut references);
        let mut longest = 0;
        for next in references.iter().filter_map(|reference| reference.place) {
            longest = longest.max(self.length(next)?);
        }
        if longest >= MAX_CHAIN {
            return Err(Error::Chain { rules: self.named(0), most: MAX_CHAIN });
        }
        self.trail.pop();
        self.lengths[place] = Some(longest + 1);
        Ok(longest + 1)
    }

    fn named(&self, start: usize) -> Vec<String> {
        self.trail[start..].iter().map(|&place| self.names[place].clone()).collect()
    }
}
