//! What is kept of a preferred domain controller.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Part of the SVM's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreferredDc {
    pub fqdn: String,
    pub server_ip: IpAddr,
}
