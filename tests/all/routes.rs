//! The catalogue of routes, and the table of all routes of the API, against the facts: `tests/facts/routes.tsv`. What is not built
//! follows from the two, and so do the policy rules that nothing asks yet. That something was built before and is missing now shows
//! in `docs/reference/routes.md`, which lists both.

use std::collections::{BTreeMap, BTreeSet};

use manilad_domain::Span;
use manilad_http::missing::{ApiRoute, api, missing};
use manilad_http::route::{OWN, Route, UNGUARDED};

const FACTS: &str = include_str!("../facts/routes.tsv");

/// Rules that nothing asks though no route that waits names them: they are about lists that are served, and empty until there is
/// something to list.
const OF_EMPTY_LISTS: &[&str] = &["share_backup:get_all_project"];

/// What identifies a route: method, path with nameless parameters, and action.
type Key = (String, String, String);

#[derive(Debug, PartialEq, Eq)]
struct Facts {
    from: String,
    to: String,
    experimental_to: Option<String>,
    status: String,
    /// The rule that guards it.
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
        let policy = if policy.starts_with("(none") { UNGUARDED.to_owned() } else { first(policy) };
        let facts = Facts { from: min.into(), to: max.into(), experimental_to, status: first(status), policy };
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

fn key_of_api(row: &ApiRoute) -> Key {
    (row.method.name().into(), nameless(row.path), row.action.unwrap_or_default().into())
}

/// First and last microversion, and up to which one it is experimental.
fn versions(span: Span) -> (String, String, Option<String>) {
    (span.from.to_string(), span.to.to_string(), span.experimental_to.map(|last| last.to_string()))
}

#[test]
fn the_table_of_all_routes_of_the_api_is_the_facts() {
    let facts = facts();
    let mut ours = BTreeMap::new();
    for row in api() {
        assert!(
            ours.insert(key_of_api(row), versions(row.span)).is_none(),
            "{} is there twice",
            shown(&key_of_api(row))
        );
    }
    let theirs = facts.into_iter().map(|(key, fact)| (key, (fact.from, fact.to, fact.experimental_to))).collect();
    assert_eq!(ours, theirs);
}

#[test]
fn what_is_missing_is_what_the_facts_have_and_the_catalogue_has_not() {
    let built = built();
    let expected: BTreeSet<Key> = facts().into_keys().filter(|key| !built.contains_key(key)).collect();
    assert_eq!(missing().iter().map(|row| key_of_api(row)).collect::<BTreeSet<_>>(), expected);
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

/// The code of the face without its tests.
fn code_of_the_face() -> String {
    let mut code = String::new();
    let mut folders = vec![std::path::PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("src/http")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("tests.rs") {
                let text = std::fs::read_to_string(path).unwrap();
                code.push_str(text.split("#[cfg(test)]\nmod tests").next().unwrap());
            }
        }
    }
    code
}

/// Every rule that a route of the facts names which is not built.
fn rules_that_wait() -> BTreeSet<&'static str> {
    let missing: BTreeSet<Key> = missing().iter().map(|row| key_of_api(row)).collect();
    let rows = FACTS.lines().map(|line| line.split('\t').collect::<Vec<_>>()).filter(|columns| columns.len() > 8);
    let waiting =
        rows.filter(|columns| missing.contains(&(columns[1].into(), nameless(columns[2]), columns[3].into())));
    let named = |columns: Vec<&'static str>| columns[8].split(|letter: char| letter == ';' || letter.is_whitespace());
    waiting.flat_map(named).filter(|word| word.contains(':')).collect()
}

#[test]
fn every_rule_that_operators_can_set_is_asked_or_guards_what_is_not_built() {
    let code = code_of_the_face();
    let rules = manilad_policy::defaults::API.iter().copied().flatten().map(|rule| rule.name);
    let unasked: BTreeSet<&str> = rules.filter(|rule| !code.contains(&format!("\"{rule}\""))).collect();
    let of_lists: BTreeSet<&str> = OF_EMPTY_LISTS.iter().copied().collect();
    let waiting = rules_that_wait();
    let deaf: Vec<_> = unasked.iter().filter(|rule| !waiting.contains(*rule) && !of_lists.contains(*rule)).collect();
    assert!(deaf.is_empty(), "an operator can set these rules, and nothing asks them: {deaf:#?}");
    let asked: Vec<_> = of_lists.difference(&unasked).collect();
    assert!(asked.is_empty(), "asked now: take these rules out of OF_EMPTY_LISTS: {asked:#?}");
}
