//! What a record uses of a resource that is counted, and on whose account.
//!
//! How to get it wrong: a resource that charges on a key which is a limit only.

use serde::{Deserialize, Serialize};

use super::Key;
use crate::ids::ShareTypeId;

/// A thing that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    Shares,
    Gigabytes,
    Snapshots,
    SnapshotGigabytes,
    ShareNetworks,
    EncryptionKeys,
}

impl Resource {
    /// The key by which it is limited.
    pub const fn key(self) -> Key {
        match self {
            Resource::Shares => Key::Shares,
            Resource::Gigabytes => Key::Gigabytes,
            Resource::Snapshots => Key::Snapshots,
            Resource::SnapshotGigabytes => Key::SnapshotGigabytes,
            Resource::ShareNetworks => Key::ShareNetworks,
            Resource::EncryptionKeys => Key::EncryptionKeys,
        }
    }

    /// The name of the refusal, as clients know it.
    pub(super) const fn refusal(self) -> &'static str {
        match self {
            Resource::Shares => "ShareLimitExceeded",
            Resource::Gigabytes => "ShareSizeExceedsAvailableQuota",
            Resource::Snapshots => "SnapshotLimitExceeded",
            Resource::SnapshotGigabytes => "SnapshotSizeExceedsAvailableQuota",
            Resource::ShareNetworks => "ShareNetworksLimitExceeded",
            Resource::EncryptionKeys => "EncryptionKeysLimitExceeded",
        }
    }
}

/// What one record uses of one resource, and on whose account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    pub project: String,
    pub user: String,
    pub share_type: Option<ShareTypeId>,
    pub resource: Resource,
    pub amount: i64,
}
