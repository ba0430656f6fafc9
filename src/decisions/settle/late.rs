//! Which ends of operations leave a note that calls may still be on their way.
//!
//! An end at the first try is certain: each call was answered. So is a removal, which waits for certainty, and an operation
//! that changes nothing. How to get it wrong: to trust an end that was reached at the second try; the call of the first may
//! still be on its way.

use manilad_domain::{InFlight, Intent, ServerIntent};
use manilad_store::{Draft, Error};

use super::Settling;

impl Settling {
    /// Leaves a note on an operation that is done, unless each of its calls was answered.
    pub(crate) fn note(&self, draft: &mut Draft<'_>, intent: &Intent) -> Result<(), Error> {
        if intent.spent_seconds > 0 || self.in_flight { self.note_given_up(draft, intent) } else { Ok(()) }
    }

    /// Leaves a note on an operation that was given up: nobody knows what its calls come to.
    pub(crate) fn note_given_up(&self, draft: &mut Draft<'_>, intent: &Intent) -> Result<(), Error> {
        InFlight::of(intent, self.now).map_or(Ok(()), |note| draft.put(&note))
    }

    /// As [`Settling::note`], on an operation of a share server.
    pub(crate) fn note_of_server(&self, draft: &mut Draft<'_>, intent: &ServerIntent) -> Result<(), Error> {
        match intent.spent_seconds > 0 || self.in_flight {
            true => draft.put(&InFlight::of_server(intent, self.now)),
            false => Ok(()),
        }
    }
}
