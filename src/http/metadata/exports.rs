//! Metadata of export locations. `preferred` is among it, as the back end or an administrator has it: every location
//! has this entry, so removing it is to prefer the location no more.

use manilad_domain::share::ExportLocation;
use manilad_domain::{Fault, Share};
use serde_json::Value;

use super::body::PlainGiven;
use super::{Change, Entries, Reserved, all, entries, entry, one};
use crate::body::flag_word;
use crate::call::{Call, Owner};
use crate::exports::find;

crate::routes! {
    GET    "/shares/{share_id}/export_locations/{id}/metadata"       [2.87..] "share_export_location:get_metadata"    => list                -> 200 json entries;
    POST   "/shares/{share_id}/export_locations/{id}/metadata"       [2.87..] "share_export_location:update_metadata" => merge(PlainGiven)   -> 200 json entries;
    PUT    "/shares/{share_id}/export_locations/{id}/metadata"       [2.87..] "share_export_location:update_metadata" => replace(PlainGiven) -> 200 json entries;
    GET    "/shares/{share_id}/export_locations/{id}/metadata/{key}" [2.87..] "share_export_location:get_metadata"    => show                -> 200 json entry;
    POST   "/shares/{share_id}/export_locations/{id}/metadata/{key}" [2.87..] "share_export_location:update_metadata" => set(PlainGiven)     -> 200 json entries;
    DELETE "/shares/{share_id}/export_locations/{id}/metadata/{key}" [2.87..] "share_export_location:delete_metadata" => remove              -> 200;
}

const PREFERRED: &str = "preferred";

/// The entries of a location as clients see them.
fn seen_entries(export: &ExportLocation) -> Entries {
    let mut entries = export.metadata.clone();
    entries.insert(PREFERRED.to_owned(), if export.is_preferred() { "True" } else { "False" }.to_owned());
    entries
}

/// Gives a location the entries that a client sees.
fn keep(export: &mut ExportLocation, mut entries: Entries) -> Result<(), Fault> {
    let is_preferred = match entries.remove(PREFERRED) {
        None => false,
        Some(word) => flag_word(&word)
            .ok_or_else(|| Fault::invalid(format!("Metadata preferred must be True or False, not {word:?}.")))?,
    };
    if is_preferred != export.is_preferred() {
        export.preference = Some(is_preferred);
    }
    export.metadata = entries;
    Ok(())
}

async fn list(call: Call) -> Result<Value, Fault> {
    Ok(all(&seen_entries(&find(&call)?.1.export)))
}

async fn show(call: Call) -> Result<Value, Fault> {
    one(&seen_entries(&find(&call)?.1.export), call.param("key"))
}

async fn merge(call: Call, given: PlainGiven) -> Result<Value, Fault> {
    change(call, "share_export_location:update_metadata", Change::Merge(given.0.0)).await
}

async fn replace(call: Call, given: PlainGiven) -> Result<Value, Fault> {
    change(call, "share_export_location:update_metadata", Change::Replace(given.0.0)).await
}

async fn set(call: Call, given: PlainGiven) -> Result<Value, Fault> {
    let one = Change::of_one(call.param("key"), given.0.0)?;
    change(call, "share_export_location:update_metadata", one).await
}

async fn remove(call: Call) -> Result<(), Fault> {
    let key = call.param("key").to_owned();
    change(call, "share_export_location:delete_metadata", Change::Remove(key)).await.map(drop)
}

async fn change(call: Call, rule: &'static str, change: Change) -> Result<Value, Fault> {
    let (share, seen) = find(&call)?;
    let owner = Owner::Of { project: &share.project_id, user: &share.user_id };
    call.require(rule, owner)?;
    let reserved = Reserved::of_exports(&call.face.settings);
    reserved.check(&call, &change, owner)?;
    let (id, export, now) = (share.id.to_string(), seen.export.id, call.now());
    call.decide("change export location metadata", move |draft| {
        let mut share: Share = draft.get(&id)?.ok_or_else(|| Fault::no_such("share", &id))?;
        let export = share.export_mut(export).ok_or_else(|| Fault::no_such("export location", export))?;
        let mut changed = seen_entries(export);
        change.apply(&mut changed, &reserved.keys)?;
        keep(export, changed)?;
        export.updated_at = Some(now);
        let answer = all(&seen_entries(export));
        draft.put(&share)?;
        Ok((answer, Vec::new()))
    })
    .await
}

#[cfg(test)]
mod tests {
    use manilad_domain::Stamp;

    use super::*;

    #[test]
    fn preferred_is_an_entry_like_others_to_clients_and_a_flag_to_us() {
        let mut export = ExportLocation {
            id: "5f6a9f0e-0000-4000-8000-000000000001".parse().unwrap(),
            path: "a:/b".to_owned(),
            is_admin_only: false,
            preferred: true,
            preference: None,
            metadata: [("k".to_owned(), "v".to_owned())].into(),
            created_at: Stamp::parse("2026-01-01").unwrap(),
            updated_at: None,
        };
        let mut seen = seen_entries(&export);
        assert_eq!(seen.get(PREFERRED).map(String::as_str), Some("True"));
        seen.insert(PREFERRED.to_owned(), "no".to_owned());
        keep(&mut export, seen).unwrap();
        assert!(!export.is_preferred() && export.preferred && export.metadata.len() == 1);
        assert!(keep(&mut export, [(PREFERRED.to_owned(), "maybe".to_owned())].into()).is_err());
    }
}
