//! Changing volumes: attributes, size, state, junction, name, and moves to another aggregate.
//!
//! All changes of one request are made to a copy, in the order in which they must be judged, and take effect together.

use crate::lanes::Cost;
use crate::lookup::aggregate;
use crate::lookup::volume::{made, mine, name_free, well_named};
use crate::nouns::volume::{attributes, clone, create, junction, movement, restore};
use crate::rest::ask::Ask;
use crate::rest::code::{Refusal, VOLUME_IS_ROOT, VOLUME_SIZE};
use crate::rest::made::Made;
use crate::rows::volume::Volume;
use crate::state::State;

/// The dearest part of the request decides.
pub fn cost(ask: &Ask) -> Cost {
    match ask {
        ask if ask.has("nas.path") => Cost::Mount,
        ask if ask.has("state") => Cost::Offline,
        ask if ask.has("size") || ask.has("space") => Cost::Resize,
        ask if ask.has("restore_to") => Cost::Snapshot,
        _ => Cost::Policy,
    }
}

pub fn check(state: &State, ask: &Ask) -> Result<(), Refusal> {
    mine(state, ask)?;
    restore::check(state, ask)?;
    if let Some(name) = ask.text("name") {
        well_named(name)?;
    }
    attributes::size(ask)?;
    match ask.text("state") {
        None | Some("online" | "offline" | "restricted") => Ok(()),
        Some(word) => Err(Refusal::value(word, "state", "online|offline|restricted")),
    }
}

pub fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let before = mine(state, ask)?.clone();
    let mut volume = before.clone();
    if let Some(name) = ask.text("name").filter(|name| *name != before.name) {
        name_free(state, volume.svm, name)?;
        name.clone_into(&mut volume.name);
    }
    turn(state, &mut volume, ask)?;
    attributes::take(state, &mut volume, ask)?;
    resize(state, &mut volume, &before, ask)?;
    mount(state, &mut volume, ask)?;
    let moves = movement::take(state, &mut volume, ask)?;
    let splits = clone::split(state, &mut volume, ask)?;
    let restore = restore::plan(state, &volume, ask)?;
    if ask.flag("validate_only") != Some(true) {
        if let Some(restore) = restore {
            restore.carry_out(state, &mut volume);
        }
        state.volumes.put(volume);
        if splits {
            clone::await_end(state, before.uuid);
        }
        if moves {
            movement::await_end(state, before.uuid);
        }
    }
    Ok(made(before.uuid))
}

/// Online, offline, restricted. What is not online has no junction.
fn turn(state: &State, volume: &mut Volume, ask: &Ask) -> Result<(), Refusal> {
    let Some(requested) = ask.text("state").filter(|requested| *requested != volume.state) else { return Ok(()) };
    if requested != "online" {
        movement::refuse_while_moved(volume)?;
        clone::refuse_while_split(volume)?;
        junction::check_leaf(state, volume)?;
        volume.junction = None;
    } else if volume.is_root {
        volume.junction = Some("/".to_owned());
    }
    requested.clone_into(&mut volume.state);
    Ok(())
}

fn resize(state: &State, volume: &mut Volume, before: &Volume, ask: &Ask) -> Result<(), Refusal> {
    volume.size = attributes::size(ask)?.unwrap_or(volume.size);
    if volume.size > before.size {
        volume.files_maximum = volume.files_maximum.max(create::most_files(volume.size));
    }
    if volume.usable() < volume.used {
        let (name, used) = (&volume.name, volume.used);
        let message = format!("Cannot make volume \"{name}\" that small: it holds {used} bytes.");
        return Err(Refusal::new(VOLUME_SIZE, message).at("size"));
    }
    let mut places = volume.aggregates.clone();
    places.extend(volume.movement.iter().filter(|movement| movement.is_under_way()).map(|movement| movement.to));
    places.dedup();
    for id in places {
        let more = volume.share_of(id).saturating_sub(before.share_of(id));
        aggregate::reserve(state, id, more, &format!("resize volume \"{}\"", volume.name))?;
    }
    Ok(())
}

fn mount(state: &State, volume: &mut Volume, ask: &Ask) -> Result<(), Refusal> {
    let Some(path) = ask.text("nas.path").filter(|path| *path != volume.junction.as_deref().unwrap_or_default()) else {
        return Ok(());
    };
    if volume.is_root {
        return Err(Refusal::new(VOLUME_IS_ROOT, "The root volume of an SVM stays mounted at \"/\"."));
    }
    junction::check_leaf(state, volume)?;
    volume.junction = None;
    if !path.is_empty() {
        junction::check(state, volume, path)?;
        volume.junction = Some(path.to_owned());
    }
    Ok(())
}
