//! Changing what is said about a snapshot, giving it back, and forgetting it.

use manilad_decisions::snapshot::{self, SnapshotUpdate};
use manilad_domain::{Fault, ShareSnapshot};
use manilad_store::Shared;

use super::body::{ResetSnapshotStatus, UnmanageSnapshot, UpdateSnapshot};
use super::list::find;
use crate::call::Call;
use crate::resources::shares::body::ForceDelete;

pub async fn update(call: Call, wish: UpdateSnapshot) -> Result<Shared<ShareSnapshot>, Fault> {
    let (id, now) = (find(&call, "share:snapshot_update", "id")?.id, call.now());
    let update = SnapshotUpdate {
        name: wish.display_name.map(|name| name.map(|label| label.0)),
        description: wish.display_description.map(|description| description.map(|label| label.0)),
    };
    let snapshot = call.decide("update snapshot", move |draft| snapshot::update(draft, id, update, now)).await?;
    Ok(snapshot.into())
}

pub async fn reset_status(call: Call, wish: ResetSnapshotStatus) -> Result<(), Fault> {
    let (id, cause) = (find(&call, "share_snapshot:reset_status", "id")?.id, call.cause());
    let status = wish.status.0;
    call.decide("reset snapshot status", move |draft| snapshot::reset_status(draft, id, status, &cause)).await
}

pub async fn delete(call: Call) -> Result<(), Fault> {
    let (id, cause) = (find(&call, "share:delete_snapshot", "id")?.id, call.cause());
    let deletion = call.app.settings.deletion;
    call.decide_freeing("delete snapshot", move |draft| snapshot::delete(draft, id, deletion, &cause)).await
}

pub async fn force_delete(call: Call, _: ForceDelete) -> Result<(), Fault> {
    let (id, cause) = (find(&call, "share_snapshot:force_delete", "id")?.id, call.cause());
    let deletion = call.app.settings.deletion;
    call.decide_freeing("delete snapshot", move |draft| snapshot::force_delete(draft, id, deletion, &cause)).await
}

pub async fn unmanage(call: Call, _: UnmanageSnapshot) -> Result<(), Fault> {
    let id = find(&call, "share_snapshot:unmanage_snapshot", "id")?.id;
    let (version, cause) = (call.version, call.cause());
    call.decide_freeing("unmanage snapshot", move |draft| snapshot::unmanage(draft, id, version, &cause)).await
}
