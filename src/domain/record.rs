//! What the store keeps: plain values with an id, index rows and charges that derive from the value alone.
//!
//! Because rows and charges are functions of the record, the writer can work out from the old and the new value what
//! to change in the indexes and in the usage, in the same batch. Nobody else touches either, so they can't drift.
//! How to get it wrong: a row that depends on anything but `self`.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
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

    /// What the record adds to sums over records of its kind.
    fn addends(&self) -> Vec<Addend> {
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

/// What a record adds to the sum of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addend {
    pub sum: String,
    pub amount: i64,
}

/// A sum over records that the writer keeps, so that nobody has to count them. There is none where it comes to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    pub name: String,
    pub amount: i64,
}

impl Record for Sum {
    const KIND: &'static str = "sum";

    fn key(&self) -> String {
        self.name.clone()
    }
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
