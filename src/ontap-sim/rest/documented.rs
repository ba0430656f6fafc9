//! Fields that the vendor documents and that mean nothing to this array: whoever asks for one or queries by it is not refused, and finds it
//! unset, or as it was last set. Source: the schemas of netapp-ontap 9.12.1 to 9.19.1, names only.
//!
//! How to get it wrong: to let one be set and not to keep it, see [`attributes`](crate::rest::attributes); or to show a secret.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::Release;
use crate::rest::field::{Field, Kind, field, within};

const TABLE: &str = include_str!("documented.tsv");

/// By the path of a collection, with `{}` for each key.
static DOCUMENTED: LazyLock<BTreeMap<&str, Vec<Field>>> = LazyLock::new(|| {
    let mut all: BTreeMap<&str, Vec<Field>> = BTreeMap::new();
    for row in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let mut columns = row.split('\t');
        let mut column = || columns.next().unwrap_or_default();
        let (path, since, kind, (posted, patched), names) =
            (column(), column(), kind(column()), set_by(column()), column());
        let Ok(since) = since.parse() else { continue };
        let one = |name| Field { posted, patched, since, ..field(name, kind).costly() };
        let fields = names.split(' ').map(one);
        all.entry(path).or_default().extend(fields);
    }
    all
});

fn kind(word: &str) -> Kind {
    match word {
        "integer" => Kind::Integer,
        "size" => Kind::Size,
        "flag" => Kind::Flag,
        "time" => Kind::Time,
        _ => Kind::Text,
    }
}

/// Whether a POST and a PATCH may set it.
fn set_by(word: &str) -> (bool, bool) {
    match word {
        "post" => (true, false),
        "patch" => (false, true),
        "write" => (true, true),
        _ => (false, false),
    }
}

/// The fields of the noun whose instances are at this path.
pub fn of(instance: &str) -> &'static [Field] {
    let path: Vec<&str> =
        instance.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment }).collect();
    // The collection of an instance of several keys is more than one segment above it.
    let collections = (2..=path.len()).rev().map(|length| path[..length].join("/"));
    collections.filter_map(|path| DOCUMENTED.get(path.as_str())).next().map_or(&[], Vec::as_slice)
}

/// The row of a field that `release` knows.
pub fn find(instance: &str, name: &str, release: Release) -> Option<&'static Field> {
    of(instance).iter().find(|field| field.name == name && field.since <= release)
}

/// Whether `name` is such a field, or an object that holds some, in `release`.
pub fn knows(instance: &str, name: &str, release: Release) -> bool {
    of(instance).iter().any(|field| field.since <= release && within(field.name, name))
}

/// The fields of each collection, in the order of the paths.
pub fn all() -> impl Iterator<Item = (&'static str, &'static [Field])> {
    DOCUMENTED.iter().map(|(path, fields)| (*path, fields.as_slice()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_says_what_it_is_of_since_when_and_of_which_kind() {
        for row in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let columns: Vec<&str> = row.split('\t').collect();
            let [path, since, kind, how, names] = columns[..] else { panic!("{row}") };
            assert!(["read", "post", "patch", "write"].contains(&how), "{row}");
            assert!(path.starts_with("/api/") && since.parse::<Release>().is_ok(), "{row}");
            assert!(["text", "integer", "size", "flag", "time"].contains(&kind) && !names.is_empty(), "{row}");
        }
    }

    #[test]
    fn a_field_is_known_from_its_release_on() {
        let volume = "/api/storage/volumes/{uuid}";
        assert!(knows(volume, "analytics", Release::V9_12_1) && knows(volume, "analytics.state", Release::V9_12_1));
        assert!(!knows("/api/cluster", "disaggregated", Release::V9_14_1));
        assert!(knows("/api/cluster", "disaggregated", Release::V9_16_1));
        assert!(
            find("/api/protocols/cifs/shares/{svm.uuid}/{share}/acls/{user_or_group}/{type}", "path", Release::V9_19_1)
                .is_none()
        );
    }
}
