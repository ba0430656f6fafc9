//! What a back end owes: an intent for an instance, or for a share server. Here they are alike; what is done about them
//! is not.

use std::time::Duration;

use manilad_clock::Uuid;
use manilad_decisions::settle::{Outcome, ServerOutcome, Settlement};
use manilad_domain::intent::{Lane, Verb};
use manilad_domain::share_server::ServerVerb;
use manilad_domain::{Intent, ServerIntent};
use manilad_messages::driver::{Noun, Remedy, Trouble};

use crate::patience::{self, Patience};

/// One piece of work that is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    Share(Intent),
    Server(ServerIntent),
}

/// What tells one piece of work from any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket {
    /// Whose work it is: life and access of an instance, or a server.
    pub noun: Noun,
    /// The instance or the server.
    pub subject: Uuid,
    pub serial: u64,
}

impl Ticket {
    /// What can have one piece of work at a time.
    pub const fn slot(self) -> (Uuid, Noun) {
        (self.subject, self.noun)
    }

    /// The lane of an instance; none for a server.
    pub const fn lane(self) -> Option<Lane> {
        match self.noun {
            Noun::Share => Some(Lane::Life),
            Noun::Access => Some(Lane::Access),
            Noun::Server => None,
        }
    }
}

impl From<&Intent> for Ticket {
    fn from(intent: &Intent) -> Self {
        let noun = match intent.verb.lane() {
            Lane::Life => Noun::Share,
            Lane::Access => Noun::Access,
        };
        Ticket { noun, subject: intent.instance.0, serial: intent.serial }
    }
}

impl From<&ServerIntent> for Ticket {
    fn from(intent: &ServerIntent) -> Self {
        Ticket { noun: Noun::Server, subject: intent.server.0, serial: intent.serial }
    }
}

impl Work {
    pub fn ticket(&self) -> Ticket {
        match self {
            Work::Share(intent) => intent.into(),
            Work::Server(intent) => intent.into(),
        }
    }

    pub const fn verb(&self) -> &'static str {
        match self {
            Work::Share(intent) => intent.verb.name(),
            Work::Server(intent) => intent.verb.name(),
        }
    }

    pub const fn patience(&self) -> Patience {
        match self {
            Work::Share(intent) => patience::of(intent.verb),
            Work::Server(intent) => patience::of_server(intent.verb),
        }
    }

    /// Seconds of running time that it took before this try.
    pub const fn spent_seconds(&self) -> u64 {
        match self {
            Work::Share(intent) => intent.spent_seconds,
            Work::Server(intent) => intent.spent_seconds,
        }
    }

    /// Whether the work removes something, which is never given up.
    pub fn is_removal(&self) -> bool {
        match self {
            Work::Share(intent) => intent.verb == Verb::Delete,
            Work::Server(intent) => intent.verb == ServerVerb::TearDown,
        }
    }

    /// Tells the log what came of a try. What is tried again is told for all together, and here for who looks closely;
    /// `is_news` where it is the first that is told of this piece.
    pub fn tell(
        &self,
        backend: &str,
        settlement: &Settlement,
        rests: Option<&Trouble>,
        took: Duration,
        is_news: impl FnOnce() -> bool,
    ) {
        let (verb, request_id) = (self.verb(), self.request_id());
        let subject = self.subject();
        if let Settlement::Server(_, ServerOutcome::Failed(Trouble { remedy: Remedy::AddressTaken(address), .. })) =
            settlement
        {
            tracing::warn!(backend, subject, %address, "the array has the address already: it is passed over for a day");
        }
        match (settlement, rests) {
            (
                Settlement::Share(_, Outcome::Failed(why) | Outcome::Unserved(why))
                | Settlement::Server(_, ServerOutcome::Failed(why)),
                _,
            ) if !self.is_removal() => tracing::warn!(backend, verb, subject, request_id, why = why.told, "given up"),
            (_, Some(why)) if self.is_removal() && is_refusal(why.remedy) && is_news() => {
                tracing::error!(backend, verb, subject, request_id, why = why.told, "the array refuses to let go");
            }
            (_, Some(why)) => {
                tracing::debug!(backend, verb, subject, request_id, why = why.told, "will be tried again");
            }
            _ => tracing::info!(backend, verb, subject, request_id, ?took, "done"),
        }
    }

    /// What the work is about, for the log.
    pub fn subject(&self) -> String {
        match self {
            Work::Share(intent) => format!("instance {} of share {}", intent.instance, intent.share),
            Work::Server(intent) => format!("share server {}", intent.server),
        }
    }

    fn request_id(&self) -> &str {
        match self {
            Work::Share(intent) => &intent.request_id,
            Work::Server(intent) => &intent.request_id,
        }
    }
}

/// Whether the array, or the network, has said no, and not only not yet.
const fn is_refusal(remedy: Remedy) -> bool {
    match remedy {
        Remedy::Again | Remedy::Wait(_) => false,
        Remedy::Elsewhere | Remedy::AddressTaken(_) | Remedy::Never | Remedy::Absent => true,
    }
}
