//! The table of endpoints against the catalogue of what clients use.

use std::collections::BTreeSet;

use crate::rest::field::Shown;
use crate::rest::route::Act;
use crate::{routing, zapi};

const CATALOGUE: &str = include_str!("../../../tests/facts/ontap-rest-catalogue.tsv");

/// Rows of the catalogue that are not built. May only shrink.
const NOT_BUILT: &[&str] = &[
    "GET /api/storage/volumes/{uuid}/metrics",
    "GET /api/cluster/metrics",
    "GET /api/protocols/cifs/local-users/{svm.uuid}",
    "PATCH /api/protocols/cifs/local-users/{svm.uuid}/{sid}",
];

/// `{…}` without its name: the catalogue and the table name keys differently.
fn anonymous(path: &str) -> String {
    let key = |segment: &str| if segment.starts_with('{') || segment == "*" { "{}" } else { segment }.to_owned();
    path.split('/').map(key).collect::<Vec<_>>().join("/")
}

/// What a row of the catalogue asks of an endpoint.
#[derive(PartialEq)]
enum Wants {
    Any,
    Job,
    /// Many records in one request, which is a job where one is not.
    Many,
}

fn rows() -> impl Iterator<Item = (&'static str, &'static str, Wants)> {
    CATALOGUE.lines().skip(1).map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        let path = columns[2].split(' ').next().unwrap();
        let wants = match () {
            () if columns[2].contains("records[]") => Wants::Many,
            () if columns[5].starts_with("async") => Wants::Job,
            () => Wants::Any,
        };
        (columns[1], path, wants)
    })
}

#[test]
fn every_row_of_the_catalogue_is_an_endpoint_of_its_kind() {
    let mut missing = BTreeSet::new();
    for (method, path, wants) in rows().filter(|(_, path, _)| *path != zapi::PATH) {
        let found =
            routing::endpoints().find(|row| row.method.name() == method && anonymous(row.path) == anonymous(path));
        match found {
            Some(row) => {
                assert!(wants != Wants::Job || matches!(row.act, Act::Job(..)), "{method} {path} is a job");
                assert!(wants != Wants::Many || row.bulk, "{method} {path} takes many records");
            }
            None => drop(missing.insert(format!("{method} {path}"))),
        }
    }
    assert_eq!(missing, NOT_BUILT.iter().map(|row| (*row).to_owned()).collect());
}

#[test]
fn no_endpoint_stands_in_the_table_twice() {
    let mut rows = BTreeSet::new();
    for row in routing::endpoints() {
        assert!(rows.insert((row.method.name(), anonymous(row.path))), "{} {}", row.method.name(), row.path);
    }
}

#[test]
fn keys_in_paths_and_orders_are_fields_of_their_nouns() {
    for row in routing::endpoints() {
        let has_field =
            |name: &str| row.noun.fields.iter().any(|field| field.name == name && field.shown != Shown::Never);
        for path in [row.path, row.noun.instance] {
            for key in path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')) {
                assert!(has_field(key), "{path}: {key}");
            }
        }
        for field in row.noun.order {
            assert!(has_field(field), "{}: {field}", row.path);
        }
    }
}

#[test]
fn what_a_query_reaches_one_by_one_has_an_endpoint_of_its_own() {
    for row in routing::endpoints() {
        if let Act::Each(instance) = row.act {
            assert!(
                routing::endpoints().any(|other| other.method == row.method && other.path == instance),
                "{}",
                row.path
            );
        }
    }
}
