//! What is kept of a Kerberos realm of an SVM.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Part of the SVM's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Realm {
    pub name: String,
    pub comment: String,
    pub kdc: IpAddr,
    pub port: u64,
    pub vendor: String,
}
