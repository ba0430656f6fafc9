//! Snapshots of volumes.
//!
//! They belong to their volume, under whose key they are found. How to get it wrong: to take "no such snapshot" for gone while
//! the volume itself is not there; then nobody has looked.

use manilad_clock::Uuid;
use serde::Deserialize;
use serde_json::Value;

use crate::body::Body;
use crate::client::{Call, Client};
use crate::code::Class;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::named::Named;
use crate::query::Query;

const MOST: usize = 20_000;

/// A snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct VolumeSnapshot {
    pub uuid: Uuid,
    pub name: String,
    /// Why ONTAP keeps it, such as `volume_clone`; empty where nothing holds it.
    #[serde(default)]
    pub owners: Vec<String>,
    /// Told by lists over all volumes.
    #[serde(default)]
    pub volume: Named,
    #[serde(default)]
    pub svm: Named,
}

impl VolumeSnapshot {
    /// Whether a clone stands on it.
    pub fn has_clones(&self) -> bool {
        self.owners.iter().any(|owner| owner.contains("volume_clone"))
    }
}

/// Takes a snapshot of a volume; one call. `Exists` when the name is taken, `BadReference` when the volume is gone.
pub async fn create(client: &Client, volume: Uuid, name: &str) -> Result<(), Error> {
    let call = Call::to(Endpoint::SnapshotCreate, &[&volume.to_string()])?.body(Body::default().set("name", name));
    client.write::<Value>(call).await.map(|_| ())
}

/// The snapshot of a volume that has this name; one call. None too when the volume is gone.
pub async fn find(client: &Client, volume: Uuid, name: &str) -> Result<Option<VolumeSnapshot>, Error> {
    // What can't be asked for can't be the name of a snapshot.
    let Ok(query) = Query::new().is("name", name) else { return Ok(None) };
    let query = query.fields("uuid,name,owners");
    match client.only(Call::to(Endpoint::Snapshots, &[&volume.to_string()])?.query(query)).await {
        Err(error) if error.class() == Class::Absent => Ok(None),
        found => found,
    }
}

/// The snapshots of all volumes of `svm`, or of the cluster, whose names start with `prefix`; one call per thousand.
pub async fn starting(client: &Client, svm: Option<&str>, prefix: &str) -> Result<Vec<VolumeSnapshot>, Error> {
    let query = Query::new().starts("name", prefix)?.within(svm)?.fields("uuid,name,owners,volume,svm.name");
    client.list(Call::to(Endpoint::AllSnapshots, &[])?.query(query), MOST).await
}

/// Gives a snapshot another name; one call. A FlexGroup's can't have one.
pub async fn rename(client: &Client, volume: Uuid, snapshot: Uuid, name: &str) -> Result<(), Error> {
    let call = Call::to(Endpoint::SnapshotChange, &[&volume.to_string(), &snapshot.to_string()])?;
    client.write::<Value>(call.body(Body::default().set("name", name))).await.map(|_| ())
}

/// Removes a snapshot; one call. Gone already is well; refused while something holds it.
pub async fn delete(client: &Client, volume: Uuid, snapshot: Uuid) -> Result<(), Error> {
    let call = Call::to(Endpoint::SnapshotDelete, &[&volume.to_string(), &snapshot.to_string()])?;
    match client.write::<Value>(call).await {
        Err(error) if error.class() == Class::Absent => Ok(()),
        other => other.map(|_| ()),
    }
}
