//! What a back end owes: an intent for an instance, or for a share server. Here they are alike; what is done about them
//! is not.

use std::time::Duration;

use manilad_clock::Uuid;
use manilad_domain::intent::Lane;
use manilad_domain::{Intent, ServerIntent, Stamp};
use manilad_messages::driver::Trouble;
use manilad_store::Shared;

use crate::patience::{self, Patience};
use crate::settle::{Outcome, ServerOutcome, Settlement};

/// All that a back end owes, each oldest first.
pub struct Owed {
    pub servers: Vec<Shared<ServerIntent>>,
    pub shares: Vec<Shared<Intent>>,
}

impl Owed {
    pub fn tickets(&self) -> impl Iterator<Item = Ticket> {
        let servers = self.servers.iter().map(|intent| Ticket::from(&**intent));
        servers.chain(self.shares.iter().map(|intent| Ticket::from(&**intent)))
    }

    /// Each with what it is called and since when it is owed.
    pub fn verbs(&self) -> impl Iterator<Item = (&'static str, Stamp)> {
        let servers = self.servers.iter().map(|intent| (intent.verb.name(), intent.created_at));
        servers.chain(self.shares.iter().map(|intent| (intent.verb.name(), intent.created_at)))
    }
}

/// One piece of work that is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    Share(Intent),
    Server(ServerIntent),
}

/// What tells one piece of work from any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket {
    /// The instance or the server.
    pub subject: Uuid,
    pub lane: Lane,
    pub serial: u64,
}

impl From<&Intent> for Ticket {
    fn from(intent: &Intent) -> Self {
        Ticket { subject: intent.instance.0, lane: intent.verb.lane(), serial: intent.serial }
    }
}

impl From<&ServerIntent> for Ticket {
    fn from(intent: &ServerIntent) -> Self {
        Ticket { subject: intent.server.0, lane: Lane::Life, serial: intent.serial }
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

    /// Tells the log what came of a try.
    pub fn tell(&self, backend: &str, settlement: &Settlement, rests: Option<&Trouble>, took: Duration) {
        let (verb, request_id) = (self.verb(), self.request_id());
        let subject = self.subject();
        match (settlement, rests) {
            (
                Settlement::Share(_, Outcome::Failed(why) | Outcome::Unserved(why))
                | Settlement::Server(_, ServerOutcome::Failed(why)),
                _,
            ) => tracing::error!(backend, verb, subject, request_id, why = why.told, "given up"),
            (_, Some(why)) => {
                tracing::warn!(backend, verb, subject, request_id, why = why.told, "will be tried again");
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
