//! What is to be done to metadata, as a pure function of the entries that are there.
//!
//! What a thing is created with is a change of no entries. A replacement that names no reserved key leaves those that
//! are there as they are, whoever asks; one that names any replaces them all, and needs the rule for it.

use std::collections::BTreeMap;

use manilad_domain::Fault;

use super::{Reserved, no_such};
use crate::body::Metadata;
use crate::call::{Call, Owner};

pub type Entries = BTreeMap<String, String>;

/// Bytes that keys and values of one thing may have together: a thing is one stored value, whose size has a bound.
const MOST_BYTES: usize = 64 << 10;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Added to what is there.
    Merge(Entries),
    /// Put in the place of what is there.
    Replace(Entries),
    /// One key taken away.
    Remove(String),
}

impl Change {
    /// Sets the one key that a path names.
    ///
    /// # Errors
    /// Invalid when the body names another key, or more than this one.
    pub fn of_one(key: &str, given: Entries) -> Result<Self, Fault> {
        if given.len() == 1 && given.contains_key(key) {
            return Ok(Change::Merge(given));
        }
        Err(Fault::invalid(format!("Member \"metadata\" must hold {key:?}, as the path has it, and nothing else.")))
    }

    /// The keys that are named.
    pub fn keys(&self) -> Vec<&String> {
        match self {
            Change::Merge(entries) | Change::Replace(entries) => entries.keys().collect(),
            Change::Remove(key) => vec![key],
        }
    }

    /// The entries that are to be set.
    pub fn given(&self) -> Option<&Entries> {
        match self {
            Change::Merge(entries) | Change::Replace(entries) => Some(entries),
            Change::Remove(_) => None,
        }
    }

    /// Lets only those touch reserved keys whom the rule allows it.
    ///
    /// # Errors
    /// Forbidden, naming the rule.
    pub fn check(&self, call: &Call, reserved: &Reserved, owner: Owner<'_>) -> Result<(), Fault> {
        reserved.check(call, self.keys().into_iter(), owner)
    }

    /// Does it.
    ///
    /// # Errors
    /// Missing when the key to be removed is not there; invalid when the entries would grow too large.
    pub fn apply(self, entries: &mut Entries, reserved: &Reserved) -> Result<(), Fault> {
        let leaves_reserved = !self.keys().into_iter().any(|key| reserved.has(key));
        match self {
            Change::Remove(key) => return entries.remove(&key).map(drop).ok_or_else(|| no_such(&key)),
            Change::Merge(given) => entries.extend(given),
            Change::Replace(given) => {
                entries.retain(|key, _| leaves_reserved && reserved.has(key));
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

/// The entries that a thing of the caller's is created with.
///
/// # Errors
/// As [`Change::check`] and [`Change::apply`].
pub fn initial(call: &Call, reserved: &Reserved, given: Option<Metadata>) -> Result<Entries, Fault> {
    let (change, mut entries) = (Change::Merge(given.map(|metadata| metadata.0).unwrap_or_default()), Entries::new());
    change.check(call, reserved, Owner::Own)?;
    change.apply(&mut entries, reserved)?;
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use manilad_domain::fault::Kind;

    use super::*;

    fn entries<const N: usize>(pairs: [(&str, &str); N]) -> Entries {
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
    }

    /// What becomes of `a: 1, kept: x` where `kept` is reserved.
    fn after(change: Change) -> Result<Entries, Fault> {
        let mut there = entries([("a", "1"), ("kept", "x")]);
        change.apply(&mut there, &Reserved::only("kept")).map(|()| there)
    }

    #[test]
    fn a_merge_adds_and_overwrites() {
        let merged = after(Change::Merge(entries([("a", "2"), ("b", "3")]))).unwrap();
        assert_eq!(merged, entries([("a", "2"), ("b", "3"), ("kept", "x")]));
    }

    #[test]
    fn a_replacement_keeps_reserved_keys_unless_it_names_one() {
        let replaced = |given| after(Change::Replace(given)).unwrap();
        assert_eq!(replaced(entries([("b", "3")])), entries([("b", "3"), ("kept", "x")]));
        assert_eq!(replaced(entries([])), entries([("kept", "x")]));
        assert_eq!(replaced(entries([("kept", "y")])), entries([("kept", "y")]));
    }

    #[test]
    fn what_is_not_there_can_not_be_removed() {
        assert_eq!(after(Change::Remove("a".to_owned())).unwrap(), entries([("kept", "x")]));
        assert_eq!(after(Change::Remove("b".to_owned())).unwrap_err().kind, Kind::Missing);
    }

    #[test]
    fn metadata_has_a_bound() {
        let many = (0..65).map(|n| (format!("{n}"), "v".repeat(1023))).collect();
        assert_eq!(after(Change::Merge(many)).unwrap_err().kind, Kind::Invalid);
    }

    #[test]
    fn a_path_and_its_body_name_the_same_key() {
        assert!(Change::of_one("a", entries([("a", "2")])).is_ok());
        for wrong in [entries([]), entries([("b", "2")]), entries([("a", "2"), ("b", "2")])] {
            assert_eq!(Change::of_one("a", wrong).unwrap_err().kind, Kind::Invalid);
        }
    }
}
