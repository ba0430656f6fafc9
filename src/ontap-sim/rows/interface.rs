//! What is kept of an IP interface (LIF).

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::state::table::Row;

/// A data LIF. What earlier releases did not keep of one is filled in when their directory is opened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Interface {
    pub uuid: Uuid,
    pub name: String,
    pub svm: Uuid,
    pub node: Uuid,
    pub address: IpAddr,
    /// Of two interfaces with the same address the one of the lower number is served.
    #[serde(default)]
    pub number: u64,
    /// Length of the netmask; 0 is none yet.
    #[serde(default)]
    pub length: u8,
    /// Its home, where it also is.
    #[serde(default)]
    pub port: Uuid,
    #[serde(default)]
    pub policy: Uuid,
    #[serde(default = "on")]
    pub enabled: bool,
    /// The service principal with which Kerberos is enabled.
    #[serde(default)]
    pub kerberos: Option<String>,
}

pub fn on() -> bool {
    true
}

impl Row for Interface {
    type Key = Uuid;
    const KIND: &'static str = "interface";
    fn key(&self) -> Uuid {
        self.uuid
    }
}
