//! A durable state as readers hold it: all reads through one snapshot agree with one another.
//!
//! Reads run on the caller's thread. How to get it wrong: holding one for long. What is written meanwhile is kept twice,
//! in the engine and in the notes by which the snapshot is corrected.

use std::sync::Arc;

use manilad_domain::Record;

use crate::durable_state::DurableState;
use crate::error::Error;
use crate::range::{Page, Range};
use crate::record_cache::Shared;
use crate::view::View;

/// A durable state of the store.
pub struct Snapshot(pub(crate) Arc<DurableState>);

impl Snapshot {
    /// The record under `key`.
    ///
    /// # Errors
    /// [`Error::Damaged`] or [`Error::Newer`], or what the engine says.
    pub fn get<R: Record>(&self, key: &str) -> Result<Option<Shared<R>>, Error> {
        self.0.shared(key)
    }

    /// The records whose keys begin with a text.
    ///
    /// # Errors
    /// As [`Snapshot::get`].
    pub fn with_prefix<R: Record>(&self, prefix: &str) -> Result<Vec<R>, Error> {
        self.0.with_prefix(prefix)
    }

    /// Records along an index. Keep `skip` small and `limit` up to 64 on a thread that others wait for.
    ///
    /// # Errors
    /// As [`Snapshot::get`].
    pub fn scan<R: Record>(&self, range: &Range) -> Result<Page<Shared<R>>, Error> {
        self.0.scan(range)
    }

    /// The records of a range one by one, up to its limit, without holding them all.
    ///
    /// # Errors
    /// Per record, as [`Snapshot::get`].
    pub fn along<R: Record>(&self, range: &Range) -> impl Iterator<Item = Result<Shared<R>, Error>> {
        self.0.along(range).take(range.limit)
    }

    /// How many rows a range has.
    ///
    /// # Errors
    /// As [`Snapshot::get`].
    pub fn count<R: Record>(&self, range: &Range) -> Result<usize, Error> {
        self.0.rows(R::KIND, range).take(range.limit).try_fold(0, |count, row| row.map(|_| count + 1))
    }
}
