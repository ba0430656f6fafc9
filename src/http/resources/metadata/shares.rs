//! Metadata of shares. Another project's public share is readable, and not writable.

use manilad_decisions::share;
use manilad_domain::Fault;
use manilad_domain::abilities::check_switches;
use serde_json::Value;

use super::{Given, MetadataChange, Reserved, all, entries, entry, one};
use crate::call::Call;
use crate::identity::Owner;

crate::routes! {
    GET    "/shares/{id}/metadata"       [..] "share:get_share_metadata"    => list           -> 200 json entries;
    POST   "/shares/{id}/metadata"       [..] "share:update_share_metadata" => merge(Given)   -> 200 json entries;
    PUT    "/shares/{id}/metadata"       [..] "share:update_share_metadata" => replace(Given) -> 200 json entries;
    GET    "/shares/{id}/metadata/{key}" [..] "share:get_share_metadata"    => show           -> 200 json entry;
    POST   "/shares/{id}/metadata/{key}" [..] "share:update_share_metadata" => set(Given)     -> 200 json entries;
    DELETE "/shares/{id}/metadata/{key}" [..] "share:delete_share_metadata" => remove         -> 200;
}

async fn list(call: Call) -> Result<Value, Fault> {
    Ok(all(&call.share(call.param("id"))?.metadata))
}

async fn show(call: Call) -> Result<Value, Fault> {
    one(&call.share(call.param("id"))?.metadata, call.param("key"))
}

async fn merge(call: Call, given: Given) -> Result<Value, Fault> {
    change(call, "share:update_share_metadata", MetadataChange::Merge(given.0.0)).await
}

async fn replace(call: Call, given: Given) -> Result<Value, Fault> {
    change(call, "share:update_share_metadata", MetadataChange::Replace(given.0.0)).await
}

async fn set(call: Call, given: Given) -> Result<Value, Fault> {
    let one = MetadataChange::of_one(call.param("key"), given.0.0)?;
    change(call, "share:update_share_metadata", one).await
}

async fn remove(call: Call) -> Result<(), Fault> {
    let key = call.param("key").to_owned();
    change(call, "share:delete_share_metadata", MetadataChange::Remove(key)).await.map(drop)
}

async fn change(call: Call, rule: &'static str, change: MetadataChange) -> Result<Value, Fault> {
    let share = call.share_for(rule, call.param("id"))?;
    let owner = Owner::Of { project: &share.project_id, user: &share.user_id };
    let reserved = Reserved::of_shares(&call.app.settings);
    reserved.check(&call, &change, owner)?;
    let switches = call.app.rule_switches.clone();
    change.given().map_or(Ok(()), |given| check_switches(&switches, given))?;
    let (id, version, cause) = (share.id, call.version, call.cause());
    let share = call
        .decide("change share metadata", move |draft| {
            share::change_metadata(draft, id, change, &reserved.keys, &switches, version, &cause)
        })
        .await?;
    Ok(all(&share.metadata))
}
