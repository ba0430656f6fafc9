//! Keys of the key store that share servers are encrypted with, by the references that tenants give. Source: resources.md
//! §1, quotas-and-limits.md §1.
//!
//! A key counts once in its project's quota, however many shares use it; so its use is a record of its own, which comes
//! with the first share and goes with the last. How to get it wrong: to let shares of two keys onto one server, since
//! whoever takes one key back would take the other's shares with it.

use serde::{Deserialize, Serialize};

use crate::ids::{EncryptionKeyId, ShareTypeId};
use crate::quota::{Charge, Resource};
use crate::record::Record;
use crate::secret::Secret;
use crate::stamp::Stamp;

/// That a project uses a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncryptionKeyUse {
    pub project_id: String,
    pub encryption_key: EncryptionKeyId,
    /// Whose share was the first to use it, and of which type: on whose account it is.
    pub user_id: String,
    pub share_type: Option<ShareTypeId>,
    pub created_at: Stamp,
}

impl EncryptionKeyUse {
    /// The key of the use, whether there is one or not.
    pub fn key_of(project: &str, key: EncryptionKeyId) -> String {
        format!("{key}/{project}")
    }
}

impl Record for EncryptionKeyUse {
    const KIND: &'static str = "encryption_key_use";

    fn key(&self) -> String {
        EncryptionKeyUse::key_of(&self.project_id, self.encryption_key)
    }

    fn charges(&self) -> Vec<Charge> {
        vec![Charge {
            project: self.project_id.clone(),
            user: self.user_id.clone(),
            share_type: self.share_type,
            resource: Resource::EncryptionKeys,
            amount: 1,
        }]
    }
}

/// What a share server is encrypted with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServerEncryption {
    pub key: EncryptionKeyId,
    /// None until the identity service has made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<KeyCredential>,
}

/// By what the array reads a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeyCredential {
    /// Of the application credential.
    pub id: String,
    /// Forgotten when the array has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// Where the key is.
    pub key_url: String,
    /// The identity service as the configuration names it for arrays, `/v3` or a path below it.
    pub identity_url: String,
}

impl ServerEncryption {
    /// The same without what only the array needs to know.
    #[must_use]
    pub fn without_secret(self) -> Self {
        let credential = self.credential.map(|credential| KeyCredential { secret: None, ..credential });
        ServerEncryption { credential, ..self }
    }
}
