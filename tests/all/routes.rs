//! The catalogue of routes against the facts: `tests/facts/routes.tsv` has every route of the API, and
//! `src/http/resources/unbuilt/missing.rs` those that are not built yet. That list may only shrink, and so may
//! `tests/facts/rules-missing.txt`, which has the policy rules that nothing asks because what they guard is not built.

use std::collections::{BTreeMap, BTreeSet};

use manilad_http::resources::unbuilt::missing::MISSING;
use manilad_http::route::{OWN, Route, UNGUARDED};

const FACTS: &str = include_str!("../facts/routes.tsv");
const RULES_MISSING: &str = include_str!("../facts/rules-missing.txt");

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
fn the_routes_that_are_missing_are_listed_with_their_microversions_and_the_list_only_shrinks() {
    let (built, facts) = (built(), facts());
    let missing: BTreeSet<String> = facts.keys().filter(|key| !built.contains_key(*key)).map(shown).collect();
    let mut listed = BTreeSet::new();
    for row in MISSING {
        let key = (row.method.name().into(), nameless(row.path), row.action.unwrap_or_default().into());
        let fact = facts.get(&key).unwrap_or_else(|| panic!("the API has no {}", shown(&key)));
        let experimental_to = row.span.experimental_to.map(|last| last.to_string());
        let told = (row.span.from.to_string(), row.span.to.to_string(), experimental_to);
        assert_eq!(told, (fact.from.clone(), fact.to.clone(), fact.experimental_to.clone()), "{}", shown(&key));
        assert!(listed.insert(shown(&key)), "{} is listed twice", shown(&key));
    }
    let gone: Vec<_> = missing.difference(&listed).collect();
    let done: Vec<_> = listed.difference(&missing).collect();
    assert!(gone.is_empty(), "built before, and missing now: {gone:#?}");
    assert!(done.is_empty(), "built now: take these rows out of src/http/resources/unbuilt/missing.rs: {done:#?}");
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
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http")];
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

#[test]
fn every_rule_that_operators_can_set_is_asked_and_the_list_of_those_that_wait_only_shrinks() {
    let code = code_of_the_face();
    let rules = manilad_policy::defaults::API.iter().copied().flatten().map(|rule| rule.name);
    let unasked: BTreeSet<&str> = rules.filter(|rule| !code.contains(&format!("\"{rule}\""))).collect();
    let listed: BTreeSet<&str> = RULES_MISSING.lines().collect();
    let deaf: Vec<_> = unasked.difference(&listed).collect();
    let asked: Vec<_> = listed.difference(&unasked).collect();
    assert!(deaf.is_empty(), "an operator can set these rules, and nothing asks them: {deaf:#?}");
    assert!(asked.is_empty(), "asked now: take these lines out of rules-missing.txt: {asked:#?}");
    // What waits is of a family that has routes which are not built.
    let family = |rule: &str| rule.split(':').next().unwrap().to_owned();
    let built = built();
    let waiting = facts().into_iter().filter(|(key, _)| !built.contains_key(key));
    let families: BTreeSet<String> = waiting.map(|(_, facts)| family(&facts.policy)).collect();
    for rule in listed {
        assert!(families.contains(&family(rule)), "{rule} is said to wait, and all that it could guard is built");
    }
}
