//! How the rules in force differ from the desired ones, in words: pure.
//!
//! Over NFS the order counts, since the first rule that fits a client decides. How to get it wrong: comparing texts, where
//! an array writes an address in another way than we did, and mending the same thing for ever.

use manilad_domain::access::AccessType;
use manilad_driver::DesiredRule;
use manilad_ontap::cifs::Ace;
use manilad_ontap::export_policy::Rule;

use super::rules::order;
use super::smb_plan::{Act, plan};
use crate::squash::Squash;

/// Differences of a kind that are listed by name.
const TOLD: usize = 3;

/// None when a policy enforces exactly what is wanted.
pub fn over_nfs(in_force: &[Rule], desired: &[DesiredRule], squash: Squash) -> Option<String> {
    let entries = order(desired, squash).entries;
    let same = in_force.len() == entries.len() && in_force.iter().zip(&entries).all(|(rule, entry)| entry.is(rule));
    if same {
        return None;
    }
    let lacking = entries.iter().filter(|entry| !in_force.iter().any(|rule| entry.is(rule)));
    let extra = in_force.iter().filter(|rule| !entries.iter().any(|entry| entry.is(rule)));
    let differences = describe(
        lacking.map(|entry| format!("{} {}", entry.client(), entry.level.name())).collect(),
        extra.map(|rule| rule.clients.join(",")).collect(),
    );
    Some(differences.unwrap_or_else(|| "the rules stand in another order, or twice".to_owned()))
}

/// None when the list of an SMB share is as wanted.
pub fn over_smb(in_force: &[Ace], desired: &[DesiredRule]) -> Option<String> {
    let users: Vec<DesiredRule> = desired.iter().filter(|rule| rule.kind == AccessType::User).cloned().collect();
    let (mut lacking, mut extra) = (Vec::new(), Vec::new());
    for (act, _) in plan(in_force, &users) {
        match act {
            Act::Allow(ace) | Act::Change(ace) => lacking.push(format!("{} {:?}", ace.user_or_group, ace.permission)),
            Act::Deny(ace) => extra.push(ace.user_or_group),
        }
    }
    describe(lacking, extra)
}

fn describe(lacking: Vec<String>, extra: Vec<String>) -> Option<String> {
    let parts = [("not in force", lacking), ("in force and not wanted", extra)];
    let differences: Vec<String> = parts
        .into_iter()
        .filter(|(_, all)| !all.is_empty())
        .map(|(how, all)| {
            let more = all.len().saturating_sub(TOLD);
            let named = all.into_iter().take(TOLD).collect::<Vec<_>>().join("; ");
            if more == 0 { format!("{how}: {named}") } else { format!("{how}: {named} and {more} more") }
        })
        .collect();
    (!differences.is_empty()).then(|| differences.join(". "))
}

#[cfg(test)]
mod tests {
    use manilad_domain::access::AccessLevel::{self, Ro, Rw};
    use manilad_ontap::cifs::Permission;
    use manilad_ontap::export_policy::Flavour;
    use proptest::prelude::*;

    use super::*;
    use crate::tests::samples::desired;

    fn rules(desired: &[DesiredRule]) -> Vec<Rule> {
        order(desired, Squash::No).entries.iter().map(super::super::rules::Entry::rule).collect()
    }

    fn drawn() -> impl Strategy<Value = Vec<DesiredRule>> {
        let one = (0u8..4, prop_oneof![Just(32u8), Just(24), Just(8)], any::<bool>());
        prop::collection::vec(one, 0..8).prop_map(|all| {
            let rule = |(number, (host, prefix, writes)): (usize, (u8, u8, bool))| {
                let net = ipnet::Ipv4Net::new([10, 0, host, 1].into(), prefix).unwrap().trunc();
                desired(number as u128, &net.to_string(), if writes { Rw } else { Ro })
            };
            all.into_iter().enumerate().map(rule).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_we_set_is_no_drift_and_any_change_of_it_is(
            desired in drawn(),
            at in any::<prop::sample::Index>(),
            to in any::<prop::sample::Index>(),
        ) {
            let set = rules(&desired);
            prop_assert_eq!(over_nfs(&set, &desired, Squash::No), None);
            prop_assume!(!set.is_empty());
            let (at, to) = (at.index(set.len()), to.index(set.len()));
            let mut without = set.clone();
            let taken = without.remove(at);
            prop_assert!(over_nfs(&without, &desired, Squash::No).is_some());
            let mut moved = without.clone();
            moved.insert(to, taken.clone());
            prop_assert_eq!(over_nfs(&moved, &desired, Squash::No).is_some(), at != to);
            let twice: Vec<Rule> = set.iter().cloned().chain([taken]).collect();
            prop_assert!(over_nfs(&twice, &desired, Squash::No).is_some());
        }
    }

    #[test]
    fn rules_are_compared_by_what_they_do() {
        let all = [desired(1, "10.0.0.1", Rw), desired(2, "fd00::1", Ro)];
        let mut set = rules(&all);
        set[0].clients = vec!["10.0.0.1/32".to_owned()];
        set[1].clients = vec!["fd00:0::0001".to_owned()];
        set[1].anonymous_user = Some("65534".to_owned());
        assert_eq!(over_nfs(&set, &all, Squash::No), None);
        let changes: [fn(&mut Rule); 4] = [
            |rule| rule.rw = vec![Flavour::Any],
            |rule| rule.ro = vec![Flavour::Any],
            |rule| rule.superuser = vec![Flavour::None],
            |rule| rule.clients.push("10.9.0.0/16".to_owned()),
        ];
        for change in changes {
            let mut other = set.clone();
            change(&mut other[0]);
            let text = over_nfs(&other, &all, Squash::No).unwrap();
            assert!(text.starts_with("not in force: 10.0.0.1 rw. in force and not wanted: 10.0.0.1"), "{text}");
        }
    }

    #[test]
    fn differences_are_told_by_name_and_not_without_end() {
        let many: Vec<_> = (1..=9).map(|number| desired(number, &format!("10.0.0.{number}"), Rw)).collect();
        let text = over_nfs(&[], &many, Squash::No).unwrap();
        assert_eq!(text, "not in force: 10.0.0.1 rw; 10.0.0.2 rw; 10.0.0.3 rw and 6 more");
        let swapped: Vec<Rule> = rules(&many[..2]).into_iter().rev().collect();
        assert_eq!(over_nfs(&swapped, &many[..2], Squash::No).unwrap(), "the rules stand in another order, or twice");
    }

    #[test]
    fn over_smb_names_are_compared_as_windows_does() {
        let user = |to: &str, level: AccessLevel| DesiredRule { kind: AccessType::User, ..desired(1, to, level) };
        let list = [Ace::new("ALICE", Permission::FullControl)];
        assert_eq!(over_smb(&list, &[user("alice", Rw)]), None);
        assert_eq!(over_smb(&list, &[user("alice", Ro)]).unwrap(), "not in force: ALICE Read");
        assert_eq!(over_smb(&list, &[]).unwrap(), "in force and not wanted: ALICE");
    }
}
