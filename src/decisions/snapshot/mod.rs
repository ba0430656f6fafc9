//! Snapshots: taken, taken over, changed, removed, and what came of that on the array.
//!
//! In which status of a snapshot what is allowed is the table [`SnapshotAction`]; what the status of its share has a say in is
//! one of [`ShareAction`](crate::share::ShareAction). How to get it wrong: to judge a share by what was read before; it may
//! have begun to go.

mod change;
mod create;
mod delete;
#[cfg(test)]
mod tests;
mod work;

pub use change::{SnapshotUpdate, change_metadata, reset_status, update};
pub use create::{NewSnapshot, create, manage};
pub use delete::{delete, force_delete, unmanage};

use manilad_domain::snapshot::index;
use manilad_domain::status::SnapshotStatus;
use manilad_domain::{Fault, Intent, ShareId, ShareSnapshot, SnapshotId, SnapshotIntent, Stamp};
use manilad_store::{Draft, Error, Range};

#[cfg(doc)]
use manilad_domain::snapshot::SnapshotAction;

/// A snapshot as it is now.
///
/// # Errors
/// Missing when it has gone meanwhile.
fn current(draft: &Draft<'_>, id: SnapshotId) -> Result<ShareSnapshot, Fault> {
    draft.get(&id.to_string())?.ok_or_else(|| Fault::no_such("share snapshot", id))
}

/// What is owed for a snapshot.
pub(crate) fn owed(draft: &Draft<'_>, id: SnapshotId) -> Result<Option<SnapshotIntent>, Error> {
    draft.get(&id.to_string())
}

/// Whether a share has snapshots, in whatever status.
pub(crate) fn has_any(draft: &Draft<'_>, share: ShareId) -> Result<bool, Error> {
    let first: Vec<ShareSnapshot> = draft.scan(Range::of(index::BY_SHARE, [share.to_string()]).limit(1))?;
    Ok(!first.is_empty())
}

/// The snapshots of a share that are not gone for their owner, the oldest first.
pub(crate) fn kept_of(draft: &Draft<'_>, share: ShareId) -> Result<Vec<ShareSnapshot>, Error> {
    let mut all: Vec<ShareSnapshot> = draft.scan(Range::of(index::BY_SHARE, [share.to_string()]))?;
    all.retain(|one| !one.status.is_deferred_deletion());
    Ok(all)
}

/// The snapshot to which a share was to be reverted is available again, whatever came of that: nothing took anything from it.
pub(crate) fn end_restoring(draft: &mut Draft<'_>, intent: &Intent, now: Stamp) -> Result<(), Error> {
    let Some(revert) = &intent.arguments.revert else { return Ok(()) };
    let snapshot: Option<ShareSnapshot> = draft.get(&revert.snapshot.to_string())?;
    match snapshot.filter(|snapshot| snapshot.status == SnapshotStatus::Restoring) {
        Some(snapshot) => {
            draft.put(&ShareSnapshot { status: SnapshotStatus::Available, updated_at: Some(now), ..snapshot })
        }
        None => Ok(()),
    }
}

/// Forgets the snapshots of a share whose last instance goes, by the word of an administrator or because they are gone for their
/// owner already: they go with its volume.
pub(crate) fn forget_all(draft: &mut Draft<'_>, share: ShareId) -> Result<(), Error> {
    let all: Vec<ShareSnapshot> = draft.scan(Range::of(index::BY_SHARE, [share.to_string()]))?;
    for snapshot in all {
        if let Some(intent) = owed(draft, snapshot.id)? {
            draft.remove(&intent)?;
        }
        draft.remove(&snapshot)?;
    }
    Ok(())
}
