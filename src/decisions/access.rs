//! Access rules: who is let in, who is let in no more, and what came of it on the array.
//!
//! A rule is recorded and work is owed in the access lane of each instance of its share; a rule that comes while the array
//! is being brought up to date joins the open intent. How to get it wrong: to settle a rule that has changed since the
//! task was formed.

use std::collections::BTreeSet;

use manilad_domain::access::{self, AccessLevel, AccessRule};
use manilad_domain::fault::Kind;
use manilad_domain::intent::{Cause, Lane, Verb};
use manilad_domain::message::{Action as MessageAction, Detail};
use manilad_domain::metadata::MetadataChange;
use manilad_domain::outcome::{Applied, RefusedRule, Trouble};
use manilad_domain::status::{RuleState, RulesStatus, Status};
use manilad_domain::{
    AccessRuleId, Fault, InFlight, Instance, InstanceId, Intent, Microversion, Record, ResourceLock, ResourceLockId,
    Share, ShareId, ShareNetwork, ShareServer, Stamp,
};
use manilad_store::{Draft, Error, Range};

use crate::settle::{Next, Settling, change};
use crate::share::{self, ShareAction};
use crate::{Decided, Owed, resource_lock};

/// Records a new rule, with its locks and the id of what each brings on the share.
///
/// # Errors
/// Invalid for a client that has a rule, and where access can't be changed now or a lock can't stand; missing when the
/// share has gone.
pub fn allow(
    draft: &mut Draft<'_>,
    rule: AccessRule,
    locks: Vec<(ResourceLock, ResourceLockId)>,
    version: Microversion,
    cause: &Cause,
) -> Decided<(AccessRule, Share)> {
    let mut share = share::current(draft, rule.share_id, ShareAction::AllowAccess)?;
    if version < Microversion::written("2.28") && share.rules_status() == RulesStatus::Error {
        return Err(Fault::invalid("Other rules of the share are in error."));
    }
    if rules_of(draft, &share)?.iter().any(|other| other.is_for(rule.kind, &rule.to)) {
        let (kind, to) = (rule.kind.name(), &rule.to);
        return Err(Fault::invalid(format!("ShareAccessExists: {kind} {to} has a rule already.")));
    }
    let owed = owe_change(draft, &mut share, ShareAction::AllowAccess, version, cause)?;
    draft.put(&rule)?;
    for (lock, on_share) in locks {
        resource_lock::create(draft, lock, on_share, version).map_err(|fault| match fault.kind {
            Kind::Conflict => Fault { kind: Kind::Invalid, ..fault },
            _ => fault,
        })?;
    }
    Ok(((rule, share), owed))
}

/// Owes that a rule is taken off the array; it goes when the array has let go of it. Delete locks that are `passed_over`
/// go with it then.
///
/// # Errors
/// Missing when the share has no such rule, forbidden where another delete lock stands on it, invalid where access can't
/// be changed now.
pub fn deny(
    draft: &mut Draft<'_>,
    share: ShareId,
    id: AccessRuleId,
    passed_over: &BTreeSet<ResourceLockId>,
    version: Microversion,
    cause: &Cause,
) -> Decided<()> {
    let mut share = share::current(draft, share, ShareAction::DenyAccess)?;
    let mut rule = current(draft, id)?;
    if rule.share_id != share.id {
        return Err(missing(id));
    }
    resource_lock::refuse_denial(draft, id, passed_over)?;
    let owed = owe_change(draft, &mut share, ShareAction::DenyAccess, version, cause)?;
    if !matches!(rule.state, RuleState::QueuedToDeny | RuleState::Denying) {
        rule.state = RuleState::QueuedToDeny;
        rule.updated_at = Some(cause.now);
        draft.put(&rule)?;
    }
    Ok(((), owed))
}

