//! Snapshots: what a volume held at an instant, by name.
//!
//! A snapshot is a copy here and shares no space: its size is what all its files take, it takes nothing of its volume or
//! aggregate, and `space.snapshot.used` of the volume is the sum of sizes. Files are copied after the request is carried
//! out and before it is answered, see `contents`. How to get it wrong: removing one on which a clone stands.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lanes::Cost;
use crate::lookup::snapshot::{COLLECTION, cloned, mine, named, of_volume, volume};
use crate::lookup::{svm, volume as volumes};
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{
    NOT_SETTABLE, Refusal, SNAPSHOT_BUSY, SNAPSHOT_COUNT, SNAPSHOT_GONE, SNAPSHOT_NAME, SNAPSHOT_NAME_TAKEN,
    SNAPSHOT_NOT_NOW, SNAPSHOT_NOT_WRITABLE,
};
use crate::rest::field::{size, text, time};
use crate::rest::made::{Made, made};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, job, sync};
use crate::rows::snapshot::Snapshot;
use crate::rows::volume::Volume;
use crate::stamp;
use crate::state::{State, Work};

const LONGEST_NAME: usize = 255;
const INSTANCE: &str = "/api/storage/volumes/{volume.uuid}/snapshots/{uuid}";

pub static SNAPSHOT: Noun = Noun {
    name: "uuid",
    instance: INSTANCE,
    fields: &[
        text("uuid").key(),
        text("name").key().write(),
        text("volume.name"),
        text("volume.uuid"),
        text("svm.name"),
        text("svm.uuid"),
        text("owners"),
        text("snapmirror_label").write(),
        text("comment").write(),
        text("state"),
        time("create_time"),
        size("size"),
    ],
    order: &["svm.name", "volume.name", "create_time", "name"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &SNAPSHOT),
    job(Method::Post, COLLECTION, &SNAPSHOT, |_| Cost::Snapshot, check, create),
    each(Method::Patch, COLLECTION, &SNAPSHOT, INSTANCE).nothing_found(SNAPSHOT_GONE),
    each(Method::Delete, COLLECTION, &SNAPSHOT, INSTANCE),
    instance(INSTANCE, &SNAPSHOT),
    sync(Method::Patch, INSTANCE, &SNAPSHOT, Cost::Policy, change),
    job(Method::Delete, INSTANCE, &SNAPSHOT, |_| Cost::Snapshot, |state, ask| free(state, ask).map(drop), delete),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    if ask.wants("volume.uuid").is_some_and(|uuid| !volumes::is_seen(state, ask, &uuid)) {
        return Err(Refusal::absent("volume.uuid"));
    }
    let (cloned, name, of) = (cloned(state), ask.sieve("name"), ask.sieve("volume.uuid"));
    let only = ask.keys.get("volume.uuid").filter(|key| *key != "*");
    let record = |snapshot: &Snapshot| {
        let uuid = snapshot.volume.to_string();
        let volume = state.volumes.get(&snapshot.volume).filter(|volume| volumes::visible(volume, ask))?;
        let chosen = name.passes(&snapshot.name) && of.passes(&uuid) && only.is_none_or(|only| *only == uuid);
        chosen.then(|| record(state, snapshot, volume, &cloned))
    };
    Ok(state.snapshots.iter().filter_map(record).collect())
}

fn record(state: &State, snapshot: &Snapshot, volume: &Volume, cloned: &BTreeSet<Uuid>) -> Value {
    json!({
        "uuid": snapshot.uuid,
        "name": snapshot.name,
        "volume": {"name": volume.name, "uuid": volume.uuid},
        "svm": svm::reference(state, volume.svm),
        "owners": cloned.contains(&snapshot.uuid).then_some(["volume_clone"]),
        "snapmirror_label": (!snapshot.snapmirror_label.is_empty()).then_some(&snapshot.snapmirror_label),
        "comment": snapshot.comment,
        "state": "valid",
        "create_time": stamp(snapshot.created),
        "size": snapshot.size,
    })
}

/// Refuses a name that a snapshot can't have: clients see it as the name of a directory.
fn well_named(name: &str) -> Result<(), Refusal> {
    let fits = |byte: u8| byte.is_ascii_graphic() && !br#"/\*?"<>|,"#.contains(&byte);
    match !name.is_empty() && name.len() <= LONGEST_NAME && !matches!(name, "." | "..") && name.bytes().all(fits) {
        true => Ok(()),
        false => {
            let message = format!("Snapshot name \"{name}\" is invalid: 1 to 255 plain characters are needed.");
            Err(Refusal::new(SNAPSHOT_NAME, message).at("name"))
        }
    }
}

