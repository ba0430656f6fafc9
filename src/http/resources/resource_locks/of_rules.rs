//! Locks on access rules: placed with a new rule, passed over when a rule is denied, and heeded when rules are shown.

use std::collections::BTreeSet;

use manilad_domain::resource_lock::{LockAction, index};
use manilad_domain::{AccessRule, AccessRuleId, Fault, ResourceLock, ResourceLockId, Share};
use manilad_store::{Range, Shared};

use super::find::{may_change, owner};
use crate::call::Call;
use crate::identity::Owner;

/// The locks that a new rule is to have, one against each of these actions, with the id of what each brings on the share.
///
/// # Errors
/// Invalid where the caller may not lock the share's rules.
pub fn placed_with(
    call: &Call,
    rule: &AccessRule,
    share: &Share,
    actions: &[LockAction],
    reason: Option<&str>,
) -> Result<Vec<(ResourceLock, ResourceLockId)>, Fault> {
    let owner = Owner::Of { project: &share.project_id, user: &share.user_id };
    if !actions.is_empty() && !call.allows("resource_lock:create", owner) {
        return Err(Fault::invalid("The access rule can't be locked: Policy doesn't allow resource_lock:create."));
    }
    let lock = |action: &LockAction| ResourceLock {
        id: call.app.clock.id().into(),
        project_id: call.project().to_owned(),
        user_id: call.caller.user().to_owned(),
        context: call.caller.lock_context(),
        share_id: share.id,
        rule_id: Some(rule.id),
        action: *action,
        reason: reason.map(str::to_owned),
        brought_by: None,
        created_at: rule.created_at,
        updated_at: None,
    };
    Ok(actions.iter().map(|action| (lock(action), call.app.clock.id().into())).collect())
}

/// The delete locks on a rule that the caller might lift, and so may pass over.
///
/// # Errors
/// As [`Call::scan`].
pub async fn passed_over(call: &Call, rule: AccessRuleId) -> Result<BTreeSet<ResourceLockId>, Fault> {
    let locks: Vec<Shared<ResourceLock>> = call.scan(Range::of(index::BY_RESOURCE, [rule.to_string()])).await?;
    let may_lift = |lock: &&Shared<ResourceLock>| may_change(call, "resource_lock:delete", lock);
    Ok(locks.iter().filter(may_lift).map(|lock| lock.id).collect())
}

/// The rules of a share of which the caller is not told whom they let in.
///
/// # Errors
/// As [`Call::scan`].
pub async fn hidden(call: &Call, share: &Share) -> Result<BTreeSet<AccessRuleId>, Fault> {
    let locks: Vec<Shared<ResourceLock>> = call.scan(Range::of(index::BY_SHARE, [share.id.to_string()])).await?;
    let hides = |lock: &&Shared<ResourceLock>| {
        lock.action == LockAction::Show && !call.allows("resource_lock:bypass_locked_show_action", owner(lock))
    };
    Ok(locks.iter().filter(hides).filter_map(|lock| lock.rule_id).collect())
}
