//! Access to snapshots, and the paths to them, of which there are none.
//!
//! Snapshots are seen below the path of their share, where its type does not hide them: no driver reports
//! `mount_snapshot_support`, and a share whose type asks for it finds no pool. Each request is refused for what stands in its way.

use manilad_domain::{Fault, Microversion, Share};
use manilad_store::Shared;
use serde_json::{Value, json};

use super::body::{AllowSnapshotAccess, DenySnapshotAccess};
use super::list::find;
use crate::call::Call;
use crate::schema;

pub async fn allow(call: Call, _: AllowSnapshotAccess) -> Result<(), Fault> {
    let snapshot = find(&call, "share_snapshot:allow_access", "id")?;
    let share: Option<Shared<Share>> = call.app.get(&snapshot.share_id.to_string())?;
    let abilities = share.map(|share| share.abilities).unwrap_or_default();
    Err(Fault::invalid(match (abilities.mount_snapshot_support, abilities.snapshot_inherit_share_access_support) {
        (false, _) => {
            format!("Snapshot {} can't be mounted: the type of its share has no mount_snapshot_support.", snapshot.id)
        }
        (true, true) => format!("Snapshot {} is accessed by the rules of its share.", snapshot.id),
        (true, false) => format!("Snapshot {} can't be mounted: its back end has no paths to snapshots.", snapshot.id),
    }))
}

pub async fn deny(call: Call, wish: DenySnapshotAccess) -> Result<(), Fault> {
    find(&call, "share_snapshot:deny_access", "id")?;
    Err(Fault::no_such("snapshot access rule", wish.access_id))
}

pub async fn access_list(call: Call) -> Result<Value, Fault> {
    find(&call, "share_snapshot:access_list", "id")?;
    Ok(json!({ "snapshot_access_list": [] }))
}

pub async fn list_exports(call: Call) -> Result<Value, Fault> {
    find(&call, "share_snapshot_export_location:index", "id")?;
    Ok(json!({ "share_snapshot_export_locations": [] }))
}

pub async fn show_export(call: Call) -> Result<Value, Fault> {
    find(&call, "share_snapshot_export_location:show", "id")?;
    Err(Fault::no_such("export location", call.param("export_location_id")))
}

fn none(key: &str) -> Value {
    schema::closed(&[key], [(key.to_owned(), json!({ "type": "array", "maxItems": 0 }))])
}

/// The schema of [`access_list`].
pub fn schema_of_access_list(_: Microversion) -> Value {
    none("snapshot_access_list")
}

/// The schema of [`list_exports`].
pub fn schema_of_exports(_: Microversion) -> Value {
    none("share_snapshot_export_locations")
}
