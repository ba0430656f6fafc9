//! What is kept of how an SVM resolves names.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// How one SVM resolves names. Part of the SVM's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dns {
    pub domains: Vec<String>,
    pub servers: Vec<IpAddr>,
}