/// Owes that a rule lets its client do more, or less. One that is in error is tried again so; one of this level stays as it is.
///
/// # Errors
/// Missing when the rule has gone, invalid while it is being denied and where access can't be changed now.
pub fn change_level(
    draft: &mut Draft<'_>,
    id: AccessRuleId,
    level: AccessLevel,
    version: Microversion,
    cause: &Cause,
) -> Decided<(AccessRule, Share)> {
    let rule = current(draft, id)?;
    let mut share = share::current(draft, rule.share_id, ShareAction::UpdateAccess)?;
    if rule.level == level {
        return Ok(((rule, share), Vec::new()));
    }
    if matches!(rule.state, RuleState::QueuedToDeny | RuleState::Denying) {
        return Err(Fault::invalid(format!("Access rule {id} is being denied.")));
    }
    let rule = AccessRule { level, state: RuleState::QueuedToUpdate, updated_at: Some(cause.now), ..rule };
    let owed = owe_change(draft, &mut share, ShareAction::UpdateAccess, version, cause)?;
    draft.put(&rule)?;
    Ok(((rule, share), owed))
}

/// Changes what is noted about a rule; nothing of it reaches the array.
///
/// # Errors
/// Missing when the rule has gone; as [`MetadataChange::apply`], and as [`ShareAction::ChangeMetadata`] has it in the recycle bin.
pub fn change_metadata(
    draft: &mut Draft<'_>,
    id: AccessRuleId,
    change: MetadataChange,
    now: Stamp,
) -> Decided<AccessRule> {
    let mut rule = current(draft, id)?;
    share::current(draft, rule.share_id, ShareAction::ChangeMetadata)?;
    change.apply(&mut rule.metadata, &[])?;
    rule.updated_at = Some(now);
    draft.put(&rule)?;
    Ok((rule, Vec::new()))
}

fn current(draft: &Draft<'_>, id: AccessRuleId) -> Result<AccessRule, Fault> {
    draft.get(&id.to_string())?.ok_or_else(|| missing(id))
}

fn missing(id: AccessRuleId) -> Fault {
    Fault::no_such("share access rule", id)
}

/// The rules of a share, oldest first.
pub(crate) fn rules_of(draft: &Draft<'_>, share: &Share) -> Result<Vec<AccessRule>, Error> {
    draft.scan(Range::of(access::BY_SHARE, [share.key()]))
}

/// Owes the array the rules of a share that are to be changed, if its instances are in a state for it.
fn owe_change(
    draft: &mut Draft<'_>,
    share: &mut Share,
    action: ShareAction,
    version: Microversion,
    cause: &Cause,
) -> Result<Vec<Owed>, Fault> {
    let mut owed = Vec::new();
    let live: Vec<Instance> = share.live().cloned().collect();
    for instance in live {
        if let Some(id) = instance.network {
            let network: Option<ShareNetwork> = draft.get(&id.to_string())?;
            action.check_network(&network.ok_or_else(|| Fault::no_such("share network", id))?)?;
        }
        action.check(instance.status, version)?;
        if !is_served(draft, &instance)? {
            return Err(Fault::invalid("Access can't be changed: the share lives on no back end."));
        }
        owed.extend(owe(draft, share, instance.id, cause)?);
    }
    draft.put(share)?;
    Ok(owed)
}

/// Whether there is something that could let clients in: the instance has a pool and, in a share network, a share server
/// that stands.
fn is_served(draft: &Draft<'_>, instance: &Instance) -> Result<bool, Error> {
    let is_placed = instance.pool.is_some();
    if instance.network.is_none() {
        return Ok(is_placed);
    }
    let Some(server) = instance.server.filter(|_| is_placed) else { return Ok(false) };
    let server: Option<ShareServer> = draft.get(&server.to_string())?;
    Ok(server.is_some_and(|server| server.stands()))
}

