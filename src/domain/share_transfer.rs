//! Share transfers: a share that its project offers, and that goes to the project which accepts it with a key. Source:
//! resources.md §17.
//!
//! A transfer is pending until it is accepted, deleted or expired. One that was accepted is kept until its time is over, and
//! tells which project took the share. How to get it wrong: to keep the key, which is told once, when the transfer is made;
//! or to take a transfer for pending whose time is over and that nobody has removed yet.

use ring::hmac;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{ShareId, ShareTransferId};
use crate::record::{Index, Record, Row};
use crate::secret::Secret;
use crate::stamp::Stamp;

/// The offer of one share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareTransfer {
    pub id: ShareTransferId,
    pub share_id: ShareId,
    pub name: Option<String>,
    /// Whose the share was when it was offered.
    pub source_project_id: String,
    /// Which project accepted it; none: it is pending.
    pub destination_project_id: Option<String>,
    pub key: KeyDigest,
    pub created_at: Stamp,
    /// From then on nobody can accept it.
    pub expires_at: Stamp,
}

/// Rows by which transfers are found.
pub mod index {
    use super::Index;

    /// source project, created_at.
    pub const BY_PROJECT: Index = Index("project");
    /// created_at.
    pub const BY_CREATION: Index = Index("created");
    /// expires_at: which can go?
    pub const BY_EXPIRY: Index = Index("expiry");
    /// share: its pending transfer.
    pub const BY_SHARE: Index = Index("share");
}

impl Record for ShareTransfer {
    const KIND: &'static str = "share_transfer";

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn rows(&self) -> Vec<Row> {
        let created = self.created_at.text();
        let mut rows = vec![
            index::BY_PROJECT.row([self.source_project_id.clone(), created.clone()]),
            index::BY_CREATION.row([created]),
            index::BY_EXPIRY.row([self.expires_at.text()]),
        ];
        if !self.is_accepted() {
            rows.push(index::BY_SHARE.row([self.share_id.to_string()]));
        }
        rows
    }
}

impl ShareTransfer {
    /// What kind of thing is transferred, as the API names it.
    pub const RESOURCE_TYPE: &'static str = "share";

    pub fn is_accepted(&self) -> bool {
        self.destination_project_id.is_some()
    }

    pub fn is_over(&self, now: Stamp) -> bool {
        self.expires_at <= now
    }
}

/// What is kept of the key of a transfer: enough to recognise it, and too little to tell it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyDigest {
    salt: Uuid,
    digest: Vec<u8>,
}

impl KeyDigest {
    /// `salt` is drawn for this key alone.
    pub fn of(key: &Secret, salt: Uuid) -> Self {
        let digest = hmac::sign(&keyed_with(salt), key.expose().as_bytes()).as_ref().to_vec();
        KeyDigest { salt, digest }
    }

    /// Whether it is the digest of this key. Takes the same time whatever a wrong key has in common with the right one.
    pub fn is_of(&self, key: &Secret) -> bool {
        hmac::verify(&keyed_with(self.salt), key.expose().as_bytes(), &self.digest).is_ok()
    }
}

fn keyed_with(salt: Uuid) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, salt.as_bytes())
}

impl std::fmt::Debug for KeyDigest {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("[REDACTED]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_recognised_by_its_digest_which_neither_holds_nor_shows_it() {
        let key = Secret::new("0123456789abcdef");
        let digest = KeyDigest::of(&key, Uuid::from_u128(1));
        let read: KeyDigest = serde_json::from_str(&serde_json::to_string(&digest).unwrap()).unwrap();
        assert!(read.is_of(&key));
        for wrong in ["", "0123456789abcdeg", "0123456789abcde", "0123456789ABCDEF", "0123456789abcdef "] {
            assert!(!read.is_of(&Secret::new(wrong)), "{wrong:?}");
        }
        assert_ne!(KeyDigest::of(&key, Uuid::from_u128(2)), digest, "one key has another digest under another salt");
        assert!(!serde_json::to_string(&digest).unwrap().contains(key.expose()));
        assert_eq!(format!("{digest:?}"), "[REDACTED]");
    }
}
