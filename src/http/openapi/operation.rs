//! Operations: the rows of one method and path. Below `…/action` these are many, told apart by the body's one key.

use std::collections::BTreeMap;

use manilad_domain::Microversion;
use serde_json::{Value, json};

use super::json::{object, reference};
use super::{response, shapes};
use crate::parameter::{self, Form, Parameter};
use crate::resources::services;
use crate::route::{Method, Route};
use crate::schema;

/// All operations, by path and method.
pub fn paths(rows: &[&'static Route], version: Microversion) -> Value {
    let mut paths: BTreeMap<&str, BTreeMap<Method, Vec<&'static Route>>> = BTreeMap::new();
    for row in rows {
        paths.entry(row.path).or_default().entry(row.method).or_default().push(row);
    }
    object(paths.into_iter().map(|(path, methods)| {
        let operations = methods
            .into_iter()
            .map(|(method, rows)| (method.name().to_ascii_lowercase(), operation(method, path, &rows, version)));
        (path.to_owned(), object(operations))
    }))
}

fn operation(method: Method, path: &str, rows: &[&'static Route], version: Microversion) -> Value {
    let segments = || path.split('/').filter(|segment| !segment.is_empty());
    let words = segments().map(|segment| segment.trim_matches(['{', '}']));
    let id: Vec<&str> = [method.name()].into_iter().chain(words).collect();
    let mut operation = json!({
        "operationId": id.join("_").to_ascii_lowercase(),
        "tags": [segments().next().unwrap_or_default()],
        "parameters": parameters(path, rows, version),
        "responses": response::responses(rows, version),
        "x-policy": policy(rows),
    });
    if let Some(body) = body(rows) {
        operation["requestBody"] = body;
    }
    operation
}

/// The rule; of actions, the rule of each.
fn policy(rows: &[&'static Route]) -> Value {
    match rows {
        [row] if row.action.is_none() => json!(row.policy),
        rows => object(rows.iter().filter_map(|row| Some((row.action?.to_owned(), json!(row.policy))))),
    }
}

fn parameters(path: &str, rows: &[&'static Route], version: Microversion) -> Vec<Value> {
    let in_path = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).map(in_path);
    let parameters = rows.iter().flat_map(|row| parameter::at(row.query, version));
    let in_query = parameters.filter(|parameter| !matches!(parameter.form, Form::Refused)).map(in_query);
    let experimental = rows.iter().any(|row| row.span.is_experimental_at(version));
    let headers = ["Microversion"].into_iter().chain(experimental.then_some("Experimental"));
    let headers = headers.map(|name| reference("parameters", name));
    in_path.chain(in_query).chain(headers).collect()
}

fn in_path(name: &str) -> Value {
    let held = match name {
        "verb" => schema::one_of(services::VERBS),
        _ => schema::text(1, 255),
    };
    json!({ "name": name, "in": "path", "required": true, "schema": held })
}

fn in_query(parameter: &Parameter) -> Value {
    json!({
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "schema": parameter.schema(),
    })
}

fn body(rows: &[&'static Route]) -> Option<Value> {
    let actions: Vec<Value> = rows.iter().filter_map(|row| Some(shapes::action(row.action?, row))).collect();
    let schema = match actions.is_empty() {
        true => shapes::body(&rows.iter().find_map(|row| row.body)?),
        false => json!({ "oneOf": actions }),
    };
    Some(json!({ "required": true, "content": { "application/json": { "schema": schema } } }))
}
