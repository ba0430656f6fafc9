//! New ids within a decision: as many as it turns out to need.
//!
//! A decision is a pure function, so it can't ask the clock for ids; it is given one random id and derives all others
//! from that. How to get it wrong: to guess beforehand how many there will be.

use uuid::{Builder, Uuid};

/// A sequence of random-looking ids that its seed determines.
#[derive(Debug, Clone)]
pub struct Ids {
    state: (u64, u64),
}

impl From<Uuid> for Ids {
    fn from(seed: Uuid) -> Self {
        Ids { state: seed.as_u64_pair() }
    }
}

impl Ids {
    /// The next id, of version 4.
    pub fn draw(&mut self) -> Uuid {
        // Two counters of full period: the halves never come together again as they were.
        self.state.0 = self.state.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.state.1 = self.state.1.wrapping_add(0xd1b5_4a32_d192_ed03);
        let bytes = (u128::from(mixed(self.state.0)) << 64) | u128::from(mixed(self.state.1));
        Builder::from_random_bytes(bytes.to_be_bytes()).into_uuid()
    }
}

/// A bijection that spreads each bit over all others (splitmix64).
const fn mixed(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 16, ..ProptestConfig::default() })]

        #[test]
        fn however_many_ids_are_drawn_all_differ_and_none_is_nil(seeds: (u128, u128)) {
            prop_assume!(seeds.0 != seeds.1);
            let mut drawn = HashSet::new();
            for seed in [seeds.0, seeds.1] {
                let mut ids = Ids::from(Uuid::from_u128(seed));
                for _ in 0..2000 {
                    let id = ids.draw();
                    prop_assert_eq!(id.get_version_num(), 4);
                    prop_assert!(drawn.insert(id));
                }
            }
        }
    }
}
