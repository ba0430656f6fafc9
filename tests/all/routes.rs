//! The catalogue of routes against the facts: `tests/facts/routes.tsv` has every route of the API, and
//! `tests/facts/routes-missing.tsv` those that are not built yet. That list may only shrink.

use std::collections::{BTreeMap, BTreeSet};

use manilad_http::route::{OWN, Route, UNGUARDED};

const FACTS: &str = include_str!("../facts/routes.tsv");
const MISSING: &str = include_str!("../facts/routes-missing.tsv");

/// What identifies a route: method, path with nameless parameters, and action.
type Key = (String, String, String);

#[derive(Debug, PartialEq, Eq)]
struct Facts {
    from: String,
    to: String,
    experimental_to: Option<String>,
    status: String,
    policy: String,
}

fn nameless(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

fn facts() -> BTreeMap<Key, Facts> {
    let rows = FACTS.lines().filter(|line| !line.starts_with('#') && !line.starts_with("resource\t"));
    rows.filter_map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [_, method, path, action, min, max, experimental, status, policy, ..] = columns[..] else {
            panic!("a row of routes.tsv has too few columns: {line}");
        };
        if !path.starts_with('/') || path == "/" || method.contains(',') {
            return None; // outside /v2, version discovery, and what is never served
        }
        let first = |text: &str| text.split([';', ' ']).next().unwrap().to_owned();
        let experimental_to = experimental.strip_prefix("yes ").map(|span| span.split("..").nth(1).unwrap().to_owned());
        let facts =
            Facts { from: min.into(), to: max.into(), experimental_to, status: first(status), policy: first(policy) };
        Some(((method.into(), nameless(path), action.into()), facts))
    })
    .collect()
}

fn key(route: &Route) -> Key {
    (route.method.name().into(), nameless(route.path), route.action.unwrap_or_default().into())
}

fn built() -> BTreeMap<Key, Facts> {
    let facts = |route: &Route| Facts {
        from: route.span.from.to_string(),
        to: route.span.to.to_string(),
        experimental_to: route.span.experimental_to.map(|last| last.to_string()),
        status: route.status.to_string(),
        policy: route.policy.into(),
    };
    manilad_http::catalogue().filter(|route| !route.is_own()).map(|route| (key(route), facts(route))).collect()
}

fn shown(key: &Key) -> String {
    format!("{}\t{}\t{}", key.0, key.1, key.2)
}

#[test]
fn every_built_route_has_the_microversions_status_and_policy_of_the_facts() {
    let facts = facts();
    for (key, built) in built() {
        assert_eq!(facts.get(&key), Some(&built), "{}", shown(&key));
    }
}

#[test]
fn the_routes_that_are_missing_are_listed_and_the_list_only_shrinks() {
    let built = built();
    let missing: BTreeSet<String> = facts().keys().filter(|key| !built.contains_key(*key)).map(shown).collect();
    let listed: BTreeSet<String> = MISSING.lines().map(str::to_owned).collect();
    let gone: Vec<_> = missing.difference(&listed).collect();
    let done: Vec<_> = listed.difference(&missing).collect();
    assert!(gone.is_empty(), "built before, and missing now: {gone:#?}");
    assert!(done.is_empty(), "built now: take these lines out of routes-missing.tsv: {done:#?}");
}

#[test]
fn no_two_rows_serve_one_request() {
    let routes: Vec<&Route> = manilad_http::catalogue().collect();
    for (at, a) in routes.iter().enumerate() {
        for b in &routes[at + 1..] {
            assert!(key(a) != key(b) || !a.span.overlaps(b.span), "{} is there twice", shown(&key(a)));
        }
    }
}

#[test]
fn routes_of_our_own_are_where_the_api_has_none() {
    let own: Vec<&Route> = manilad_http::catalogue().filter(|route| route.is_own()).collect();
    assert!(!own.is_empty());
    assert!(own.iter().all(|route| route.policy.starts_with("manilad:")), "their rules are ours too");
    for line in FACTS.lines() {
        assert!(!line.contains(OWN) && !line.contains("\tmanilad:"), "{line}");
    }
}

#[test]
fn every_route_names_a_rule_that_exists() {
    let rules: BTreeSet<&str> = manilad_policy::defaults::rules().map(|rule| rule.name).collect();
    for route in manilad_http::catalogue().filter(|route| route.policy != UNGUARDED) {
        assert!(rules.contains(route.policy), "{} {} names {}", route.method.name(), route.path, route.policy);
    }
}