/// Owes the array the rules of one instance, unless they are owed already; none where there is no such instance, or it has
/// no place. The share is the caller's to draft.
fn owe(draft: &mut Draft<'_>, share: &mut Share, id: InstanceId, cause: &Cause) -> Result<Option<Owed>, Error> {
    let placed = share.instance_mut(id).and_then(|one| one.pool.clone().map(|pool| (one, pool)));
    let Some((instance, pool)) = placed else { return Ok(None) };
    instance.rules_status = RulesStatus::Syncing;
    let instance = instance.clone();
    if draft.get::<Intent>(&Intent::key_of(id, Lane::Access))?.is_none() {
        let intent = Intent::new(share, &instance, Verb::Access, draft.next_serial()?, cause);
        draft.put(&intent)?;
    }
    Ok(Some(Owed::Backend(pool.service())))
}

/// Owes the array the rules of an instance whose status may have kept them waiting, if it does so no more and there is
/// something to bring about. The share is the caller's to draft.
///
/// # Errors
/// Internal when the store can't be read.
pub(crate) fn owe_what_waited(
    draft: &mut Draft<'_>,
    share: &mut Share,
    id: InstanceId,
    cause: &Cause,
) -> Result<Option<Owed>, Error> {
    let settled = share.live().find(|one| one.id == id && !one.status.is_transitional()).cloned();
    match settled {
        Some(instance) if are_open(draft, share, &instance)? => owe(draft, share, id, cause),
        _ => Ok(None),
    }
}

/// Owes the array the rules of a share anew, where what they are enforced by besides themselves has changed. Work on them
/// that is under way was formed without it, so its outcome must not count. Instances that can't be served now are
/// left alone: what they are owed next is formed by what holds then. One that is being resized or ensured is served, and nothing else is owed
/// for its rules afterwards. The share is the caller's to draft.
///
/// # Errors
/// Internal when the store can't be read.
pub fn owe_anew(draft: &mut Draft<'_>, share: &mut Share, cause: &Cause) -> Result<Vec<Owed>, Fault> {
    let mut owed = Vec::new();
    if rules_of(draft, share)?.is_empty() {
        return Ok(owed);
    }
    let has_rules = |status: Status| {
        !status.is_transitional() || matches!(status, Status::Extending | Status::Shrinking | Status::Ensuring)
    };
    let live: Vec<Instance> = share.live().filter(|one| has_rules(one.status)).cloned().collect();
    for instance in live {
        if !is_served(draft, &instance)? {
            continue;
        }
        if let Some(open) = draft.get::<Intent>(&Intent::key_of(instance.id, Lane::Access))? {
            draft.remove(&open)?;
            if let Some(note) = InFlight::of(&open, cause.now) {
                draft.put(&note)?;
            }
        }
        owed.extend(owe(draft, share, instance.id, cause)?);
    }
    Ok(owed)
}

/// Whether work on the rules of an instance was begun or is to be: what an open intent of its access lane explains.
fn are_open(draft: &Draft<'_>, share: &Share, instance: &Instance) -> Result<bool, Error> {
    let is_owed = || Ok(rules_of(draft, share)?.iter().any(|rule| rule.state.is_owed()));
    if instance.rules_status == RulesStatus::Syncing { Ok(true) } else { is_owed() }
}

/// Gives up work on the rules of an instance that goes.
pub(crate) fn end(draft: &mut Draft<'_>, instance: InstanceId) -> Result<(), Error> {
    match draft.get::<Intent>(&Intent::key_of(instance, Lane::Access))? {
        Some(open) => draft.remove(&open),
        None => Ok(()),
    }
}

impl Settling {
    /// What came of rules, which were `formed` when the driver was asked.
    pub fn applied(
        mut self,
        draft: &mut Draft<'_>,
        snapshot: &Intent,
        formed: &[AccessRule],
        applied: &Applied,
    ) -> Result<Next, Error> {
        let Some((intent, share)) = self.open(draft, snapshot, Verb::Access)? else { return Ok(Next::Stale) };
        self.note(draft, &intent)?;
        match applied {
            Applied::AllBut(refused) => self.all_applied(draft, &intent, share, formed, refused),
            Applied::NotYet(refused) => self.partly_applied(draft, &intent, &share, formed, refused),
        }
    }

