//! What clients say about snapshots.

use manilad_domain::status::SnapshotStatus;
use manilad_domain::{Fault, Microversion};
use serde_json::{Map, Value};

use crate::body::{Body, BodyShape, Label, Metadata, Wish};
use crate::{body, schema};

body! {
    /// What a client may say when it asks for a snapshot.
    NewSnapshot in "snapshot" else unprocessable {
        share_id            [..]    required String,
        name                [..]    optional Label,
        display_name        [..]    optional Label,
        description         [..]    optional Label,
        display_description [..]    optional Label,
        metadata            [2.73..] optional Metadata,
    }

    /// Takes over a snapshot that is on the array.
    ManagedSnapshot in "snapshot" else unprocessable {
        share_id            [..]    optional Named,
        provider_location   [..]    optional Named,
        name                [..]    optional Label,
        display_name        [..]    optional Label,
        description         [..]    optional Label,
        display_description [..]    optional Label,
        driver_options      [..]    optional Map<String, Value>,
        metadata            [2.73..] optional Metadata,
    }

    /// What can be changed about a snapshot; everything else in the body is ignored, `name` and `description` too.
    UpdateSnapshot in "snapshot" else unprocessable {
        display_name        [..] clearable Label,
        display_description [..] clearable Label,
    }

    /// Sets the stored status.
    ResetSnapshotStatus in "reset_status" | "os-reset_status" else invalid {
        status [..] required ResettableSnapshot,
    }

    /// Asks that clients may reach a snapshot.
    AllowSnapshotAccess in "allow_access" else invalid {
        access_type [..] required WhoReads,
        access_to   [..] required String,
    }

    /// Asks that a client may not reach a snapshot any more.
    DenySnapshotAccess in "deny_access" else invalid {
        access_id [..] required String,
    }
}

/// A name of what is on the array, or of a share; anything else is kept as what it is not.
#[derive(Debug, Clone)]
pub struct Named(pub Option<String>);

impl Wish for Named {
    const EXPECTED: &'static str = "a string that is not empty";

    fn schema() -> Value {
        schema::any()
    }

    fn read(value: &Value) -> Option<Self> {
        Some(Named(value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)))
    }
}

/// The kinds of clients that may be allowed to read a snapshot.
const WHO_READS: &[&str] = &["ip", "user", "cert"];

/// The kind of a client that is to read a snapshot.
#[derive(Debug, Clone)]
pub struct WhoReads;

impl Wish for WhoReads {
    const EXPECTED: &'static str = "ip, user or cert";

    fn schema() -> Value {
        schema::one_of(WHO_READS)
    }

    fn read(value: &Value) -> Option<Self> {
        WHO_READS.contains(&value.as_str()?).then_some(WhoReads)
    }
}

/// A status that administrators may set.
#[derive(Debug, Clone, Copy)]
pub struct ResettableSnapshot(pub SnapshotStatus);

impl Wish for ResettableSnapshot {
    const EXPECTED: &'static str = "a status of snapshots, such as available or error";

    fn schema() -> Value {
        schema::one_of(&SnapshotStatus::RESETTABLE.iter().map(|status| status.name()).collect::<Vec<_>>())
    }

    fn read(value: &Value) -> Option<Self> {
        let status = SnapshotStatus::named(value.as_str()?);
        status.filter(|status| SnapshotStatus::RESETTABLE.contains(status)).map(ResettableSnapshot)
    }
}

/// An action that carries nothing: any value will do.
#[derive(Debug, Clone)]
pub struct UnmanageSnapshot;

impl Body for UnmanageSnapshot {
    const SHAPE: BodyShape = BodyShape::of::<Self>(
        "UnmanageSnapshot",
        "Forgets a snapshot and leaves it on the array; what it carries is ignored.",
        &["unmanage"],
        |_, _| schema::any(),
    );

    fn read(_: &Value, _: Microversion) -> Result<Self, Fault> {
        Ok(UnmanageSnapshot)
    }
}
