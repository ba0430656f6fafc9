//! What is kept of a snapshot. Who owns it is not kept: it follows from the clones that stand on it.

use manilad_clock::Timestamp;
use manilad_nfs3::{Ownership, Usage};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::state::table::Row;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Snapshot {
    pub uuid: Uuid,
    /// Never used twice: it is in the file handles of clients. A newer snapshot has a higher one.
    pub number: u64,
    pub volume: Uuid,
    pub name: String,
    pub created: Timestamp,
    /// Bytes that its files take, and how many files there are.
    pub size: u64,
    pub files: u64,
    pub comment: String,
    pub snapmirror_label: String,
    /// Of its root directory: as the volume had them.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    /// Whether its files have been copied. Nobody is told of it before they are.
    pub whole: bool,
}

impl Row for Snapshot {
    type Key = Uuid;
    const KIND: &'static str = "snapshot";
    fn key(&self) -> Uuid {
        self.uuid
    }
}

impl Snapshot {
    /// Takes over what was counted.
    pub fn holds(&mut self, usage: Usage) {
        (self.size, self.files) = (usage.bytes, usage.files);
    }

    /// Owner and mode of the root directory.
    pub fn root_owner(&self) -> Ownership {
        Ownership { mode: self.mode, uid: self.uid, gid: self.gid }
    }
}
