//! What is kept of the LDAP client of an SVM.

use serde::{Deserialize, Serialize};

/// Part of the SVM's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ldap {
    /// Addresses or names; none with a domain.
    pub servers: Vec<String>,
    pub ad_domain: Option<String>,
    pub schema: String,
    pub port: u64,
    pub base_dn: Option<String>,
    pub bind_dn: Option<String>,
    pub use_start_tls: bool,
}
