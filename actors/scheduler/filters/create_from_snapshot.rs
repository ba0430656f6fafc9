//! A share that begins with a snapshot is made by the back end that has the snapshot, in whichever of its pools.

use manilad_domain::message::Detail;
use manilad_domain::placement::Origin;

use crate::filters::{FilterRule, Judge, Reason};
use crate::pools::Candidate;

pub const RULE: FilterRule = FilterRule {
    name: "CreateFromSnapshotFilter",
    detail: Detail::FilterCreateFromSnapshot,
    prepare: |asked| {
        let origin = asked.placement.origin.as_ref()?;
        Some(Box::new(Reach { origin }))
    },
};

struct Reach<'a> {
    origin: &'a Origin,
}

impl Judge for Reach<'_> {
    fn judge<'a>(&'a self, candidate: Candidate<'a>) -> Result<(), Reason<'a>> {
        match self.origin.pool.service() == candidate.entry.name.service() {
            true => Ok(()),
            false => Err(Reason::OtherBackend { origin: &self.origin.pool }),
        }
    }

    fn spare(&self, _: Candidate<'_>) -> Option<f64> {
        None
    }
}
