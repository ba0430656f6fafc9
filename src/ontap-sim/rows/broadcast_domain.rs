//! What is kept of a broadcast domain.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::state::table::Row;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BroadcastDomain {
    pub uuid: Uuid,
    pub ipspace: Uuid,
    pub name: String,
    /// Bytes.
    pub mtu: u64,
}

impl Row for BroadcastDomain {
    type Key = Uuid;
    const KIND: &'static str = "broadcast_domain";
    fn key(&self) -> Uuid {
        self.uuid
    }
}
