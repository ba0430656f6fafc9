//! Resource locks: placed, changed, lifted, and what they keep requests from.
//!
//! A delete lock on an access rule brings one on the rule's share, which goes with it. A lock goes with what it locks. How
//! to get it wrong: to ask for locks in what requests and settlements have in common; a lock keeps requests from removing
//! something, and never keeps the record of what the array has let go of.

use std::collections::BTreeSet;
use std::fmt;

use manilad_domain::resource_lock::{LockAction, LockContext, LockedKind, index};
use manilad_domain::{
    AccessRule, AccessRuleId, Fault, Microversion, ResourceLock, ResourceLockId, Share, ShareId, Stamp,
};
use manilad_store::{Draft, Error, Range};

use crate::Decided;
use crate::share::ShareAction;

/// What is to change about a lock; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Update {
    pub action: Option<LockAction>,
    pub reason: Option<Option<String>>,
}

/// What a lock that is not there is to who names it.
pub fn missing(id: impl fmt::Display) -> Fault {
    Fault::no_such("resource lock", id)
}

/// What a thing that is not there is to who would lock it.
pub fn unknown(kind: LockedKind, id: impl fmt::Display) -> Fault {
    Fault::invalid(format!("Member \"resource_id\" must name {}: there is none with id {id}.", noun(kind)))
}

const fn noun(kind: LockedKind) -> &'static str {
    match kind {
        LockedKind::Share => "a share",
        LockedKind::AccessRule => "an access rule",
    }
}

/// Places a lock. What it brings on the share of its rule, if anything, has the id `on_share`.
///
/// # Errors
/// Invalid where there is nothing to lock, or it can't be locked so; conflict where what is to be locked is going or in
/// error, and where a rule has a visibility lock already.
pub fn create(
    draft: &mut Draft<'_>,
    lock: ResourceLock,
    on_share: ResourceLockId,
    version: Microversion,
) -> Decided<ResourceLock> {
    check(draft, &lock, version)?;
    put(draft, &lock, on_share)?;
    Ok((lock, Vec::new()))
}

/// Changes a lock. With its action changes what it brings on the share of its rule.
///
/// # Errors
/// Missing when it has gone; where its action changes, as [`create`].
pub fn update(
    draft: &mut Draft<'_>,
    id: ResourceLockId,
    update: Update,
    on_share: ResourceLockId,
    version: Microversion,
    now: Stamp,
) -> Decided<ResourceLock> {
    let before = current(draft, id)?;
    let lock = ResourceLock {
        action: update.action.unwrap_or(before.action),
        reason: update.reason.unwrap_or_else(|| before.reason.clone()),
        updated_at: Some(now),
        ..before.clone()
    };
    if lock.action == before.action {
        draft.put(&lock)?;
        return Ok((lock, Vec::new()));
    }
    check(draft, &lock, version)?;
    remove(draft, &before)?;
    put(draft, &lock, on_share)?;
    Ok((lock, Vec::new()))
}

/// Lifts a lock, and what it had brought on the share of its rule.
///
/// # Errors
/// Missing when it has gone.
pub fn delete(draft: &mut Draft<'_>, id: ResourceLockId) -> Decided<()> {
    let lock = current(draft, id)?;
    remove(draft, &lock)?;
    Ok(((), Vec::new()))
}

fn current(draft: &Draft<'_>, id: ResourceLockId) -> Result<ResourceLock, Fault> {
    draft.get(&id.to_string())?.ok_or_else(|| missing(id))
}

/// Whether the lock may stand on what it is to lock, as that is now.
fn check(draft: &Draft<'_>, lock: &ResourceLock, version: Microversion) -> Result<(), Fault> {
    let share: Option<Share> = draft.get(&lock.share_id.to_string())?;
    let share = share.ok_or_else(|| unknown(lock.kind(), lock.resource_id()))?;
    match (lock.rule_id, lock.action) {
        (None, LockAction::Show) => {
            Err(Fault::invalid("A share can be locked against delete only; show is for access rules."))
        }
        (None, LockAction::Delete) => check_share(&share, version),
        (Some(rule), action) => {
            check_rule(draft, lock, rule)?;
            match action {
                LockAction::Delete => check_share(&share, version),
                LockAction::Show => refuse_second(draft, lock),
            }
        }
    }
}

fn check_share(share: &Share, version: Microversion) -> Result<(), Fault> {
    ShareAction::Lock.check_bin(share)?;
    ShareAction::Lock.check(share.status(), version)
}

/// A rule that is wanted on the array can be locked.
fn check_rule(draft: &Draft<'_>, lock: &ResourceLock, id: AccessRuleId) -> Result<(), Fault> {
    let rule: Option<AccessRule> = draft.get(&id.to_string())?;
    let rule = rule.filter(|rule| rule.share_id == lock.share_id).ok_or_else(|| unknown(lock.kind(), id))?;
    if rule.state.is_wanted() {
        return Ok(());
    }
    let state = rule.state;
    Err(Fault::conflict(format!("An access rule can be locked unless it is denied or in error; this one is {state}.")))
}

