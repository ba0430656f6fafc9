//! Which ends of work leave a note that calls may still be on their way.
//!
//! An end at the first try is certain: each call was answered. So is a removal, which waits for certainty. How to get it
//! wrong: to trust an end that was reached at the second try; the call of the first may still be on its way.

use manilad_domain::intent::Verb;
use manilad_domain::share_server::ServerVerb;
use manilad_domain::{InFlight, Stamp};

use super::{Outcome, ServerOutcome, Settlement};

/// The note that `settlement` leaves. `in_flight`: calls of an earlier incarnation may be on their way.
pub fn note(settlement: &Settlement, in_flight: bool, now: Stamp) -> Option<InFlight> {
    match settlement {
        Settlement::Share(intent, outcome) => {
            let (ends, is_given_up) = match outcome {
                Outcome::Postponed { .. } | Outcome::Deleted => (false, false),
                Outcome::Failed(_) | Outcome::Unserved(_) => (true, true),
                Outcome::Created(_) | Outcome::Exported(_) => (true, false),
                Outcome::Applied { .. } | Outcome::PartlyApplied { .. } => (true, false),
            };
            let changes = matches!(intent.verb, Verb::Create | Verb::Access);
            let is_doubtful = is_given_up || intent.spent_seconds > 0 || in_flight;
            (changes && ends && is_doubtful).then(|| InFlight::of(intent, now)).flatten()
        }
        Settlement::Seat(_) | Settlement::Moot(_) | Settlement::ServerMoot(_) => None,
        Settlement::Server(intent, outcome) => {
            let (ends, is_given_up) = match outcome {
                ServerOutcome::Allocated(_) | ServerOutcome::Postponed { .. } => (false, false),
                ServerOutcome::OffArray | ServerOutcome::Gone => (false, false),
                ServerOutcome::SetUp { .. } => (true, false),
                ServerOutcome::Failed(_) => (true, true),
            };
            let changes = matches!(intent.verb, ServerVerb::SetUp | ServerVerb::Alter);
            let is_doubtful = is_given_up || intent.spent_seconds > 0 || in_flight;
            (changes && ends && is_doubtful).then(|| InFlight::of_server(intent, now))
        }
    }
}
