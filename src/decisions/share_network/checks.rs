//! What was found out beforehand about the share servers of a network: whether they support a change.
//!
//! There is one answer of each kind at most, kept under the id of the network. How to get it wrong: to keep one that was
//! made use of; the servers are others since.

use manilad_domain::Record;
use manilad_store::{Draft, Error};

/// Forgets the answer of this kind about a network, if there is one.
pub(crate) fn forget<C: Record>(draft: &mut Draft<'_>, network: &str) -> Result<(), Error> {
    match draft.get::<C>(network)? {
        Some(check) => draft.remove(&check),
        None => Ok(()),
    }
}
