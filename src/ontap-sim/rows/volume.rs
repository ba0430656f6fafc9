//! What is kept of a volume.

use manilad_clock::Timestamp;
use manilad_nfs3::{Ownership, Usage};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::rows::movement::Movement;
use crate::state::table::Row;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Volume {
    pub uuid: Uuid,
    /// Never used twice: it is in the file handles of clients.
    pub number: u64,
    pub name: String,
    pub svm: Uuid,
    pub style: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub state: String,
    /// Bytes, snapshot reserve included.
    pub size: u64,
    /// Bytes that its files take, and how many files there are without its own.
    pub used: u64,
    #[serde(default)]
    pub files: u64,
    /// One for a FlexVol; one per constituent for a FlexGroup.
    pub aggregates: Vec<Uuid>,
    pub guarantee: String,
    pub reserve_percent: u64,
    pub size_fixed: bool,
    pub snapshot_policy: String,
    pub snapshot_directory: bool,
    pub language: String,
    pub junction: Option<String>,
    pub policy: u64,
    pub security_style: String,
    /// Of its root directory; the mode in decimal digits that are read as octal ones.
    pub unix_permissions: u64,
    pub uid: u64,
    pub gid: u64,
    pub dedupe: String,
    pub compression: String,
    pub efficiency_policy: String,
    pub autosize: Autosize,
    pub files_maximum: u64,
    pub encrypted: bool,
    pub snaplock: String,
    #[serde(default)]
    pub retention: Retention,
    #[serde(default)]
    pub qos: Option<Uuid>,
    pub tags: Vec<String>,
    pub comment: String,
    pub created: Timestamp,
    pub is_root: bool,
    /// Its last move to another aggregate.
    #[serde(default)]
    pub movement: Option<Movement>,
    /// When it went to the recovery queue.
    pub deleted: Option<Timestamp>,
    /// What it is still to be filled with. Nobody is told of it before it is.
    #[serde(default)]
    pub fill: Option<Fill>,
    #[serde(default)]
    pub clone: Option<CloneOf>,
}

/// What a volume is to hold: that of a snapshot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Fill {
    /// Never used twice; grows.
    pub number: u64,
    pub snapshot: Uuid,
}

/// What a FlexClone volume stands on until it is split.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CloneOf {
    pub volume: Uuid,
    pub snapshot: Uuid,
    /// When its split began.
    pub split: Option<Timestamp>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Autosize {
    pub mode: String,
    pub maximum: u64,
    pub minimum: u64,
    pub grow_threshold: u64,
    pub shrink_threshold: u64,
}

/// The periods of a SnapLock volume, as ISO 8601 durations.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Retention {
    pub autocommit: Option<String>,
    pub minimum: Option<String>,
    pub maximum: Option<String>,
    pub default: Option<String>,
}

impl Row for Volume {
    type Key = Uuid;
    const KIND: &'static str = "volume";
    fn key(&self) -> Uuid {
        self.uuid
    }
}

impl Volume {
    /// Bytes that it takes from its aggregates: all of its size with a guarantee, else what is used.
    pub fn footprint(&self) -> u64 {
        if self.guarantee == "none" { self.used } else { self.size.max(self.used) }
    }

    /// Its share of one aggregate. One that is being moved has its room where it goes, too.
    pub fn share_of(&self, aggregate: Uuid) -> u64 {
        let here = self.aggregates.iter().filter(|id| **id == aggregate).count() as u64;
        let comes = self.movement.as_ref().is_some_and(|movement| movement.is_under_way() && movement.to == aggregate);
        self.footprint() / (self.aggregates.len() as u64).max(1) * here + if comes { self.footprint() } else { 0 }
    }

    /// Bytes that files may take: what the snapshot reserve leaves.
    pub fn usable(&self) -> u64 {
        self.size - self.size / 100 * self.reserve_percent
    }

    /// Takes over what was counted.
    pub fn holds(&mut self, usage: Usage) {
        (self.used, self.files) = (usage.bytes, usage.files);
    }

    /// Owner and mode of the root directory.
    pub fn root_owner(&self) -> Ownership {
        let mode = u32::from_str_radix(&self.unix_permissions.to_string(), 8).unwrap_or_default();
        Ownership { mode, uid: self.uid as u32, gid: self.gid as u32 }
    }

    pub fn own_root(&mut self, owner: Ownership) {
        self.unix_permissions = format!("{:o}", owner.mode).parse().unwrap_or_default();
        (self.uid, self.gid) = (owner.uid.into(), owner.gid.into());
    }

    pub fn online(&self) -> bool {
        self.state == "online"
    }
}
