//! What the store asks of a database: ordered bytes, an atomic batch, and a sync that means it.
//!
//! Engines know nothing of records. How to get one wrong: a batch of which a crash can leave a part, or a `sync` that
//! returns before the bytes are on disk.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::error::Error;

/// A key with its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// New values by key; `None` removes. As a batch it is applied whole or not at all.
pub type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// The direction of a scan, in byte order of the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    #[default]
    Ascending,
    Descending,
}

/// Keys from `from` (included) to `to` (excluded).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub from: Vec<u8>,
    pub to: Vec<u8>,
}

impl Span {
    pub fn is_empty(&self) -> bool {
        self.from >= self.to
    }

    /// Cuts behind `last`, in the direction of travel: what has been passed (`last` included), and what is ahead.
    pub(crate) fn split(self, last: &[u8], order: Order) -> (Span, Span) {
        match order {
            Order::Ascending => {
                let mut behind = last.to_vec();
                behind.push(0);
                (Span { from: self.from, to: behind.clone() }, Span { from: behind, to: self.to })
            }
            Order::Descending => {
                (Span { from: last.to_vec(), to: self.to }, Span { from: self.from, to: last.to_vec() })
            }
        }
    }
}

/// How full the place is, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// What the engine takes up.
    pub size: u64,
    /// What it may still take; `None` where nothing bounds it.
    pub free: Option<u64>,
}

/// A database under the store. Reads run on any thread, beside writes; only one thread writes.
///
/// A read must see each batch that was applied before the read began. A scan need not be a snapshot: the store
/// corrects it. Errors are [`Error::Io`] or [`Error::Corrupt`].
pub trait Engine: Send + Sync {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error>;

    /// The first `limit` entries of a span that is not empty, in `order`; fewer only where the span ends.
    fn scan(&self, span: &Span, order: Order, limit: usize) -> Result<Vec<Entry>, Error>;

    /// Whether a batch can be applied now. What stands in the way passes: [`Error::Descriptors`].
    fn ready(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Applies the batch whole or, after a crash, not at all. [`Error::Descriptors`] says that nothing was applied.
    fn apply(&self, batch: &Changes) -> Result<(), Error>;

    /// Returns once all that was applied is on disk.
    fn sync(&self) -> Result<(), Error>;

    /// How long the store's clock goes on before the next [`Engine::sync`], where the writer is a task. An engine that
    /// plays a disk says so; a real one takes its time in the sync itself.
    fn sync_delay(&self) -> Duration {
        Duration::ZERO
    }

    fn space(&self) -> Result<Space, Error>;
}
