//! From the list of an SMB share to the desired one: pure.
//!
//! Access is widened before it is narrowed. How to get it wrong: comparing user names in their case. Source:
//! operations.md §7.2.

use std::collections::BTreeMap;

use manilad_domain::AccessRuleId;
use manilad_domain::access::AccessLevel;
use manilad_domain::client::account;
use manilad_driver::DesiredRule;
use manilad_ontap::cifs::{Ace, Permission};

/// One change of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    Allow(Ace),
    Change(Ace),
    Deny(Ace),
}

/// The changes from one list to another, in the order in which they are made; with each, the rules that want it. Pure.
pub fn plan(current: &[Ace], desired: &[DesiredRule]) -> Vec<(Act, Vec<AccessRuleId>)> {
    let mut goal: BTreeMap<String, (Ace, Vec<AccessRuleId>)> = BTreeMap::new();
    for rule in desired {
        let entry =
            goal.entry(account(&rule.to)).or_insert_with(|| (Ace::new(&rule.to, permission(rule.level)), Vec::new()));
        entry.1.push(rule.id);
        // Of two rules for one user the narrower counts.
        if rule.level == AccessLevel::Ro {
            entry.0.permission = Permission::Read;
        }
    }
    let found = |user: &str| current.iter().find(|ace| account(&ace.user_or_group) == user);
    let mut acts = Vec::new();
    for (user, (ace, ids)) in &goal {
        match found(user) {
            None => acts.push((Act::Allow(ace.clone()), ids.clone())),
            Some(same) if same.permission == ace.permission => {}
            Some(other) => acts.push((Act::Change(Ace { permission: ace.permission, ..other.clone() }), ids.clone())),
        }
    }
    let strangers = current.iter().filter(|ace| !goal.contains_key(&account(&ace.user_or_group)));
    acts.extend(strangers.map(|ace| (Act::Deny(ace.clone()), Vec::new())));
    acts.sort_by_key(|(act, _)| match act {
        Act::Allow(_) => 0,
        Act::Change(ace) if ace.permission == Permission::FullControl => 1,
        Act::Change(_) => 2,
        Act::Deny(_) => 3,
    });
    acts
}

/// Whether an act, should it come late, leaves everybody with what is wanted. Pure.
pub fn is_desired(act: &Act, desired: &[DesiredRule]) -> bool {
    let (Act::Allow(ace) | Act::Change(ace) | Act::Deny(ace)) = act;
    let after = match act {
        Act::Deny(_) => None,
        Act::Allow(_) | Act::Change(_) => Some(ace),
    };
    let user = account(&ace.user_or_group);
    let own: Vec<DesiredRule> = desired.iter().filter(|rule| account(&rule.to) == user).cloned().collect();
    plan(after.map(std::slice::from_ref).unwrap_or_default(), &own).is_empty()
}

fn permission(level: AccessLevel) -> Permission {
    match level {
        AccessLevel::Rw => Permission::FullControl,
        AccessLevel::Ro => Permission::Read,
    }
}

#[cfg(test)]
mod tests {
    use manilad_domain::access::AccessType;

    use super::*;
    use crate::tests::samples::desired;

    fn ace(user: &str, permission: Permission) -> Ace {
        Ace::new(user, permission)
    }

    fn user(number: u128, to: &str, level: AccessLevel) -> DesiredRule {
        DesiredRule { kind: AccessType::User, ..desired(number, to, level) }
    }

    #[test]
    fn access_is_widened_before_it_is_narrowed_and_users_are_compared_as_windows_does() {
        use Permission::{FullControl, Read};
        let current =
            [ace("DOM\\Alice", Read), ace("bob", FullControl), ace("carol", Read), ace("Everyone", FullControl)];
        let rules = [
            user(1, "dom\\alice", AccessLevel::Rw),
            user(2, "bob", AccessLevel::Ro),
            user(3, "carol", AccessLevel::Ro),
            user(4, "dave", AccessLevel::Rw),
        ];
        let acts: Vec<Act> = plan(&current, &rules).into_iter().map(|(act, _)| act).collect();
        let expected = [
            Act::Allow(ace("dave", FullControl)),
            Act::Change(ace("DOM\\Alice", FullControl)),
            Act::Change(ace("bob", Read)),
            Act::Deny(ace("Everyone", FullControl)),
        ];
        assert_eq!(acts, expected);
    }

    #[test]
    fn an_act_that_comes_late_is_harmless_if_it_leads_to_what_is_wanted() {
        let rules = [user(1, "alice", AccessLevel::Rw)];
        for (act, harmless) in [
            (Act::Allow(ace("Alice", Permission::FullControl)), true),
            (Act::Change(ace("alice", Permission::Read)), false),
            (Act::Deny(ace("alice", Permission::Read)), false),
            (Act::Allow(ace("bob", Permission::Read)), false),
            (Act::Deny(ace("bob", Permission::Read)), true),
        ] {
            assert_eq!(is_desired(&act, &rules), harmless, "{act:?}");
        }
    }

    #[test]
    fn what_is_as_wanted_is_left_alone() {
        let rules = [user(1, "alice", AccessLevel::Rw)];
        assert_eq!(plan(&[ace("ALICE", Permission::FullControl)], &rules), []);
        assert_eq!(plan(&[], &[]), []);
    }
}
