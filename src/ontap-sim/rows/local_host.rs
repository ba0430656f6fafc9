//! What is kept of a host name that an SVM knows by itself.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Part of the SVM's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalHost {
    pub address: IpAddr,
    pub hostname: String,
    pub aliases: Vec<String>,
}
