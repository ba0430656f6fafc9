//! How resource locks are shown.

use manilad_domain::ResourceLock;
use manilad_store::Shared;

use crate::view;

view! {
    /// A resource lock; lists show it in full.
    RESOURCE_LOCK = "resource_lock" / "resource_locks" of lock: Shared<ResourceLock>, seen by viewer {
        "id"              [..] uuid           => lock.id,
        "user_id"         [..] string         => lock.user_id,
        "project_id"      [..] string         => lock.project_id,
        "lock_context"    [..] string         => lock.context.name(),
        "resource_type"   [..] string         => lock.kind().name(),
        "resource_id"     [..] uuid           => lock.resource_id(),
        "resource_action" [..] string         => lock.action.name(),
        "lock_reason"     [..] string or null => lock.reason,
        "created_at"      [..] stamp          => lock.created_at,
        "updated_at"      [..] stamp or null  => lock.updated_at,
        "links"           [..] links          => viewer.links("resource-locks", lock.id),
    }
}
