//! Deleting volumes, and the recovery queue in which they stay for a while.
//!
//! In the queue a volume keeps its space but gives up its name; nobody can see it, and when its time is over it is
//! purged, its files too. How to get it wrong: forgetting the queue over a restart, or deleting what is still
//! mounted.

use std::time::Duration;

use uuid::Uuid;

use crate::lookup::snapshot::of_volume;
use crate::lookup::volume::{living, made, mine};
use crate::nouns::snapshot;
use crate::nouns::volume::{clone, junction, movement};
use crate::rest::ask::Ask;
use crate::rest::code::{Refusal, VOLUME_BUSY, VOLUME_HAS_CLONES, VOLUME_IS_ROOT};
use crate::rest::made::Made;
use crate::rows::volume::Volume;
use crate::state::{Due, State};

pub fn check(state: &State, ask: &Ask) -> Result<(), Refusal> {
    ask.switch("force")?;
    childless(state, mine(state, ask)?)
}

/// Refuses to delete what clones stand on.
fn childless(state: &State, volume: &Volume) -> Result<(), Refusal> {
    let stands = |other: &&Volume| other.clone.as_ref().is_some_and(|clone| clone.volume == volume.uuid);
    match state.volumes.iter().find(stands) {
        None => Ok(()),
        Some(child) => {
            let message = format!("Volume \"{}\" has one or more clones, such as \"{}\".", volume.name, child.name);
            Err(Refusal::new(VOLUME_HAS_CLONES, message))
        }
    }
}

pub fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let mut volume = mine(state, ask)?.clone();
    childless(state, &volume)?;
    movement::refuse_while_moved(&volume)?;
    clone::refuse_while_split(&volume)?;
    if volume.is_root {
        return delete_root(state, &volume);
    }
    junction::check_leaf(state, &volume)?;
    if let Some(path) = &volume.junction {
        let message = format!("Volume \"{}\" is mounted at \"{path}\". Unmount it before you delete it.", volume.name);
        return Err(Refusal::new(VOLUME_BUSY, message));
    }
    let uuid = volume.uuid;
    if ask.switch("force")? == Some(true) {
        purge(state, uuid);
        return Ok(made(uuid));
    }
    volume.name = format!("{}_{}", volume.name, volume.number);
    volume.state = "offline".to_owned();
    volume.deleted = Some(state.now);
    let stays = retention(state, &volume);
    state.volumes.put(volume);
    state.falls_due(state.running + stays, Due::Purge(uuid));
    Ok(made(uuid))
}

/// A root volume goes with its SVM. Alone it goes when it is offline and the last one: the SVM is then about to be
/// deleted.
fn delete_root(state: &mut State, volume: &Volume) -> Result<Made, Refusal> {
    if volume.online() || living(state, volume.svm).any(|other| other.uuid != volume.uuid) {
        return Err(Refusal::new(VOLUME_IS_ROOT, "The root volume goes with its SVM."));
    }
    purge(state, volume.uuid);
    Ok(made(volume.uuid))
}

/// How long a deleted volume stays in the recovery queue.
fn retention(state: &State, volume: &Volume) -> Duration {
    let hours = state.svms.get(&volume.svm).map_or(0, |svm| svm.retention_hours);
    Duration::from_secs(u64::from(hours) * 3600)
}

/// Removes a volume, its snapshots and its files for good.
pub fn purge(state: &mut State, uuid: Uuid) {
    let snapshots: Vec<Uuid> = of_volume(state, uuid).map(|snapshot| snapshot.uuid).collect();
    snapshots.into_iter().for_each(|snapshot| snapshot::discard(state, snapshot));
    if state.volumes.remove(&uuid).is_some() {
        state.rubbish.push(state.files.join(uuid.to_string()));
    }
}

/// Sets what is left of their time in the queue for deleted volumes, after the state was opened.
pub fn resume(state: &mut State) {
    let deleted: Vec<Volume> = state.volumes.iter().filter(|volume| volume.deleted.is_some()).cloned().collect();
    for volume in deleted {
        let since = volume.deleted.unwrap_or(state.now);
        let passed = Duration::try_from(state.now.duration_since(since)).unwrap_or_default();
        let left = retention(state, &volume).saturating_sub(passed);
        state.falls_due(state.running + left, Due::Purge(volume.uuid));
    }
}
