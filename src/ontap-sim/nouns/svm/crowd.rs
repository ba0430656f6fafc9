//! How many jobs make or remove SVMs at a time, and which names are taken by those that are being made.

use crate::lookup::svm;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{Refusal, SVM_BEING_MADE, SVM_JOBS, SVM_NAME, SVM_NAME_TAKEN};
use crate::state::State;

const LONGEST_NAME: usize = 47;

/// The unfinished requests of others that make or remove an SVM.
fn others<'a>(state: &'a State, ask: &'a Ask) -> impl Iterator<Item = &'a Ask> {
    let pending = state.jobs.iter().flat_map(|job| job.pending());
    pending
        .filter(|other| other.id != ask.id && other.path.starts_with(svm::COLLECTION))
        .filter(|other| matches!(other.method, Method::Post | Method::Delete))
}

/// Refuses one job more than there may be at a time.
pub fn check(state: &State, ask: &Ask) -> Result<(), Refusal> {
    if others(state, ask).count() < state.config.limits.svm_jobs {
        return Ok(());
    }
    let message = "Maximum allowed SVM jobs exceeded. Wait for the existing SVM jobs to complete and try again.";
    Err(Refusal::new(SVM_JOBS, message))
}

/// Refuses a name that an SVM, an IPspace or the cluster has, or that an SVM which is being made will have.
pub fn check_name(state: &State, ask: &Ask, name: &str) -> Result<(), Refusal> {
    let ipspace = state.ipspaces.iter().any(|ipspace| ipspace.name == name);
    if svm::named(state, name).is_some() || ipspace || state.config.name == name {
        let message = format!("The name \"{name}\" is already in use by another SVM, IPspace, or the cluster.");
        return Err(Refusal::new(SVM_NAME_TAKEN, message).at("name"));
    }
    // Of two jobs for one name the first makes it: it is asked only while its own job is not yet there.
    let accepted = state.jobs.iter().flat_map(|job| job.pending()).any(|one| one.id == ask.id);
    let being_made = |other: &Ask| other.method == Method::Post && other.text("name") == Some(name);
    if !accepted && others(state, ask).any(being_made) {
        return Err(Refusal::new(SVM_BEING_MADE, format!("SVM \"{name}\" is being created.")).at("name"));
    }
    Ok(())
}

pub fn well_named(name: &str) -> Result<(), Refusal> {
    let first = name.chars().next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    let rest = name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(letter));
    if first && rest && name.len() <= LONGEST_NAME {
        return Ok(());
    }
    let message = format!(
        "Invalid SVM name \"{name}\". It must start with a letter or \"_\", consist of letters, digits, \"_\", \"-\" and \
         \".\", and be no longer than 47 characters."
    );
    Err(Refusal::new(SVM_NAME, message).at("name"))
}
