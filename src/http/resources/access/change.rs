//! Letting clients in and out.
//!
//! The answer says that a rule is queued, never that it is in force.

use manilad_decisions::access as decisions;
use manilad_domain::access::{self, AccessLevel, AccessType};
use manilad_domain::status::RuleState;
use manilad_domain::{AccessRule, AccessRuleId, Fault};
use serde_json::Value;

use super::body::{AllowAccess, DenyAccess};
use super::list::find;
use super::view::AccessRuleView;
use crate::call::Call;
use crate::identity::Owner;
use crate::resources::metadata::{self, Given, MetadataChange, Reserved};

pub async fn allow(call: Call, wish: AllowAccess) -> Result<AccessRuleView, Fault> {
    let share = call.share_for("share:allow_access", call.param("id"))?;
    let kind = AccessType::named(&wish.access_type.0).ok_or_else(|| {
        Fault::invalid(format!("Access type must be ip, user, cert or cephx, not {:?}.", wish.access_type.0))
    })?;
    access::check_target(kind, &wish.access_to, call.version)?;
    refuse_locks(&wish)?;
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
    let (rule, share) =
        call.decide("allow access", move |draft| decisions::allow(draft, rule, version, &cause)).await?;
    Ok(AccessRuleView { rule: rule.into(), share: share.into() })
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
    let id: AccessRuleId = wish.access_id.parse().map_err(|_| Fault::no_such("share access rule", &wish.access_id))?;
    let (cause, version) = (call.cause(), call.version);
    call.decide_freeing("deny access", move |draft| decisions::deny(draft, share.id, id, version, &cause)).await
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
