//! What administrators do to an instance of a share.

use manilad_domain::intent::{Cause, Lane, Verb};
use manilad_domain::status::Status;
use manilad_domain::{Fault, InFlight, InstanceId, Intent, Microversion, Share, ShareId};
use manilad_store::Draft;

use crate::share::{Action, remove_instances};
use crate::{Decided, Owed, access};

/// Sets the stored status, and gives up the work that is owed for the instance's life: the administrator says how
/// things are.
///
/// # Errors
/// Missing when the instance has gone; as [`Action::ResetStatus`] has it.
pub fn reset_status(
    draft: &mut Draft<'_>,
    share: ShareId,
    id: InstanceId,
    status: Status,
    version: Microversion,
    cause: &Cause,
) -> Decided<()> {
    let (mut share, before) = current(draft, share, id)?;
    Action::ResetStatus.check(before, version)?;
    Ok(((), set_status(draft, &mut share, id, status, cause)?))
}

/// Gives up whatever is owed for the instance and owes its removal, in one batch. The share goes with its last one.
///
/// # Errors
/// Missing when the instance has gone; as [`Action::ForceDelete`] has it.
pub fn force_delete(
    draft: &mut Draft<'_>,
    share: ShareId,
    id: InstanceId,
    version: Microversion,
    cause: &Cause,
) -> Decided<()> {
    let (share, status) = current(draft, share, id)?;
    Action::ForceDelete.check(status, version)?;
    Ok(((), remove_instances(draft, share, |instance| instance.id == id, cause)?))
}

/// The share of an instance and the status of the instance, as they are now.
fn current(draft: &Draft<'_>, share: ShareId, id: InstanceId) -> Result<(Share, Status), Fault> {
    let share: Option<Share> = draft.get(&share.to_string())?;
    let found = share.and_then(|share| share.instance(id).map(|one| one.status).map(|status| (share, status)));
    found.ok_or_else(|| Fault::no_such("share instance", id))
}

/// Sets the stored status of one instance, and gives up the work that is owed for its life. Where that was a removal
/// which had taken the place of work on its rules, the rules are owed again.
///
/// # Errors
/// Internal when the store can't be read.
pub fn set_status(
    draft: &mut Draft<'_>,
    share: &mut Share,
    id: InstanceId,
    status: Status,
    cause: &Cause,
) -> Result<Vec<Owed>, Fault> {
    if let Some(open) = draft.get::<Intent>(&Intent::key_of(id, Lane::Life))? {
        draft.remove(&open)?;
        if let Some(note) = InFlight::of(&open, cause.now) {
            draft.put(&note)?;
        }
    }
    let mut is_to_be_looked_for = false;
    if let Some(instance) = share.instance_mut(id) {
        is_to_be_looked_for = status == Status::Available && instance.status != Status::Available;
        instance.status = status;
        instance.updated_at = Some(cause.now);
    }
    let mut owed = Vec::new();
    // A removal, or a creation that failed, may have left nothing that could be served.
    if let Some(instance) = share.instance(id).filter(|_| is_to_be_looked_for)
        && let Some(pool) = &instance.pool
    {
        owed.push(Owed::Backend(pool.service()));
        let rescue = Intent::new(share, instance, Verb::Rescue, draft.next_serial()?, cause);
        draft.put(&rescue)?;
    }
    owed.extend(access::owe_what_waited(draft, share, id, cause)?);
    draft.put(share)?;
    Ok(owed)
}
