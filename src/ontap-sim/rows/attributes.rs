//! What was set of an object in fields that mean nothing to this array, so that it is found again as it was set.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::state::table::Row;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attributes {
    /// The path of the object.
    pub of: String,
    /// Nested as in a body.
    pub values: Value,
}

impl Row for Attributes {
    type Key = String;
    const KIND: &'static str = "attributes";
    fn key(&self) -> String {
        self.of.clone()
    }
}
