//! What a back end owes: an intent for an instance, for a snapshot, or for a share server. Here they are alike; what is done about them
//! is not.

use manilad_clock::Uuid;
use manilad_decisions::settle::{Next, Settling};
use manilad_domain::intent::{Lane, Verb};
use manilad_domain::outcome::{Remedy, Trouble};
use manilad_domain::verb::{DriverActor, Operation};
use manilad_domain::{Intent, ServerIntent, SnapshotIntent};
use manilad_store::{Draft, Error, Snapshot};

/// One piece of work that is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    Share(Intent),
    Snapshot(SnapshotIntent),
    Server(ServerIntent),
}

/// What tells one piece of work from any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket {
    /// Whose work it is: life and access of an instance, a snapshot, or a server.
    pub actor: DriverActor,
    /// The instance, the snapshot or the server.
    pub subject: Uuid,
    pub serial: u64,
}

impl Ticket {
    /// What can have one piece of work at a time.
    pub const fn slot(self) -> (Uuid, DriverActor) {
        (self.subject, self.actor)
    }

    /// The work, if it is still owed.
    pub fn owed(self, snapshot: &Snapshot) -> Result<Option<Work>, Error> {
        let of_instance = |lane| snapshot.get::<Intent>(&Intent::key_of(self.subject.into(), lane));
        let work = match self.actor {
            DriverActor::Share => of_instance(Lane::Life)?.map(|intent| Work::Share(intent.into_owned())),
            DriverActor::Access => of_instance(Lane::Access)?.map(|intent| Work::Share(intent.into_owned())),
            DriverActor::Snapshot => {
                let intent = snapshot.get::<SnapshotIntent>(&self.subject.to_string())?;
                intent.map(|intent| Work::Snapshot(intent.into_owned()))
            }
            DriverActor::Server => {
                let intent = snapshot.get::<ServerIntent>(&self.subject.to_string())?;
                intent.map(|intent| Work::Server(intent.into_owned()))
            }
        };
        Ok(work.filter(|work| work.ticket() == self))
    }
}

impl From<&Intent> for Ticket {
    fn from(intent: &Intent) -> Self {
        Ticket { actor: intent.verb.operation().actor, subject: intent.instance.0, serial: intent.serial }
    }
}

impl From<&SnapshotIntent> for Ticket {
    fn from(intent: &SnapshotIntent) -> Self {
        Ticket { actor: DriverActor::Snapshot, subject: intent.snapshot.0, serial: intent.serial }
    }
}

impl From<&ServerIntent> for Ticket {
    fn from(intent: &ServerIntent) -> Self {
        Ticket { actor: DriverActor::Server, subject: intent.server.0, serial: intent.serial }
    }
}

impl Work {
    pub fn ticket(&self) -> Ticket {
        match self {
            Work::Share(intent) => intent.into(),
            Work::Snapshot(intent) => intent.into(),
            Work::Server(intent) => intent.into(),
        }
    }

    pub const fn operation(&self) -> Operation {
        match self {
            Work::Share(intent) => intent.verb.operation(),
            Work::Snapshot(intent) => intent.verb.operation(),
            Work::Server(intent) => intent.verb.operation(),
        }
    }

    /// Seconds of running time that it took before this try.
    pub const fn spent_seconds(&self) -> u64 {
        match self {
            Work::Share(intent) => intent.spent_seconds,
            Work::Snapshot(intent) => intent.spent_seconds,
            Work::Server(intent) => intent.spent_seconds,
        }
    }

    /// What the work is about, for the log.
    pub fn subject(&self) -> String {
        match self {
            Work::Share(intent) => format!("instance {} of share {}", intent.instance, intent.share),
            Work::Snapshot(intent) => format!("snapshot {}", intent.snapshot),
            Work::Server(intent) => format!("share server {}", intent.server),
        }
    }

    pub fn request_id(&self) -> &str {
        match self {
            Work::Share(intent) => &intent.request_id,
            Work::Snapshot(intent) => &intent.request_id,
            Work::Server(intent) => &intent.request_id,
        }
    }

    /// Settles that the work is tried again, after so many seconds were spent on it, or that the array is at it, and so far.
    pub fn postpone(
        self,
        settling: Settling,
        draft: &mut Draft<'_>,
        spent_seconds: u64,
        percent: Option<u8>,
    ) -> Result<Next, Error> {
        match self {
            Work::Share(intent) => settling.postponed(draft, &intent, spent_seconds, percent),
            Work::Snapshot(intent) => settling.snapshot_postponed(draft, &intent, spent_seconds),
            Work::Server(intent) => settling.server_postponed(draft, &intent, spent_seconds),
        }
    }

    /// Settles that the work has failed. Of work on rules, an instance that is absent lets nobody in.
    pub fn fail(self, settling: Settling, draft: &mut Draft<'_>, trouble: &Trouble) -> Result<Next, Error> {
        match self {
            Work::Share(intent) if intent.verb == Verb::Access && trouble.remedy == Remedy::Absent => {
                settling.unserved(draft, &intent, trouble)
            }
            Work::Share(intent) => settling.failed(draft, &intent, trouble),
            Work::Snapshot(intent) => settling.snapshot_failed(draft, &intent, trouble),
            Work::Server(intent) => settling.server_failed(draft, &intent, trouble),
        }
    }
}
