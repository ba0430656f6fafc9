//! The routes that the API has and this daemon has not built: those of the API without those of the catalogue.
//!
//! A request for one is answered as for any path or action that is not there, and told which one it is. How to get it wrong: to
//! keep a list of what is missing; it follows from what is built.

mod api;

use std::collections::HashSet;
use std::sync::LazyLock;

use manilad_domain::{Fault, Microversion};

use crate::resources::catalogue;
use crate::route::Method;
use api::API;
pub use api::ApiRoute;

/// Method, path and action, whatever parameters are called.
type Key = (Method, String, Option<&'static str>);

static MISSING: LazyLock<Vec<&ApiRoute>> = LazyLock::new(|| {
    let built: HashSet<Key> = catalogue().map(|route| key(route.method, route.path, route.action)).collect();
    API.iter().filter(|row| !built.contains(&key(row.method, row.path, row.action))).collect()
});

/// All that the API has, built or not.
pub fn api() -> &'static [ApiRoute] {
    API
}

/// What of it is not built.
pub fn missing() -> &'static [&'static ApiRoute] {
    &MISSING
}

/// What a request is told for whose path there is no row, if the API has it.
pub fn path(method: Method, segments: &[&str], version: Microversion, experimental: bool) -> Option<Fault> {
    let is_asked = |row: &ApiRoute| row.method == method && row.is_asked(segments, version, experimental);
    let row = closest(is_asked)?;
    Some(Fault::missing(format!("{} /v2{}{NOT_BUILT}", row.method.name(), row.path)))
}

/// What a request is told whose path has actions, but not this one, if the API has it.
pub fn action(action: &str, segments: &[&str], version: Microversion, experimental: bool) -> Option<Fault> {
    let is_asked = |row: &ApiRoute| row.action == Some(action) && row.is_asked(segments, version, experimental);
    let row = closest(is_asked)?;
    Some(Fault::invalid(format!("Action {action} of {} /v2{}{NOT_BUILT}", row.method.name(), row.path)))
}

const NOT_BUILT: &str = " is not built in manilad; its docs/status.md says what is not.";

/// Of what is asked for and not built, the row that has a word where others have a parameter.
fn closest(is_asked: impl Fn(&ApiRoute) -> bool) -> Option<&'static ApiRoute> {
    let parameters = |row: &&ApiRoute| row.path.split('/').filter(|segment| is_parameter(segment)).count();
    missing().iter().copied().filter(|row| is_asked(row)).min_by_key(parameters)
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{')
}

fn key(method: Method, path: &str, action: Option<&'static str>) -> Key {
    let nameless = path.split('/').map(|segment| if is_parameter(segment) { "{}" } else { segment });
    (method, nameless.collect::<Vec<_>>().join("/"), action)
}

impl ApiRoute {
    fn is_asked(&self, segments: &[&str], version: Microversion, experimental: bool) -> bool {
        let own = || self.path.trim_start_matches('/').split('/');
        let fits = |(own, asked): (&str, &&str)| if is_parameter(own) { !asked.is_empty() } else { own == *asked };
        self.span.serves(version, experimental) && own().count() == segments.len() && own().zip(segments).all(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_missing_that_the_catalogue_has_whatever_its_parameters_are_called() {
        let is_missing = |method, path: &str, action| {
            missing().iter().any(|row| key(row.method, row.path, row.action) == key(method, path, action))
        };
        assert!(!is_missing(Method::GET, "/shares/{any}", None));
        assert!(!is_missing(Method::POST, "/shares/{any}/action", Some("extend")));
        assert!(is_missing(Method::GET, "/share-backups/{any}", None));
    }

    #[test]
    fn a_path_with_a_word_comes_before_one_with_a_parameter_in_its_place() {
        let fault = path(Method::GET, &["share-group-types", "default"], Microversion::MAX, true);
        assert!(fault.unwrap().text.contains("/v2/share-group-types/default "), "the word");
    }
}
