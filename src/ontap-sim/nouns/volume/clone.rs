//! FlexClone volumes: volumes that begin with what a snapshot of another volume holds.
//!
//! A clone is a copy here. It inherits what is set on its parent, the guarantee too, and is accounted like any other
//! volume from the start, so a split needs no more space. How to get it wrong: forgetting that a clone in the recovery
//! queue still stands on its snapshot.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lanes::Cost;
use crate::lookup::volume::{living, made, name_free};
use crate::lookup::{aggregate, export_policy, snapshot as snapshots, svm};
use crate::nouns::volume::{attributes, create, junction, restore};
use crate::nouns::{licence, snapshot};
use crate::rest::ask::Ask;
use crate::rest::code::{
    CLONE_PARENT, CLONE_SNAPSHOT, INVALID, NO_SUCH_SVM, Refusal, VOLUME_AGGREGATE, VOLUME_BUSY, VOLUME_OFFLINE,
    VOLUME_SIZE,
};
use crate::rest::made::Made;
use crate::rows::snapshot::Snapshot;
use crate::rows::volume::{CloneOf, Volume};
use crate::state::{Due, State, Work};

/// What can be told without looking at other volumes.
pub fn check(state: &State, ask: &Ask) -> Result<(), Refusal> {
    create::check_words(state, ask)?;
    licence::need(state, "flexclone")?;
    match ask.flag("clone.is_flexclone") {
        Some(true) if ask.has("clone.parent_volume") => Ok(()),
        Some(true) => Err(Refusal::missing("clone.parent_volume.name")),
        Some(false) => Err(Refusal::value("false", "clone.is_flexclone", "true")),
        None => Err(Refusal::missing("clone.is_flexclone")),
    }
}

pub fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let svm = svm::target(state, ask)?;
    let name = ask.text("name").unwrap_or_default();
    name_free(state, svm, name)?;
    let parent = parent(state, svm, ask)?.clone();
    let named = base(state, &parent, ask)?;
    let mut volume = inherit(state, &parent, svm, ask)?;
    if let Some(base) = &named {
        volume.own_root(base.root_owner());
        volume.used = base.size;
    }
    attributes::take(state, &mut volume, ask)?;
    volume.size = attributes::size(ask)?.unwrap_or(volume.size);
    if volume.usable() < volume.used {
        let message = format!("Volume size {} is too small for what the clone holds.", volume.size);
        return Err(Refusal::new(VOLUME_SIZE, message).at("size"));
    }
    if let Some(path) = ask.text("nas.path").filter(|path| !path.is_empty()) {
        junction::check(state, &volume, path)?;
        volume.junction = Some(path.to_owned());
    }
    create::room(state, &volume)?;
    let base = match named {
        Some(base) => base,
        None => {
            let (id, stamp) = (state.clock.id(), state.now.strftime("%Y-%m-%d_%H%M%S"));
            snapshot::make(state, id, &parent, &format!("clone_{name}.{stamp}.0"))?
        }
    };
    volume.number = state.number();
    volume.clone = Some(CloneOf { volume: parent.uuid, snapshot: base.uuid, split: None });
    restore::fill(state, &mut volume, &base);
    let uuid = volume.uuid;
    state.volumes.put(volume);
    inherit_base(state, uuid, base);
    Ok(made(uuid))
}

/// The volume that the request names as the parent, in the SVM that it says or in the clone's own.
fn parent<'a>(state: &'a State, own: Uuid, ask: &Ask) -> Result<&'a Volume, Refusal> {
    let exists = |svm: &Uuid| state.svms.get(svm).is_some() && ask.svm.is_none_or(|only| only == *svm);
    let named = |name: &str| svm::named(state, name).filter(exists);
    let svm = ask.names("clone.parent_svm", NO_SUCH_SVM, named, exists)?.unwrap_or(own);
    let by =
        |meant: &dyn Fn(&Volume) -> bool| living(state, svm).find(|volume| meant(volume)).map(|volume| volume.uuid);
    let named = |name: &str| by(&|volume| volume.name == name);
    let exists = |uuid: &Uuid| by(&|volume| volume.uuid == *uuid).is_some();
    let found = ask.names("clone.parent_volume", CLONE_PARENT, named, exists)?;
    let parent = found.and_then(|uuid| state.volumes.get(&uuid));
    let parent = parent.ok_or_else(|| Refusal::missing("clone.parent_volume.name"))?;
    if !parent.online() {
        let message = format!("Cannot clone volume \"{}\": it is {}.", parent.name, parent.state);
        return Err(Refusal::new(VOLUME_OFFLINE, message));
    }
    Ok(parent)
}

/// The snapshot that the request names. Without, one is made for the clone.
fn base(state: &State, parent: &Volume, ask: &Ask) -> Result<Option<Snapshot>, Refusal> {
    let named = |name: &str| snapshots::named(state, parent.uuid, name).map(|one| one.uuid);
    let exists = |uuid: &Uuid| state.snapshots.get(uuid).is_some_and(|one| one.volume == parent.uuid);
    let found = ask.names("clone.parent_snapshot", CLONE_SNAPSHOT, named, exists)?;
    Ok(found.and_then(|uuid| state.snapshots.get(&uuid)).cloned())
}

