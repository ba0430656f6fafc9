//! Volumes: what a share is on the array. Records and look-ups here; what makes and changes them beside.
//!
//! A volume is looked up by name once and by uuid from then on, since names can be changed behind our back and uuids can't. How
//! to get it wrong: asking for fields an older release does not know, which refuses the whole call (262197).

mod change;
mod new;

use manilad_clock::Uuid;
use serde::Deserialize;

use crate::client::{Call, Client};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::named::Named;
use crate::query::Query;
use crate::release::Feature;

pub use change::{Change, change, delete, offline, resize};
pub use new::{CloneOf, Mark, New, Snaplock, create};

/// More volumes than a cluster can have (12 000 for NAS).
const MOST: usize = 20_000;
/// What identifies a volume and its state; cheap.
const BRIEF: &str = "uuid,name,svm.name,state,style,type,size,aggregates.name,comment,create_time,nas.path,\
                     nas.export_policy.name,nas.export_policy.id,qos.policy.name";
/// What can be brought back while a volume is used, besides; so can [`SNAPSHOT_DIRECTORY`], and the QoS policy.
const SETTINGS: &str = "snapshot_policy.name";
const SNAPSHOT_DIRECTORY: &str = "snapshot_directory_access_enabled";
/// How far a clone is with its split, and a volume with its move.
const MOVEMENT: &str = "clone.is_flexclone,clone.split_initiated,clone.split_complete_percent,movement.state,\
                        movement.percent_complete";
/// All else.
const FULL: &str = "space.used,space.snapshot.reserve_percent,guarantee.type,nas.security_style,\
                    efficiency.dedupe,efficiency.compression,efficiency.policy.name,files.maximum,encryption.enabled,\
                    clone.is_flexclone,clone.split_initiated";

/// How much is asked for of a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Extent {
    Brief,
    Movement,
    Settings,
    Full,
}

/// How a volume is laid out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Style {
    #[default]
    Flexvol,
    Flexgroup,
}

impl Style {
    pub fn name(self) -> &'static str {
        match self {
            Style::Flexvol => "flexvol",
            Style::Flexgroup => "flexgroup",
        }
    }
}

/// Whose permissions rule on a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    Unix,
    Ntfs,
    Mixed,
}

impl Security {
    pub fn name(self) -> &'static str {
        match self {
            Security::Unix => "unix",
            Security::Ntfs => "ntfs",
            Security::Mixed => "mixed",
        }
    }
}

/// A reference to an export policy.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PolicyRef {
    pub name: Option<String>,
    pub id: Option<u64>,
}

/// A volume. What was not asked for, or is not set, is none; the fields from `used` on are only in [`read`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub struct Volume {
    pub uuid: Uuid,
    pub name: String,
    pub svm: Option<String>,
    /// `online`, `offline`, `restricted`, `error`, `mixed`.
    pub state: Option<String>,
    /// `flexvol`, `flexgroup`.
    pub style: Option<String>,
    /// `rw`, `dp`, `ls`.
    pub kind: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    pub aggregates: Vec<String>,
    pub comment: Option<String>,
    pub tags: Vec<String>,
    /// As ONTAP writes it (ISO 8601 with zone).
    pub created: Option<String>,
    /// Junction path; none while not mounted.
    pub path: Option<String>,
    pub export_policy: Option<PolicyRef>,
    pub qos_policy: Option<String>,
    /// Bytes.
    pub used: Option<u64>,
    pub snapshot_reserve_percent: Option<u8>,
    /// `none`, `volume`.
    pub guarantee: Option<String>,
    pub security_style: Option<String>,
    pub snapshot_policy: Option<String>,
    pub snapshot_directory: Option<bool>,
    /// `none`, `background`, `inline`, `both`.
    pub dedupe: Option<String>,
    pub compression: Option<String>,
    pub efficiency_policy: Option<String>,
    pub files_maximum: Option<u64>,
    pub encrypted: Option<bool>,
    pub is_clone: bool,
    pub splitting: bool,
    /// Of [`find_with_movement`] alone, as is the next one.
    pub split_percent: Option<u8>,
    /// The last move to another aggregate.
    pub movement: Option<Movement>,
}

/// A volume's move to another aggregate, during which it can be used.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Movement {
    /// `queued`, `replicating`, `cutover_wait`, `cutover_pending`, `cutover`, `paused`, `aborted`, `failed`, `success`.
    pub state: Option<String>,
    #[serde(rename = "percent_complete")]
    pub percent: Option<u8>,
}

impl Movement {
    /// Whether it goes on, or could.
    pub fn is_under_way(&self) -> bool {
        self.state.as_deref().is_some_and(|state| !matches!(state, "aborted" | "failed" | "success"))
    }
}

