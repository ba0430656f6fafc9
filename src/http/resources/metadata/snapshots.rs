//! Metadata of snapshots. As with subnets, what was added is answered alone, without what was there.

use manilad_decisions::snapshot;
use manilad_domain::Fault;
use serde_json::Value;

use super::{Entries, Given, MetadataChange, Reserved, all, entries, entry, one};
use crate::call::Call;
use crate::resources::snapshots::find;

crate::routes! {
    GET    "/snapshots/{id}/metadata"       [2.73..] "share_snapshot:get_metadata"    => list           -> 200 json entries;
    POST   "/snapshots/{id}/metadata"       [2.73..] "share_snapshot:update_metadata" => merge(Given)   -> 200 json entries;
    PUT    "/snapshots/{id}/metadata"       [2.73..] "share_snapshot:update_metadata" => replace(Given) -> 200 json entries;
    GET    "/snapshots/{id}/metadata/{key}" [2.73..] "share_snapshot:get_metadata"    => show           -> 200 json entry;
    POST   "/snapshots/{id}/metadata/{key}" [2.73..] "share_snapshot:update_metadata" => set(Given)     -> 200 json entries;
    DELETE "/snapshots/{id}/metadata/{key}" [2.73..] "share_snapshot:delete_metadata" => remove         -> 200;
}

async fn list(call: Call) -> Result<Value, Fault> {
    Ok(all(&find(&call, "share_snapshot:get_metadata", "id")?.metadata))
}

async fn show(call: Call) -> Result<Value, Fault> {
    one(&find(&call, "share_snapshot:get_metadata", "id")?.metadata, call.param("key"))
}

async fn merge(call: Call, given: Given) -> Result<Value, Fault> {
    let answer = all(&given.0.0);
    change(call, "share_snapshot:update_metadata", MetadataChange::Merge(given.0.0)).await?;
    Ok(answer)
}

async fn replace(call: Call, given: Given) -> Result<Value, Fault> {
    let entries = change(call, "share_snapshot:update_metadata", MetadataChange::Replace(given.0.0)).await?;
    Ok(all(&entries))
}

async fn set(call: Call, given: Given) -> Result<Value, Fault> {
    let answer = all(&given.0.0);
    let one = MetadataChange::of_one(call.param("key"), given.0.0)?;
    change(call, "share_snapshot:update_metadata", one).await?;
    Ok(answer)
}

async fn remove(call: Call) -> Result<(), Fault> {
    let key = call.param("key").to_owned();
    change(call, "share_snapshot:delete_metadata", MetadataChange::Remove(key)).await.map(drop)
}

async fn change(call: Call, rule: &'static str, change: MetadataChange) -> Result<Entries, Fault> {
    let id = find(&call, rule, "id")?.id;
    let reserved = Reserved::none();
    call.decide("change snapshot metadata", move |draft| snapshot::change_metadata(draft, id, change, &reserved.keys))
        .await
}
