//! What is asked for with a new share, and by what the request is judged.
//!
//! How to get it wrong: to take what stands here for what there is; the type and the network may be gone, or not for the
//! caller to know of.

use manilad_domain::hints::Hints;
use manilad_domain::metadata::Entries;
use manilad_domain::quota::Limits;
use manilad_domain::service::Zone;
use manilad_domain::share::Protocol;
use manilad_domain::{EncryptionKeyId, InstanceId, Share, ShareId, ShareNetwork, ShareSnapshot};

/// What is asked for, under the ids that it is to have.
#[derive(Debug, Clone)]
pub struct NewShare {
    pub id: ShareId,
    pub instance: InstanceId,
    pub project_id: String,
    pub user_id: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub protocol: Protocol,
    /// GiB; none: that of the snapshot.
    pub size: Option<u64>,
    pub is_public: bool,
    pub metadata: Entries,
    /// A type by name or id; none: the default type.
    pub share_type: Option<String>,
    /// Another name of the same.
    pub volume_type: Option<String>,
    /// The id of a share network.
    pub network: Option<String>,
    pub zone: Option<Zone>,
    /// The id of a snapshot that it begins with.
    pub snapshot: Option<String>,
    /// The name under which it is to be mounted, without the prefix.
    pub mount_point_name: Option<String>,
    /// Which the key store has.
    pub encryption_key: Option<EncryptionKeyId>,
    pub hints: Hints,
}

/// What the configuration and the policy say about the request.
pub struct Context<'a> {
    pub default_type: Option<&'a str>,
    pub mount_point_prefix: &'a str,
    pub limits: &'a Limits,
    pub is_admin: bool,
    /// Whether the type of a snapshot's share must say that shares can begin with its snapshots; so from 2.24 on.
    pub checks_clone_ability: bool,
    /// Whether the scheduler finds a pool for a share that begins with a snapshot; else it is made in that of the snapshot.
    pub places_clones: bool,
    /// Whether the caller may know of a share.
    pub sees_share: &'a dyn Fn(&Share) -> bool,
    /// Whether the caller may know of a snapshot.
    pub sees_snapshot: &'a dyn Fn(&ShareSnapshot) -> bool,
    /// Whether the caller may know of a share network.
    pub sees_network: &'a dyn Fn(&ShareNetwork) -> bool,
}
