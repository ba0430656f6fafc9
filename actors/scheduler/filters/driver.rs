//! A pool that reports a `filter_function` must find it true. A function without an answer refuses.

use manilad_domain::message::Detail;
use manilad_domain::placement::Placement;

use crate::filters::{Judge, Reason, Rule};
use crate::pools::Candidate;

pub const RULE: Rule = Rule {
    name: "DriverFilter",
    detail: Detail::FilterDriver,
    prepare: |asked| Some(Box::new(OwnJudgement(asked.placement))),
};

struct OwnJudgement<'a>(&'a Placement);

impl Judge for OwnJudgement<'_> {
    fn judge<'a>(&'a self, candidate: Candidate<'a>) -> Result<(), Reason<'a>> {
        match candidate.entry.filter_function.as_ref().map(|function| function.admits(candidate, self.0)) {
            None | Some(Ok(true)) => Ok(()),
            Some(Ok(false)) => Err(Reason::Declined),
            Some(Err(flaw)) => Err(Reason::Flawed(flaw)),
        }
    }
}
