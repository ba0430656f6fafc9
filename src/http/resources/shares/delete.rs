//! Giving a share back.

use manilad_decisions::share;
use manilad_domain::Fault;

use super::body::ForceDelete;
use crate::call::Call;

pub async fn delete(call: Call) -> Result<(), Fault> {
    let id = call.share_for("share:delete", call.param("id"))?.id;
    let (cause, version, deletion) = (call.cause(), call.version, call.app.settings.deletion);
    call.decide_freeing("delete share", move |draft| share::delete(draft, id, deletion, version, &cause)).await
}

pub async fn force_delete(call: Call, _: ForceDelete) -> Result<(), Fault> {
    let id = call.share_for("share:force_delete", call.param("id"))?.id;
    let (cause, version, deletion) = (call.cause(), call.version, call.app.settings.deletion);
    call.decide_freeing("delete share", move |draft| share::force_delete(draft, id, deletion, version, &cause)).await
}
