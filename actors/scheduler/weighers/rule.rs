//! What a weigher is: it reads a request, and then weighs pool by pool.
//!
//! How to get it wrong: to give a weight where the array does not tell enough; whatever it is, it ranks the pool.

use crate::filters::Asked;
use crate::pools::Candidate;

/// A weigher, as the configuration names it.
#[derive(Debug)]
pub struct WeigherRule {
    pub name: &'static str,
    pub multiplier: fn(&Multipliers) -> f64,
    /// Reads the request.
    pub prepare: for<'a> fn(&Asked<'a>) -> Box<dyn Weigh + 'a>,
}

/// A weigher that has read the request.
pub trait Weigh {
    /// The raw weight of a pool; `None` where the array does not tell enough to weigh it.
    fn weight(&self, candidate: Candidate<'_>) -> Option<f64>;
}

/// How much each weigher counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Multipliers {
    /// `capacity_weight_multiplier`: negative packs instead of spreads.
    pub capacity: f64,
    /// Of a share server that is there already.
    pub pool: f64,
}

impl Default for Multipliers {
    fn default() -> Self {
        Multipliers { capacity: 1.0, pool: 1.0 }
    }
}
