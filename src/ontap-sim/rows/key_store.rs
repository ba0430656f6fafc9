//! What is kept of the configuration of a key manager of an SVM.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Part of the SVM's row. Its secret is not kept: nobody is asked with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyStore {
    pub uuid: Uuid,
    pub name: String,
    pub key_id: String,
    pub keystone_url: String,
    pub credential: String,
    pub enabled: bool,
}
