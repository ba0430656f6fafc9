//! Finds the row of the table of endpoints for a request.
//!
//! How to get it wrong: answering an unknown path with an empty success; what is not in the table is 404, code 3.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::nouns;
use crate::rest::ask::{Ask, Method, decoded};
use crate::rest::code::{BAD_UUID, NOT_SUPPORTED, Refusal, UNKNOWN_PATH};
use crate::rest::route::Endpoint;

/// All rows.
pub fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    nouns::ENDPOINTS.iter().copied().flatten()
}

/// Finds the row for a request and what stands in the places of `{…}`.
pub fn find(method: Option<Method>, path: &str) -> Result<(&'static Endpoint, BTreeMap<String, String>), Refusal> {
    let mut has_path = false;
    for endpoint in endpoints() {
        let Some(keys) = matched(endpoint.path, path) else { continue };
        has_path = true;
        if method == Some(endpoint.method) {
            return well_formed(keys).map(|keys| (endpoint, keys));
        }
    }
    Err(match has_path {
        true => Refusal::new(NOT_SUPPORTED, "Operation not supported."),
        false => Refusal::new(UNKNOWN_PATH, "API not found"),
    })
}

/// The methods that a path has, none where it is unknown.
pub fn methods(path: &str) -> Vec<&'static str> {
    let own: Vec<&str> = [Method::Get, Method::Post, Method::Patch, Method::Delete]
        .into_iter()
        .filter(|method| endpoints().any(|row| row.method == *method && matched(row.path, path).is_some()))
        .map(Method::name)
        .collect();
    let always = if own.is_empty() { &[][..] } else { &["HEAD", "OPTIONS"] };
    [&own, always].concat()
}

/// The row of a job that was kept: by the method and the path as they were asked.
pub fn again(ask: &Ask) -> Option<&'static Endpoint> {
    find(Some(ask.method), &ask.path).ok().map(|(endpoint, _)| endpoint)
}

pub fn matched(pattern: &str, path: &str) -> Option<BTreeMap<String, String>> {
    let (mut keys, mut segments) = (BTreeMap::new(), path.split('/'));
    for expected in pattern.split('/') {
        let segment = segments.next()?;
        match expected.strip_prefix('{').and_then(|expected| expected.strip_suffix('}')) {
            Some(_) if segment.is_empty() => return None,
            Some(field) => drop(keys.insert(field.to_owned(), decoded(segment))),
            None if expected == segment => {}
            None => return None,
        }
    }
    segments.next().is_none().then_some(keys)
}

pub fn well_formed(keys: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Refusal> {
    for (name, value) in &keys {
        if name.ends_with("uuid") && value != "*" && Uuid::parse_str(value).is_err() {
            return Err(Refusal::new(
                BAD_UUID,
                format!("\"{value}\" is an invalid value for field \"{name}\" <UUID>."),
            )
            .at(name));
        }
    }
    Ok(keys)
}
