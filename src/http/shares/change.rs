//! Changing what is said about a share. Nothing here reaches the array.

use manilad_decisions::instance::set_status;
use manilad_domain::{Fault, Share};

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
