//! Pools say themselves, by their `goodness_function`, how well a request suits them.

use manilad_domain::placement::Placement;

use crate::pools::Candidate;
use crate::weighers::{Weigh, WeigherRule};

pub const RULE: WeigherRule =
    WeigherRule { name: "GoodnessWeigher", multiplier: |_| 1.0, prepare: |asked| Box::new(Goodness(asked.placement)) };

struct Goodness<'a>(&'a Placement);

impl Weigh for Goodness<'_> {
    fn weight(&self, candidate: Candidate<'_>) -> Option<f64> {
        Some(candidate.goodness(self.0))
    }
}
