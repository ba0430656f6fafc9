//! Deleting SVMs, with all that is theirs.
//!
//! How to get it wrong: forgetting a kind of object; what is left behind blocks addresses, ports and names for ever.

use uuid::Uuid;

use crate::lookup::svm::mine;
use crate::lookup::volume;
use crate::nouns::svm::crowd;
use crate::nouns::volume::remove;
use crate::rest::ask::Ask;
use crate::rest::code::{IN_USE, Refusal, SVM_HAS_CIFS};
use crate::rest::made::{Made, made};
use crate::state::State;
use crate::state::table::{Row, Table};

pub fn check(state: &State, ask: &Ask) -> Result<(), Refusal> {
    let svm = mine(state, ask)?;
    crowd::check(state, ask)?;
    if svm.cifs.is_some() {
        let message = "Cannot delete the SVM: delete its CIFS server first.";
        return Err(Refusal::new(SVM_HAS_CIFS, message));
    }
    if let Some(volume) = volume::living(state, svm.uuid).find(|volume| !volume.is_root) {
        let message = format!("Cannot delete the SVM: volume \"{}\" is in it.", volume.name);
        return Err(Refusal::new(IN_USE, message));
    }
    Ok(())
}

pub fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let uuid = mine(state, ask)?.uuid;
    wipe(state, uuid);
    Ok(made(uuid))
}

/// Removes the SVM and all that is in it, volumes in the recovery queue too.
pub fn wipe(state: &mut State, svm: Uuid) {
    let volumes: Vec<Uuid> = state.volumes.iter().filter(|volume| volume.svm == svm).map(|one| one.uuid).collect();
    volumes.into_iter().for_each(|volume| remove::purge(state, volume));
    purge(&mut state.interfaces, |one| one.svm == svm);
    purge(&mut state.routes, |one| one.svm == svm);
    purge(&mut state.service_policies, |one| one.svm == svm);
    purge(&mut state.policies, |one| one.svm == svm);
    purge(&mut state.shares, |one| one.svm == svm);
    purge(&mut state.fpolicies, |one| one.svm == svm);
    purge(&mut state.fpolicy_events, |one| one.svm == svm);
    purge(&mut state.qos, |one| one.svm == svm);
    purge(&mut state.certificates, |one| one.svm == svm);
    state.svms.remove(&svm);
}

fn purge<T: Row>(table: &mut Table<T>, goes: impl Fn(&T) -> bool) {
    let keys: Vec<T::Key> = table.iter().filter(|row| goes(row)).map(Row::key).collect();
    keys.iter().for_each(|key| drop(table.remove(key)));
}
