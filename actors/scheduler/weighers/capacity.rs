//! The more a pool may still promise (to thin shares) or hold (of thick ones), the better.

use crate::pools::Candidate;
use crate::weighers::{Weigh, WeigherRule};

pub const RULE: WeigherRule = WeigherRule {
    name: "CapacityWeigher",
    multiplier: |multipliers| multipliers.capacity,
    prepare: |asked| Box::new(Headroom { thin: asked.is_thin() }),
};

struct Headroom {
    thin: bool,
}

impl Weigh for Headroom {
    fn weight(&self, candidate: Candidate<'_>) -> Option<f64> {
        candidate.entry.room.headroom(self.thin)
    }
}
