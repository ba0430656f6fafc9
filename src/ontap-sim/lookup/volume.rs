//! Finds volumes, and judges names for them.

use uuid::Uuid;

use crate::rest::ask::Ask;
use crate::rest::code::{Refusal, VOLUME_NAME_CHARACTER, VOLUME_NAME_FIRST, VOLUME_NAME_LONG, VOLUME_NAME_TAKEN};
use crate::rest::made::Made;
use crate::rows::volume::Volume;
use crate::state::State;

pub const COLLECTION: &str = "/api/storage/volumes";

/// Whether the request may see the volume. Nobody sees the recovery queue.
pub fn visible(volume: &Volume, ask: &Ask) -> bool {
    volume.deleted.is_none() && ask.svm.is_none_or(|svm| svm == volume.svm)
}

/// The volume that the request's path names, if it may see it.
pub fn mine<'a>(state: &'a State, ask: &Ask) -> Result<&'a Volume, Refusal> {
    let uuid = ask.keys.get("uuid").and_then(|uuid| uuid.parse().ok());
    let volume = uuid.and_then(|uuid| state.volumes.get(&uuid)).filter(|volume| visible(volume, ask));
    volume.ok_or_else(|| Refusal::absent("uuid"))
}

/// The living volumes of an SVM.
pub fn living(state: &State, svm: Uuid) -> impl Iterator<Item = &Volume> {
    state.volumes.iter().filter(move |volume| volume.svm == svm && volume.deleted.is_none())
}

pub fn made(uuid: Uuid) -> Made {
    vec![[("uuid".to_owned(), uuid.to_string())].into()]
}

pub const LONGEST_NAME: usize = 203;

/// Files that a new volume holds already.
pub const FILES_USED: u64 = 98;

/// Refuses a name that a volume can't have.
pub fn well_named(name: &str) -> Result<(), Refusal> {
    let refuse = |code, why: &str| Err(Refusal::new(code, format!("Invalid volume name \"{name}\". {why}")).at("name"));
    match name.as_bytes() {
        name if name.len() > LONGEST_NAME => refuse(VOLUME_NAME_LONG, "It must not be longer than 203 characters."),
        [first, ..] if !(first.is_ascii_alphabetic() || *first == b'_') => {
            refuse(VOLUME_NAME_FIRST, "It must start with a letter or \"_\".")
        }
        [] => refuse(VOLUME_NAME_FIRST, "It must not be empty."),
        name if !name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') => {
            refuse(VOLUME_NAME_CHARACTER, "It may only consist of letters, digits and \"_\".")
        }
        _ => Ok(()),
    }
}

/// Refuses a name that another living volume of the SVM has.
pub fn name_free(state: &State, svm: Uuid, name: &str) -> Result<(), Refusal> {
    if !living(state, svm).any(|volume| volume.name == name) {
        return Ok(());
    }
    let svm = state.svms.get(&svm).map_or("", |svm| svm.name.as_str());
    let message = format!("Volume \"{name}\" already exists in SVM \"{svm}\".");
    Err(Refusal::new(VOLUME_NAME_TAKEN, message).at("name"))
}

/// Whether the request may see a volume of this uuid.
pub fn is_seen(state: &State, ask: &Ask, uuid: &str) -> bool {
    uuid.parse().ok().and_then(|uuid| state.volumes.get(&uuid)).is_some_and(|volume| visible(volume, ask))
}
