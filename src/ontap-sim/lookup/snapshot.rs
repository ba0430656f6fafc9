//! Finds snapshots, and who owns them.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::lookup::volume;
use crate::rest::ask::Ask;
use crate::rest::code::{Refusal, SNAPSHOT_ABSENT};
use crate::rows::snapshot::Snapshot;
use crate::rows::volume::Volume;
use crate::state::State;

pub const COLLECTION: &str = "/api/storage/volumes/{volume.uuid}/snapshots";

/// The volume that the request's path names, if the request may see it.
pub fn volume<'a>(state: &'a State, ask: &Ask) -> Result<&'a Volume, Refusal> {
    let uuid = ask.keys.get("volume.uuid").and_then(|uuid| uuid.parse().ok());
    let volume = uuid.and_then(|uuid| state.volumes.get(&uuid)).filter(|volume| volume::visible(volume, ask));
    volume.ok_or_else(|| Refusal::absent("volume.uuid"))
}

/// The snapshot that the request's path names, if the request may see its volume.
pub fn mine<'a>(state: &'a State, ask: &Ask) -> Result<&'a Snapshot, Refusal> {
    let volume = volume(state, ask)?;
    let snapshot = ask.key().and_then(|uuid| state.snapshots.get(&uuid));
    let snapshot = snapshot.filter(|snapshot| snapshot.volume == volume.uuid);
    snapshot.ok_or_else(|| Refusal::new(SNAPSHOT_ABSENT, "The snapshot was not found.").at("uuid"))
}

pub fn of_volume(state: &State, volume: Uuid) -> impl Iterator<Item = &Snapshot> {
    state.snapshots.iter().filter(move |snapshot| snapshot.volume == volume)
}

pub fn named<'a>(state: &'a State, volume: Uuid, name: &str) -> Option<&'a Snapshot> {
    of_volume(state, volume).find(|snapshot| snapshot.name == name)
}

/// The snapshots on which clones stand, clones in the recovery queue too: those may come back.
pub fn cloned(state: &State) -> BTreeSet<Uuid> {
    state.volumes.iter().filter_map(|volume| Some(volume.clone.as_ref()?.snapshot)).collect()
}
