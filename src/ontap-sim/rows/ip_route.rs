//! What is kept of a route of an SVM.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::state::table::Row;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IpRoute {
    pub uuid: Uuid,
    pub svm: Uuid,
    pub destination: IpAddr,
    /// Length of the destination's netmask.
    pub length: u8,
    pub gateway: IpAddr,
    pub metric: u64,
}

impl Row for IpRoute {
    type Key = Uuid;
    const KIND: &'static str = "ip_route";
    fn key(&self) -> Uuid {
        self.uuid
    }
}
