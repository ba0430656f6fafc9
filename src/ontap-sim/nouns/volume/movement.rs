//! Moving a volume to another aggregate.
//!
//! The volume can be used all the while. It takes room in both aggregates until the last step, the cut-over, after which it is in the
//! new one alone. The call that begins a move does not wait for it. How to get it wrong: letting a volume go that is being moved.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lanes::Cost;
use crate::lookup::aggregate;
use crate::nouns::volume::clone;
use crate::rest::ask::Ask;
use crate::rest::code::{
    INVALID, Refusal, VOLUME_MOVE_SAME, VOLUME_MOVE_STATE, VOLUME_MOVE_UNKNOWN, VOLUME_MOVE_WORD, VOLUME_OFFLINE,
};
use crate::rows::movement::{End, Movement};
use crate::rows::volume::Volume;
use crate::state::{Due, State};

const NAME: &str = "movement.destination_aggregate.name";
const UUID: &str = "movement.destination_aggregate.uuid";
const STATE: &str = "movement.state";

/// Begins a move, or changes one that is under way, as the request says. Whether anything of it changed, of which [`await_end`] is
/// to be told.
pub fn take(state: &State, volume: &mut Volume, ask: &Ask) -> Result<bool, Refusal> {
    let destination = ask.text(NAME).or(ask.text(UUID));
    match (destination, ask.text(STATE)) {
        (None, None) => return Ok(false),
        (Some(_), word @ (None | Some("cutover_wait"))) => begin(state, volume, ask, word.is_some())?,
        (Some(_), Some(word)) => {
            let message = format!("Only \"cutover_wait\" may be asked for where a move begins, not \"{word}\".");
            return Err(Refusal::new(VOLUME_MOVE_WORD, message).at(STATE));
        }
        (None, Some(word)) => direct(state, volume, word)?,
    }
    Ok(true)
}

fn begin(state: &State, volume: &mut Volume, ask: &Ask, is_cut_over_by_hand: bool) -> Result<(), Refusal> {
    let id = destination(state, volume, ask)?;
    refuse_while_moved(volume)?;
    if volume.style == "flexgroup" {
        return Err(Refusal::new(INVALID, "A FlexGroup volume is moved by its constituents.").at("movement"));
    }
    if !volume.online() {
        let message = format!("Cannot move volume \"{}\": it is {}.", volume.name, volume.state);
        return Err(Refusal::new(VOLUME_OFFLINE, message));
    }
    clone::refuse_while_split(volume)?;
    aggregate::reserve(state, id, volume.footprint(), &format!("move volume \"{}\"", volume.name))?;
    let (before, since) = (Duration::ZERO, Some(state.now));
    volume.movement = Some(Movement { to: id, before, since, is_cut_over_by_hand, end: None });
    Ok(())
}

/// The aggregate that the request names, which must be another one, and one that the SVM may use.
fn destination(state: &State, volume: &Volume, ask: &Ask) -> Result<Uuid, Refusal> {
    let (by_name, by_uuid) = (ask.text(NAME), ask.text(UUID));
    let requested = by_name.or(by_uuid).unwrap_or_default();
    let delegated = state.svms.get(&volume.svm).map_or(&[][..], |svm| &svm.aggregates);
    let found: Option<Uuid> = by_name.map_or_else(|| requested.parse().ok(), |name| aggregate::named(state, name));
    let is_usable = |id: &Uuid| state.aggregates.get(id).is_some() && (delegated.is_empty() || delegated.contains(id));
    let Some(id) = found.filter(is_usable) else {
        let message =
            format!("The destination aggregate \"{requested}\" does not exist or is not assigned to the SVM.");
        return Err(Refusal::new(VOLUME_MOVE_UNKNOWN, message));
    };
    if volume.aggregates.contains(&id) {
        let message = "The destination aggregate must be different from the one that the volume is in.";
        return Err(Refusal::new(VOLUME_MOVE_SAME, message));
    }
    Ok(id)
}

/// Refuses what can't be done to a volume that is being moved.
pub fn refuse_while_moved(volume: &Volume) -> Result<(), Refusal> {
    match &volume.movement {
        Some(movement) if movement.is_under_way() => {
            let message = format!("Volume \"{}\" is busy: it is being moved.", volume.name);
            Err(Refusal::new(VOLUME_OFFLINE, message))
        }
        _ => Ok(()),
    }
}

