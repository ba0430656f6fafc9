//! One limit for every key, and how explicit values take precedence over those below them.

use std::collections::BTreeMap;

use super::Key;

/// A limit that refuses nothing.
pub const UNLIMITED: i64 = -1;
/// The largest limit that can be set.
pub const LARGEST: i64 = 2_147_483_647;

/// Limits that somebody set; keys that are absent fall back to whatever lies below.
pub type Values = BTreeMap<Key, i64>;

/// A limit for every key; -1 is unlimited. By default as in manila.conf `[quota]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits([i64; Key::COUNT]);

impl Default for Limits {
    fn default() -> Self {
        Limits::by(Key::preset)
    }
}

impl Limits {
    /// The limits that a function gives.
    pub fn by(limit: impl FnMut(Key) -> i64) -> Self {
        Limits(Key::ALL.map(limit))
    }

    pub fn of(&self, key: Key) -> i64 {
        self.0[key as usize]
    }

    /// These limits where `values` says nothing else.
    #[must_use]
    pub fn under(&self, values: &Values) -> Self {
        Limits::by(|key| values.get(&key).copied().unwrap_or_else(|| self.of(key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrower_value_wins_and_leaves_the_others_alone() {
        let class = Values::from([(Key::Shares, 7), (Key::Backups, 8)]);
        let project = Values::from([(Key::Shares, UNLIMITED), (Key::EncryptionKeys, 0)]);
        let limits = Limits::default().under(&class).under(&project);
        let expected = |key: Key| match key {
            Key::Shares => UNLIMITED,
            Key::Backups => 8,
            Key::EncryptionKeys => 0,
            other => other.preset(),
        };
        assert_eq!(limits, Limits::by(expected));
        for key in Key::ALL {
            assert_eq!(limits.of(key), expected(key), "{key:?}");
        }
    }
}
