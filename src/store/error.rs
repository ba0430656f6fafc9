//! What can go wrong in the store, and how a commit can fail.
//!
//! Errors are plain text inside so that one failed sync can be told to every waiter. Reasons name kinds, keys and
//! positions but never quote a stored value: records may hold access keys.

use std::path::{Path, PathBuf};

use manilad_domain::Fault;
use rustix::io::Errno;

/// Why the store could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the store is busy: {limit} commits are waiting already")]
    Full { limit: usize },
    #[error("the store is closed")]
    Closed,
    #[error(
        "the disk that holds the store has {} MiB left, {} MiB are kept in reserve ([manilad] free_space_floor_bytes)",
        .free >> 20,
        .reserve >> 20
    )]
    NoSpace { free: u64, reserve: u64 },
    #[error("the store has stopped writing: {reason}")]
    Lost { reason: String },
    #[error("{} is in use by {}; one daemon may use a store directory at a time", .dir.display(), holder(.pid))]
    Locked { dir: PathBuf, pid: Option<u32> },
    #[error(
        "{what} has version {found} and this release knows versions up to {supported}: start the newer release again"
    )]
    Newer { what: String, found: u64, supported: u16 },
    #[error("the {kind} record {key:?} is damaged: {reason}")]
    Damaged { kind: String, key: String, reason: String },
    #[error(
        "the database in {} is damaged: {reason}. Keep a copy of the directory. `manilad store export --salvage FILE` \
         writes the records that can still be read; else go back to the last backup or export. `manilad store import \
         FILE` reads an export into an empty directory",
        .dir.display()
    )]
    Corrupt { dir: PathBuf, reason: String },
    #[error("could not {action} for want of file descriptors; try again, or raise the limit (LimitNOFILE)")]
    Descriptors { action: String },
    #[error("could not {action}: the disk is full")]
    DiskFull { action: String },
    #[error("{what} is {size} bytes long; at most {limit} are stored")]
    TooLarge { what: String, size: usize, limit: usize },
    #[error("records of kind {kind:?} are not registered with the store")]
    Unregistered { kind: String },
    #[error("line {line} of the import: {reason}")]
    Import { line: u64, reason: String },
    #[error("could not {action}: {reason}")]
    Io { action: String, reason: String },
}

impl Error {
    /// An operating system's or engine's refusal of `action` ("open the lock file").
    pub fn io(action: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        Error::Io { action: action.into(), reason: reason.to_string() }
    }

    /// A refusal of something that opens files. What is no fault of the files is told apart: to run out of
    /// descriptors, which passes, and a full disk.
    pub(crate) fn of_opening(action: impl Into<String>, reason: &std::io::Error) -> Self {
        match Errno::from_io_error(reason) {
            Some(Errno::MFILE | Errno::NFILE) => Error::Descriptors { action: action.into() },
            Some(Errno::NOSPC | Errno::DQUOT) => Error::DiskFull { action: action.into() },
            _ => Error::io(action, reason),
        }
    }

    /// Whether the same may succeed in a moment, though nothing was done about it.
    pub fn passes(&self) -> bool {
        matches!(self, Error::Descriptors { .. })
    }

    pub(crate) fn corrupt(dir: &Path, reason: impl std::fmt::Display) -> Self {
        Error::Corrupt { dir: dir.to_owned(), reason: reason.to_string() }
    }
}

/// What a failed read is to whoever asked. A store that is for the moment without descriptors is asked again.
impl From<Error> for Fault {
    fn from(problem: Error) -> Self {
        match problem.passes() {
            true => Fault::unavailable("The store can't be read now; try again.").because(problem),
            false => Fault::internal("The store could not be read.").because(problem),
        }
    }
}

/// What a failed commit is to whoever asked for it.
impl From<Failed<Fault>> for Fault {
    fn from(failed: Failed<Fault>) -> Self {
        match failed {
            Failed::Refused(fault) => fault,
            // The store has logged when that began.
            Failed::Unavailable(problem @ Error::NoSpace { .. }) => {
                Fault::unavailable(format!("{problem}; try again later."))
            }
            Failed::Unavailable(problem) => {
                Fault::unavailable("The store can't take the request now; try again.").because(problem)
            }
            Failed::Panicked(words) => {
                Fault::internal("The request failed unexpectedly.").because(format!("a decision panicked: {words}"))
            }
        }
    }
}

fn holder(pid: &Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

/// Why a commit did not happen. In each case nothing of its draft was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failed<E> {
    /// The decision itself said no.
    #[error("{0}")]
    Refused(E),
    /// The decision was not run, or the store could not make its writes durable: see [`Error::Lost`], after which
    /// the writes may or may not be found when the store is opened again.
    #[error(transparent)]
    Unavailable(Error),
    /// The decision panicked, with these message.
    #[error("the decision panicked: {0}")]
    Panicked(String),
}
