//! A share that a back end refused goes to one of the candidates that its first placement left. They passed every filter
//! then; the other filters judge them again, by what is known now. This one no configuration names: it is there whenever
//! candidates are left.

use manilad_domain::PoolName;
use manilad_domain::message::Detail;

use crate::filters::{FilterRule, Judge, Reason};
use crate::pools::Candidate;

pub const RULE: FilterRule = FilterRule {
    name: "candidates left",
    detail: Detail::NoValidHost,
    prepare: |asked| {
        let left = asked.placement.left.as_slice();
        (!left.is_empty()).then(|| Box::new(Left(left)) as Box<dyn Judge>)
    },
};

struct Left<'a>(&'a [PoolName]);

impl Judge for Left<'_> {
    fn judge<'a>(&'a self, candidate: Candidate<'a>) -> Result<(), Reason<'a>> {
        if self.0.contains(&candidate.entry.name) { Ok(()) } else { Err(Reason::NotLeft) }
    }

    fn spare(&self, _: Candidate<'_>) -> Option<f64> {
        None
    }
}
