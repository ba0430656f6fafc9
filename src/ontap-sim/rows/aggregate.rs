//! What is kept of an aggregate.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::state::table::Row;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Aggregate {
    pub uuid: Uuid,
    pub name: String,
    pub node: Uuid,
    /// Bytes.
    pub size: u64,
    pub disk_type: String,
    /// Bytes taken by somebody else, so that an aggregate can run full behind a client's back.
    pub taken: u64,
}

impl Row for Aggregate {
    type Key = Uuid;
    const KIND: &'static str = "aggregate";
    fn key(&self) -> Uuid {
        self.uuid
    }
}
