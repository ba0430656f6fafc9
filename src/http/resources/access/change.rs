//! Letting clients in and out.
//!
//! The answer says that a rule is queued, never that it is in force.

use std::collections::BTreeSet;

use manilad_decisions::access as decisions;
use manilad_domain::access::{self, AccessLevel, AccessType};
use manilad_domain::resource_lock::LockAction;
use manilad_domain::status::RuleState;
use manilad_domain::{AccessRule, AccessRuleId, Fault};
use manilad_store::Draft;
use serde_json::Value;

use super::body::{AllowAccess, DenyAccess, UpdateAccess};
use super::list::find;
use super::view::AccessRuleView;
use crate::body::Flag;
use crate::call::Call;
use crate::identity::Owner;
use crate::resources::metadata::{self, Given, MetadataChange, Reserved};
use crate::resources::resource_locks::of_rules;

pub async fn allow(call: Call, wish: AllowAccess) -> Result<AccessRuleView, Fault> {
    let share = call.share_for("share:allow_access", call.param("id"))?;
    let kind = AccessType::named(&wish.access_type.0).ok_or_else(|| {
        Fault::invalid(format!("Access type must be ip, user, cert or cephx, not {:?}.", wish.access_type.0))
    })?;
    access::check_target(kind, &wish.access_to, call.version)?;
    let (locked_against, reason) = (locked_against(&wish)?, wish.lock_reason.map(|reason| reason.0));
    let (cause, version) = (call.cause(), call.version);
    let rule = AccessRule {
        id: call.app.clock.id().into(),
        share_id: share.id,
        kind,
        to: if kind == AccessType::Cert { wish.access_to.trim().to_owned() } else { wish.access_to },
        level: wish.access_level.unwrap_or(AccessLevel::Rw),
        key: None,
        state: RuleState::QueuedToApply,
        metadata: metadata::initial(&call, &Reserved::none(), wish.metadata)?,
        created_at: cause.now,
        updated_at: None,
    };
    let locks = of_rules::placed_with(&call, &rule, &share, &locked_against, reason.as_deref())?;
    let (rule, share) =
        call.decide("allow access", move |draft| decisions::allow(draft, rule, locks, version, &cause)).await?;
    Ok(AccessRuleView { rule: rule.into(), share: share.into(), is_hidden: false })
}

/// What the new rule is to be locked against.
///
/// # Errors
/// Invalid where a reason is given for no lock.
fn locked_against(wish: &AllowAccess) -> Result<Vec<LockAction>, Fault> {
    let asked = [(&wish.lock_visibility, LockAction::Show), (&wish.lock_deletion, LockAction::Delete)];
    let is_set = |flag: &Option<Flag>| flag.is_some_and(|flag| flag.0);
    let actions: Vec<_> = asked.into_iter().filter(|(flag, _)| is_set(flag)).map(|(_, action)| action).collect();
    match actions.is_empty() && wish.lock_reason.is_some() {
        true => Err(Fault::invalid("lock_reason needs lock_visibility or lock_deletion.")),
        false => Ok(actions),
    }
}

pub async fn update(call: Call, wish: UpdateAccess) -> Result<AccessRuleView, Fault> {
    let (rule, share) = find(&call, call.param("id"))?;
    call.require("share_access_rule:update", Owner::Of { project: &share.project_id, user: &share.user_id })?;
    let is_hidden = of_rules::hidden(&call, &share).await?.contains(&rule.id);
    let (id, level, cause, version) = (rule.id, wish.access_level, call.cause(), call.version);
    let decision = move |draft: &mut Draft<'_>| decisions::change_level(draft, id, level, version, &cause);
    let (rule, share) = call.decide("change access level", decision).await?;
    Ok(AccessRuleView { rule: rule.into(), share: share.into(), is_hidden })
}

pub async fn deny(call: Call, wish: DenyAccess) -> Result<(), Fault> {
    let share = call.share_for("share:deny_access", call.param("id"))?;
    call.require("share:access_get", Owner::Of { project: &share.project_id, user: &share.user_id })?;
    let id: AccessRuleId = wish.access_id.parse().map_err(|_| Fault::no_such("share access rule", &wish.access_id))?;
    let passed_over = match wish.unrestrict {
        Some(Flag(true)) => of_rules::passed_over(&call, id).await?,
        _ => BTreeSet::new(),
    };
    let (cause, version) = (call.cause(), call.version);
    let decision = move |draft: &mut Draft<'_>| decisions::deny(draft, share.id, id, &passed_over, version, &cause);
    call.decide_freeing("deny access", decision).await
}

pub async fn update_metadata(call: Call, wish: Given) -> Result<Value, Fault> {
    let changed = change_metadata(&call, "share_access_metadata:update", MetadataChange::Merge(wish.0.0)).await?;
    Ok(metadata::all(&changed.metadata))
}

pub async fn delete_metadata(call: Call) -> Result<(), Fault> {
    let key = call.param("key").to_owned();
    change_metadata(&call, "share_access_metadata:delete", MetadataChange::Remove(key)).await.map(drop)
}

async fn change_metadata(call: &Call, policy: &str, change: MetadataChange) -> Result<AccessRule, Fault> {
    let (rule, share) = find(call, call.param("id"))?;
    call.require(policy, Owner::Of { project: &share.project_id, user: &share.user_id })?;
    let (id, now) = (rule.id, call.now());
    call.decide("change access rule metadata", move |draft| decisions::change_metadata(draft, id, change, now)).await
}
