//! What administrators do to an instance by force.

use manilad_decisions::instance;
use manilad_domain::Fault;
use manilad_store::Draft;

use super::list::find;
use crate::call::Call;
use crate::resources::shares::body::{ForceDelete, ResetStatus};

pub async fn reset_status(call: Call, wish: ResetStatus) -> Result<(), Fault> {
    let (cause, version) = (call.cause(), call.version);
    let view = find(&call, "id")?;
    let (share, id, status) = (view.share, view.one.id, wish.status.0);
    call.decide("reset share instance status", move |draft| {
        instance::reset_status(draft, share, id, status, version, &cause)
    })
    .await
}

pub async fn force_delete(call: Call, _: ForceDelete) -> Result<(), Fault> {
    let (cause, version, deletion) = (call.cause(), call.version, call.app.settings.deletion);
    let view = find(&call, "id")?;
    let (share, id) = (view.share, view.one.id);
    let decision = move |draft: &mut Draft<'_>| instance::force_delete(draft, share, id, deletion, version, &cause);
    call.decide_freeing("delete share instance", decision).await
}