#[derive(Deserialize)]
struct Wire {
    uuid: Uuid,
    name: String,
    svm: Option<Named>,
    state: Option<String>,
    style: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    size: Option<u64>,
    #[serde(default)]
    aggregates: Vec<Named>,
    comment: Option<String>,
    #[serde(default, rename = "_tags")]
    tags: Vec<String>,
    create_time: Option<String>,
    #[serde(default)]
    nas: Nas,
    #[serde(default)]
    space: Space,
    guarantee: Option<Guarantee>,
    snapshot_policy: Option<Named>,
    snapshot_directory_access_enabled: Option<bool>,
    #[serde(default)]
    efficiency: Efficiency,
    files: Option<Files>,
    encryption: Option<Encryption>,
    qos: Option<Qos>,
    #[serde(default)]
    clone: CloneState,
    movement: Option<Movement>,
}

#[derive(Default, Deserialize)]
struct Nas {
    path: Option<String>,
    export_policy: Option<PolicyRef>,
    security_style: Option<String>,
}

#[derive(Default, Deserialize)]
struct Space {
    used: Option<u64>,
    snapshot: Option<SnapshotSpace>,
}

#[derive(Deserialize)]
struct SnapshotSpace {
    reserve_percent: Option<u8>,
}

#[derive(Deserialize)]
struct Guarantee {
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Default, Deserialize)]
struct Efficiency {
    dedupe: Option<String>,
    compression: Option<String>,
    policy: Option<Named>,
}

#[derive(Deserialize)]
struct Files {
    maximum: Option<u64>,
}

#[derive(Deserialize)]
struct Encryption {
    enabled: Option<bool>,
}

#[derive(Deserialize)]
struct Qos {
    policy: Option<Named>,
}

#[derive(Default, Deserialize)]
struct CloneState {
    #[serde(default)]
    is_flexclone: bool,
    #[serde(default)]
    split_initiated: bool,
    split_complete_percent: Option<u8>,
}

impl From<Wire> for Volume {
    fn from(wire: Wire) -> Self {
        let name = |named: Option<Named>| named.and_then(|named| named.name);
        Volume {
            uuid: wire.uuid,
            name: wire.name,
            svm: name(wire.svm),
            state: wire.state,
            style: wire.style,
            kind: wire.kind,
            size: wire.size,
            aggregates: wire.aggregates.into_iter().filter_map(|aggregate| aggregate.name).collect(),
            comment: wire.comment,
            tags: wire.tags,
            created: wire.create_time,
            path: wire.nas.path.filter(|path| !path.is_empty()),
            export_policy: wire.nas.export_policy,
            used: wire.space.used,
            snapshot_reserve_percent: wire.space.snapshot.and_then(|snapshot| snapshot.reserve_percent),
            guarantee: wire.guarantee.and_then(|guarantee| guarantee.kind),
            security_style: wire.nas.security_style,
            snapshot_policy: name(wire.snapshot_policy),
            snapshot_directory: wire.snapshot_directory_access_enabled,
            dedupe: wire.efficiency.dedupe,
            compression: wire.efficiency.compression,
            efficiency_policy: name(wire.efficiency.policy),
            files_maximum: wire.files.and_then(|files| files.maximum),
            encrypted: wire.encryption.and_then(|encryption| encryption.enabled),
            qos_policy: name(wire.qos.and_then(|qos| qos.policy)),
            is_clone: wire.clone.is_flexclone,
            splitting: wire.clone.split_initiated,
            split_percent: wire.clone.split_complete_percent,
            movement: wire.movement,
        }
    }
}

impl Volume {
    /// Whether it carries `tag`, as a tag or (as older releases have it) in its comment.
    pub fn is_marked(&self, tag: &str) -> bool {
        let in_comment = |comment: &String| comment.split_whitespace().any(|word| word == tag);
        self.tags.iter().any(|own| own == tag) || self.comment.as_ref().is_some_and(in_comment)
    }
}

fn fields(client: &Client, extent: Extent) -> String {
    let mut fields = BRIEF.to_owned();
    let mut add = |more: &str, is_asked_for: bool| {
        if is_asked_for {
            fields.push(',');
            fields.push_str(more);
        }
    };
    add("_tags", client.release().has(Feature::Tags));
    add(MOVEMENT, extent == Extent::Movement);
    add(SETTINGS, extent >= Extent::Settings);
    add(FULL, extent == Extent::Full);
    add(SNAPSHOT_DIRECTORY, extent >= Extent::Settings && client.release().has(Feature::SnapshotDirectory));
    fields
}

/// The volume of that name, in brief; one call.
pub async fn find(client: &Client, svm: &str, name: &str) -> Result<Option<Volume>, Error> {
    named(client, svm, name, Extent::Brief).await
}

/// The volume of that name, in full; one call.
pub async fn find_in_full(client: &Client, svm: &str, name: &str) -> Result<Option<Volume>, Error> {
    named(client, svm, name, Extent::Full).await
}

