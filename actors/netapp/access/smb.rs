//! Rules over SMB: the list of the instance's share, changed entry by entry.
//!
//! Access is widened before it is narrowed, and what is denied goes whatever becomes of the others. How to get it
//! wrong: comparing user names in their case. Source: operations.md §7.2.

use std::collections::BTreeMap;

use manilad_clock::Uuid;
use manilad_domain::AccessRuleId;
use manilad_domain::access::{AccessLevel, AccessType};
use manilad_domain::client::account;
use manilad_driver::{Applied, RefusedRule, Subject, Trouble, WantedRule};
use manilad_ontap::cifs::{self, Ace, Permission};
use manilad_ontap::{Class, Error};

use super::apply::absent;
use super::rules::refuse;
use crate::array::{Array, Known};
use crate::naming::Names;
use crate::{seat, share, trouble};

/// One change of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    Allow(Ace),
    Change(Ace),
    Deny(Ace),
}

/// The changes from one list to another, in the order in which they are made; with each, the rules that want it. Pure.
pub fn plan(current: &[Ace], wanted: &[WantedRule]) -> Vec<(Act, Vec<AccessRuleId>)> {
    let mut goal: BTreeMap<String, (Ace, Vec<AccessRuleId>)> = BTreeMap::new();
    for rule in wanted {
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
fn is_wanted(act: &Act, wanted: &[WantedRule]) -> bool {
    let (Act::Allow(ace) | Act::Change(ace) | Act::Deny(ace)) = act;
    let after = match act {
        Act::Deny(_) => None,
        Act::Allow(_) | Act::Change(_) => Some(ace),
    };
    let user = account(&ace.user_or_group);
    let own: Vec<WantedRule> = wanted.iter().filter(|rule| account(&rule.to) == user).cloned().collect();
    plan(after.map(std::slice::from_ref).unwrap_or_default(), &own).is_empty()
}

fn permission(level: AccessLevel) -> Permission {
    match level {
        AccessLevel::Rw => Permission::FullControl,
        AccessLevel::Ro => Permission::Read,
    }
}

/// Brings the list of the instance's share to the wanted rules, and tells those that the array does not take.
pub async fn apply(array: &Array, subject: &Subject, wanted: &[WantedRule]) -> Result<Applied, Trouble> {
    let known = array.at(subject).await?.ok_or_else(|| seat::gone(subject))?;
    let names = Names::of(&array.templates, subject);
    let (users, others): (Vec<_>, Vec<_>) = wanted.iter().cloned().partition(|rule| rule.kind == AccessType::User);
    let refusal = |rule: &WantedRule| refuse(rule.id, format!("{} {:?} is no user", rule.kind.name(), rule.to));
    let mut refused: Vec<RefusedRule> = others.iter().map(refusal).collect();
    let svm = share::uuid_of_svm(&known)?;
    // Before the look: what lands between the two is seen.
    let late = array.late_aces.of(subject.instance).into_iter().filter(|(_, act)| !is_wanted(act, &users));
    let late = late.map(|(left, _)| left).max();
    let late = late.max(array.late_aces.left_of_others().filter(|_| subject.in_flight));
    let current = match cifs::acl(&known.client, svm, &names.mount).await {
        Ok(current) => current,
        Err(error) if error.class() != Class::Absent => return Err(trouble::of(&error)),
        Err(error) => match share::find(array, &known, &names, subject.instance).await? {
            None => return Err(absent(array, subject, &names, late)),
            Some(_) => return Err(trouble::of(&error)),
        },
    };
    let mut failed = None;
    for (act, ids) in plan(&current, &users) {
        let carrying = carry_out(&known, svm, &names.mount, &act);
        match array.late_aces.during(subject.instance, act.clone(), carrying).await {
            Ok(()) => {}
            Err(error) if error.class() == Class::Refused && !ids.is_empty() => {
                refused.extend(ids.into_iter().map(|id| refuse(id, error.told())));
            }
            Err(error) => failed = Some(error),
        }
    }
    if let Some(error) = failed {
        return Err(trouble::of(&error));
    }
    match late {
        None => Ok(Applied::AllBut(refused)),
        Some(left) => {
            let told = "the list is as wanted, but an older call without an answer may still change it";
            Err(trouble::wait(left, told))
        }
    }
}

async fn carry_out(known: &Known, svm: Uuid, share: &str, act: &Act) -> Result<(), Error> {
    match act {
        Act::Allow(ace) => cifs::allow(&known.client, svm, share, ace).await,
        Act::Change(ace) => cifs::change(&known.client, svm, share, ace).await,
        Act::Deny(ace) => cifs::deny(&known.client, svm, share, ace).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::samples::wanted;

    fn ace(user: &str, permission: Permission) -> Ace {
        Ace::new(user, permission)
    }

    fn user(number: u128, to: &str, level: AccessLevel) -> WantedRule {
        WantedRule { kind: AccessType::User, ..wanted(number, to, level) }
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
            assert_eq!(is_wanted(&act, &rules), harmless, "{act:?}");
        }
    }

    #[test]
    fn what_is_as_wanted_is_left_alone() {
        let rules = [user(1, "alice", AccessLevel::Rw)];
        assert_eq!(plan(&[ace("ALICE", Permission::FullControl)], &rules), []);
        assert_eq!(plan(&[], &[]), []);
    }
}
