//! Objects of one kind, by key, remembering which of them changed since the last time they were saved.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Error;

/// An object that is kept.
pub trait Row: Serialize + DeserializeOwned {
    type Key: Ord + Clone + Display + FromStr;
    /// The word for it in the state directory and in dumps.
    const KIND: &'static str;
    fn key(&self) -> Self::Key;
}

/// All objects of one kind.
pub struct Table<T: Row> {
    rows: BTreeMap<T::Key, T>,
    changed: BTreeSet<T::Key>,
    /// Counts changes.
    revision: u64,
}

impl<T: Row> Default for Table<T> {
    fn default() -> Self {
        Table { rows: BTreeMap::new(), changed: BTreeSet::new(), revision: 0 }
    }
}

impl<T: Row> Table<T> {
    pub fn get(&self, key: &T::Key) -> Option<&T> {
        self.rows.get(key)
    }

    pub fn put(&mut self, row: T) {
        let key = row.key();
        self.mark(&key);
        self.rows.insert(key, row);
    }

    pub fn remove(&mut self, key: &T::Key) -> Option<T> {
        self.mark(key);
        self.rows.remove(key)
    }

    /// Changes the object in place, if it is there.
    pub fn change(&mut self, key: &T::Key, change: impl FnOnce(&mut T)) {
        if let Some(row) = self.rows.get_mut(key) {
            change(row);
            self.mark(key);
        }
    }

    fn mark(&mut self, key: &T::Key) {
        self.changed.insert(key.clone());
        self.revision += 1;
    }

    /// Grows with every change: who remembers it can tell whether there was one.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Changes the object in place without having it saved: for what can be found out again.
    pub fn note(&mut self, key: &T::Key, change: impl FnOnce(&mut T)) {
        if let Some(row) = self.rows.get_mut(key) {
            change(row);
        }
    }

    /// All objects in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.rows.values()
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }
}

/// A change to keep: kind, key, and the object or `None` for a removal.
pub type Change = (String, String, Option<Value>);

/// What the journal needs of a table.
pub trait Stored {
    fn kind(&self) -> &'static str;
    fn take_changes(&mut self) -> Result<Vec<Change>, Error>;
    fn dump(&self) -> Result<Vec<Change>, Error>;
    fn load(&mut self, key: &str, row: Option<Value>) -> Result<(), Error>;
}

impl<T: Row> Stored for Table<T> {
    fn kind(&self) -> &'static str {
        T::KIND
    }

    fn take_changes(&mut self) -> Result<Vec<Change>, Error> {
        let changed = std::mem::take(&mut self.changed);
        let change = |key: T::Key| {
            let row = self.rows.get(&key).map(serde_json::to_value).transpose()?;
            Ok((T::KIND.to_owned(), key.to_string(), row))
        };
        changed.into_iter().map(change).collect()
    }

    fn dump(&self) -> Result<Vec<Change>, Error> {
        let change = |row: &T| Ok((T::KIND.to_owned(), row.key().to_string(), Some(serde_json::to_value(row)?)));
        self.rows.values().map(change).collect()
    }

    fn load(&mut self, key: &str, row: Option<Value>) -> Result<(), Error> {
        let strange = || Error::Strange(format!("{} '{key}': its key does not read", T::KIND));
        match row {
            Some(row) => {
                let row: T = serde_json::from_value(row)
                    .map_err(|problem| Error::Strange(format!("{} '{key}': {problem}", T::KIND)))?;
                self.rows.insert(row.key(), row);
            }
            None => drop(self.rows.remove(&key.parse().map_err(|_| strange())?)),
        }
        Ok(())
    }
}
