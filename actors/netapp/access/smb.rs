//! Rules over SMB: the list of the instance's share, changed entry by entry.
//!
//! Access is widened before it is narrowed, and what is denied goes whatever becomes of the others. How to get it
//! wrong: comparing user names in their case. Source: operations.md §7.2.

use manilad_clock::Uuid;
use manilad_domain::access::AccessType;
use manilad_driver::{Applied, DesiredRule, RefusedRule, Subject, Trouble};
use manilad_ontap::cifs;
use manilad_ontap::{Class, Error};

use super::rules::refuse;
use super::smb_plan::{Act, is_desired, plan};
use crate::array::Array;
use crate::naming::Names;
use crate::session::Session;
use crate::share::{absent, find, uuid_of_svm};
use crate::{seat, trouble};

/// Brings the list of the instance's share to the desired rules, and tells those that the array does not take.
pub async fn apply(array: &Array, subject: &Subject, desired: &[DesiredRule]) -> Result<Applied, Trouble> {
    let session = array.at(subject).await?.ok_or_else(|| seat::gone(subject))?;
    let names = Names::of(&array.templates, subject);
    let (users, others): (Vec<_>, Vec<_>) = desired.iter().cloned().partition(|rule| rule.kind == AccessType::User);
    let refusal = |rule: &DesiredRule| refuse(rule.id, format!("{} {:?} is no user", rule.kind.name(), rule.to));
    let mut refused: Vec<RefusedRule> = others.iter().map(refusal).collect();
    let svm = uuid_of_svm(&session)?;
    // Before the look: what lands between the two is seen.
    let late = array.late_aces.of(subject.instance).into_iter().filter(|(_, act)| !is_desired(act, &users));
    let late = late.map(|(left, _)| left).max();
    let late = late.max(array.late_aces.left_of_others().filter(|_| subject.in_flight));
    let current = match cifs::acl(&session.client, svm, &names.mount).await {
        Ok(current) => current,
        Err(error) if error.class() != Class::Absent => return Err(trouble::of(&error)),
        Err(error) => match find(array, &session, &names, subject.instance).await? {
            None => return Err(absent(array, subject, &names, late)),
            Some(_) => return Err(trouble::of(&error)),
        },
    };
    let mut failed = None;
    for (act, ids) in plan(&current, &users) {
        let carrying = carry_out(&session, svm, &names.mount, &act);
        match array.late_aces.during(subject.instance, act.clone(), carrying).await {
            Ok(()) => {}
            Err(error) if error.class() == Class::Refused && !ids.is_empty() => {
                refused.extend(ids.into_iter().map(|id| refuse(id, error.message())));
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
            let reason = "the list is as wanted, but an older call without an answer may still change it";
            Err(trouble::wait(left, reason))
        }
    }
}

async fn carry_out(session: &Session, svm: Uuid, share: &str, act: &Act) -> Result<(), Error> {
    match act {
        Act::Allow(ace) => cifs::allow(&session.client, svm, share, ace).await,
        Act::Change(ace) => cifs::change(&session.client, svm, share, ace).await,
        Act::Deny(ace) => cifs::deny(&session.client, svm, share, ace).await,
    }
}
