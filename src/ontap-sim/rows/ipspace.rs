//! What is kept of an IPspace.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::state::table::Row;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ipspace {
    pub uuid: Uuid,
    pub name: String,
}

impl Row for Ipspace {
    type Key = Uuid;
    const KIND: &'static str = "ipspace";
    fn key(&self) -> Uuid {
        self.uuid
    }
}
