//! How a share and those beside which it was to live, or away from which, forget one another: when it goes, and when it is given to
//! another project.
//!
//! How to get it wrong: to let one side forget only; the other would go on telling of a share that is not its project's.

use manilad_domain::Share;
use manilad_domain::hints::{self, Affinity};
use manilad_store::{Draft, Error};

/// Lets a share and its neighbours forget one another. The share is the caller's to draft.
pub(crate) fn leave_neighbours(draft: &mut Draft<'_>, share: &mut Share) -> Result<(), Error> {
    for id in hints::remembered(&share.metadata) {
        Affinity::ALL.into_iter().for_each(|affinity| affinity.forget(&mut share.metadata, id));
        let Some(mut neighbour) = draft.get::<Share>(&id.to_string())? else { continue };
        Affinity::ALL.into_iter().for_each(|affinity| affinity.forget(&mut neighbour.metadata, share.id));
        draft.put(&neighbour)?;
    }
    Ok(())
}
