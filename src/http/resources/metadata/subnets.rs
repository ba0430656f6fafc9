//! Metadata of subnets. Unlike that of shares, what was added is answered alone, without what was there.

use manilad_decisions::subnet;
use manilad_domain::{Fault, Record};
use serde_json::Value;

use super::{Entries, Given, MetadataChange, Reserved, all, entries, entry, one};
use crate::call::Call;
use crate::identity::Owner;
use crate::resources::subnets::find;

crate::routes! {
    GET    "/share-networks/{network_id}/subnets/{id}/metadata"       [2.78..] "share_network_subnet:get_metadata"    => list           -> 200 json entries;
    POST   "/share-networks/{network_id}/subnets/{id}/metadata"       [2.78..] "share_network_subnet:update_metadata" => merge(Given)   -> 200 json entries;
    PUT    "/share-networks/{network_id}/subnets/{id}/metadata"       [2.78..] "share_network_subnet:update_metadata" => replace(Given) -> 200 json entries;
    GET    "/share-networks/{network_id}/subnets/{id}/metadata/{key}" [2.78..] "share_network_subnet:get_metadata"    => show           -> 200 json entry;
    POST   "/share-networks/{network_id}/subnets/{id}/metadata/{key}" [2.78..] "share_network_subnet:update_metadata" => set(Given)     -> 200 json entries;
    DELETE "/share-networks/{network_id}/subnets/{id}/metadata/{key}" [2.78..] "share_network_subnet:delete_metadata" => remove         -> 200;
}

async fn list(call: Call) -> Result<Value, Fault> {
    Ok(all(&find(&call, "share_network_subnet:get_metadata")?.1.metadata))
}

async fn show(call: Call) -> Result<Value, Fault> {
    one(&find(&call, "share_network_subnet:get_metadata")?.1.metadata, call.param("key"))
}

async fn merge(call: Call, given: Given) -> Result<Value, Fault> {
    let answer = all(&given.0.0);
    change(call, "share_network_subnet:update_metadata", MetadataChange::Merge(given.0.0)).await?;
    Ok(answer)
}

async fn replace(call: Call, given: Given) -> Result<Value, Fault> {
    let entries = change(call, "share_network_subnet:update_metadata", MetadataChange::Replace(given.0.0)).await?;
    Ok(all(&entries))
}

async fn set(call: Call, given: Given) -> Result<Value, Fault> {
    let answer = all(&given.0.0);
    let one = MetadataChange::of_one(call.param("key"), given.0.0)?;
    change(call, "share_network_subnet:update_metadata", one).await?;
    Ok(answer)
}

async fn remove(call: Call) -> Result<(), Fault> {
    let key = call.param("key").to_owned();
    change(call, "share_network_subnet:delete_metadata", MetadataChange::Remove(key)).await.map(drop)
}

async fn change(call: Call, rule: &'static str, change: MetadataChange) -> Result<Entries, Fault> {
    let (network, subnet) = find(&call, rule)?;
    let reserved = Reserved::of_subnets();
    reserved.check(&call, &change, Owner::Of { project: &network.project_id, user: &network.user_id })?;
    let id = subnet.key();
    call.decide("change subnet metadata", move |draft| {
        let named: Vec<String> = change.keys().into_iter().cloned().collect();
        subnet::change_metadata(draft, &id, &named, |entries| change.apply(entries, &reserved.keys))
    })
    .await
}
