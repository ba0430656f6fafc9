//! Records that readers share: decoded once, with the keys of their index rows, until they change.
//!
//! The record cache stands between a durable state and the engine, and holds what the engine holds now; a state corrects it by its
//! notes like anything else that it finds there. It stays true by three rules:
//!
//! * What is put on it was read from the engine after its place was reserved, never taken from a note.
//! * Once the writer has applied a group, and before a state shows it, the group's keys are taken off.
//! * Taking off a key also voids a reservation, so who read before the group landed can't put the old value there
//!   afterwards.
//!
//! How to get it wrong: taking keys off before the group is applied. A reader in between would put the old value back.

use std::any::Any;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use manilad_domain::Record;
use quick_cache::Weighter;
use quick_cache::sync::{Cache, GuardResult};

use crate::codec;
use crate::engine::Engine;
use crate::error::Error;
use crate::key;

/// A record that several readers look at. It never changes.
#[derive(Debug)]
pub struct Shared<R>(Arc<Held<R>>);

#[derive(Debug)]
struct Held<R> {
    record: R,
    /// Keys of its index rows.
    rows: Vec<Vec<u8>>,
}

impl<R> Clone for Shared<R> {
    fn clone(&self) -> Self {
        Shared(self.0.clone())
    }
}

impl<R> Deref for Shared<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.0.record
    }
}

impl<R: Record> From<R> for Shared<R> {
    fn from(record: R) -> Self {
        let key = record.key();
        let rows = record.rows().iter().map(|row| key::row(R::KIND, row, &key)).collect();
        Shared(Arc::new(Held { record, rows }))
    }
}

impl<R: Record> Shared<R> {
    /// Reads what is stored at a key of the tree.
    pub(crate) fn decoded(at: &[u8], value: &[u8]) -> Result<Self, Error> {
        codec::decode(&key::record_key(at)?, value).map(R::into)
    }

    pub(crate) fn has_row(&self, row: &[u8]) -> bool {
        self.0.rows.iter().any(|own| own == row)
    }

    /// A copy of the record that may change.
    pub fn into_owned(self) -> R {
        Arc::try_unwrap(self.0).map_or_else(|held| held.record.clone(), |held| held.record)
    }
}

/// See the module's head.
pub(crate) struct RecordCache(Cache<Vec<u8>, CachedRecord, Weight>);

#[derive(Clone)]
struct CachedRecord {
    held: Arc<dyn Any + Send + Sync>,
    /// Bytes, about.
    weight: u64,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Vec<u8>, CachedRecord> for Weight {
    fn weight(&self, key: &Vec<u8>, kept: &CachedRecord) -> u64 {
        kept.weight + key.len() as u64
    }
}

impl RecordCache {
    /// Records that it makes room for at first.
    const EXPECTED: usize = 1024;

    /// `capacity` is in bytes, as far as they can be told.
    pub(crate) fn new(capacity: u64) -> Self {
        RecordCache(Cache::with_weighter(Self::EXPECTED, capacity, Weight))
    }

    /// The record that the engine has at a key, by the record cache if it is there.
    pub(crate) fn read<R: Record>(&self, engine: &dyn Engine, at: &[u8]) -> Result<Option<Shared<R>>, Error> {
        // Who finds the place reserved by somebody else reads for itself: nobody waits here.
        let place = match self.0.get_value_or_guard(at, Some(Duration::ZERO)) {
            GuardResult::Value(kept) => match kept.held.downcast() {
                Ok(held) => return Ok(Some(Shared(held))),
                Err(_) => None,
            },
            GuardResult::Guard(place) => Some(place),
            GuardResult::Timeout => None,
        };
        let Some(value) = engine.get(at)? else { return Ok(None) };
        let shared = Shared::<R>::decoded(at, &value)?;
        if let Some(place) = place {
            // A decoded record takes up about twice its text, its rows apart.
            let rows: usize = shared.0.rows.iter().map(Vec::len).sum();
            let weight = (2 * value.len() + rows) as u64;
            // Refused where the record has changed meanwhile.
            let _ = place.insert(CachedRecord { held: shared.0.clone(), weight });
        }
        Ok(Some(shared))
    }

    /// Takes keys off, whose values have changed in the engine.
    pub(crate) fn forget<'k>(&self, keys: impl IntoIterator<Item = &'k Vec<u8>>) {
        for key in keys {
            self.0.remove(key);
        }
    }
}
