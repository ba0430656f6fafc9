//! Changing what is said about a share. Nothing here reaches the array, except that the rules are owed anew where what
//! they are enforced by has changed.
//!
//! How to get it wrong: to change what the rules of a share are enforced by, and not to owe the array the rules in the
//! same commit; they would stay as they were until somebody else changes them.

use manilad_domain::access::ALL_SQUASH;
use manilad_domain::intent::Cause;
use manilad_domain::metadata::Change;
use manilad_domain::status::{Status, TaskState};
use manilad_domain::{Microversion, Share, ShareId, Stamp};
use manilad_store::Draft;

use super::{Action, current};
use crate::instance::set_status;
use crate::{Decided, access};

/// What of a share is to be changed; none: it stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// The name, or that it is to have none.
    pub name: Option<Option<String>>,
    /// The same of the description.
    pub description: Option<Option<String>>,
    pub is_public: Option<bool>,
}

/// Changes what a tenant says about a share.
///
/// # Errors
/// Missing when the share has gone; as [`Action::Update`] has it.
pub fn update(draft: &mut Draft<'_>, id: ShareId, update: Update, version: Microversion, now: Stamp) -> Decided<Share> {
    let mut share = current(draft, id)?;
    Action::Update.check(share.status(), version)?;
    if let Some(name) = update.name {
        share.name = name;
    }
    if let Some(description) = update.description {
        share.description = description;
    }
    if let Some(is_public) = update.is_public {
        share.is_public = is_public;
    }
    share.updated_at = Some(now);
    draft.put(&share)?;
    Ok((share, Vec::new()))
}

/// Changes the metadata of a share, of which some keys are reserved.
///
/// # Errors
/// Missing when the share has gone; as [`Change::apply`] and [`Action::ChangeMetadata`].
pub fn change_metadata(
    draft: &mut Draft<'_>,
    id: ShareId,
    change: Change,
    reserved: &[String],
    version: Microversion,
    cause: &Cause,
) -> Decided<Share> {
    let mut share = current(draft, id)?;
    Action::ChangeMetadata.check(share.status(), version)?;
    let before = share.metadata.get(ALL_SQUASH).cloned();
    change.apply(&mut share.metadata, reserved)?;
    let is_changed = before.as_ref() != share.metadata.get(ALL_SQUASH);
    let owed = if is_changed { access::owe_anew(draft, &mut share, cause)? } else { Vec::new() };
    draft.put(&share)?;
    Ok((share, owed))
}

/// Sets the stored status of the instance that stands for the share. Work that is owed for it is given up: the
/// administrator says how things are.
///
/// # Errors
/// Missing when the share has gone; as [`Action::ResetStatus`] has it.
pub fn reset_status(
    draft: &mut Draft<'_>,
    id: ShareId,
    status: Status,
    version: Microversion,
    cause: &Cause,
) -> Decided<()> {
    let mut share = current(draft, id)?;
    Action::ResetStatus.check(share.status(), version)?;
    let Some(face) = share.face().map(|one| one.id) else { return Ok(((), Vec::new())) };
    Ok(((), set_status(draft, &mut share, face, status, cause)?))
}

/// Sets how far the share says that its migration has come.
///
/// # Errors
/// Missing when the share has gone; as [`Action::ResetTaskState`] has it.
pub fn reset_task_state(
    draft: &mut Draft<'_>,
    id: ShareId,
    state: Option<TaskState>,
    version: Microversion,
    now: Stamp,
) -> Decided<()> {
    let mut share = current(draft, id)?;
    Action::ResetTaskState.check(share.status(), version)?;
    share.task_state = state;
    share.updated_at = Some(now);
    draft.put(&share)?;
    Ok(((), Vec::new()))
}
