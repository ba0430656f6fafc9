use std::net::IpAddr;

use manilad_domain::access::AccessLevel::{Ro, Rw};
use proptest::prelude::*;

use super::*;
use crate::tests::samples::desired;

fn clients(rules: &[DesiredRule]) -> Vec<String> {
    order(rules, Squash::No).entries.iter().map(Entry::client).collect()
}

#[test]
fn the_most_specific_comes_first_whatever_its_text() {
    let rules = [
        desired(1, "0.0.0.0/0", Ro),
        desired(2, "10.0.0.9", Rw),
        desired(3, "10.0.0.10/31", Ro),
        desired(4, "fd00::/8", Rw),
        desired(5, "10.0.0.0/8", Rw),
        desired(6, "fd00::1", Ro),
    ];
    assert_eq!(clients(&rules), ["10.0.0.9", "10.0.0.10/31", "10.0.0.0/8", "0.0.0.0/0", "fd00::1", "fd00::/8"]);
}

#[test]
fn who_may_only_read_can_never_write_and_root_stays_root() {
    let ordered = order(&[desired(1, "10.0.0.1", Ro), desired(2, "10.0.0.2", Rw)], Squash::No);
    let rules: Vec<Rule> = ordered.entries.iter().map(Entry::rule).collect();
    assert_eq!((&rules[0].ro, &rules[0].rw), (&vec![Flavour::Sys], &vec![Flavour::Never]));
    assert_eq!((&rules[1].ro, &rules[1].rw), (&vec![Flavour::Sys], &vec![Flavour::Sys]));
    assert!(rules.iter().all(|rule| rule.superuser == [Flavour::Sys] && rule.anonymous_user.is_none()));
}

#[test]
fn rules_that_say_the_same_are_one_and_of_two_for_one_client_the_narrower_decides() {
    let ordered =
        order(&[desired(1, "10.0.0.1", Rw), desired(2, "10.0.0.1/32", Rw), desired(3, "10.0.0.1", Ro)], Squash::No);
    let levels: Vec<_> = ordered.entries.iter().map(|entry| (entry.level, entry.ids.len())).collect();
    assert_eq!(levels, [(Ro, 1), (Rw, 2)]);
}

#[test]
fn what_is_no_address_is_refused_alone() {
    let mut user = desired(1, "10.0.0.1", Rw);
    user.kind = AccessType::User;
    let ordered = order(&[user, desired(2, "10.0.0.1/8", Rw), desired(3, "10.0.0.3", Rw)], Squash::No);
    assert_eq!(ordered.entries.len(), 1);
    let refused: Vec<_> = ordered.refused.iter().map(|rule| (rule.id, rule.detail)).collect();
    let id = |number| desired(number, "", Rw).id;
    assert_eq!(refused, [(id(1), Detail::UnsupportedClientAccess), (id(2), Detail::UnsupportedClientAccess)]);
}

#[test]
fn a_rule_is_known_again_however_the_array_writes_it() {
    let entry = |to, level| order(&[desired(1, to, level)], Squash::No).entries.remove(0);
    let rule = |client: &str, rw| Rule {
        clients: vec![client.to_owned()],
        ro: vec![Flavour::Sys],
        rw: vec![rw],
        superuser: vec![Flavour::Any],
        anonymous_user: Some("65534".to_owned()),
    };
    assert!(entry("fd00::1", Rw).is_done_by(&rule("fd00:0:0:0::1", Flavour::Sys)));
    assert!(entry("10.0.0.1", Ro).is_done_by(&rule("10.0.0.1/32", Flavour::Never)));
    assert!(!entry("10.0.0.1", Ro).is_done_by(&rule("10.0.0.1", Flavour::Sys)));
    assert!(!entry("10.0.0.1", Rw).is_done_by(&rule("10.0.0.2", Flavour::Sys)));
    assert!(!entry("10.0.0.1", Rw).is_done_by(&rule("@everybody", Flavour::Sys)));
}

