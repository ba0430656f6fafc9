//! Letting clients in and out.
//!
//! A rule is recorded and work is owed in the access lane of the share's instance; a rule that arrives while the
//! array is being brought up to date joins the open intent. The answer says that the rule is queued, never that it is
//! in force.

use manilad_decisions::Owed;
use manilad_domain::access::{self, AccessLevel, AccessType};
use manilad_domain::intent::{Cause, Lane, Verb};
use manilad_domain::status::{RuleState, RulesStatus, Status};
use manilad_domain::{
    AccessRule, AccessRuleId, Fault, InFlight, Instance, InstanceId, Intent, Record, Share, ShareServer,
};
use manilad_store::{Draft, Range};
use serde_json::Value;

use super::body::{AllowAccess, DenyAccess};
use super::list::find;
use super::view::Seen;
use crate::call::{Call, Owner};
use crate::metadata::{self, Change, Given, Reserved};
use crate::share_networks;

pub async fn allow(call: Call, wish: AllowAccess) -> Result<Seen, Fault> {
    let share = call.share_for("share:allow_access", call.param("id"))?;
    let kind = AccessType::named(&wish.access_type.0).ok_or_else(|| {
        Fault::invalid(format!("Access type must be ip, user, cert or cephx, not {:?}.", wish.access_type.0))
    })?;
    access::check_target(kind, &wish.access_to, call.version)?;
    refuse_locks(&wish)?;
    let (now, before_2_28, before_2_74) = (call.now(), !call.at_least("2.28"), !call.at_least("2.74"));
    let cause = call.cause();
    let rule = AccessRule {
        id: call.face.clock.id().into(),
        share_id: share.id,
        kind,
        to: if kind == AccessType::Cert { wish.access_to.trim().to_owned() } else { wish.access_to },
        level: wish.access_level.unwrap_or(AccessLevel::Rw),
        key: None,
        state: RuleState::QueuedToApply,
        metadata: metadata::initial(&call, &Reserved::none(), wish.metadata)?,
        created_at: now,
        updated_at: None,
    };
    let (rule, share) = call
        .decide("allow access", move |draft| {
            let mut share = current(draft, &share)?;
            if before_2_28 && share.rules_status() == RulesStatus::Error {
                return Err(Fault::invalid("Other rules of the share are in error."));
            }
            for other in rules_of(draft, &share)? {
                if other.is_for(rule.kind, &rule.to) {
                    return Err(Fault::invalid(format!(
                        "ShareAccessExists: {} {} has a rule already.",
                        rule.kind.name(),
                        rule.to
                    )));
                }
            }
            let owed = owe_access(draft, &mut share, before_2_74, &cause)?;
            draft.put(&rule)?;
            Ok(((rule, share), owed))
        })
        .await?;
    Ok(Seen { rule: rule.into(), share: share.into() })
}

fn refuse_locks(wish: &AllowAccess) -> Result<(), Fault> {
    let locks = [&wish.lock_visibility, &wish.lock_deletion].into_iter().flatten().any(|flag| flag.0);
    if locks {
        return Err(Fault::not_implemented("Resource locks are not built yet."));
    }
    if wish.lock_reason.is_some() {
        return Err(Fault::invalid("lock_reason needs lock_visibility or lock_deletion."));
    }
    Ok(())
}

pub async fn deny(call: Call, wish: DenyAccess) -> Result<(), Fault> {
    let share = call.share_for("share:deny_access", call.param("id"))?;
    call.require("share:access_get", Owner::Of { project: &share.project_id, user: &share.user_id })?;
    let before_2_74 = !call.at_least("2.74");
    let cause = call.cause();
    let missing = || Fault::no_such("share access rule", &wish.access_id);
    let id = wish.access_id.parse::<AccessRuleId>().map_err(|_| missing())?.to_string();
    call.decide_freeing("deny access", move |draft| {
        let mut share = current(draft, &share)?;
        let mut rule: AccessRule = draft
            .get(&id)?
            .filter(|rule: &AccessRule| rule.share_id == share.id)
            .ok_or_else(|| Fault::no_such("share access rule", &id))?;
        let owed = owe_access(draft, &mut share, before_2_74, &cause)?;
        if !matches!(rule.state, RuleState::QueuedToDeny | RuleState::Denying) {
            rule.state = RuleState::QueuedToDeny;
            rule.updated_at = Some(cause.now);
            draft.put(&rule)?;
        }
        Ok(((), owed))
    })
    .await
}

fn current(draft: &Draft<'_>, seen: &Share) -> Result<Share, Fault> {
    draft.get(&seen.key())?.ok_or_else(|| Fault::no_such("share", seen.id))
}

fn rules_of(draft: &Draft<'_>, share: &Share) -> Result<Vec<AccessRule>, Fault> {
    draft.scan(Range::of(access::BY_SHARE, [share.key()]).limit(usize::MAX)).map_err(Fault::from)
}

