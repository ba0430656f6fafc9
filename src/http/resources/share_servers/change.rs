//! Sending share servers away, forgetting them, and saying how they are.

use manilad_decisions::share_server;
use manilad_domain::{Fault, Record};

use super::body::{ResetServerStatus, ResetServerTaskState, UnmanageServer};
use super::list::find;
use crate::call::Call;
use crate::identity::Owner;

pub async fn delete(call: Call) -> Result<(), Fault> {
    let (id, cause) = (find(&call)?.key(), call.cause());
    call.decide_freeing("delete share server", move |draft| share_server::delete(draft, &id, &cause)).await
}

pub async fn reset_status(call: Call, wish: ResetServerStatus) -> Result<(), Fault> {
    let (id, status, now) = (find(&call)?.key(), wish.status, call.now());
    call.decide("reset share server status", move |draft| share_server::reset_status(draft, &id, status, now)).await
}

pub async fn reset_task_state(call: Call, wish: ResetServerTaskState) -> Result<(), Fault> {
    let id = find(&call)?.key();
    call.require("share_server:reset_status", Owner::Own)?;
    let state = wish.task_state.ok_or_else(|| Fault::invalid("Member \"task_state\" is missing."))?;
    let (state, now) = (state.map(|state| state.0), call.now());
    call.decide("reset share server task state", move |draft| share_server::reset_task_state(draft, &id, state, now))
        .await
}

pub async fn unmanage(call: Call, wish: UnmanageServer) -> Result<(), Fault> {
    let (id, cause) = (find(&call)?.key(), call.cause());
    let force = wish.force;
    call.decide_freeing("unmanage share server", move |draft| share_server::unmanage(draft, &id, force, &cause)).await
}
