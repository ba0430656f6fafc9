//! User messages: what tenants are told when an asynchronous operation failed. Source: user-messages.md.
//!
//! The ids are part of the wire, and all that the API has stand here, whether anything uses them yet or not; the texts are ours,
//! and one id may have several. How to get it wrong: to change what is stored of a detail, for messages of earlier live on.

use serde::{Deserialize, Serialize};

use crate::ids::MessageId;
use crate::record::{Index, Record, Row};
use crate::stamp::Stamp;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $id:literal $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $(#[serde(rename = $id)] $variant),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The three digits on the wire. What is stored may go on behind them, where one id has several texts.
            pub const fn id(self) -> &'static str {
                let stored = match self { $(Self::$variant => $id),+ };
                stored.split_at(3).0
            }

            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

codes! {
    /// What was being done.
    Action {
        AllocateHost = "001" "finding a place",
        Create = "002" "creating",
        DeleteAccessRules = "003" "removing access rules",
        Promote = "004" "making a replica the active one",
        Update = "005" "updating",
        RevertToSnapshot = "006" "reverting to a snapshot",
        Delete = "007" "deleting",
        Extend = "008" "extending",
        Shrink = "009" "shrinking",
        UpdateAccessRules = "010" "changing access rules",
        UpdateSecurityService = "011" "adding or changing a security service",
        TransferAccept = "026" "accepting a transfer",
        UpdateMetadata = "027" "changing metadata",
        RestoreBackup = "028" "restoring a backup",
    }
}

codes! {
    /// Why it failed.
    Detail {
        UnknownError = "001" "an unexpected failure; the administrator finds it in the log under the request id",
        VolumeAbsent = "001-volume" "the volume of the share is not on the array; the administrator finds its name in the log under the request id",
        SnapshotAbsent = "001-snapshot" "the snapshot is not on the array; the administrator finds its name in the log under the request id",
        RemovedAllTheSame = "001-removed" "the back end has removed it: when its status was reset, the removal could not be stopped any more",
        NoValidHost = "002" "no pool can take the request",
        NoValidHostDisabled = "002-disabled" "only back ends that the administrator has disabled could take the request",
        UnexpectedNetwork = "003" "a share network was given, but the back end does not make share servers",
        NoShareServer = "004" "no share server can be had in the share network",
        NoActiveAvailableReplica = "005" "the active replica is not available",
        NoActiveReplica = "006" "no replica is active",
        FilterAvailability = "007" "no pool in the availability zone",
        FilterCapabilities = "008" "no pool has the capabilities that the share type asks for",
        ContradictingSpecs = "008-specs" "the extra specs of the share type, or its QoS type, contradict one another or have values that can't be",
        NoSmbServer = "008-smb" "the storage virtual machine has no SMB server for the share",
        FilterCapacity = "009" "no pool that may be used has room for the size",
        NoRoomToExtend = "009-array" "the back end has no room to make the share larger",
        FilterDriver = "010" "the back ends' own filter functions leave no pool",
        FilterIgnore = "011" "every pool that could take the request was tried before",
        FilterJson = "012" "the query of the request leaves no pool",
        FilterRetry = "013" "no pool is left that has not been tried",
        FilterReplication = "014" "no pool can replicate as the share type asks",
        DriverFailedExtend = "015" "the back end could not make the share larger",
        FilterCreateFromSnapshot = "016" "no pool can create from this snapshot",
        DriverFailedCreatingFromSnap = "017" "the back end could not create from the snapshot",
        DriverRefusedShrink = "018" "the share holds more data than the smaller size has room for",
        DriverFailedShrink = "019" "the back end could not make the share smaller",
        ForbiddenClientAccess = "020" "the back end keeps this client for itself",
        UnsupportedClientAccess = "021" "the back end can't apply this access type or level",
        UnsupportedSecurityService = "022" "the back end could not take the security service on",
        SecurityServiceFailedAuth = "023" "the directory refused the credentials of the security service",
        NoDefaultShareType = "024" "no share type was given and no default is configured",
        MissingSecurityService = "025" "the protocol needs a security service that the share network lacks",
        DriverFailedTransferAccept = "026" "the back end can't hand the share over with its access rules",
        PortQuotaExceeded = "027" "the quota of ports in the network service is used up",
        BackendNotReady = "028" "no back end can be reached now, or none is ready yet",
        BackendsDisabled = "028-disabled" "the back ends that could take the request are disabled by the administrator",
        UpdateMetadataSuccess = "029" "the back end has taken the metadata",
        UpdateMetadataFailure = "030" "the back end does not take the metadata",
        UpdateMetadataNotDeleted = "031" "the metadata is gone from the record only; the back end keeps what it had set",
        TargetedRestoreUnsupported = "032" "the back end can't restore into another share",
        NeutronSubnetFull = "033" "the subnet has no free address",
        UnsupportedReplicaCreateConfig = "034" "the configuration does not allow a replica",
    }
}

