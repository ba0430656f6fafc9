//! Reverting a share to its newest snapshot, and what came of it.
//!
//! The share keeps its size, as the array does; see `docs/decisions/0023`. How to get it wrong: to revert to a snapshot that is not the
//! newest; the array forgets the newer ones, of which records would go on telling. When they were asked for says too little: two that
//! were taken at the same time may be on the array in either order, and one that is managed may be of any age.

use manilad_domain::intent::{Cause, Lane, Revert, Verb};
use manilad_domain::status::{RulesStatus, SnapshotStatus};
use manilad_domain::{Fault, Intent, Microversion, ShareId, ShareSnapshot, SnapshotId};
use manilad_store::{Draft, Error};

use super::begin::{begin, changeable};
use super::{ShareAction, current};
use crate::settle::{Next, Settling};
use crate::{Decided, snapshot as snapshots};

/// Has the share brought back to what it held when a snapshot of it was taken.
///
/// # Errors
/// Missing when the share has gone; invalid where its type has no such ability, for a snapshot that is not there or of another share,
/// and while its share network is not active; conflict in another status of share or snapshot, where another snapshot may be newer, and
/// while its back end is at work on its access rules or still looking for it.
pub fn revert(
    draft: &mut Draft<'_>,
    id: ShareId,
    snapshot: SnapshotId,
    version: Microversion,
    cause: &Cause,
) -> Decided<()> {
    let share = current(draft, id, ShareAction::Revert)?;
    if !share.abilities.revert_to_snapshot_support {
        return Err(Fault::invalid(format!(
            "Share {id} can't be reverted: its type has no revert_to_snapshot_support."
        )));
    }
    let own = snapshots::kept_of(draft, id)?;
    let Some(target) = own.iter().find(|one| one.id == snapshot) else {
        return Err(Fault::invalid(format!("Share {id} has no snapshot {snapshot}.")));
    };
    let (share, instance, _) = changeable(draft, id, ShareAction::Revert, version)?;
    if target.status != SnapshotStatus::Available {
        return Err(Fault::conflict(format!("Snapshot {snapshot} is {}: expected available.", target.status)));
    }
    if snapshots::owed(draft, snapshot)?.is_some() {
        return Err(Fault::conflict(format!("Snapshot {snapshot} is still being looked for on the array.")));
    }
    if let Some(other) = own.iter().find(|one| one.id != snapshot && one.may_be_newer_than(target)) {
        return Err(Fault::conflict(format!(
            "Snapshot {snapshot} is not known to be the newest of the share: {} may be newer, and would be lost.",
            other.id
        )));
    }
    if share.rules_status() != RulesStatus::Active {
        return Err(Fault::conflict(format!("The access rules of share {id} are not active.")));
    }
    let open: Option<Intent> = draft.get(&Intent::key_of(instance, Lane::Life))?;
    let of = share.instance(instance).ok_or_else(|| Fault::no_such("share", id))?;
    let owed = Intent {
        arguments: Revert { snapshot, owes_exports: open.is_some() }.into(),
        ..Intent::new(&share, of, Verb::Revert, 0, cause)
    };
    draft.put(&ShareSnapshot { status: SnapshotStatus::Restoring, updated_at: Some(cause.now), ..target.clone() })?;
    begin(draft, share, owed, cause)
}

impl Settling {
    /// The instance holds what the snapshot does.
    pub fn reverted(self, draft: &mut Draft<'_>, snapshot: &Intent) -> Result<Next, Error> {
        let Some((intent, share)) = self.open(draft, snapshot, Verb::Revert)? else { return Ok(Next::Stale) };
        let share = self.changed(draft, &intent, share)?;
        self.owe_exports_again(draft, &share, &intent)
    }
}
