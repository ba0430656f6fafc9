//! What is kept of the SMB server of an SVM.

use serde::{Deserialize, Serialize};

/// Part of the SVM's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CifsService {
    pub name: String,
    pub enabled: bool,
    pub comment: String,
    /// `None`: in a workgroup, as the configured ones are.
    pub domain: Option<AdDomain>,
    pub smb_signing: bool,
    pub encryptions: Vec<String>,
}

/// Where a server is a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdDomain {
    pub fqdn: String,
    pub organizational_unit: String,
    pub default_site: Option<String>,
}

impl CifsService {
    pub fn in_workgroup(name: &str) -> Self {
        CifsService {
            name: name.to_owned(),
            enabled: true,
            comment: String::new(),
            domain: None,
            smb_signing: false,
            encryptions: ["aes-128", "aes-256"].map(str::to_owned).to_vec(),
        }
    }
}
