//! What tenants were told of snapshots, and what is on arrays that nobody manages.
//!
//! How to get it wrong: to hold a snapshot to what was promised once an administrator has said what its status is; work on it was
//! given up.

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::{Promise, ended};

#[derive(Debug, Clone)]
pub struct Snapshot {
    pub project: String,
    pub share: String,
    /// The later it was accepted, the higher.
    pub number: usize,
    pub promise: Promise,
    /// An administrator said what its status is, so that status and array may differ.
    pub forced: bool,
}

/// All promises so far.
#[derive(Debug, Default)]
pub struct SnapshotBook {
    pub snapshots: BTreeMap<String, Snapshot>,
    /// Names of snapshots whose creation got no answer.
    pub unsure: Vec<String>,
    /// By share and by name on the array: those that were made there by hand, or may have been unmanaged.
    pub unmanaged: BTreeSet<(String, String)>,
}

impl SnapshotBook {
    /// A snapshot was accepted.
    pub fn accept(&mut self, id: &str, project: &str, share: &str) {
        let number = self.snapshots.len();
        let (project, share) = (project.to_owned(), share.to_owned());
        let snapshot = Snapshot { project, share, number, promise: Promise::Stays, forced: false };
        self.snapshots.insert(id.to_owned(), snapshot);
    }

    /// Its end was asked for; what was answered.
    pub fn end(&mut self, id: &str, status: Option<u16>) {
        if let Some(snapshot) = self.snapshots.get_mut(id) {
            snapshot.promise = ended(snapshot.promise, status);
        }
    }

    /// What was promised of each, by id.
    pub fn promised(&self) -> impl Iterator<Item = (&String, Promise)> {
        let promise = |one: &Snapshot| if one.forced { Promise::Unsure } else { one.promise };
        self.snapshots.iter().map(move |(id, one)| (id, promise(one)))
    }

    pub fn is_forced(&self, id: &str) -> bool {
        self.snapshots.get(id).is_some_and(|snapshot| snapshot.forced)
    }
}