#[test]
fn an_address_is_not_found_inside_another() {
    let named = |to: &str, text: &str| order(&[desired(1, to, Rw)], Squash::No).entries[0].is_named_in(text);
    assert!(named("10.0.0.1", "Invalid clientmatch \"10.0.0.1\": no."));
    assert!(named("10.0.0.1", "bad match 10.0.0.1."));
    assert!(named("10.0.0.0/24", "10.0.0.0/24: bad"));
    for text in ["10.0.0.10", "110.0.0.1", "10.0.0.1/24", "1.10.0.0.1", "10.0.0.1.2", "nothing"] {
        assert!(!named("10.0.0.1", text), "{text}");
    }
}

fn rule() -> impl Strategy<Value = DesiredRule> {
    let level = any::<bool>().prop_map(|rw| if rw { Rw } else { Ro });
    (any::<u128>(), 0u8..=32, 0u32..64, level).prop_map(|(id, prefix, host, level)| {
        let net = ipnet::Ipv4Net::new((0x0a00_0000 | host << 3 | host).into(), prefix).unwrap().trunc();
        desired(id, &net.to_string(), level)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// The array takes the first rule that fits; that is the narrowest network, and the narrower level in it.
    #[test]
    fn a_client_gets_what_its_most_specific_rule_says(rules in prop::collection::vec(rule(), 0..12), host in 0u32..64) {
        let client: IpAddr = std::net::Ipv4Addr::from(0x0a00_0000 | host << 3 | host).into();
        let ordered = order(&rules, Squash::No);
        prop_assert!(ordered.refused.is_empty());
        let first = ordered.entries.iter().find(|entry| entry.net.contains(&client)).map(|entry| entry.level);
        let fitting = rules.iter().filter_map(|rule| Some((network(&rule.to)?, rule.level)));
        let fitting = fitting.filter(|(net, _)| net.contains(&client));
        let expected = fitting.min_by_key(|(net, level)| (u8::MAX - net.prefix_len(), *level == Rw));
        prop_assert_eq!(first, expected.map(|(_, level)| level));
    }

    #[test]
    fn no_wanted_rule_is_lost(rules in prop::collection::vec(rule(), 0..12)) {
        let ordered = order(&rules, Squash::No);
        let kept = ordered.entries.iter().flat_map(|entry| entry.ids.clone());
        let mut all: Vec<_> = kept.chain(ordered.refused.iter().map(|rule| rule.id)).collect();
        let mut ids: Vec<_> = rules.iter().map(|rule| rule.id).collect();
        all.sort();
        ids.sort();
        prop_assert_eq!(all, ids);
    }
}

#[test]
fn with_all_squash_who_may_write_writes_as_nobody_and_who_may_only_read_reads_as_before() {
    let desired = [desired(1, "10.0.0.1", Ro), desired(2, "10.0.0.2", Rw)];
    let plain = order(&desired, Squash::No);
    let squashed = order(&desired, Squash::All);
    assert_eq!(squashed.entries[0].rule(), plain.entries[0].rule());
    let rule = squashed.entries[1].rule();
    let none = vec![Flavour::None];
    assert_eq!((&rule.ro, &rule.rw, &rule.superuser), (&none, &none, &none));
    assert_eq!(rule.anonymous_user.as_deref(), Some("65534"));
    assert!(squashed.entries[1].is(&rule) && !squashed.entries[1].is(&plain.entries[1].rule()));
    assert!(!squashed.entries[1].is(&Rule { anonymous_user: Some("0".to_owned()), ..rule }), "nobody, not root");
}

#[test]
fn an_unclear_word_lets_nobody_write_and_holds_up_nothing_else() {
    let ordered = order(&[desired(1, "10.0.0.1", Ro), desired(2, "10.0.0.2", Rw)], Squash::Unclear);
    assert_eq!(ordered.entries.len(), 1);
    assert_eq!((ordered.refused[0].id, ordered.refused[0].reason.as_str()), (desired(2, "", Rw).id, EXPECTED));
}
