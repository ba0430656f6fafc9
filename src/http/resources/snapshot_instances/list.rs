//! Listing and showing snapshot instances, and saying how one is.

use manilad_decisions::snapshot;
use manilad_domain::snapshot::index;
use manilad_domain::status::SnapshotStatus;
use manilad_domain::{Fault, Microversion, ShareSnapshot, SnapshotInstanceId};
use manilad_store::{Range, Shared};
use serde_json::{Value, json};

use crate::body::Wish;
use crate::call::Call;
use crate::identity::Owner;
use crate::listing::Listing;
use crate::parameter::{Form, Parameter, Parameters};
use crate::{body, schema};

/// The query of the lists.
pub const LISTED: Parameters = &[&[Parameter::always("snapshot_id", Form::Text)]];

body! {
    /// Sets the stored status of a snapshot instance.
    ResetInstanceStatus in "reset_status" else invalid {
        status [..] required ResettableInstance,
    }
}

/// A status that administrators may set.
#[derive(Debug, Clone, Copy)]
pub struct ResettableInstance(pub SnapshotStatus);

impl Wish for ResettableInstance {
    const EXPECTED: &'static str =
        "creating, available, deleting, error, error_deleting, migrating, migrating_to or server_migrating";

    fn schema() -> Value {
        let statuses = SnapshotStatus::RESETTABLE_OF_INSTANCES.iter().map(|status| status.name());
        schema::one_of(&statuses.collect::<Vec<_>>())
    }

    fn read(value: &Value) -> Option<Self> {
        let status = SnapshotStatus::named(value.as_str()?);
        status.filter(|status| SnapshotStatus::RESETTABLE_OF_INSTANCES.contains(status)).map(ResettableInstance)
    }
}

/// The view of the row says whether by ids or in full.
pub async fn list(call: Call) -> Result<Listing<Shared<ShareSnapshot>>, Fault> {
    let snapshot = call.query.get("snapshot_id").map(str::to_owned);
    let itemise = move |_: &_, one: Shared<ShareSnapshot>, items: &mut Vec<Shared<ShareSnapshot>>| {
        items.extend(Some(one).filter(|one| snapshot.as_ref().is_none_or(|id| one.id.to_string() == *id)));
        Ok(())
    };
    call.items(Range::all(index::BY_CREATION), itemise).await.map(Listing::from)
}

pub async fn show(call: Call) -> Result<Shared<ShareSnapshot>, Fault> {
    find(&call)
}

pub async fn reset_status(call: Call, wish: ResetInstanceStatus) -> Result<(), Fault> {
    let (id, status, cause) = (find(&call)?.id, wish.status.0, call.cause());
    call.decide("reset snapshot instance status", move |draft| snapshot::reset_status(draft, id, status, &cause)).await
}

pub async fn list_exports(call: Call) -> Result<Value, Fault> {
    call.require("share_snapshot_instance:show", Owner::Own)?;
    find(&call)?;
    Ok(json!({ "share_snapshot_export_locations": [] }))
}

pub async fn show_export(call: Call) -> Result<Value, Fault> {
    call.require("share_snapshot_instance:show", Owner::Own)?;
    find(&call)?;
    Err(Fault::no_such("export location", call.param("export_location_id")))
}

/// The schema of [`list_exports`]: no back end has paths to snapshots.
pub fn schema_of_exports(_: Microversion) -> Value {
    let key = "share_snapshot_export_locations";
    schema::closed(&[key], [(key.to_owned(), json!({ "type": "array", "maxItems": 0 }))])
}

/// The snapshot whose instance the path names.
fn find(call: &Call) -> Result<Shared<ShareSnapshot>, Fault> {
    let id: SnapshotInstanceId = call.id("id", "snapshot instance")?;
    let range = Range::of(index::BY_INSTANCE, [id.to_string()]).limit(1);
    let found = call.app.store.snapshot().and_then(|store| store.scan::<ShareSnapshot>(&range))?;
    found.records.into_iter().next().ok_or_else(|| Fault::no_such("snapshot instance", id))
}