/// # Errors
/// Conflict where the rule has a visibility lock that is another one.
fn refuse_second(draft: &Draft<'_>, lock: &ResourceLock) -> Result<(), Fault> {
    let others = on_resource(draft, lock.resource_id())?;
    let shows = |other: &&ResourceLock| other.id != lock.id && other.action == LockAction::Show;
    others.iter().find(shows).map_or(Ok(()), |other| {
        Err(Fault::conflict(format!("Access rule {} has visibility lock {} already.", lock.resource_id(), other.id)))
    })
}

fn put(draft: &mut Draft<'_>, lock: &ResourceLock, on_share: ResourceLockId) -> Result<(), Error> {
    draft.put(lock)?;
    match (lock.rule_id, lock.action) {
        (Some(_), LockAction::Delete) => draft.put(&lock.on_share(on_share)),
        _ => Ok(()),
    }
}

fn remove(draft: &mut Draft<'_>, lock: &ResourceLock) -> Result<(), Error> {
    let brought = on_resource(draft, lock.share_id.to_string())?;
    brought.iter().filter(|other| other.brought_by == Some(lock.id)).try_for_each(|other| draft.remove(other))?;
    draft.remove(lock)
}

/// The locks on this share or on this rule.
fn on_resource(draft: &Draft<'_>, id: String) -> Result<Vec<ResourceLock>, Error> {
    draft.scan(Range::of(index::BY_RESOURCE, [id]))
}

/// The locks on a share and on its rules.
fn around(draft: &Draft<'_>, share: ShareId) -> Result<Vec<ResourceLock>, Error> {
    draft.scan(Range::of(index::BY_SHARE, [share.to_string()]))
}

/// Refuses a request to remove a share while a delete lock stands on it or on one of its rules.
///
/// # Errors
/// The `refusal` of the request.
pub(crate) fn refuse_removal(draft: &Draft<'_>, share: ShareId, refusal: fn(String) -> Fault) -> Result<(), Fault> {
    let locks = around(draft, share)?;
    locks.iter().find(|lock| lock.action == LockAction::Delete).map_or(Ok(()), |lock| Err(refusal(standing(lock))))
}

/// Refuses a request to deny a rule while a delete lock stands on it that is not among those that may be passed over.
///
/// # Errors
/// Forbidden, naming the lock.
pub(crate) fn refuse_denial(
    draft: &Draft<'_>,
    rule: AccessRuleId,
    passed_over: &BTreeSet<ResourceLockId>,
) -> Result<(), Fault> {
    let locks = on_resource(draft, rule.to_string())?;
    let stands = |lock: &&ResourceLock| lock.action == LockAction::Delete && !passed_over.contains(&lock.id);
    locks.iter().find(stands).map_or(Ok(()), |lock| Err(Fault::forbidden(standing(lock))))
}

fn standing(lock: &ResourceLock) -> String {
    let (kind, id) = (noun(lock.kind()), lock.resource_id());
    format!("Resource lock {} keeps {kind} from being deleted: {id}. Delete the lock first.", lock.id)
}

/// The locks that users of a project placed, as users, on a share and on its rules.
pub(crate) fn of_users(draft: &Draft<'_>, share: ShareId, project: &str) -> Result<Vec<ResourceLock>, Error> {
    let is_theirs = |lock: &ResourceLock| lock.context == LockContext::User && lock.project_id == project;
    Ok(around(draft, share)?.into_iter().filter(is_theirs).collect())
}

/// Makes what users of a project had locked of a share the locks of its new owner, a project and a user: who has given a
/// share away neither holds it nor knows whom it lets in.
pub(crate) fn pass_on(draft: &mut Draft<'_>, share: ShareId, from: &str, to: (&str, &str)) -> Result<(), Error> {
    let (project_id, user_id) = (to.0.to_owned(), to.1.to_owned());
    let passed = |lock| ResourceLock { project_id: project_id.clone(), user_id: user_id.clone(), ..lock };
    of_users(draft, share, from)?.into_iter().try_for_each(|lock| draft.put(&passed(lock)))
}

/// Removes the locks of a share that goes, and of its rules.
pub(crate) fn end_with_share(draft: &mut Draft<'_>, share: ShareId) -> Result<(), Error> {
    around(draft, share)?.iter().try_for_each(|lock| draft.remove(lock))
}

/// Removes a rule that goes, with its locks.
pub(crate) fn end_with_rule(draft: &mut Draft<'_>, rule: &AccessRule) -> Result<(), Error> {
    on_resource(draft, rule.id.to_string())?.iter().try_for_each(|lock| remove(draft, lock))?;
    draft.remove(rule)
}

#[cfg(test)]
mod tests;
