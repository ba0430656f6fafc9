//! Whose outcomes count: each incarnation of a back end takes the next epoch, and only that of the newest one counts.
//!
//! How to get it wrong: to change something for a back end without asking; a process that hung may wake up long after
//! another has taken its place.

use manilad_domain::service::Incarnation;
use manilad_store::{Draft, Error};

/// Takes the next epoch of a back end, by the name of its service; from then on no earlier incarnation's outcome counts.
pub fn take(draft: &mut Draft<'_>, service: &str) -> Result<u64, Error> {
    let epoch = last(draft, service)? + 1;
    draft.put(&Incarnation { service: service.to_owned(), epoch })?;
    Ok(epoch)
}

/// Whether the incarnation of this epoch is still the one that counts.
pub fn holds(draft: &Draft<'_>, service: &str, epoch: u64) -> Result<bool, Error> {
    Ok(last(draft, service)? == epoch)
}

fn last(draft: &Draft<'_>, service: &str) -> Result<u64, Error> {
    Ok(draft.get::<Incarnation>(service)?.map_or(0, |incarnation| incarnation.epoch))
}
