//! Changing what is said about a share. Nothing here reaches the array.

use manilad_decisions::{Owed, access};
use manilad_domain::intent::{Cause, Lane, Verb};
use manilad_domain::status::Status;
use manilad_domain::{Fault, InFlight, InstanceId, Intent, Share};
use manilad_store::Draft;

use super::body::{ResetStatus, ResetTaskState, UpdateShare};
use super::view::Seen;
use crate::call::{Call, Owner};

pub async fn update(call: Call, wish: UpdateShare) -> Result<Seen, Fault> {
    let share = call.share_for("share:update", call.param("id"))?;
    if wish.is_public.is_some_and(|flag| flag.0) {
        call.require("share:set_public_share", Owner::Of { project: &share.project_id, user: &share.user_id })?;
    }
    let (id, now) = (share.id.to_string(), call.now());
    let share = call
        .decide("update share", move |draft| {
            let mut share: Share = draft.get(&id)?.ok_or_else(|| Fault::no_such("share", &id))?;
            if let Some(name) = wish.display_name {
                share.name = name.map(|label| label.0);
            }
            if let Some(description) = wish.display_description {
                share.description = description.map(|label| label.0);
            }
            if let Some(flag) = wish.is_public {
                share.is_public = flag.0;
            }
            share.updated_at = Some(now);
            draft.put(&share)?;
            Ok((share, Vec::new()))
        })
        .await?;
    super::list::seen(&call, share.into())
}

/// Sets the stored status of the instance that stands for the share. Work that is owed for it is given up: the
/// administrator says how things are.
pub async fn reset_status(call: Call, wish: ResetStatus) -> Result<(), Fault> {
    let id = call.share_for("share:reset_status", call.param("id"))?.id.to_string();
    let cause = call.cause();
    call.decide("reset share status", move |draft| {
        let mut share: Share = draft.get(&id)?.ok_or_else(|| Fault::no_such("share", &id))?;
        let Some(face) = share.face().map(|one| one.id) else { return Ok(((), Vec::new())) };
        Ok(((), set_status(draft, &mut share, face, wish.status.0, &cause)?))
    })
    .await
}

/// Sets how far the share says that its migration has come.
pub async fn reset_task_state(call: Call, wish: ResetTaskState) -> Result<(), Fault> {
    let share = call.share_for("share:reset_task_state", call.param("id"))?;
    call.require("share:reset_status", Owner::Of { project: &share.project_id, user: &share.user_id })?;
    let state = wish.task_state.ok_or_else(|| Fault::invalid("Member \"task_state\" is missing."))?;
    let (id, now) = (share.id.to_string(), call.now());
    call.decide("reset share task state", move |draft| {
        let mut share: Share = draft.get(&id)?.ok_or_else(|| Fault::no_such("share", &id))?;
        share.task_state = state.map(|state| state.0);
        share.updated_at = Some(now);
        draft.put(&share)?;
        Ok(((), Vec::new()))
    })
    .await
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
    let settled = share.live().find(|one| one.id == id && one.pool.is_some() && !one.status.is_transitional());
    if let Some(instance) = settled.cloned()
        && access::are_open(draft, share, &instance)?
    {
        owed.push(access::owe(draft, share, id, cause)?);
    }
    draft.put(share)?;
    Ok(owed)
}
