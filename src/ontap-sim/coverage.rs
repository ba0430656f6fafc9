//! How much of the fields that the vendor documents the simulated array has, by noun: the page of reference is made of it.

use crate::rest::documented;
use crate::rest::field::Field;
use crate::rest::noun::Noun;
use crate::routing;

/// How much of what is documented of a noun this array has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// The path of the collection, with `{}` for each key.
    pub path: &'static str,
    pub documented: usize,
    /// Of them, those that say something of this array, and are not only kept for whoever sets them.
    pub modelled: usize,
    /// Of all, those that can be set.
    pub settable: usize,
}

/// Each noun of which something is documented, in the order of the paths.
pub fn coverage() -> Vec<Coverage> {
    let of_path = |(path, fields): (&'static str, &'static [Field])| {
        let nouns: Vec<&Noun> = routing::endpoints()
            .map(|row| row.noun)
            .filter(|noun| std::ptr::eq(documented::of(noun.instance), fields))
            .collect();
        let own = |name| nouns.iter().find_map(|noun| noun.fields.iter().find(|one| one.name == name));
        let is_settable = |field: &&Field| {
            let field = own(field.name).unwrap_or(field);
            field.posted || field.patched
        };
        Coverage {
            path,
            documented: fields.len(),
            modelled: fields.iter().filter(|field| own(field.name).is_some()).count(),
            settable: fields.iter().filter(is_settable).count(),
        }
    };
    documented::all().map(of_path).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::Release;
    use crate::rest::fields::Selection;
    use crate::rest::query::Condition;

    #[test]
    fn all_of_the_table_belong_to_a_noun() {
        let read: BTreeSet<*const Field> =
            routing::endpoints().map(|row| documented::of(row.noun.instance).as_ptr()).collect();
        let unread = documented::all().filter(|(_, fields)| !read.contains(&fields.as_ptr()));
        assert_eq!(unread.map(|(path, _)| path).collect::<Vec<_>>(), [""; 0]);
    }

    #[test]
    fn whatever_is_documented_of_a_noun_can_be_asked_for_and_queried_by() {
        for noun in routing::endpoints().map(|row| row.noun) {
            for row in documented::of(noun.instance) {
                let name = row.name;
                assert!(
                    Selection::parse(Some(name), noun, Release::V9_19_1, true).is_ok(),
                    "{name} of {}",
                    noun.instance
                );
                let field = noun.field(name, Release::V9_19_1).unwrap_or(row);
                assert!(Condition::parse(name, field.kind, "null").is_ok(), "{name} of {}", noun.instance);
            }
        }
    }
}
