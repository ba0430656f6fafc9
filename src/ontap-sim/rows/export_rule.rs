//! What is kept of a rule of an export policy.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportRule {
    pub index: u64,
    pub clients: Vec<String>,
    pub ro_rule: Vec<String>,
    pub rw_rule: Vec<String>,
    pub superuser: Vec<String>,
    pub protocols: Vec<String>,
    pub anonymous_user: String,
    pub chown_mode: String,
    pub ntfs_unix_security: String,
    pub allow_suid: bool,
    pub allow_device_creation: bool,
}
