//! Restoring volumes to snapshots.
//!
//! The volume keeps its size and all that is set on it; what it holds, and owner and mode of its root directory, become
//! those of the snapshot. Snapshots that are newer vanish.

use uuid::Uuid;

use crate::lookup::snapshot::{cloned, of_volume};
use crate::nouns::{licence, snapshot};
use crate::rest::ask::Ask;
use crate::rest::code::{
    RESTORE_BUSY, RESTORE_FAILED, Refusal, SNAPSHOT_ABSENT, SNAPSHOT_NOT_SPECIFIED, VOLUME_OFFLINE,
};
use crate::rows::snapshot::Snapshot;
use crate::rows::volume::{Fill, Volume};
use crate::state::{State, Work};

/// What a restore takes the volume back to, and which snapshots it makes vanish.
pub struct Restore {
    to: Snapshot,
    newer: Vec<Uuid>,
}

/// What can be told without looking at the snapshots.
pub fn check(state: &State, ask: &Ask) -> Result<(), Refusal> {
    if !ask.has("restore_to") {
        return Ok(());
    }
    licence::need(state, "snaprestore")?;
    let said =
        ["restore_to.snapshot.name", "restore_to.snapshot.uuid"].map(|field| ask.text(field).unwrap_or_default());
    match said {
        ["", ""] => Err(Refusal::new(SNAPSHOT_NOT_SPECIFIED, "No snapshot was specified to restore the volume to.")),
        _ => Ok(()),
    }
}

/// The restore that the request asks for, if it can be done.
pub fn plan(state: &State, volume: &Volume, ask: &Ask) -> Result<Option<Restore>, Refusal> {
    if !ask.has("restore_to") {
        return Ok(None);
    }
    let (name, uuid) = (ask.text("restore_to.snapshot.name"), ask.text("restore_to.snapshot.uuid"));
    let meant = |one: &&Snapshot| {
        name.is_none_or(|name| name == one.name) && uuid.is_none_or(|uuid| uuid == one.uuid.to_string())
    };
    let Some(to) = of_volume(state, volume.uuid).find(meant).cloned() else {
        let which = name.or(uuid).unwrap_or_default();
        let message = format!("Volume \"{}\" has no snapshot \"{which}\" to be restored to.", volume.name);
        return Err(Refusal::new(SNAPSHOT_ABSENT, message).at("restore_to.snapshot"));
    };
    if !volume.online() {
        let message = format!("Cannot restore volume \"{}\": it is {}.", volume.name, volume.state);
        return Err(Refusal::new(VOLUME_OFFLINE, message));
    }
    if to.size > volume.usable() {
        let message = format!("Snapshot \"{}\" holds {} bytes, which the volume has no space for.", to.name, to.size);
        return Err(Refusal::new(RESTORE_FAILED, message));
    }
    let newer: Vec<&Snapshot> = of_volume(state, volume.uuid).filter(|one| one.number > to.number).collect();
    let cloned = cloned(state);
    if let Some(busy) = newer.iter().find(|one| cloned.contains(&one.uuid)) {
        let message = format!("Snapshot \"{}\" is newer and busy: owner volume_clone.", busy.name);
        return Err(Refusal::new(RESTORE_BUSY, message));
    }
    let newer = newer.into_iter().map(|one| one.uuid).collect();
    Ok(Some(Restore { to, newer }))
}

impl Restore {
    /// Notes in the volume, which is kept afterwards, what is to be done.
    pub fn carry_out(self, state: &mut State, volume: &mut Volume) {
        self.newer.into_iter().for_each(|newer| snapshot::discard(state, newer));
        volume.own_root(self.to.root_owner());
        fill(state, volume, &self.to);
    }
}

/// Has the volume, which is kept afterwards, filled with what the snapshot holds.
pub fn fill(state: &mut State, volume: &mut Volume, from: &Snapshot) {
    let number = state.number();
    (volume.used, volume.files) = (from.size, from.files);
    volume.fill = Some(Fill { number, snapshot: from.uuid });
    state.works.push(Work::Fill { volume: volume.uuid, number });
}