/// The clone with all that it has of its parent: its place and its settings, but neither junction nor QoS policy nor tags.
fn inherit(state: &State, parent: &Volume, svm: Uuid, ask: &Ask) -> Result<Volume, Refusal> {
    if let Some(style) = ask.text("style").filter(|style| *style != parent.style) {
        return Err(Refusal::value(style, "style", &format!("{}, that of the parent", parent.style)));
    }
    let by_name = ask.texts("aggregates.name").unwrap_or_default();
    let by_uuid = ask.texts("aggregates.uuid").unwrap_or_default();
    let named = by_name.iter().map(|name| aggregate::named(state, name));
    let mut said = named.chain(by_uuid.iter().map(|uuid| uuid.parse().ok()));
    if !said.all(|id| id.is_some_and(|id| parent.aggregates.contains(&id))) {
        let message = "A clone is in the aggregates of its parent.";
        return Err(Refusal::new(VOLUME_AGGREGATE, message).at("aggregates"));
    }
    let policy = match svm == parent.svm {
        true => parent.policy,
        false => export_policy::named(state, svm, export_policy::DEFAULT).unwrap_or_default(),
    };
    Ok(Volume {
        uuid: ask.id,
        name: ask.text("name").unwrap_or_default().to_owned(),
        svm,
        kind: "rw".to_owned(),
        junction: None,
        policy,
        qos: None,
        tags: Vec::new(),
        comment: String::new(),
        created: state.now,
        is_root: false,
        movement: None,
        ..parent.clone()
    })
}

/// The clone has the snapshot on which it stands as one of its own, too.
fn inherit_base(state: &mut State, clone: Uuid, base: Snapshot) {
    let (uuid, number) = (state.clock.id(), state.number());
    state.snapshots.put(Snapshot { uuid, number, volume: clone, whole: false, ..base });
    state.works.extend([Work::Copy(uuid), Work::List]);
}

/// `clone` of a volume's record. The parent may be in the recovery queue of another name by now.
pub fn record(state: &State, volume: &Volume) -> Value {
    let Some(clone) = &volume.clone else { return json!({"is_flexclone": false}) };
    let parent = state.volumes.get(&clone.volume);
    json!({
        "is_flexclone": true,
        "parent_volume": {"name": parent.map(|parent| parent.name.as_str()), "uuid": clone.volume},
        "parent_svm": parent.map(|parent| svm::reference(state, parent.svm)),
        "parent_snapshot": {
            "name": state.snapshots.get(&clone.snapshot).map(|one| one.name.as_str()),
            "uuid": clone.snapshot,
        },
        "split_initiated": clone.split.is_some(),
        "split_complete_percent": percent(state, clone),
    })
}

/// How long a split takes.
fn length(state: &State) -> Duration {
    state.config.latency.of(Cost::Split)
}

/// What is left to do of a split that is under way.
fn left(state: &State, clone: &CloneOf) -> Option<Duration> {
    let passed = Duration::try_from(state.now.duration_since(clone.split?)).unwrap_or_default();
    Some(length(state).saturating_sub(passed))
}

fn percent(state: &State, clone: &CloneOf) -> u128 {
    let (length, left) = (length(state).as_millis(), left(state, clone).map(|left| left.as_millis()));
    left.map_or(0, |left| (length - left) * 100 / length.max(1))
}

/// Begins or stops a split as the request says. Whether one began, of which [`await_end`] is to be told.
pub fn split(state: &State, volume: &mut Volume, ask: &Ask) -> Result<bool, Refusal> {
    let Some(begin) = ask.flag("clone.split_initiated") else { return Ok(false) };
    let Some(clone) = &mut volume.clone else {
        let message = format!("Volume \"{}\" is no FlexClone volume.", volume.name);
        return Err(Refusal::new(INVALID, message).at("clone.split_initiated"));
    };
    let begins = begin && clone.split.is_none();
    clone.split = begin.then(|| clone.split.unwrap_or(state.now));
    Ok(begins)
}

/// Refuses what can't be done to a volume that is being split.
pub fn refuse_while_split(volume: &Volume) -> Result<(), Refusal> {
    if volume.clone.as_ref().is_some_and(|clone| clone.split.is_some()) {
        let message = format!("Volume \"{}\" is busy: it is undergoing a clone split.", volume.name);
        return Err(Refusal::new(VOLUME_BUSY, message));
    }
    Ok(())
}

/// Has the split of a volume end when its time has come.
pub fn await_end(state: &mut State, uuid: Uuid) {
    let clone = state.volumes.get(&uuid).and_then(|volume| volume.clone.as_ref());
    if let Some(left) = clone.and_then(|clone| left(state, clone)) {
        state.falls_due(state.running + left, Due::SplitEnds(uuid));
    }
}

/// Ends a split that is over. One that was stopped goes on being a clone; one that began anew is waited for.
pub fn end_split(state: &mut State, uuid: Uuid) {
    let clone = state.volumes.get(&uuid).and_then(|volume| volume.clone.as_ref());
    match clone.and_then(|clone| left(state, clone)) {
        Some(Duration::ZERO) => state.volumes.change(&uuid, |volume| volume.clone = None),
        Some(_) => await_end(state, uuid),
        None => {}
    }
}

/// Takes splits up again, after the state was opened.
pub fn resume(state: &mut State) {
    let clones: Vec<Uuid> = state.volumes.iter().filter(|one| one.clone.is_some()).map(|one| one.uuid).collect();
    clones.into_iter().for_each(|clone| await_end(state, clone));
}
