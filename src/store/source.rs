//! Where a check reads records: the store as it is, or as a decision drafts it. A check that is written once for both can be
//! made early, where it costs the writer nothing, and again in the decision, where it counts.

use manilad_domain::Record;

use crate::draft::Draft;
use crate::error::Error;
use crate::range::Range;
use crate::store::Store;

/// Where records are read: the store as it is, or as a decision drafts it.
pub trait Source {
    /// A copy of the record under `key`.
    ///
    /// # Errors
    /// As [`Store::get`].
    fn read<R: Record>(&self, key: &str) -> Result<Option<R>, Error>;

    /// Copies of the records of a range, up to its limit.
    ///
    /// # Errors
    /// As [`Store::get`].
    fn list<R: Record>(&self, range: Range) -> Result<Vec<R>, Error>;
}

impl Source for Store {
    fn read<R: Record>(&self, key: &str) -> Result<Option<R>, Error> {
        self.get(key)
    }

    fn list<R: Record>(&self, range: Range) -> Result<Vec<R>, Error> {
        self.scan(range).map(|page| page.records)
    }
}

impl Source for Draft<'_> {
    fn read<R: Record>(&self, key: &str) -> Result<Option<R>, Error> {
        self.get(key)
    }

    fn list<R: Record>(&self, range: Range) -> Result<Vec<R>, Error> {
        self.scan(range)
    }
}