/// The volume of that name, with how far its split or its move is; one call.
pub async fn find_with_movement(client: &Client, svm: &str, name: &str) -> Result<Option<Volume>, Error> {
    named(client, svm, name, Extent::Movement).await
}

/// The volume of that name, with its snapshot policy, and whether its snapshots are visible; one call.
pub async fn find_with_settings(client: &Client, svm: &str, name: &str) -> Result<Option<Volume>, Error> {
    named(client, svm, name, Extent::Settings).await
}

async fn named(client: &Client, svm: &str, name: &str, extent: Extent) -> Result<Option<Volume>, Error> {
    let query = Query::new().is("name", name)?.is("svm.name", svm)?.fields(&fields(client, extent));
    client.only(Call::to(Endpoint::Volumes, &[])?.query(query)).await
}

/// The volume mounted at `path`, in full; one call.
pub async fn at_path(client: &Client, svm: &str, path: &str) -> Result<Option<Volume>, Error> {
    let query = Query::new().is("nas.path", path)?.is("svm.name", svm)?.fields(&fields(client, Extent::Full));
    client.only(Call::to(Endpoint::Volumes, &[])?.query(query)).await
}

/// Whether volumes are mounted below `path`; one call per thousand.
pub async fn are_below(client: &Client, svm: &str, path: &str) -> Result<bool, Error> {
    let query = Query::new().starts("nas.path", &format!("{path}/"))?.is("svm.name", svm)?.fields("uuid");
    let volumes: Vec<Named> = client.list(Call::to(Endpoint::Volumes, &[])?.query(query), MOST).await?;
    Ok(!volumes.is_empty())
}

/// All volumes of `svm`, or of the cluster, as [`find_with_settings`]; one call per thousand.
pub async fn all(client: &Client, svm: Option<&str>) -> Result<Vec<Volume>, Error> {
    let query = Query::new().within(svm)?.fields(&fields(client, Extent::Settings));
    client.list(Call::to(Endpoint::Volumes, &[])?.query(query), MOST).await
}

/// The volumes of `svm`, or of the cluster, whose names start with `prefix`, in brief: candidates for being ours,
/// [`Volume::is_marked`] says which. One call per thousand.
pub async fn starting(client: &Client, svm: Option<&str>, prefix: &str) -> Result<Vec<Volume>, Error> {
    let query = Query::new().starts("name", prefix)?.within(svm)?.fields(&fields(client, Extent::Brief));
    client.list(Call::to(Endpoint::Volumes, &[])?.query(query), MOST).await
}

/// The volumes with this mark, whatever they are called and in whichever SVM that the account sees, in brief; two calls at
/// most.
pub async fn marked(client: &Client, tag: &str) -> Result<Vec<Volume>, Error> {
    let fields = fields(client, Extent::Brief);
    let list = |query: Query| async {
        let call = Call::to(Endpoint::Volumes, &[])?.query(query).of_cluster();
        let found: Vec<Volume> = client.list(call, MOST).await?;
        Ok(found.into_iter().filter(|volume| volume.is_marked(tag)).collect::<Vec<_>>())
    };
    if client.release().has(Feature::Tags) {
        let found = list(Query::new().is("_tags", tag)?.fields(&fields)).await?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    // Of a release without tags, before it was upgraded; the mark comes first.
    list(Query::new().starts("comment", tag)?.fields(&fields)).await
}

/// The clones that stand on a snapshot of a volume; one call per thousand.
pub async fn clones(client: &Client, svm: &str, volume: &str, snapshot: &str) -> Result<Vec<Uuid>, Error> {
    let query = Query::new().is("svm.name", svm)?.is("clone.parent_volume.name", volume)?;
    let query = query.is("clone.parent_snapshot.name", snapshot)?.fields("uuid");
    let volumes: Vec<Named> = client.list(Call::to(Endpoint::Volumes, &[])?.query(query), MOST).await?;
    Ok(volumes.into_iter().filter_map(|volume| volume.uuid).collect())
}

/// Names of the volumes of `svm` besides its root; one call per thousand.
pub async fn names(client: &Client, svm: &str) -> Result<Vec<String>, Error> {
    let query = Query::new().is("svm.name", svm)?.raw("is_svm_root", "false").fields("name");
    let volumes: Vec<Named> = client.list(Call::to(Endpoint::Volumes, &[])?.query(query), MOST).await?;
    Ok(volumes.into_iter().filter_map(|volume| volume.name).collect())
}

/// One volume in full; one call.
pub async fn read(client: &Client, uuid: Uuid) -> Result<Volume, Error> {
    let query = Query::new().fields(&fields(client, Extent::Full));
    client.get(Call::to(Endpoint::Volume, &[&uuid.to_string()])?.query(query)).await
}
