//! A pool that reports a `filter_function` must find it true. A function without an answer refuses.

use manilad_domain::message::Detail;
use manilad_domain::placement::Placement;

use crate::filters::{BookedFigures, FilterRule, Judge, Reason, spare_after};
use crate::pools::Candidate;

pub const RULE: FilterRule = FilterRule {
    name: "DriverFilter",
    detail: Detail::FilterDriver,
    prepare: |asked| Some(Box::new(OwnJudgement { placement: asked.placement, booked: BookedFigures::of(asked.keys) })),
};

struct OwnJudgement<'a> {
    placement: &'a Placement,
    booked: BookedFigures,
}

impl Judge for OwnJudgement<'_> {
    fn judge<'a>(&'a self, candidate: Candidate<'a>) -> Result<(), Reason<'a>> {
        match candidate.admits(self.placement) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Reason::Declined),
            Err(flaw) => Err(Reason::Flawed(flaw)),
        }
    }

    fn spare(&self, candidate: Candidate<'_>) -> Option<f64> {
        spare_after(candidate.is_admitted_by(|slot| self.booked.contain(slot)))
    }
}