/// Owes the array the share's rules, if its instances are in a state for it.
fn owe_access(
    draft: &mut Draft<'_>,
    share: &mut Share,
    refuses_error: bool,
    cause: &Cause,
) -> Result<Vec<Owed>, Fault> {
    let mut owed = Vec::new();
    let live: Vec<InstanceId> = share.live().map(|one| one.id).collect();
    for id in live {
        let Some(instance) = share.instance(id) else { continue };
        if let Some(network) = instance.network {
            share_networks::drafted(draft, &network.to_string())?.require_active()?;
        }
        let status = instance.status;
        if status.is_transitional() || (refuses_error && status == Status::Error) {
            return Err(Fault::invalid(format!("Access can't be changed while the share is {status}.")));
        }
        if !serves(draft, instance)? {
            return Err(Fault::invalid("Access can't be changed: the share lives on no back end."));
        }
        owed.push(owe_rules(draft, share, id, cause)?);
    }
    draft.put(share)?;
    Ok(owed)
}

/// Whether there is something that could let clients in: the instance has a pool and, in a share network, a share server
/// that stands.
fn serves(draft: &Draft<'_>, instance: &Instance) -> Result<bool, Fault> {
    let is_placed = instance.pool.is_some();
    if instance.network.is_none() {
        return Ok(is_placed);
    }
    let Some(server) = instance.server.filter(|_| is_placed) else { return Ok(false) };
    let server: Option<ShareServer> = draft.get(&server.to_string())?;
    Ok(server.is_some_and(|server| server.stands()))
}

/// Owes the array the rules of one instance, unless they are owed already. The share is the caller's to draft.
///
/// # Errors
/// Internal when the store can't be read.
pub fn owe_rules(draft: &mut Draft<'_>, share: &mut Share, id: InstanceId, cause: &Cause) -> Result<Owed, Fault> {
    let placed = share.instance_mut(id).and_then(|one| one.pool.clone().map(|pool| (one, pool)));
    let (instance, pool) = placed.ok_or_else(|| Fault::no_such("share instance", id))?;
    instance.rules_status = RulesStatus::Syncing;
    let instance = instance.clone();
    if draft.get::<Intent>(&Intent::key_of(id, Lane::Access))?.is_none() {
        let intent = Intent::new(share, &instance, Verb::Access, draft.next_serial()?, cause);
        draft.put(&intent)?;
    }
    Ok(Owed::Backend(pool.service()))
}

/// Owes the array the rules of a share anew, where what they are enforced by besides themselves has changed. Work on them
/// that is under way was formed without it, so its outcome must not count. Instances that can't be served now are
/// left alone: what they are owed next is formed by what holds then. The share is the caller's to draft.
///
/// # Errors
/// Internal when the store can't be read.
pub fn owe_anew(draft: &mut Draft<'_>, share: &mut Share, cause: &Cause) -> Result<Vec<Owed>, Fault> {
    let mut owed = Vec::new();
    if rules_of(draft, share)?.is_empty() {
        return Ok(owed);
    }
    let live: Vec<Instance> = share.live().filter(|one| !one.status.is_transitional()).cloned().collect();
    for instance in live {
        if !serves(draft, &instance)? {
            continue;
        }
        if let Some(open) = draft.get::<Intent>(&Intent::key_of(instance.id, Lane::Access))? {
            draft.remove(&open)?;
            if let Some(note) = InFlight::of(&open, cause.now) {
                draft.put(&note)?;
            }
        }
        owed.push(owe_rules(draft, share, instance.id, cause)?);
    }
    Ok(owed)
}

/// Whether work on the rules of an instance was begun or is to be: what an open intent of its access lane explains.
///
/// # Errors
/// Internal when the store can't be read.
pub fn are_rules_open(draft: &Draft<'_>, share: &Share, instance: &Instance) -> Result<bool, Fault> {
    let is_owed = || Ok(rules_of(draft, share)?.iter().any(|rule| rule.state.is_owed()));
    if instance.rules_status == RulesStatus::Syncing { Ok(true) } else { is_owed() }
}

pub async fn update_metadata(call: Call, wish: Given) -> Result<Value, Fault> {
    let changed = change_metadata(&call, "share_access_metadata:update", Change::Merge(wish.0.0)).await?;
    Ok(metadata::all(&changed.metadata))
}

pub async fn delete_metadata(call: Call) -> Result<(), Fault> {
    let key = call.param("key").to_owned();
    change_metadata(&call, "share_access_metadata:delete", Change::Remove(key)).await.map(drop)
}

async fn change_metadata(call: &Call, policy: &str, change: Change) -> Result<AccessRule, Fault> {
    let (rule, share) = find(call, call.param("id"))?;
    call.require(policy, Owner::Of { project: &share.project_id, user: &share.user_id })?;
    let (id, now) = (rule.key(), call.now());
    call.decide("change access rule metadata", move |draft| {
        let mut rule: AccessRule = draft.get(&id)?.ok_or_else(|| Fault::no_such("share access rule", &id))?;
        change.apply(&mut rule.metadata, &Reserved::none().keys)?;
        rule.updated_at = Some(now);
        draft.put(&rule)?;
        Ok((rule, Vec::new()))
    })
    .await
}
