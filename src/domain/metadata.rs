//! Metadata: what is to be done to the entries of a thing, as a pure function of those that are there.
//!
//! What a thing is created with is a change of no entries. A replacement that names no reserved key leaves those that
//! are there as they are, whoever asks; one that names any replaces them all. Who may name a reserved key is not judged
//! here. How to get it wrong: to change entries outside the commit, where a request at the same time would be lost.

use std::collections::BTreeMap;

use crate::fault::Fault;

pub type Entries = BTreeMap<String, String>;

/// Bytes that keys and values of one thing may have together: a thing is one stored value, whose size has a bound.
const MOST_BYTES: usize = 64 << 10;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetadataChange {
    /// Added to what is there.
    Merge(Entries),
    /// Put in the place of what is there.
    Replace(Entries),
    /// One key taken away.
    Remove(String),
}

impl MetadataChange {
    /// Sets the one key that a path names.
    ///
    /// # Errors
    /// Invalid when the body names another key, or more than this one.
    pub fn of_one(key: &str, given: Entries) -> Result<Self, Fault> {
        if given.len() == 1 && given.contains_key(key) {
            return Ok(MetadataChange::Merge(given));
        }
        Err(Fault::invalid(format!("Member \"metadata\" must hold {key:?}, as the path has it, and nothing else.")))
    }

    /// The keys that are named.
    pub fn keys(&self) -> Vec<&String> {
        match self {
            MetadataChange::Merge(entries) | MetadataChange::Replace(entries) => entries.keys().collect(),
            MetadataChange::Remove(key) => vec![key],
        }
    }

    /// The entries that are to be set.
    pub fn given(&self) -> Option<&Entries> {
        match self {
            MetadataChange::Merge(entries) | MetadataChange::Replace(entries) => Some(entries),
            MetadataChange::Remove(_) => None,
        }
    }

    /// Does it, to entries of which some keys are reserved.
    ///
    /// # Errors
    /// Missing when the key to be removed is not there; invalid when the entries would grow too large.
    pub fn apply(self, entries: &mut Entries, reserved: &[String]) -> Result<(), Fault> {
        let leaves_reserved = !self.keys().into_iter().any(|key| reserved.contains(key));
        match self {
            MetadataChange::Remove(key) => return entries.remove(&key).map(drop).ok_or_else(|| no_such(&key)),
            MetadataChange::Merge(given) => entries.extend(given),
            MetadataChange::Replace(given) => {
                entries.retain(|key, _| leaves_reserved && reserved.contains(key));
                entries.extend(given);
            }
        }
        let bytes: usize = entries.iter().map(|(key, value)| key.len() + value.len()).sum();
        if bytes > MOST_BYTES {
            return Err(Fault::invalid(format!("Metadata would have {bytes} bytes; it may have {MOST_BYTES}.")));
        }
        Ok(())
    }
}

/// What a key that is not there is to who names it.
pub fn no_such(key: &str) -> Fault {
    Fault::missing(format!("MetadataItemNotFound: there is no metadata {key:?}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Kind;

    fn entries<const N: usize>(pairs: [(&str, &str); N]) -> Entries {
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
    }

    /// What becomes of `a: 1, kept: x` where `kept` is reserved.
    fn after(change: MetadataChange) -> Result<Entries, Fault> {
        let mut there = entries([("a", "1"), ("kept", "x")]);
        change.apply(&mut there, &["kept".to_owned()]).map(|()| there)
    }

    #[test]
    fn a_merge_adds_and_overwrites() {
        let merged = after(MetadataChange::Merge(entries([("a", "2"), ("b", "3")]))).unwrap();
        assert_eq!(merged, entries([("a", "2"), ("b", "3"), ("kept", "x")]));
    }

    #[test]
    fn a_replacement_keeps_reserved_keys_unless_it_names_one() {
        let replaced = |given| after(MetadataChange::Replace(given)).unwrap();
        assert_eq!(replaced(entries([("b", "3")])), entries([("b", "3"), ("kept", "x")]));
        assert_eq!(replaced(entries([])), entries([("kept", "x")]));
        assert_eq!(replaced(entries([("kept", "y")])), entries([("kept", "y")]));
    }

    #[test]
    fn what_is_not_there_can_not_be_removed() {
        assert_eq!(after(MetadataChange::Remove("a".to_owned())).unwrap(), entries([("kept", "x")]));
        assert_eq!(after(MetadataChange::Remove("b".to_owned())).unwrap_err().kind, Kind::Missing);
    }

    #[test]
    fn metadata_has_a_bound() {
        let many = (0..65).map(|n| (format!("{n}"), "v".repeat(1023))).collect();
        assert_eq!(after(MetadataChange::Merge(many)).unwrap_err().kind, Kind::Invalid);
    }

    #[test]
    fn a_path_and_its_body_name_the_same_key() {
        assert!(MetadataChange::of_one("a", entries([("a", "2")])).is_ok());
        for wrong in [entries([]), entries([("b", "2")]), entries([("a", "2"), ("b", "2")])] {
            assert_eq!(MetadataChange::of_one("a", wrong).unwrap_err().kind, Kind::Invalid);
        }
    }
}
