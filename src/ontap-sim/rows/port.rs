//! What is kept of a port.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::state::table::Row;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Port {
    pub uuid: Uuid,
    pub node: Uuid,
    pub name: String,
    /// `None`: a physical port.
    pub vlan: Option<Vlan>,
    pub domain: Option<Uuid>,
    pub enabled: bool,
    /// Mbit/s.
    pub speed: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Vlan {
    pub base: Uuid,
    pub tag: u64,
}

impl Row for Port {
    type Key = Uuid;
    const KIND: &'static str = "port";
    fn key(&self) -> Uuid {
        self.uuid
    }
}
