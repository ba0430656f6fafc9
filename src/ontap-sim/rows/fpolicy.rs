//! What is kept of FPolicy: which operations are watched over which protocol, and of which files they are refused.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::state::table::Row;

/// What is watched over one protocol.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FpolicyEvent {
    pub svm: Uuid,
    pub name: String,
    pub protocol: String,
    pub operations: BTreeSet<String>,
}

/// Which files a policy is about. Lists as they were written; empty ones say nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    pub include_shares: Vec<String>,
    pub include_volumes: Vec<String>,
    pub include_export_policies: Vec<String>,
    pub include_extension: Vec<String>,
    pub exclude_shares: Vec<String>,
    pub exclude_volumes: Vec<String>,
    pub exclude_export_policies: Vec<String>,
    pub exclude_extension: Vec<String>,
    pub check_extensions_on_directories: bool,
}

/// One policy of an SVM.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FpolicyPolicy {
    pub svm: Uuid,
    pub name: String,
    pub events: Vec<String>,
    pub mandatory: bool,
    /// Its place among those in force; none while it is not.
    pub priority: Option<u64>,
    pub scope: Scope,
}

impl Row for FpolicyEvent {
    type Key = String;
    const KIND: &'static str = "fpolicy_event";
    fn key(&self) -> String {
        key(self.svm, &self.name)
    }
}

impl Row for FpolicyPolicy {
    type Key = String;
    const KIND: &'static str = "fpolicy_policy";
    fn key(&self) -> String {
        key(self.svm, &self.name)
    }
}

pub fn key(svm: Uuid, name: &str) -> String {
    format!("{svm}/{name}")
}
