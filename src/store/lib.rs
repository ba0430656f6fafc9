//! Where records live: one writer, durable before visible, found by index.
//!
//! [`Store`] reads inline and commits through one writer. A commit is a *decision*, a function that looks at
//! the newest state and drafts the next; it may refuse, and it runs nowhere else, so what it has checked is still true
//! when its writes land. Index rows and usage follow from the records and are written in the same atomic batch.
//!
//! Reads see whole groups of commits that are on disk, or nothing of them (`durable_state.rs` says how). How to get it wrong:
//! judging a wish by what [`Store::get`] said and committing without looking again in the decision.

mod acknowledged;
mod blobs;
mod check;
mod codec;
mod contained;
mod draft;
mod durable_state;
mod engine;
mod error;
mod files;
mod key;
mod kind;
mod lock;
#[cfg(any(test, feature = "lab"))]
mod lossy;
mod memory;
mod metrics;
mod proof;
mod range;
mod record_cache;
mod recovery;
mod sled;
mod snapshot;
mod source;
mod space;
mod store;
mod tally;
mod transfer;
mod upgrade;
mod view;
mod writer;

#[cfg(test)]
mod suite;

pub use check::consistency;
pub use draft::Draft;
pub use engine::{Changes, Engine, Entry, Order, Space, Span};
pub use error::{Error, Failed};
pub use kind::{KINDS, Kind};
#[cfg(any(test, feature = "lab"))]
pub use lossy::{DiskCall, Lossy};
pub use memory::Memory;
pub use range::{Cursor, Page, Range};
pub use record_cache::Shared;
pub use sled::Sled;
pub use snapshot::Snapshot;
pub use source::Source;
pub use store::{Blocking, Options, Store};
pub use transfer::{Exported, salvage, verify_export};
pub use writer::{CommitHook, WriterMode};
