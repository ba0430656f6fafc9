//! Notes of work that came to its end while calls for it may still be on their way.
//!
//! Whoever ends a back end's work without knowing the outcome of each call that was made for it leaves a note in the same
//! batch: an incarnation that gives up or had to try twice, an administrator who resets a status. The next incarnation
//! of the back end, which knows of no call, reads what is owed and the notes, and so knows for whom something may still
//! land. An incarnation removes notes once they have served their time. How to get it wrong: taking away an intent,
//! and with it the only trace that something was being made.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::intent::Intent;
use crate::record::{Index, Record, Row};
use crate::share_server::ServerIntent;
use crate::snapshot::SnapshotIntent;
use crate::stamp::Stamp;

/// Calls for an instance, a snapshot or a share server may be on their way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InFlight {
    /// Id of the instance, the snapshot or the server.
    pub subject: Uuid,
    /// Of the intent that ended; no other ever had it.
    pub serial: u64,
    /// `host@backend` that made the calls.
    pub service: String,
    /// When the work ended, by the wall clock; none in notes of earlier releases.
    #[serde(default)]
    pub made_at: Option<Stamp>,
}

/// service: the notes that a back end reads when it begins.
pub const BY_SERVICE: Index = Index("service");

impl Record for InFlight {
    const KIND: &'static str = "in_flight";

    fn key(&self) -> String {
        format!("{}/{}", self.subject.hyphenated(), self.serial)
    }

    fn rows(&self) -> Vec<Row> {
        vec![BY_SERVICE.row([self.service.clone()])]
    }
}

impl InFlight {
    /// The note on an intent of an instance; none where no back end was at work.
    pub fn of(intent: &Intent, now: Stamp) -> Option<Self> {
        let service = intent.service.clone()?;
        Some(InFlight { subject: intent.instance.0, serial: intent.serial, service, made_at: Some(now) })
    }

    /// The note on an intent of a share server.
    pub fn of_server(intent: &ServerIntent, now: Stamp) -> Self {
        let (subject, service) = (intent.server.0, intent.service.clone());
        InFlight { subject, serial: intent.serial, service, made_at: Some(now) }
    }

    /// The note on an intent of a snapshot.
    pub fn of_snapshot(intent: &SnapshotIntent, now: Stamp) -> Self {
        let (subject, service) = (intent.snapshot.0, intent.service.clone());
        InFlight { subject, serial: intent.serial, service, made_at: Some(now) }
    }
}
