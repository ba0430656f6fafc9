//! What is kept of a node.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::state::table::Row;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Node {
    pub uuid: Uuid,
    pub name: String,
}

impl Row for Node {
    type Key = Uuid;
    const KIND: &'static str = "node";
    fn key(&self) -> Uuid {
        self.uuid
    }
}
