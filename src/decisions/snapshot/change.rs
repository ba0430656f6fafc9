//! Changing what is said about a snapshot. Nothing here reaches the array, except that a snapshot which is said to be
//! available is looked for.

use manilad_domain::intent::Cause;
use manilad_domain::metadata::{Entries, MetadataChange};
use manilad_domain::snapshot::{SnapshotAction, SnapshotVerb};
use manilad_domain::status::SnapshotStatus;
use manilad_domain::{InFlight, ShareSnapshot, SnapshotId, SnapshotIntent, Stamp};
use manilad_store::Draft;

use super::{current, owed};
use crate::{Decided, Owed};

/// What of a snapshot is to be changed; none: it stays as it is.
#[derive(Debug, Clone, Default)]
pub struct SnapshotUpdate {
    /// The name, or that it is to have none.
    pub name: Option<Option<String>>,
    /// The same of the description.
    pub description: Option<Option<String>>,
}

/// Changes what a tenant says about a snapshot.
///
/// # Errors
/// Missing when it has gone; as [`SnapshotAction::Update`] has it.
pub fn update(draft: &mut Draft<'_>, id: SnapshotId, update: SnapshotUpdate, now: Stamp) -> Decided<ShareSnapshot> {
    let mut snapshot = current(draft, id)?;
    SnapshotAction::Update.check(snapshot.status)?;
    if let Some(name) = update.name {
        snapshot.name = name;
    }
    if let Some(description) = update.description {
        snapshot.description = description;
    }
    snapshot.updated_at = Some(now);
    draft.put(&snapshot)?;
    Ok((snapshot, Vec::new()))
}

/// Changes the metadata of a snapshot, of which some keys are reserved.
///
/// # Errors
/// Missing when it has gone; as [`MetadataChange::apply`] and [`SnapshotAction::ChangeMetadata`].
pub fn change_metadata(
    draft: &mut Draft<'_>,
    id: SnapshotId,
    change: MetadataChange,
    reserved: &[String],
) -> Decided<Entries> {
    let mut snapshot = current(draft, id)?;
    SnapshotAction::ChangeMetadata.check(snapshot.status)?;
    change.apply(&mut snapshot.metadata, reserved)?;
    draft.put(&snapshot)?;
    Ok((snapshot.metadata, Vec::new()))
}

/// Sets the stored status. Work that is owed is given up: the administrator says how things are. What is said to be available
/// and was not, or is being looked for, is looked for on the array.
///
/// # Errors
/// Missing when it has gone; as [`SnapshotAction::ResetStatus`] has it.
pub fn reset_status(draft: &mut Draft<'_>, id: SnapshotId, status: SnapshotStatus, cause: &Cause) -> Decided<()> {
    let snapshot = current(draft, id)?;
    SnapshotAction::ResetStatus.check(snapshot.status)?;
    let open = owed(draft, id)?;
    let was_looked_for = open.as_ref().is_some_and(|open| open.verb == SnapshotVerb::FindSnapshot);
    if let Some(open) = open {
        draft.remove(&open)?;
        draft.put(&InFlight::of_snapshot(&open, cause.now))?;
    }
    let is_news = snapshot.status != SnapshotStatus::Available || was_looked_for;
    let snapshot = ShareSnapshot { status, updated_at: Some(cause.now), ..snapshot };
    draft.put(&snapshot)?;
    if status != SnapshotStatus::Available || !is_news {
        return Ok(((), Vec::new()));
    }
    let look = SnapshotIntent::new(&snapshot, SnapshotVerb::FindSnapshot, draft.next_serial()?, cause);
    draft.put(&look)?;
    Ok(((), vec![Owed::Backend(snapshot.service)]))
}
