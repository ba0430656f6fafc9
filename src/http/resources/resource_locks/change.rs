//! Placing, changing and lifting locks.

use manilad_decisions::resource_lock::{self, Update, unknown};
use manilad_domain::resource_lock::LockedKind;
use manilad_domain::{AccessRule, Fault, ResourceLock};
use manilad_store::{Draft, Shared};

use super::body::{NewLock, UpdateLock};
use super::find::find_to_change;
use crate::call::Call;
use crate::identity::Owner;

/// Whoever names what is not there is told so; whoever names what is not theirs is forbidden, as the reference has it.
pub async fn create(call: Call, wish: NewLock) -> Result<Shared<ResourceLock>, Fault> {
    let id = wish.resource_id;
    let unknown = || unknown(wish.resource_type, id);
    let rule: Option<Shared<AccessRule>> = match wish.resource_type {
        LockedKind::Share => None,
        LockedKind::AccessRule => Some(call.app.get(&id.to_string())?.ok_or_else(unknown)?),
    };
    let share_id = rule.as_ref().map_or(id.into(), |rule| rule.share_id);
    let share = call.known_share(share_id)?.ok_or_else(unknown)?;
    call.require("resource_lock:create", Owner::Of { project: &share.project_id, user: &share.user_id })?;
    let lock = ResourceLock {
        id: call.app.clock.id().into(),
        project_id: call.project().to_owned(),
        user_id: call.caller.user().to_owned(),
        context: call.caller.lock_context(),
        share_id,
        rule_id: rule.map(|rule| rule.id),
        action: wish.resource_action,
        reason: wish.lock_reason.map(|reason| reason.0),
        brought_by: None,
        created_at: call.now(),
        updated_at: None,
    };
    let (on_share, version) = (call.app.clock.id().into(), call.version);
    let decision = move |draft: &mut Draft<'_>| resource_lock::create(draft, lock, on_share, version);
    call.decide("create resource lock", decision).await.map(Shared::from)
}

pub async fn update(call: Call, wish: UpdateLock) -> Result<Shared<ResourceLock>, Fault> {
    let id = find_to_change(&call, "resource_lock:update")?.id;
    let update =
        Update { action: wish.resource_action, reason: wish.lock_reason.map(|reason| reason.map(|reason| reason.0)) };
    let (on_share, version, now) = (call.app.clock.id().into(), call.version, call.now());
    let decision = move |draft: &mut Draft<'_>| resource_lock::update(draft, id, update, on_share, version, now);
    call.decide("update resource lock", decision).await.map(Shared::from)
}

pub async fn delete(call: Call) -> Result<(), Fault> {
    let id = find_to_change(&call, "resource_lock:delete")?.id;
    call.decide_freeing("delete resource lock", move |draft| resource_lock::delete(draft, id)).await
}