/// Pauses, resumes, ends or cuts over a move that is under way.
fn direct(state: &State, volume: &mut Volume, word: &str) -> Result<(), Refusal> {
    let passed = volume.movement.as_ref().map(|movement| copied(state, movement)).unwrap_or_default();
    let Some(movement) = volume.movement.as_mut().filter(|movement| movement.is_under_way()) else {
        let message = format!("Volume \"{}\" is not being moved.", volume.name);
        return Err(Refusal::new(VOLUME_MOVE_STATE, message).at(STATE));
    };
    match word {
        "paused" => (movement.before, movement.since) = (passed, None),
        "replicating" => (movement.before, movement.since) = (passed, Some(state.now)),
        "cutover" => movement.is_cut_over_by_hand = false,
        "cutover_wait" => movement.is_cut_over_by_hand = true,
        "aborted" => (movement.before, movement.since, movement.end) = (passed, None, Some(End::Aborted)),
        word => {
            let message = format!("\"{word}\" is no state that a move can be brought to.");
            return Err(Refusal::new(VOLUME_MOVE_STATE, message).at(STATE));
        }
    }
    Ok(())
}

/// How long the copying of a whole volume takes.
fn length(state: &State) -> Duration {
    state.config.latency.of(Cost::Move)
}

/// For how long it has been copied so far.
fn copied(state: &State, movement: &Movement) -> Duration {
    let now = movement.since.map(|since| Duration::try_from(state.now.duration_since(since)).unwrap_or_default());
    (movement.before + now.unwrap_or_default()).min(length(state))
}

/// `movement` of a volume's record; none of one that was never moved.
pub fn record(state: &State, volume: &Volume) -> Value {
    let Some(movement) = &volume.movement else { return Value::Null };
    let (copied, length) = (copied(state, movement), length(state));
    let word = match movement.end {
        Some(End::Success) => "success",
        Some(End::Aborted) => "aborted",
        None if movement.since.is_none() => "paused",
        None if copied < length => "replicating",
        None => "cutover_pending",
    };
    let percent = if length.is_zero() { 100 } else { copied.as_millis() * 100 / length.as_millis().max(1) };
    json!({
        "destination_aggregate": {
            "name": state.aggregates.get(&movement.to).map(|aggregate| aggregate.name.as_str()),
            "uuid": movement.to,
        },
        "state": word,
        "percent_complete": percent,
    })
}

/// Has the move of a volume come to its end when its time has come.
pub fn await_end(state: &mut State, uuid: Uuid) {
    let movement = state.volumes.get(&uuid).and_then(|volume| volume.movement.as_ref());
    let runs = |movement: &&Movement| movement.is_under_way() && movement.since.is_some();
    if let Some(movement) = movement.filter(runs) {
        let left = length(state).saturating_sub(copied(state, movement));
        state.falls_due(state.running + left, Due::MoveEnds(uuid));
    }
}

/// Cuts a volume over that is copied. One that waits for a word, is paused or was ended stays where it is; one that began anew is
/// waited for.
pub fn end(state: &mut State, uuid: Uuid) {
    let movement = state.volumes.get(&uuid).and_then(|volume| volume.movement.as_ref());
    let Some(movement) = movement.filter(|movement| movement.is_under_way() && movement.since.is_some()) else {
        return;
    };
    if copied(state, movement) < length(state) {
        await_end(state, uuid);
    } else if !movement.is_cut_over_by_hand {
        let (to, before) = (movement.to, length(state));
        state.volumes.change(&uuid, |volume| {
            volume.aggregates = vec![to];
            // What was moved stands by itself.
            volume.clone = None;
            if let Some(movement) = &mut volume.movement {
                (movement.before, movement.since, movement.end) = (before, None, Some(End::Success));
            }
        });
    }
}

/// Takes moves up again, after the state was opened.
pub fn resume(state: &mut State) {
    let moved: Vec<Uuid> = state.volumes.iter().filter(|one| one.movement.is_some()).map(|one| one.uuid).collect();
    moved.into_iter().for_each(|volume| await_end(state, volume));
}