macro_rules! subjects {
    ($($subject:ident = $name:literal),+ $(,)?) => {
        /// The kind of thing that a message is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum MessageSubject { $(#[serde(rename = $name)] $subject),+ }

        impl MessageSubject {
            pub const ALL: &'static [Self] = &[$(Self::$subject),+];

            pub const fn name(self) -> &'static str {
                match self { $(Self::$subject => $name),+ }
            }
        }
    };
}

subjects! {
    Share = "SHARE",
    ShareGroup = "SHARE_GROUP",
    ShareReplica = "SHARE_REPLICA",
    ShareSnapshot = "SHARE_SNAPSHOT",
    SecurityService = "SECURITY_SERVICE",
    ShareNetworkSubnet = "SHARE_NETWORK_SUBNET",
}

/// One message to one project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserMessage {
    pub id: MessageId,
    pub project_id: String,
    pub request_id: String,
    pub subject: MessageSubject,
    pub resource_id: String,
    pub action: Action,
    pub detail: Detail,
    pub created_at: Stamp,
    pub expires_at: Stamp,
}

pub mod index {
    use super::Index;

    /// project, created_at.
    pub const BY_PROJECT: Index = Index("project");
    /// created_at.
    pub const BY_CREATION: Index = Index("created");
    /// expires_at: which can go?
    pub const BY_EXPIRY: Index = Index("expiry");
    /// resource: what was said about it?
    pub const BY_RESOURCE: Index = Index("resource");
}

impl Record for UserMessage {
    const KIND: &'static str = "message";

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn rows(&self) -> Vec<Row> {
        vec![
            index::BY_PROJECT.row([self.project_id.clone(), self.created_at.text()]),
            index::BY_CREATION.row([self.created_at.text()]),
            index::BY_EXPIRY.row([self.expires_at.text()]),
            index::BY_RESOURCE.row([self.resource_id.clone()]),
        ]
    }
}

impl UserMessage {
    pub const LEVEL: &'static str = "ERROR";

    /// `action: detail`, for people.
    pub fn text(&self) -> String {
        format!("{}: {}", self.action.text(), self.detail.text())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_id_has_three_digits_and_details_that_share_one_are_stored_apart() {
        let ids = Action::ALL.iter().map(|action| action.id()).chain(Detail::ALL.iter().map(|detail| detail.id()));
        assert!(ids.into_iter().all(|id| id.len() == 3 && id.chars().all(|c| c.is_ascii_digit())));
        for detail in Detail::ALL {
            let stored = serde_json::to_value(detail).unwrap();
            assert!(stored.as_str().unwrap().starts_with(detail.id()), "{stored}");
            assert_eq!(serde_json::from_value::<Detail>(stored).unwrap(), *detail);
        }
        assert_eq!(json!(Detail::ContradictingSpecs), json!("008-specs"));
        assert_eq!(Detail::ContradictingSpecs.id(), Detail::FilterCapabilities.id());
        assert_ne!(Detail::ContradictingSpecs.text(), Detail::FilterCapabilities.text());
    }
}
