//! What is kept of an SMB share and its access control list.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::state::table::Row;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CifsShare {
    pub svm: Uuid,
    pub name: String,
    pub path: String,
    pub comment: String,
    pub acls: Vec<Ace>,
}

/// One entry of a share's access control list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ace {
    pub user_or_group: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub permission: String,
}

impl Row for CifsShare {
    type Key = String;
    const KIND: &'static str = "cifs_share";
    fn key(&self) -> String {
        key(self.svm, &self.name)
    }
}

/// Names of shares differ by more than case.
pub fn key(svm: Uuid, name: &str) -> String {
    format!("{svm}/{}", name.to_lowercase())
}
