//! Asking for a snapshot, and taking over one that is on the array already.

use manilad_domain::intent::Cause;
use manilad_domain::quota::Limits;
use manilad_domain::snapshot::{SnapshotIds, SnapshotLabels, SnapshotOwner, SnapshotVerb, index};
use manilad_domain::status::SnapshotStatus;
use manilad_domain::{Fault, Microversion, Record, Share, ShareId, ShareSnapshot, SnapshotIntent};
use manilad_store::{Draft, Range};

use crate::share::{self, ShareAction};
use crate::{Decided, Owed, quota};

/// A snapshot that somebody asks for.
#[derive(Debug, Clone)]
pub struct NewSnapshot {
    pub ids: SnapshotIds,
    pub share: ShareId,
    pub owner: SnapshotOwner,
    pub labels: SnapshotLabels,
}

/// Records a new snapshot of a share, and owes that it is taken.
///
/// # Errors
/// Missing when the share has gone; unprocessable where its type has no snapshots; as [`ShareAction::CreateSnapshot`] has it;
/// over limit beyond the quota.
pub fn create(
    draft: &mut Draft<'_>,
    asked: NewSnapshot,
    limits: &Limits,
    version: Microversion,
    cause: &Cause,
) -> Decided<ShareSnapshot> {
    let share = share::current(draft, asked.share, ShareAction::CreateSnapshot)?;
    if !share.abilities.snapshot_support {
        return Err(Fault::unprocessable(format!(
            "Share {} has no snapshots: its type has no snapshot_support.",
            share.id
        )));
    }
    ShareAction::CreateSnapshot.check(share.status(), version)?;
    let snapshot = new_snapshot(asked, &share, cause)?;
    let quota = quota::of(draft, limits, &snapshot.project_id, &snapshot.user_id, snapshot.type_id)?;
    quota.admit(&draft.usage(&snapshot.project_id)?, &snapshot.charges())?;
    owe(draft, snapshot, SnapshotVerb::CreateSnapshot, cause)
}

/// Records a snapshot that is on the array already, where it is called `location`, and owes that it is looked for. Its size
/// counts once that is known, whatever the quota says.
///
/// # Errors
/// Missing when the share has gone; as [`ShareAction::ManageSnapshot`] has it; conflict where a snapshot of the share is called
/// so.
pub fn manage(
    draft: &mut Draft<'_>,
    asked: NewSnapshot,
    location: String,
    version: Microversion,
    cause: &Cause,
) -> Decided<ShareSnapshot> {
    let share = share::current(draft, asked.share, ShareAction::ManageSnapshot)?;
    ShareAction::ManageSnapshot.check(share.status(), version)?;
    let others: Vec<ShareSnapshot> = draft.scan(Range::of(index::BY_SHARE, [share.key()]))?;
    if let Some(other) = others.iter().find(|other| other.location.as_ref() == Some(&location)) {
        return Err(Fault::conflict(format!(
            "Snapshot {location:?} of the share is managed already, as {}.",
            other.id
        )));
    }
    let snapshot = new_snapshot(asked, &share, cause)?;
    let managed = ShareSnapshot {
        status: SnapshotStatus::ManageStarting,
        size: None,
        location: Some(location),
        progress: None,
        taken_after: None,
        ..snapshot
    };
    owe(draft, managed, SnapshotVerb::ManageSnapshot, cause)
}

fn new_snapshot(asked: NewSnapshot, share: &Share, cause: &Cause) -> Result<ShareSnapshot, Fault> {
    ShareSnapshot::creating(asked.ids, share, asked.owner, asked.labels, cause.now)
        .ok_or_else(|| Fault::invalid(format!("Share {} is on no back end.", share.id)))
}

fn owe(draft: &mut Draft<'_>, snapshot: ShareSnapshot, verb: SnapshotVerb, cause: &Cause) -> Decided<ShareSnapshot> {
    let intent = SnapshotIntent::new(&snapshot, verb, draft.next_serial()?, cause);
    draft.put(&intent)?;
    draft.put(&snapshot)?;
    Ok((snapshot, vec![Owed::Backend(intent.service)]))
}
