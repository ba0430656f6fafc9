//! An engine that keeps nothing: for tests. It is as ordered and atomic as the real ones, and durable as long as it
//! lives.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::engine::{Changes, Engine, Entry, Order, Space, Span};
use crate::error::Error;

/// A map in memory.
#[derive(Default)]
pub struct Memory {
    map: RwLock<BTreeMap<Vec<u8>, Vec<u8>>>,
    /// What its disk would have left.
    free: Option<Arc<AtomicU64>>,
}

impl Memory {
    pub fn new() -> Self {
        Self::default()
    }

    /// One that tells of so many free bytes.
    pub fn with_free(free: Arc<AtomicU64>) -> Self {
        Memory { free: Some(free), ..Self::default() }
    }

    /// Another map with the same entries.
    #[cfg(any(test, feature = "lab"))]
    pub(crate) fn copied(&self) -> Self {
        let map = self.map.read().unwrap_or_else(PoisonError::into_inner).clone();
        Memory { map: RwLock::new(map), ..Self::default() }
    }
}

impl Engine for Memory {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.map.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    fn scan(&self, span: &Span, order: Order, limit: usize) -> Result<Vec<Entry>, Error> {
        let map = self.map.read().unwrap_or_else(PoisonError::into_inner);
        let found = map.range::<[u8], _>((Included(span.from.as_slice()), Excluded(span.to.as_slice())));
        let own = |(key, value): (&Vec<u8>, &Vec<u8>)| (key.clone(), value.clone());
        Ok(match order {
            Order::Ascending => found.take(limit).map(own).collect(),
            Order::Descending => found.rev().take(limit).map(own).collect(),
        })
    }

    fn apply(&self, batch: &Changes) -> Result<(), Error> {
        let mut map = self.map.write().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in batch {
            match value {
                Some(value) => map.insert(key.clone(), value.clone()),
                None => map.remove(key),
            };
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), Error> {
        Ok(())
    }

    fn space(&self) -> Result<Space, Error> {
        let map = self.map.read().unwrap_or_else(PoisonError::into_inner);
        let size: usize = map.iter().map(|(key, value)| key.len() + value.len()).sum();
        Ok(Space { size: size as u64, free: self.free.as_ref().map(|free| free.load(Ordering::SeqCst)) })
    }
}
