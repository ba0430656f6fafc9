//! What is kept of a service policy.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::state::table::Row;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServicePolicy {
    pub uuid: Uuid,
    pub svm: Uuid,
    pub name: String,
    pub services: Vec<String>,
}

impl Row for ServicePolicy {
    type Key = Uuid;
    const KIND: &'static str = "service_policy";
    fn key(&self) -> Uuid {
        self.uuid
    }
}
