//! What is kept of an export policy.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::rows::export_rule::ExportRule;
use crate::state::table::Row;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExportPolicy {
    pub id: u64,
    pub svm: Uuid,
    pub name: String,
    /// In the order of their indices.
    pub rules: Vec<ExportRule>,
}

impl Row for ExportPolicy {
    type Key = u64;
    const KIND: &'static str = "export_policy";
    fn key(&self) -> u64 {
        self.id
    }
}
