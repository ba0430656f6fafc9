//! Finding a lock, for whoever may see or change it.
//!
//! Who may change a lock is said by two things: the policy, of which its creator is the owner, and as what its creator acted.
//! How to get it wrong: to ask one of them alone.

use manilad_decisions::resource_lock::missing;
use manilad_domain::{Fault, ResourceLock, ResourceLockId};
use manilad_store::Shared;

use crate::call::Call;
use crate::identity::Owner;

pub fn owner(lock: &ResourceLock) -> Owner<'_> {
    Owner::Of { project: &lock.project_id, user: &lock.user_id }
}

/// Whether the caller may do `rule` to a lock.
pub fn may_change(call: &Call, rule: &str, lock: &ResourceLock) -> bool {
    let is_above = call.caller.is_admin || call.caller.lock_context() >= lock.context;
    is_above && call.allows(rule, owner(lock))
}

/// The lock of the path, which the caller may see or do `rule` to.
///
/// # Errors
/// Missing when there is none, or none the caller may know of.
pub fn find(call: &Call, rule: &str) -> Result<Shared<ResourceLock>, Fault> {
    let id: ResourceLockId = call.id("id", "resource lock")?;
    let lock: Shared<ResourceLock> = call.app.get(&id.to_string())?.ok_or_else(|| missing(id))?;
    if !call.allows("resource_lock:get", owner(&lock)) && !call.allows(rule, owner(&lock)) {
        return Err(missing(id));
    }
    Ok(lock)
}

/// The lock of the path, which the caller may do `rule` to.
///
/// # Errors
/// As [`find`]; forbidden where the caller may see the lock and not change it.
pub fn find_to_change(call: &Call, rule: &str) -> Result<Shared<ResourceLock>, Fault> {
    let lock = find(call, rule)?;
    call.require(rule, owner(&lock))?;
    if may_change(call, rule, &lock) {
        return Ok(lock);
    }
    let context = lock.context.name();
    Err(Fault::forbidden(format!(
        "Resource lock {} was placed as {context}; who acts as less can't change it.",
        lock.id
    )))
}
