//! Metadata of export locations. `preferred` is among it, as the back end or an administrator has it: every location
//! has this entry, so removing it is to prefer the location no more.

use manilad_decisions::share;
use manilad_domain::Fault;
use serde_json::Value;

use super::body::PlainGiven;
use super::{MetadataChange, Reserved, all, entries, entry, one};
use crate::call::Call;
use crate::identity::Owner;
use crate::resources::exports::find;

crate::routes! {
    GET    "/shares/{share_id}/export_locations/{id}/metadata"       [2.87..] "share_export_location:get_metadata"    => list                -> 200 json entries;
    POST   "/shares/{share_id}/export_locations/{id}/metadata"       [2.87..] "share_export_location:update_metadata" => merge(PlainGiven)   -> 200 json entries;
    PUT    "/shares/{share_id}/export_locations/{id}/metadata"       [2.87..] "share_export_location:update_metadata" => replace(PlainGiven) -> 200 json entries;
    GET    "/shares/{share_id}/export_locations/{id}/metadata/{key}" [2.87..] "share_export_location:get_metadata"    => show                -> 200 json entry;
    POST   "/shares/{share_id}/export_locations/{id}/metadata/{key}" [2.87..] "share_export_location:update_metadata" => set(PlainGiven)     -> 200 json entries;
    DELETE "/shares/{share_id}/export_locations/{id}/metadata/{key}" [2.87..] "share_export_location:delete_metadata" => remove              -> 200;
}

async fn list(call: Call) -> Result<Value, Fault> {
    Ok(all(&find(&call)?.1.export.entries()))
}

async fn show(call: Call) -> Result<Value, Fault> {
    one(&find(&call)?.1.export.entries(), call.param("key"))
}

async fn merge(call: Call, given: PlainGiven) -> Result<Value, Fault> {
    change(call, "share_export_location:update_metadata", MetadataChange::Merge(given.0.0)).await
}

async fn replace(call: Call, given: PlainGiven) -> Result<Value, Fault> {
    change(call, "share_export_location:update_metadata", MetadataChange::Replace(given.0.0)).await
}

async fn set(call: Call, given: PlainGiven) -> Result<Value, Fault> {
    let one = MetadataChange::of_one(call.param("key"), given.0.0)?;
    change(call, "share_export_location:update_metadata", one).await
}

async fn remove(call: Call) -> Result<(), Fault> {
    let key = call.param("key").to_owned();
    change(call, "share_export_location:delete_metadata", MetadataChange::Remove(key)).await.map(drop)
}

async fn change(call: Call, rule: &'static str, change: MetadataChange) -> Result<Value, Fault> {
    let (share, view) = find(&call)?;
    let owner = Owner::Of { project: &share.project_id, user: &share.user_id };
    call.require(rule, owner)?;
    let reserved = Reserved::of_exports(&call.app.settings);
    reserved.check(&call, &change, owner)?;
    let (id, export, version, now) = (share.id, view.export.id, call.version, call.now());
    let entries = call
        .decide("change export location metadata", move |draft| {
            share::change_export_metadata(draft, id, export, change, &reserved.keys, version, now)
        })
        .await?;
    Ok(all(&entries))
}
