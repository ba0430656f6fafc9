//! What a database holds, in three numbers: the last group of changes, how many entries there are, and their digest.
//!
//! The digest is the sum of a hash of each entry, so it can be kept up by what a group removes and adds, and the order
//! of the entries plays no part. The note of a group is written in the same batch as the group; after a crash it must
//! fit what is found. How to get it wrong: counting a key that the note itself stands under, or a hash that another
//! build computes differently.

use ring::digest::{Context, SHA256};

/// Bytes of a tally as it is stored: group, entries, digest, and a checksum of these.
pub(crate) const SIZE: usize = 36;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    /// Groups that were applied so far.
    pub(crate) group: u64,
    pub(crate) entries: u64,
    digest: u128,
}

impl Tally {
    /// Nothing, which `group` groups have left.
    pub(crate) fn empty(group: u64) -> Self {
        Tally { group, ..Tally::default() }
    }

    pub(crate) fn add(&mut self, key: &[u8], value: &[u8]) {
        self.entries = self.entries.wrapping_add(1);
        self.digest = self.digest.wrapping_add(hash(key, value));
    }

    pub(crate) fn take(&mut self, key: &[u8], value: &[u8]) {
        self.entries = self.entries.wrapping_sub(1);
        self.digest = self.digest.wrapping_sub(hash(key, value));
    }

    pub(crate) fn encode(&self) -> [u8; SIZE] {
        let mut bytes = [0; SIZE];
        bytes[..8].copy_from_slice(&self.group.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.entries.to_be_bytes());
        bytes[16..32].copy_from_slice(&self.digest.to_be_bytes());
        let checksum = crc32fast::hash(&bytes[..32]);
        bytes[32..].copy_from_slice(&checksum.to_be_bytes());
        bytes
    }

    /// `None` where these bytes are not a whole tally.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; SIZE] = bytes.try_into().ok()?;
        let (group, rest) = bytes.split_first_chunk()?;
        let (entries, rest) = rest.split_first_chunk()?;
        let (digest, checksum) = rest.split_first_chunk()?;
        (crc32fast::hash(&bytes[..32]).to_be_bytes() == *checksum).then(|| Tally {
            group: u64::from_be_bytes(*group),
            entries: u64::from_be_bytes(*entries),
            digest: u128::from_be_bytes(*digest),
        })
    }
}

/// The first half of the SHA-256 of an entry. The key's length comes first, so that no byte can change sides.
fn hash(key: &[u8], value: &[u8]) -> u128 {
    let mut context = Context::new(&SHA256);
    context.update(&(key.len() as u64).to_be_bytes());
    context.update(key);
    context.update(value);
    let whole = context.finish();
    whole.as_ref().first_chunk().map_or(0, |half| u128::from_be_bytes(*half))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::Entry;

    fn entries() -> impl Strategy<Value = Vec<Entry>> {
        let bytes = || proptest::collection::vec(any::<u8>(), 0..4);
        proptest::collection::btree_map(bytes(), bytes(), 0..8).prop_map(|map| map.into_iter().collect())
    }

    fn of(entries: &[Entry]) -> Tally {
        let mut tally = Tally::empty(1);
        entries.iter().for_each(|(key, value)| tally.add(key, value));
        tally
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_tally_kept_up_is_the_tally_counted(before in entries(), after in entries()) {
            let mut kept = of(&before);
            after.iter().rev().for_each(|(key, value)| kept.add(key, value));
            before.iter().for_each(|(key, value)| kept.take(key, value));
            prop_assert_eq!(kept, of(&after));
            prop_assert_eq!(kept == of(&before), before == after);
        }

        #[test]
        fn a_stored_tally_with_a_wrong_bit_is_none(entries in entries(), bit in 0..SIZE * 8) {
            let tally = of(&entries);
            let mut bytes = tally.encode();
            prop_assert_eq!(Tally::decode(&bytes), Some(tally));
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(Tally::decode(&bytes), None);
        }
    }
}
