//! The document in itself, at every microversion.

use std::collections::{BTreeMap, BTreeSet};

use manilad_domain::Microversion;
use manilad_http::openapi;
use serde_json::Value;

use super::Document;

/// Every reference of a document.
fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str));
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_to_a_component_and_every_schema_is_used() {
    for version in Microversion::all() {
        let document = Document::at(version);
        let mut found = BTreeSet::new();
        references(document.0, &mut found);
        found.iter().for_each(|reference| assert!(document.schemas().named(reference).is_object()));
        for name in document.0["components"]["schemas"].as_object().unwrap().keys() {
            assert!(found.contains(format!("#/components/schemas/{name}").as_str()), "{name} at {version}");
        }
    }
}

#[test]
fn no_two_shapes_share_a_name() {
    let mut views: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for shape in manilad_http::catalogue().filter_map(|route| route.view()) {
        let fields: Vec<&str> = shape.fields.iter().map(|field| field.name).collect();
        assert_eq!(views.entry(shape.name).or_insert_with(|| fields.clone()), &fields, "{}", shape.name);
    }
    let mut bodies: BTreeMap<&str, &str> = BTreeMap::new();
    for shape in manilad_http::catalogue().filter_map(|route| route.body) {
        assert_eq!(*bodies.entry(shape.name).or_insert(shape.about), shape.about, "{}", shape.name);
    }
}

#[test]
fn operations_have_ids_of_their_own_and_every_served_row_is_in_the_document() {
    for version in Microversion::all() {
        let document = Document::at(version);
        let operations = document.0["paths"].as_object().unwrap().values();
        let ids: Vec<&Value> =
            operations.flat_map(|path| path.as_object().unwrap().values()).map(|one| &one["operationId"]).collect();
        let distinct: BTreeSet<&str> = ids.iter().map(|id| id.as_str().unwrap()).collect();
        assert_eq!(ids.len(), distinct.len(), "at {version}");
        for route in manilad_http::catalogue() {
            let policy = &document.operation(route)["x-policy"];
            let policy = route.action.map_or(policy, |action| &policy[action]);
            let expected = route.span.contains(version).then_some(route.policy);
            let same = manilad_http::catalogue().filter(|row| {
                (row.method, row.path, row.action) == (route.method, route.path, route.action)
                    && row.span.contains(version)
            });
            assert_eq!(policy.as_str(), expected.or(same.map(|row| row.policy).next()), "{} at {version}", route.path);
        }
    }
}

#[test]
fn the_command_line_prints_the_document_of_a_version() {
    let printed = |version: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_manilad"));
        command.args(["openapi", "--version", version]).output().unwrap()
    };
    let document: Value = serde_json::from_slice(&printed("2.65").stdout).unwrap();
    assert_eq!(document, openapi::document(Microversion::written("2.65")));
    let refused = printed("2.100");
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("the newest 2.99"), "{refused:?}");
}

#[test]
fn the_served_text_is_the_document() {
    let version = Microversion::written("2.65");
    let text: Value = serde_json::from_str(&openapi::text(version)).unwrap();
    assert_eq!(text, openapi::document(version));
    assert_eq!(text["info"]["version"], "2.65");
}
