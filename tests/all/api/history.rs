//! Every microversion is witnessed: by an edge of some table (a row that begins or ends there), or by a named test.
//! Those of resources that are not built are listed in `tests/facts/history-unwitnessed.txt`, which may only shrink.

use std::collections::BTreeSet;

use manilad_domain::history::HISTORY;
use manilad_domain::{Microversion, Span};
use manilad_http::route::Route;

const UNWITNESSED: &str = include_str!("../../facts/history-unwitnessed.txt");

/// Versions whose change no table can show, with the test that holds it.
const NAMED: &[(&str, fn())] = &[
    ("2.1", super::shares::a_share_is_asked_for_in_every_way_that_clients_have),
    ("2.13", super::access::a_rule_is_as_old_as_the_version_that_asks),
    ("2.23", super::operators::pools_are_filtered_by_name_and_from_2_23_by_type),
    ("2.24", super::types::an_administrator_makes_types_and_every_mistake_has_its_status),
    ("2.28", super::access::access_waits_until_the_share_stands_still),
    ("2.38", super::access::a_rule_is_as_old_as_the_version_that_asks),
    ("2.39", crate::quotas::every_version_knows_its_keys_and_no_others),
    ("2.42", super::listing::a_list_is_paged_sorted_and_counted),
    ("2.43", super::types::types_are_listed_shown_changed_and_removed),
    ("2.48", super::shares::every_mistake_in_a_wish_for_a_share_has_its_status),
    ("2.52", super::operators::messages_are_read_filtered_paged_and_thrown_away),
    ("2.58", crate::quotas::every_version_knows_its_keys_and_no_others),
    ("2.60", super::discovery::a_path_may_name_the_project_and_end_in_json),
    ("2.61", super::shares::every_mistake_in_a_wish_for_a_share_has_its_status),
    ("2.67", crate::hints::shares_live_together_apart_or_where_they_are_told_to),
    ("2.68", crate::metadata::reserved_keys_of_a_share_are_for_administrators),
    ("2.74", super::access::access_waits_until_the_share_stands_still),
    ("2.82", super::access::rules_are_listed_shown_described_and_taken_away),
    ("2.93", super::operators::services_and_zones_are_listed_under_both_of_their_addresses),
    ("2.97", super::listing::a_list_is_filtered_as_the_version_and_the_caller_allow),
];

/// Where a span begins, and where what came after it begins.
fn edges(span: Span) -> impl Iterator<Item = String> {
    let after = |version: Microversion| Microversion::all().find(|next| *next > version);
    let experimental = span.experimental_to.and_then(after);
    [Some(span.from), after(span.to), experimental].into_iter().flatten().map(|version| version.to_string())
}

fn witnessed() -> BTreeSet<String> {
    let routes = manilad_http::catalogue().map(|route| route.span);
    let fields = manilad_http::catalogue().filter_map(Route::view).flat_map(|view| view.fields).map(|row| row.span);
    let members =
        manilad_http::catalogue().filter_map(|route| route.body).flat_map(|body| body.members).map(|row| row.span);
    let filters = manilad_http::catalogue().flat_map(|route| route.query).copied().flatten().map(|row| row.span);
    let by_table = routes.chain(fields).chain(members).chain(filters).flat_map(edges);
    by_table.chain(NAMED.iter().map(|(version, _)| (*version).to_owned())).collect()
}

#[test]
fn every_microversion_is_witnessed_or_listed_and_the_list_only_shrinks() {
    let witnessed = witnessed();
    let missing = HISTORY.iter().filter(|row| !witnessed.contains(&row.version.to_string()));
    let missing: Vec<String> = missing.map(|row| format!("{} {}", row.version, row.what)).collect();
    let listed: Vec<&str> = UNWITNESSED.lines().collect();
    assert_eq!(missing, listed, "take a line out of history-unwitnessed.txt when its microversion is witnessed");
}

#[test]
fn named_witnesses_are_of_microversions_that_exist() {
    let known: BTreeSet<String> = HISTORY.iter().map(|row| row.version.to_string()).collect();
    for (version, _) in NAMED {
        assert!(known.contains(*version), "{version}");
    }
}
