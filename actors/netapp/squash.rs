//! `all_squash` in a share's metadata: who may write, writes as nobody.
//!
//! It concerns rules that let write; those that only let read stay as they are. How to get it wrong: a word that is neither
//! yes nor no taken for no, for then everybody keeps his identity where the tenant asked that nobody does. Source:
//! operations.md §7.1.

use std::collections::BTreeMap;

use manilad_domain::extra_specs::boolean;
use manilad_driver::Subject;

/// The key of the metadata.
pub const KEY: &str = "all_squash";

/// Nobody, as user and as group: whom those become who are squashed, and whose the volume's root directory is then.
pub const NOBODY: u32 = 65534;

/// What the metadata asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Squash {
    No,
    All,
    /// Neither yes nor no.
    Unclear,
}

/// What is told of a value that is neither yes nor no.
pub const EXPECTED: &str = "the metadata all_squash of the share is neither true nor false";

impl Squash {
    pub fn of(subject: &Subject) -> Self {
        Squash::read(&subject.metadata)
    }

    fn read(metadata: &BTreeMap<String, String>) -> Self {
        match metadata.get(KEY).map(|value| boolean(value)) {
            None | Some(Some(false)) => Squash::No,
            Some(Some(true)) => Squash::All,
            Some(None) => Squash::Unclear,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_word_counts() {
        let read = |value: &str| Squash::read(&BTreeMap::from([(KEY.to_owned(), value.to_owned())]));
        assert_eq!(Squash::read(&BTreeMap::new()), Squash::No);
        assert_eq!([read("true"), read("True"), read("1")], [Squash::All; 3]);
        assert_eq!([read("false"), read("no")], [Squash::No; 2]);
        assert_eq!([read("perhaps"), read("")], [Squash::Unclear; 2]);
    }
}
