//! Changing and removing a volume: all changes in one PATCH, each waited for by the array.
//!
//! To delete is two calls: offline, which also unmounts, then delete; the export policy is free afterwards. How to get it wrong:
//! resizing without `filesystem_size_fixed: false`, after which a volume that once was a mirror keeps its old size inside.

use manilad_clock::Uuid;
use serde_json::Value;

use super::new::{check_release, efficiency};
use super::{Mark, Security};
use crate::body::Body;
use crate::client::{Call, Client};
use crate::code::Class;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::query::Query;

/// What is to be different; what is none stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    pub name: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// `online`, `offline`, `restricted`.
    pub state: Option<&'static str>,
    pub thin: Option<bool>,
    /// Junction path; empty unmounts.
    pub path: Option<String>,
    pub export_policy: Option<String>,
    pub security: Option<Security>,
    /// Number of the user and of the group that own the root directory.
    pub owner: Option<u32>,
    pub snapshot_policy: Option<String>,
    pub snapshot_reserve_percent: Option<u8>,
    pub dedupe: Option<bool>,
    pub compression: Option<bool>,
    pub efficiency_policy: Option<String>,
    pub files_maximum: Option<u64>,
    /// From 9.13.1.
    pub snapshot_directory: Option<bool>,
    pub qos_policy: Option<String>,
    /// True detaches a clone from its parent, in the background; false stops that.
    pub split: Option<bool>,
    /// The aggregate that the volume is moved to, in the background.
    pub move_to: Option<String>,
    /// What a move that is under way is to do: `cutover`, or `aborted`, by which the volume stays where it is.
    pub movement: Option<&'static str>,
    /// The name of a snapshot that the volume is brought back to; newer ones go.
    pub restore_to: Option<String>,
    /// Empty leaves the marks alone.
    pub mark: Mark,
    /// What is written in place of all tags; from 9.14.1.
    pub tags: Option<Vec<String>>,
    pub comment: Option<String>,
}

impl Change {
    pub fn to_size(bytes: u64) -> Self {
        Change { size: Some(bytes), ..Change::default() }
    }

    /// What of it is changed, by the names of the fields.
    pub fn changes(&self) -> Vec<&'static str> {
        let all = [
            ("name", self.name.is_some()),
            ("size", self.size.is_some()),
            ("state", self.state.is_some()),
            ("path", self.path.is_some()),
            ("export policy", self.export_policy.is_some()),
            ("QoS policy", self.qos_policy.is_some()),
            ("number of files", self.files_maximum.is_some()),
        ];
        all.into_iter().filter(|(_, is_changed)| *is_changed).map(|(name, _)| name).collect()
    }

    fn body(&self, client: &Client) -> Result<Body, Error> {
        check_release(client, Endpoint::VolumeChange, self.snapshot_directory)?;
        let body = Body::default()
            .maybe("name", self.name.as_deref())
            .maybe("space.size", self.size)
            .maybe("space.filesystem_size_fixed", self.size.map(|_| false))
            .maybe("space.snapshot.reserve_percent", self.snapshot_reserve_percent)
            .maybe("state", self.state)
            .maybe("guarantee.type", self.thin.map(|thin| if thin { "none" } else { "volume" }))
            .maybe("nas.path", self.path.as_deref())
            .maybe("nas.export_policy.name", self.export_policy.as_deref())
            .maybe("nas.security_style", self.security.map(Security::name))
            .maybe("nas.uid", self.owner)
            .maybe("nas.gid", self.owner)
            .maybe("snapshot_policy.name", self.snapshot_policy.as_deref())
            .maybe("efficiency.dedupe", self.dedupe.map(efficiency))
            .maybe("efficiency.compression", self.compression.map(efficiency))
            .maybe("efficiency.policy.name", self.efficiency_policy.as_deref())
            .maybe("files.maximum", self.files_maximum)
            .maybe("snapshot_directory_access_enabled", self.snapshot_directory)
            .maybe("qos.policy.name", self.qos_policy.as_deref())
            .maybe("clone.split_initiated", self.split)
            .maybe("movement.destination_aggregate.name", self.move_to.as_deref())
            .maybe("movement.state", self.movement)
            .maybe("restore_to.snapshot.name", self.restore_to.as_deref())
            .maybe("_tags", self.tags.clone())
            .maybe("comment", self.comment.as_deref());
        Ok(self.mark.put(body, client))
    }
}

/// Makes the changes; one call, none when there are none. `Absent` when the volume is gone.
pub async fn change(client: &Client, uuid: Uuid, change: &Change) -> Result<(), Error> {
    let body = change.body(client)?;
    if body.is_empty() {
        return Ok(());
    }
    let call = Call::to(Endpoint::VolumeChange, &[&uuid.to_string()])?.body(body);
    client.write::<Value>(call).await.map(|_| ())
}

/// Grows or shrinks to `size` bytes; one call. ONTAP refuses a size below what is used (917534).
pub async fn resize(client: &Client, uuid: Uuid, size: u64) -> Result<(), Error> {
    change(client, uuid, &Change::to_size(size)).await
}

/// Takes the volume offline, which unmounts it; one call. `Absent` when it is gone.
pub async fn offline(client: &Client, uuid: Uuid) -> Result<(), Error> {
    change(client, uuid, &Change { state: Some("offline"), ..Change::default() }).await
}

/// Removes the volume, which should be offline; one call. Gone already is well. Without `force` ONTAP keeps it, and its space, in
/// the recovery queue of the SVM for a while.
pub async fn delete(client: &Client, uuid: Uuid, force: bool) -> Result<(), Error> {
    let query = if force { Query::new().raw("force", "true") } else { Query::new() };
    let call = Call::to(Endpoint::VolumeDelete, &[&uuid.to_string()])?.query(query);
    match client.write::<Value>(call).await {
        Err(error) if error.class() == Class::Absent => Ok(()),
        other => other.map(|_| ()),
    }
}