    /// Rules that changed since the task was formed stay owed; the intent stays open for them.
    fn all_applied(
        &mut self,
        draft: &mut Draft<'_>,
        intent: &Intent,
        share: Share,
        formed: &[AccessRule],
        refused: &[RefusedRule],
    ) -> Result<Next, Error> {
        for rule in rules_of(draft, &share)? {
            let Some(before) = formed.iter().find(|one| one.id == rule.id) else { continue };
            if before.state != rule.state || before.level != rule.level {
                continue;
            }
            if let Some(why) = refused.iter().find(|one| one.id == rule.id) {
                self.refuse_rule(draft, intent, rule, why.detail)?;
            } else if !rule.state.is_wanted() && rule.state != RuleState::Error {
                resource_lock::end_with_rule(draft, &rule)?;
            } else if rule.state.is_owed() {
                draft.put(&AccessRule { state: RuleState::Active, updated_at: Some(self.now), ..rule })?;
            }
        }
        self.close_access(draft, intent, share)
    }

    /// The refused rules are in error, and what is left is owed as before.
    fn partly_applied(
        &mut self,
        draft: &mut Draft<'_>,
        intent: &Intent,
        share: &Share,
        formed: &[AccessRule],
        refused: &[RefusedRule],
    ) -> Result<Next, Error> {
        for rule in rules_of(draft, share)? {
            let is_as_formed =
                |one: &&AccessRule| one.id == rule.id && one.state == rule.state && one.level == rule.level;
            let why = refused.iter().find(|one| one.id == rule.id);
            if let Some((why, _)) = why.zip(formed.iter().find(is_as_formed)) {
                self.refuse_rule(draft, intent, rule, why.detail)?;
            }
        }
        draft.put(&Intent { spent_seconds: 0, ..intent.clone() })?;
        Ok(self.again())
    }

    /// The array could not be brought to the rules at all: every rule that is owed is in error. Where nothing serves the
    /// instance, nobody gets in, and what was to be denied is.
    pub(crate) fn access_failed(
        &mut self,
        draft: &mut Draft<'_>,
        intent: &Intent,
        share: Share,
        trouble: &Trouble,
        is_served: bool,
    ) -> Result<Next, Error> {
        for rule in rules_of(draft, &share)?.into_iter().filter(|rule| rule.state.is_owed()) {
            if !is_served && !rule.state.is_wanted() {
                resource_lock::end_with_rule(draft, &rule)?;
                continue;
            }
            self.refuse_rule(draft, intent, rule, trouble.detail)?;
        }
        self.close_access(draft, intent, share)
    }

    fn refuse_rule(
        &mut self,
        draft: &mut Draft<'_>,
        intent: &Intent,
        rule: AccessRule,
        detail: Detail,
    ) -> Result<(), Error> {
        draft.put(&AccessRule { state: RuleState::Error, updated_at: Some(self.now), ..rule })?;
        self.tell(draft, intent, MessageAction::UpdateAccessRules, detail)
    }

    fn close_access(&mut self, draft: &mut Draft<'_>, intent: &Intent, mut share: Share) -> Result<Next, Error> {
        let left = rules_of(draft, &share)?;
        let is_owed = left.iter().any(|rule| rule.state.is_owed());
        let status = match is_owed {
            true => RulesStatus::Syncing,
            false if left.iter().any(|rule| rule.state == RuleState::Error) => RulesStatus::Error,
            false => RulesStatus::Active,
        };
        change(&mut share, intent.instance, |instance| instance.rules_status = status);
        draft.put(&share)?;
        if is_owed {
            draft.put(&Intent { spent_seconds: 0, ..intent.clone() })?;
            return Ok(self.again());
        }
        draft.remove(intent)?;
        Ok(Next::NOBODY)
    }
}
