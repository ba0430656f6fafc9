//! Giving a snapshot back, or forgetting it.
//!
//! A delete supersedes whatever is owed for the snapshot: what was half made is found by its name and removed.

use manilad_domain::intent::Cause;
use manilad_domain::snapshot::{SnapshotAction, SnapshotVerb};
use manilad_domain::status::Deletion;
use manilad_domain::{Fault, InFlight, Microversion, ShareSnapshot, SnapshotId, SnapshotIntent};
use manilad_store::Draft;

use super::{current, owed};
use crate::{Decided, Owed};

/// Owes the removal of a snapshot, if it is in a status for that.
///
/// # Errors
/// Missing when it has gone; as [`SnapshotAction::Delete`] has it.
pub fn delete(draft: &mut Draft<'_>, id: SnapshotId, deletion: Deletion, cause: &Cause) -> Decided<()> {
    remove(draft, id, SnapshotAction::Delete, deletion, cause)
}

/// Owes the removal of a snapshot, whatever its status.
///
/// # Errors
/// Missing when it has gone; as [`SnapshotAction::ForceDelete`] has it.
pub fn force_delete(draft: &mut Draft<'_>, id: SnapshotId, deletion: Deletion, cause: &Cause) -> Decided<()> {
    remove(draft, id, SnapshotAction::ForceDelete, deletion, cause)
}

fn remove(
    draft: &mut Draft<'_>,
    id: SnapshotId,
    action: SnapshotAction,
    deletion: Deletion,
    cause: &Cause,
) -> Decided<()> {
    let snapshot = current(draft, id)?;
    action.check(snapshot.status)?;
    let service = snapshot.service.clone();
    let intent = SnapshotIntent::new(&snapshot, SnapshotVerb::DeleteSnapshot, draft.next_serial()?, cause);
    draft.put(&intent)?;
    // As with shares.
    let deletion = if snapshot.status.is_deferred_deletion() { Deletion::Deferred } else { deletion };
    draft.put(&ShareSnapshot { status: deletion.of_snapshot(), updated_at: Some(cause.now), ..snapshot })?;
    Ok(((), vec![Owed::Backend(service)]))
}

/// Forgets a snapshot; what of it is on the array stays there.
///
/// # Errors
/// Missing when it has gone; forbidden on a share server before 2.49, and as [`SnapshotAction::Unmanage`] has it.
pub fn unmanage(draft: &mut Draft<'_>, id: SnapshotId, version: Microversion, cause: &Cause) -> Decided<()> {
    let snapshot = current(draft, id)?;
    let share: Option<manilad_domain::Share> = draft.get(&snapshot.share_id.to_string())?;
    let is_on_server = share.is_some_and(|share| share.live().any(|instance| instance.server.is_some()));
    if is_on_server && version < Microversion::written("2.49") {
        return Err(Fault::forbidden("Snapshots of shares on share servers can be unmanaged from 2.49 on."));
    }
    SnapshotAction::Unmanage.check(snapshot.status)?;
    if let Some(open) = owed(draft, id)? {
        draft.remove(&open)?;
        draft.put(&InFlight::of_snapshot(&open, cause.now))?;
    }
    draft.remove(&snapshot)?;
    Ok(((), Vec::new()))
}
