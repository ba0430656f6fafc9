//! What the store keeps: plain values with an id, index rows and charges that derive from the value alone.
//!
//! Because rows and charges are functions of the record, the writer can work out from the old and the new value what
//! to change in the indexes and in the usage, in the same batch. Nobody else touches either, so they can't drift.
//! How to get it wrong: a row that depends on anything but `self`.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::quota::Charge;

/// A value with an identity that the store keeps.
pub trait Record: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// The kind's name on disk: never changed, never reused.
    const KIND: &'static str;
    /// The version of the value's form on disk. Raise it when an old value would no longer be read right, and teach
    /// [`Record::upgraded`] the step.
    const VERSION: u16 = 1;

    /// The id, unique within the kind.
    fn key(&self) -> String;

    /// Where scans find the record.
    fn rows(&self) -> Vec<Row> {
        Vec::new()
    }

    /// What the record uses of its project's quota.
    fn charges(&self) -> Vec<Charge> {
        Vec::new()
    }

    /// Brings a value of version `from` one version further.
    ///
    /// # Errors
    /// Says what about the old value was not understood.
    fn upgraded(from: u16, _old: Value) -> Result<Value, String> {
        Err(format!("no upgrade of {} from version {from}", Self::KIND))
    }
}

/// One entry of one index: scans go in the order of `at`, compared part by part, and end in the record's key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    pub index: Index,
    pub at: Vec<String>,
}

/// The name of an index within its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Index(pub &'static str);

impl Index {
    /// A row of this index.
    pub fn row<const N: usize>(self, at: [String; N]) -> Row {
        Row { index: self, at: at.into() }
    }
}
