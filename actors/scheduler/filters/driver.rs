//! A pool that reports a `filter_function` must find it true. A function without an answer refuses.

use manilad_domain::message::Detail;
use manilad_domain::placement::Placement;

use crate::filters::{FilterRule, Judge, Reason};
use crate::pools::Candidate;

pub const RULE: FilterRule = FilterRule {
    name: "DriverFilter",
    detail: Detail::FilterDriver,
    prepare: |asked| Some(Box::new(OwnJudgement(asked.placement))),
};

struct OwnJudgement<'a>(&'a Placement);

impl Judge for OwnJudgement<'_> {
    fn judge<'a>(&'a self, candidate: Candidate<'a>) -> Result<(), Reason<'a>> {
        match candidate.admits(self.0) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Reason::Declined),
            Err(flaw) => Err(Reason::Flawed(flaw)),
        }
    }
}
