//! One newtype per id, so that a share id can't be passed where an instance id is meant.
//!
//! Ids we draw are UUIDs; ids of projects and users belong to the identity service and are any text. An id that a
//! client sends and that does not parse is simply the id of nothing: callers answer "not found", never "malformed".

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

ids! {
    /// A share, as tenants know it.
    ShareId,
    /// One realisation of a share on a back end; names of objects on the array derive from it.
    InstanceId,
    /// An address or user that may reach a share.
    AccessRuleId,
    /// A path under which an instance can be mounted.
    ExportLocationId,
    /// A kind of share that administrators define.
    ShareTypeId,
    /// A notice to a tenant about an asynchronous failure.
    MessageId,
    /// An availability zone.
    ZoneId,
    /// A network of a tenant that shares can be served in.
    ShareNetworkId,
    /// A part of a share network, of one availability zone or of all.
    ShareNetworkSubnetId,
    /// A directory service of a tenant.
    SecurityServiceId,
    /// A snapshot of a share.
    SnapshotId,
    /// One realisation of a snapshot on a back end; its name there derives from it.
    SnapshotInstanceId,
    /// What serves the shares of a share network on a back end.
    ShareServerId,
    /// An address that was given to a share server.
    AllocationId,
    /// What keeps a share or an access rule from being deleted, or a rule from being shown.
    ResourceLockId,
    /// The offer of a share to another project.
    ShareTransferId,
    /// A kind of service that administrators define.
    QosTypeId,
    /// A secret of the key store that tenants have share servers encrypted with.
    EncryptionKeyId,
}
