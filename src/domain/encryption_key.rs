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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_a_project_uses_counts_once_on_the_account_of_its_first_user() {
        let key = EncryptionKeyId(uuid::Uuid::from_u128(7));
        let one = EncryptionKeyUse {
            project_id: "p".to_owned(),
            encryption_key: key,
            user_id: "u".to_owned(),
            share_type: None,
            created_at: Stamp::parse("2026-01-01").unwrap(),
        };
        let [charge] = &one.charges()[..] else { panic!("{one:?} is charged otherwise") };
        let told = (charge.project.as_str(), charge.user.as_str(), charge.resource, charge.amount);
        assert_eq!(told, ("p", "u", Resource::EncryptionKeys, 1));
        assert_eq!(one.key(), format!("{key}/p"));
        assert_ne!(EncryptionKeyUse::key_of("q", key), one.key());
    }

    #[test]
    fn what_only_the_array_needs_is_not_kept_and_by_what_it_reads_the_key_is() {
        let credential = KeyCredential {
            id: "c".to_owned(),
            secret: Some(Secret::new("sesame")),
            key_url: "https://keys.example/1".to_owned(),
            identity_url: "https://id.example".to_owned(),
        };
        let key = EncryptionKeyId(uuid::Uuid::from_u128(7));
        let kept = ServerEncryption { key, credential: Some(credential) };
        assert!(!format!("{kept:?}").contains("sesame"));
        let written = serde_json::to_string(&kept.without_secret()).unwrap();
        assert!(!written.contains("sesame") && written.contains("\"id\":\"c\""), "{written}");
        let unread = ServerEncryption { key, credential: None }.without_secret();
        assert!(unread.credential.is_none() && unread.key == key);
    }
}
