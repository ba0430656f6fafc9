//! Changing what is said about a share.

use manilad_decisions::share::{self, Update};
use manilad_domain::Fault;

use super::body::{ResetStatus, ResetTaskState, UpdateShare};
use super::view::ShareView;
use crate::call::Call;
use crate::identity::Owner;

pub async fn update(call: Call, wish: UpdateShare) -> Result<ShareView, Fault> {
    let share = call.share_for("share:update", call.param("id"))?;
    if wish.is_public.is_some_and(|flag| flag.0) {
        call.require("share:set_public_share", Owner::Of { project: &share.project_id, user: &share.user_id })?;
    }
    let update = Update {
        name: wish.display_name.map(|name| name.map(|label| label.0)),
        description: wish.display_description.map(|description| description.map(|label| label.0)),
        is_public: wish.is_public.map(|flag| flag.0),
    };
    let (id, version, now) = (share.id, call.version, call.now());
    let share = call.decide("update share", move |draft| share::update(draft, id, update, version, now)).await?;
    super::list::view(&call, share.into())
}

pub async fn reset_status(call: Call, wish: ResetStatus) -> Result<(), Fault> {
    let id = call.share_for("share:reset_status", call.param("id"))?.id;
    let (status, version, cause) = (wish.status.0, call.version, call.cause());
    call.decide("reset share status", move |draft| share::reset_status(draft, id, status, version, &cause)).await
}

pub async fn reset_task_state(call: Call, wish: ResetTaskState) -> Result<(), Fault> {
    let share = call.share_for("share:reset_task_state", call.param("id"))?;
    call.require("share:reset_status", Owner::Of { project: &share.project_id, user: &share.user_id })?;
    let state = wish.task_state.ok_or_else(|| Fault::invalid("Member \"task_state\" is missing."))?;
    let (id, state, version, now) = (share.id, state.map(|state| state.0), call.version, call.now());
    call.decide("reset share task state", move |draft| share::reset_task_state(draft, id, state, version, now)).await
}
