//! Notes that calls may still be on their way go once these can't be any more. Settling leaves them, see
//! `settle/late.rs`. How to get it wrong: to forget one before its time.

use manilad_domain::InFlight;
use manilad_store::{Draft, Error};

pub fn forget(draft: &mut Draft<'_>, notes: &[InFlight]) -> Result<(), Error> {
    notes.iter().try_for_each(|note| draft.remove(note))
}
