//! Keys of the one tree that records, index rows and the store's own notes share.
//!
//! ```text
//! r kind key                  a record
//! i kind index parts… key     a row of an index; the value is empty
//! m name                      the store's own: its format, the last serial
//! ```
//!
//! Each part ends in a NUL; a NUL within a part is followed by 0xFF, a byte that no UTF-8 text holds. So keys sort part
//! by part as texts do, and all that begins with the same whole parts lies side by side. How to get it wrong: joining
//! parts without the escape, so that one tenant's text can reach into another's rows.

use manilad_domain::record::{Index, Row};

use crate::engine::Span;
use crate::error::Error;

const END: u8 = 0;
const ESCAPED: u8 = 0xFF;

/// Adds one part to a key.
pub(crate) fn push(key: &mut Vec<u8>, part: &str) {
    for (n, piece) in part.split('\0').enumerate() {
        if n > 0 {
            key.extend([END, ESCAPED]);
        }
        key.extend_from_slice(piece.as_bytes());
    }
    key.push(END);
}

/// The key of these parts.
pub(crate) fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut key = Vec::with_capacity(128);
    parts.into_iter().for_each(|part| push(&mut key, part));
    key
}

/// The parts of a key; `None` where it is not one of ours.
pub(crate) fn parts(key: &[u8]) -> Option<Vec<String>> {
    let (mut parts, mut part, mut rest) = (Vec::new(), Vec::new(), key);
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(rest.iter().position(|byte| *byte == END)?);
        part.extend_from_slice(piece);
        rest = behind.get(1..)?;
        if let Some(behind) = rest.strip_prefix(&[ESCAPED]) {
            part.push(END);
            rest = behind;
        } else {
            parts.push(String::from_utf8(std::mem::take(&mut part)).ok()?);
        }
    }
    part.is_empty().then_some(parts)
}

/// The last part of a key, as it stands there; `None` where the key is not one of ours.
pub(crate) fn last(key: &[u8]) -> Option<&[u8]> {
    let body = key.strip_suffix(&[END])?;
    let is_end = |at: &usize| body[*at] == END && body.get(at + 1) != Some(&ESCAPED);
    let start = (0..body.len()).rev().find(is_end).map_or(0, |end| end + 1);
    key.get(start..)
}

/// The key of the record that an index row of its kind ends in.
pub(crate) fn of_row(kind: &str, row: &[u8]) -> Option<Vec<u8>> {
    let mut key = records(kind);
    key.extend_from_slice(last(row)?);
    Some(key)
}

pub(crate) fn record(kind: &str, key: &str) -> Vec<u8> {
    of(["r", kind, key])
}

pub(crate) fn records(kind: &str) -> Vec<u8> {
    of(["r", kind])
}

/// What the keys of the records of a kind begin with whose own keys begin with a text.
pub(crate) fn beginning(kind: &str, prefix: &str) -> Vec<u8> {
    let mut key = record(kind, prefix);
    key.pop();
    key
}

pub(crate) fn row(kind: &str, row: &Row, key: &str) -> Vec<u8> {
    of(["i", kind, row.index.0].into_iter().chain(row.at.iter().map(String::as_str)).chain([key]))
}

pub(crate) fn index(kind: &str, index: Index) -> Vec<u8> {
    of(["i", kind, index.0])
}

pub(crate) fn note(name: &str) -> Vec<u8> {
    of(["m", name])
}

/// The record's key, which ends each key of records and rows.
pub(crate) fn record_key(at: &[u8]) -> Result<String, Error> {
    last(at).and_then(parts).and_then(|mut parts| parts.pop()).ok_or_else(|| foreign(at))
}

/// That a key is not one of ours.
pub(crate) fn foreign(at: &[u8]) -> Error {
    Error::Damaged {
        kind: "key".to_owned(),
        key: String::from_utf8_lossy(at).into_owned(),
        reason: "not a key that this store writes".to_owned(),
    }
}

/// All keys that begin with the parts of `prefix`.
pub(crate) fn under(prefix: &[u8]) -> Span {
    Span { from: prefix.to_vec(), to: behind(prefix) }
}

/// The first key behind all that begin with the parts of `prefix`.
pub(crate) fn behind(prefix: &[u8]) -> Vec<u8> {
    let mut key = prefix.to_vec();
    key.push(ESCAPED);
    key
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Texts in which NULs, shared beginnings and letters beyond ASCII are common.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[\0\u{1}aé\u{10FFFF}]{0,4}", any::<String>()]
    }

    fn several() -> impl Strategy<Value = Vec<String>> {
        proptest::collection::vec(text(), 0..4)
    }

    fn key_of(parts: &[String]) -> Vec<u8> {
        of(parts.iter().map(String::as_str))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_key_gives_its_parts_back(several in several()) {
            prop_assert_eq!(last(&key_of(&several)).and_then(parts), several.last().map(|part| vec![part.clone()]));
            prop_assert_eq!(parts(&key_of(&several)), Some(several));
        }

        #[test]
        fn keys_sort_part_by_part(a in several(), b in several()) {
            prop_assert_eq!(key_of(&a).cmp(&key_of(&b)), a.cmp(&b));
        }

        #[test]
        fn a_span_holds_exactly_what_begins_with_its_parts(lead in several(), other in several()) {
            let (prefix, key) = (key_of(&lead), key_of(&other));
            let span = under(&prefix);
            let inside = span.from <= key && key < span.to;
            prop_assert_eq!(inside, other.starts_with(&lead));
            let deeper = key_of(&[lead, other].concat());
            prop_assert!(span.from <= deeper && deeper < span.to);
        }
    }

    #[test]
    fn what_is_not_a_key_has_no_parts() {
        assert_eq!(parts(b"r\0unfinished"), None);
        assert_eq!(parts(b"r\0\xC3\x28\0"), None);
    }
}
