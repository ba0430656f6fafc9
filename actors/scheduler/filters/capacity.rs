//! A pool must have room for the size, beyond its reserve and within its over-subscription ratio.

use manilad_domain::message::Detail;

use crate::filters::{Judge, Reason, Rule};
use crate::pools::Candidate;

pub const RULE: Rule = Rule {
    name: "CapacityFilter",
    detail: Detail::FilterCapacity,
    prepare: |asked| Some(Box::new(Size { gib: asked.placement.size as f64, thin: asked.is_thin() })),
};

struct Size {
    gib: f64,
    thin: bool,
}

impl Judge for Size {
    fn judge<'a>(&'a self, candidate: Candidate<'a>) -> Result<(), Reason<'a>> {
        candidate.entry.room.fits(self.gib, self.thin).map_err(Reason::Short)
    }
}
