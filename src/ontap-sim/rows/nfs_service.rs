//! What is kept of the NFS service of an SVM.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Bytes.
pub const TRANSFER: u64 = 65536;

/// The service of one SVM. Part of the SVM's row: an SVM has one or none.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NfsService {
    pub enabled: bool,
    /// Bytes of one transfer over TCP.
    pub transfer: u64,
    /// What differs from a new service, by name.
    pub flags: BTreeMap<String, bool>,
}

impl Default for NfsService {
    fn default() -> Self {
        NfsService { enabled: true, transfer: TRANSFER, flags: BTreeMap::new() }
    }
}
