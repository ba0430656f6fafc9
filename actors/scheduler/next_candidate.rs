//! Who makes a share next where a back end failed to: of the candidates that its first placement left, in their order, the first that
//! passes every filter now.
//!
//! The share has a new instance by then, whose intent to place names what is left (`create_failed` in `src/decisions/share/create.rs`). That only
//! these are candidates is a filter that no configuration names: it is there whenever some are left. How to get it wrong: to choose among
//! all pools again; a share would be tried more often than `scheduler_max_attempts` says, and where it was refused already.

use manilad_domain::PoolName;
use manilad_domain::message::Detail;
use manilad_domain::placement::Placement;

use crate::filters::{FilterRule, Judge, Reason};
use crate::pools::Candidate;

const RULE: FilterRule = FilterRule {
    name: "candidates left",
    detail: Detail::NoValidHost,
    prepare: |asked| {
        let left = asked.placement.left.as_slice();
        (!left.is_empty()).then(|| Box::new(Left(left)) as Box<dyn Judge>)
    },
};

/// The filter that leaves only candidates of an earlier placement; none where there was none.
pub(crate) fn filter(placement: &Placement) -> Option<&'static FilterRule> {
    (!placement.left.is_empty()).then_some(&RULE)
}

/// The candidates of an earlier placement that pass now, the next one first; none where there was none.
pub(crate) fn in_order(placement: &Placement, passed: &[Candidate<'_>]) -> Option<Vec<PoolName>> {
    let passes = |pool: &&PoolName| passed.iter().any(|candidate| candidate.entry.name == **pool);
    (!placement.left.is_empty()).then(|| placement.left.iter().filter(passes).cloned().collect())
}

struct Left<'a>(&'a [PoolName]);

impl Judge for Left<'_> {
    fn judge<'a>(&'a self, candidate: Candidate<'a>) -> Result<(), Reason<'a>> {
        if self.0.contains(&candidate.entry.name) { Ok(()) } else { Err(Reason::NotLeft) }
    }

    fn spare(&self, _: Candidate<'_>) -> Option<f64> {
        None
    }
}