fn name_free(state: &State, volume: &Volume, name: &str) -> Result<(), Refusal> {
    match named(state, volume.uuid, name) {
        None => Ok(()),
        Some(_) => {
            let message = format!("Snapshot \"{name}\" already exists on volume \"{}\".", volume.name);
            Err(Refusal::new(SNAPSHOT_NAME_TAKEN, message).at("name"))
        }
    }
}

fn check(state: &State, ask: &Ask) -> Result<(), Refusal> {
    volume(state, ask)?;
    well_named(ask.text("name").ok_or_else(|| Refusal::missing("name"))?)
}

fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let volume = volume(state, ask)?.clone();
    let mut snapshot = make(state, ask.id, &volume, ask.text("name").unwrap_or_default())?;
    describe(&mut snapshot, ask);
    state.snapshots.put(snapshot);
    Ok(made(ask.id))
}

/// Makes a snapshot of what the volume holds. Refused if the volume can't have one.
pub fn make(state: &mut State, uuid: Uuid, volume: &Volume, name: &str) -> Result<Snapshot, Refusal> {
    let of = &volume.name;
    if volume.kind != "rw" {
        return Err(Refusal::new(SNAPSHOT_NOT_WRITABLE, format!("Volume \"{of}\" is not of type rw.")));
    }
    if !volume.online() {
        return Err(Refusal::new(SNAPSHOT_NOT_NOW, format!("Volume \"{of}\" is {}.", volume.state)));
    }
    if volume.used >= volume.size {
        return Err(Refusal::new(SNAPSHOT_NOT_NOW, format!("Volume \"{of}\" has no space for a snapshot.")));
    }
    name_free(state, volume, name)?;
    let most = state.config.limits.snapshots_per_volume;
    if of_volume(state, volume.uuid).count() >= most {
        return Err(Refusal::new(SNAPSHOT_COUNT, format!("Volume \"{of}\" already has {most} snapshots.")));
    }
    let owner = volume.root_owner();
    let snapshot = Snapshot {
        uuid,
        number: state.number(),
        volume: volume.uuid,
        name: name.to_owned(),
        created: state.now,
        size: volume.used,
        files: volume.files,
        comment: String::new(),
        snapmirror_label: String::new(),
        mode: owner.mode,
        uid: owner.uid,
        gid: owner.gid,
        whole: false,
    };
    state.snapshots.put(snapshot.clone());
    state.works.extend([Work::Copy(uuid), Work::List]);
    Ok(snapshot)
}

fn describe(snapshot: &mut Snapshot, ask: &Ask) {
    for (field, place) in [("comment", &mut snapshot.comment), ("snapmirror_label", &mut snapshot.snapmirror_label)] {
        if let Some(text) = ask.text(field) {
            text.clone_into(place);
        }
    }
}

fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let (volume, mut snapshot) = (volume(state, ask)?, mine(state, ask)?.clone());
    if let Some(name) = ask.text("name").filter(|name| *name != snapshot.name) {
        if volume.style == "flexgroup" {
            let message = "Snapshots of FlexGroup volumes cannot be renamed.";
            return Err(Refusal::new(NOT_SETTABLE, message).at("name"));
        }
        well_named(name)?;
        name_free(state, volume, name)?;
        name.clone_into(&mut snapshot.name);
    }
    describe(&mut snapshot, ask);
    let uuid = snapshot.uuid;
    state.snapshots.put(snapshot);
    state.works.push(Work::List);
    Ok(made(uuid))
}

/// The snapshot that the request's path names, if nobody owns it.
fn free<'a>(state: &'a State, ask: &Ask) -> Result<&'a Snapshot, Refusal> {
    let snapshot = mine(state, ask)?;
    match cloned(state).contains(&snapshot.uuid) {
        false => Ok(snapshot),
        true => {
            let message = format!("Snapshot \"{}\" has not expired or is busy: owner volume_clone.", snapshot.name);
            Err(Refusal::new(SNAPSHOT_BUSY, message))
        }
    }
}

fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let uuid = free(state, ask)?.uuid;
    discard(state, uuid);
    Ok(made(uuid))
}

/// Removes a snapshot and its files.
pub fn discard(state: &mut State, uuid: Uuid) {
    if state.snapshots.remove(&uuid).is_some() {
        state.rubbish.push(state.files.join(uuid.to_string()));
        state.works.push(Work::List);
    }
}
