//! Pools say themselves, by their `goodness_function`, how well a request suits them.

use manilad_domain::placement::Placement;

use crate::pools::Candidate;
use crate::weighers::{Rule, Weigh};

pub const RULE: Rule =
    Rule { name: "GoodnessWeigher", multiplier: |_| 1.0, prepare: |asked| Box::new(Goodness(asked.placement)) };

struct Goodness<'a>(&'a Placement);

impl Weigh for Goodness<'_> {
    fn weight(&self, candidate: Candidate<'_>) -> Option<f64> {
        Some(candidate.entry.goodness_function.as_ref().map_or(0.0, |function| function.goodness(candidate, self.0)))
    }
}
