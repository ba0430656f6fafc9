//! Weighers: rules by which one candidate is better than another, one file each.
//!
//! Raw weights are only comparable within one weigher, so each is brought to 0..1 over the candidates, times its
//! multiplier, and then added. To add a weigher: a file here and a line in [`RULES`]. Source: scheduler.md §6.

mod capacity;
mod goodness;
mod host_affinity;
mod pool;
mod rule;

pub use host_affinity::nearness;
pub use rule::{Multipliers, Weigh, WeigherRule};

/// The weighers there are, in the order in which they apply by default.
pub const RULES: &[WeigherRule] = &[capacity::RULE, goodness::RULE, host_affinity::RULE, pool::RULE];

/// The weigher that the configuration calls so.
pub fn named(name: &str) -> Option<&'static WeigherRule> {
    RULES.iter().find(|rule| rule.name == name)
}

/// Brings raw weights to 0..1 and multiplies them. What could not be weighed comes out below all that could; where all
/// are equal, none counts.
pub fn normalised(raw: &[Option<f64>], multiplier: f64) -> Vec<f64> {
    let numbers = || raw.iter().flatten().copied();
    let (lowest, highest) = (numbers().fold(f64::INFINITY, f64::min), numbers().fold(f64::NEG_INFINITY, f64::max));
    let unknown = match () {
        () if lowest > highest => 0.0, // nothing is known
        () if multiplier > 0.0 => lowest - 1.0,
        () => highest + 1.0,
    };
    let (mut least, mut most) = (lowest, highest);
    if raw.contains(&None) {
        (least, most) = (least.min(unknown), most.max(unknown));
    }
    let span = most - least;
    let scale = |weight: &Option<f64>| match span > 0.0 {
        true => (weight.unwrap_or(unknown) - least) / span * multiplier,
        false => 0.0,
    };
    raw.iter().map(scale).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn weights_spread_from_nothing_to_the_multiplier() {
        assert_eq!(normalised(&[Some(10.0), Some(30.0), Some(20.0)], 2.0), [0.0, 2.0, 1.0]);
        assert_eq!(normalised(&[Some(10.0), Some(30.0)], -1.0), [0.0, -1.0]);
        assert_eq!(normalised(&[Some(7.0), Some(7.0)], 5.0), [0.0, 0.0]);
        assert_eq!(normalised(&[None, None], 5.0), [0.0, 0.0]);
        assert_eq!(normalised(&[], 5.0), [0.0; 0]);
    }

    #[test]
    fn the_unknown_comes_last_whatever_the_sign() {
        assert_eq!(normalised(&[Some(1.0), None, Some(0.0)], 1.0), [1.0, 0.0, 0.5]);
        assert_eq!(normalised(&[Some(1.0), None, Some(0.0)], -1.0), [-0.5, -1.0, 0.0]);
        assert_eq!(normalised(&[Some(7.0), None], 3.0), [3.0, 0.0]);
    }

    proptest! {
        #[test]
        fn order_is_kept_and_bounds_hold(raw in prop::collection::vec(prop::option::of(-1e6..1e6f64), 0..20), multiplier in 0.1..9.0f64) {
            let weights = normalised(&raw, multiplier);
            for (a, x) in raw.iter().zip(&weights) {
                prop_assert!((0.0..=multiplier * 1.000001).contains(x));
                for (b, y) in raw.iter().zip(&weights) {
                    if a < b { // an unknown one is less than any known one
                        prop_assert!(x <= y);
                    }
                }
            }
        }
    }
}
