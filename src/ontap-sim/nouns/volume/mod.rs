//! Volumes.
//!
//! A volume's share of its aggregates is worked out from the volume itself (`Volume::footprint`), never counted
//! along. How to get it wrong: deciding by the name where the uuid is meant; a name is free again as soon as its
//! volume is deleted.

pub mod attributes;
pub mod change;
pub mod create;
pub mod junction;
pub mod record;
pub mod remove;

use manilad_clock::Timestamp;
use manilad_nfs3::{Ownership, Usage};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::Release;
use crate::lanes::Cost;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{Refusal, VOLUME_NAME_CHARACTER, VOLUME_NAME_FIRST, VOLUME_NAME_LONG, VOLUME_NAME_TAKEN};
use crate::rest::noun::{Noun, flag, integer, size, text, time};
use crate::rest::route::{Endpoint, Made, collection, each, instance, job};
use crate::state::State;
use crate::state::table::Row;

pub use remove::{purge, resume};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Volume {
    pub uuid: Uuid,
    /// Never used twice: it is in the file handles of clients.
    pub number: u64,
    pub name: String,
    pub svm: Uuid,
    pub style: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub state: String,
    /// Bytes, snapshot reserve included.
    pub size: u64,
    /// Bytes that its files take, and how many files there are without its own.
    pub used: u64,
    #[serde(default)]
    pub files: u64,
    /// One for a FlexVol; one per constituent for a FlexGroup.
    pub aggregates: Vec<Uuid>,
    pub guarantee: String,
    pub reserve_percent: u64,
    pub size_fixed: bool,
    pub snapshot_policy: String,
    pub snapshot_directory: bool,
    pub language: String,
    pub junction: Option<String>,
    pub policy: u64,
    pub security_style: String,
    /// Of its root directory; the mode in decimal digits that are read as octal ones.
    pub unix_permissions: u64,
    pub uid: u64,
    pub gid: u64,
    pub dedupe: String,
    pub compression: String,
    pub efficiency_policy: String,
    pub autosize: Autosize,
    pub files_maximum: u64,
    pub encrypted: bool,
    pub snaplock: String,
    #[serde(default)]
    pub retention: Retention,
    #[serde(default)]
    pub qos: Option<Uuid>,
    pub tags: Vec<String>,
    pub comment: String,
    pub created: Timestamp,
    pub is_root: bool,
    /// Where it was last moved to.
    pub moved_to: Option<Uuid>,
    /// When it went to the recovery queue.
    pub deleted: Option<Timestamp>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Autosize {
    pub mode: String,
    pub maximum: u64,
    pub minimum: u64,
    pub grow_threshold: u64,
    pub shrink_threshold: u64,
}

/// The periods of a SnapLock volume, as ISO 8601 durations.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Retention {
    pub autocommit: Option<String>,
    pub minimum: Option<String>,
    pub maximum: Option<String>,
    pub default: Option<String>,
}

impl Row for Volume {
    type Key = Uuid;
    const KIND: &'static str = "volume";
    fn key(&self) -> Uuid {
        self.uuid
    }
}

impl Volume {
    /// Bytes that it takes from its aggregates: all of its size with a guarantee, else what is used.
    pub fn footprint(&self) -> u64 {
        if self.guarantee == "none" { self.used } else { self.size.max(self.used) }
    }

    /// Its share of one aggregate.
    pub fn share_of(&self, aggregate: Uuid) -> u64 {
        let here = self.aggregates.iter().filter(|id| **id == aggregate).count() as u64;
        self.footprint() / (self.aggregates.len() as u64).max(1) * here
    }

    /// Bytes that files may take: what the snapshot reserve leaves.
    pub fn usable(&self) -> u64 {
        self.size - self.size / 100 * self.reserve_percent
    }

    /// Takes over what was counted.
    pub fn holds(&mut self, usage: Usage) {
        (self.used, self.files) = (usage.bytes, usage.files);
    }

    /// Owner and mode of the root directory.
    pub fn root_owner(&self) -> Ownership {
        let mode = u32::from_str_radix(&self.unix_permissions.to_string(), 8).unwrap_or_default();
        Ownership { mode, uid: self.uid as u32, gid: self.gid as u32 }
    }

    pub fn own_root(&mut self, owner: Ownership) {
        self.unix_permissions = format!("{:o}", owner.mode).parse().unwrap_or_default();
        (self.uid, self.gid) = (owner.uid.into(), owner.gid.into());
    }

    pub fn online(&self) -> bool {
        self.state == "online"
    }
}

pub static VOLUME: Noun = Noun {
    name: "uuid",
    instance: "/api/storage/volumes/{uuid}",
    fields: &[
        text("uuid").key(),
        text("name").key().write(),
        text("svm.name").key().post(),
        text("svm.uuid").key().post(),
        text("state").write(),
        text("style").post(),
        text("type").post(),
        text("language").post(),
        text("comment").write(),
        text("_tags").write().since(Release::V9_13_1),
        time("create_time"),
        size("size").write(),
        size("space.size").write(),
        size("space.used"),
        size("space.available"),
        flag("space.filesystem_size_fixed").costly().write(),
        integer("space.snapshot.reserve_percent").costly().write(),
        size("space.snapshot.used").costly(),
        text("aggregates.name").post(),
        text("aggregates.uuid").post(),
        integer("constituents_per_aggregate").input().post(),
        integer("constituent_count").costly(),
        text("constituents.name").costly(),
        text("constituents.aggregates.name").costly(),
        text("constituents.aggregates.uuid").costly(),
        size("constituents.space.size").costly(),
        size("constituents.space.used").costly(),
        text("snapshot_policy.name").write(),
        flag("snapshot_directory_access_enabled").costly().write().since(Release::V9_13_1),
        text("guarantee.type").costly().write(),
        flag("guarantee.honored").costly(),
        text("nas.path").costly().write(),
        text("nas.export_policy.name").costly().write(),
        integer("nas.export_policy.id").costly().write(),
        text("nas.security_style").costly().write(),
        integer("nas.unix_permissions").costly().write(),
        integer("nas.uid").costly().write(),
        integer("nas.gid").costly().write(),
        text("nas.junction_parent.name").costly(),
        text("nas.junction_parent.uuid").costly(),
        text("efficiency.state").costly(),
        text("efficiency.dedupe").costly().write(),
        text("efficiency.compression").costly().write(),
        text("efficiency.policy.name").costly().write(),
        text("efficiency.volume_path").costly(),
        text("autosize.mode").costly().write(),
        size("autosize.maximum").costly().write(),
        size("autosize.minimum").costly().write(),
        integer("autosize.grow_threshold").costly().write(),
        integer("autosize.shrink_threshold").costly().write(),
        flag("autosize.reset").input().patch().since(Release::V9_19_1),
        integer("files.maximum").costly().write(),
        integer("files.used").costly(),
        flag("encryption.enabled").costly().write(),
        text("encryption.type").costly(),
        text("snaplock.type").costly().post(),
        text("snaplock.autocommit_period").costly().write(),
        text("snaplock.retention.minimum").costly().write(),
        text("snaplock.retention.maximum").costly().write(),
        text("snaplock.retention.default").costly().write(),
        text("qos.policy.name").costly().write(),
        text("qos.policy.uuid").costly().write(),
        flag("error_state.is_inconsistent").costly(),
        flag("is_svm_root").costly(),
        flag("snapmirror.is_protected"),
        flag("clone.is_flexclone").costly(),
        text("clone.parent_volume.name").costly(),
        text("clone.parent_volume.uuid").costly(),
        text("clone.parent_snapshot.name").costly(),
        text("clone.parent_svm.name").costly(),
        integer("clone.split_complete_percent").costly(),
        text("movement.destination_aggregate.name").costly().patch(),
        text("movement.destination_aggregate.uuid").costly().patch(),
        text("movement.state").costly().patch(),
        integer("movement.percent_complete").costly(),
        flag("validate_only").input().patch().since(Release::V9_14_1),
        text("restore_to.snapshot.name").input().patch(),
        text("restore_to.snapshot.uuid").input().patch(),
    ],
    order: &["svm.name", "name", "uuid"],
    narrowed: None,
    list,
};

pub const COLLECTION: &str = "/api/storage/volumes";
const INSTANCE: &str = "/api/storage/volumes/{uuid}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &VOLUME).arguments(&["job_results_uuid"]),
    job(Method::Post, COLLECTION, &VOLUME, create::cost, create::check, create::create).bulk(),
    each(Method::Patch, COLLECTION, &VOLUME, INSTANCE),
    each(Method::Delete, COLLECTION, &VOLUME, INSTANCE).arguments(&["force"]),
    instance(INSTANCE, &VOLUME),
    job(Method::Patch, INSTANCE, &VOLUME, change::cost, change::check, change::change),
    job(Method::Delete, INSTANCE, &VOLUME, |_| Cost::Delete, remove::check, remove::delete).arguments(&["force"]),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let uuid = ask.wants("uuid").map(|uuid| uuid.parse::<Uuid>().ok());
    let name = ask.sieve("name");
    if let Some(uuid) = uuid {
        let volume = uuid.and_then(|uuid| state.volumes.get(&uuid)).filter(|volume| visible(volume, ask));
        let record = |volume| record::record(state, volume, junction::parent(state, volume));
        return Ok(volume.into_iter().map(record).collect());
    }
    let mounted = junction::mounted(state);
    let volumes = state.volumes.iter().filter(|volume| visible(volume, ask)).filter(|volume| name.passes(&volume.name));
    let record = |volume: &Volume| {
        let parent = volume.junction.as_deref().and_then(junction::above);
        record::record(state, volume, parent.and_then(|parent| mounted.get(&(volume.svm, parent)).copied()))
    };
    Ok(volumes.map(record).collect())
}

/// Whether the request may see the volume. Nobody sees the recovery queue.
fn visible(volume: &Volume, ask: &Ask) -> bool {
    volume.deleted.is_none() && ask.svm.is_none_or(|svm| svm == volume.svm)
}

/// The volume that the request's path names, if it may see it.
fn mine<'a>(state: &'a State, ask: &Ask) -> Result<&'a Volume, Refusal> {
    let uuid = ask.keys.get("uuid").and_then(|uuid| uuid.parse().ok());
    let volume = uuid.and_then(|uuid| state.volumes.get(&uuid)).filter(|volume| visible(volume, ask));
    volume.ok_or_else(|| Refusal::absent("uuid"))
}

/// The living volumes of an SVM.
pub fn living(state: &State, svm: Uuid) -> impl Iterator<Item = &Volume> {
    state.volumes.iter().filter(move |volume| volume.svm == svm && volume.deleted.is_none())
}

fn made(uuid: Uuid) -> Made {
    vec![[("uuid".to_owned(), uuid.to_string())].into()]
}

const LONGEST_NAME: usize = 203;
/// Files that a new volume holds already.
pub const FILES_USED: u64 = 98;

/// Refuses a name that a volume can't have.
fn well_named(name: &str) -> Result<(), Refusal> {
    let refuse = |code, why: &str| Err(Refusal::new(code, format!("Invalid volume name \"{name}\". {why}")).at("name"));
    match name.as_bytes() {
        name if name.len() > LONGEST_NAME => refuse(VOLUME_NAME_LONG, "It must not be longer than 203 characters."),
        [first, ..] if !(first.is_ascii_alphabetic() || *first == b'_') => {
            refuse(VOLUME_NAME_FIRST, "It must start with a letter or \"_\".")
        }
        [] => refuse(VOLUME_NAME_FIRST, "It must not be empty."),
        name if !name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') => {
            refuse(VOLUME_NAME_CHARACTER, "It may only consist of letters, digits and \"_\".")
        }
        _ => Ok(()),
    }
}

/// Refuses a name that another living volume of the SVM has.
fn name_free(state: &State, svm: Uuid, name: &str) -> Result<(), Refusal> {
    if !living(state, svm).any(|volume| volume.name == name) {
        return Ok(());
    }
    let svm = state.svms.get(&svm).map_or("", |svm| svm.name.as_str());
    let message = format!("Volume \"{name}\" already exists in SVM \"{svm}\".");
    Err(Refusal::new(VOLUME_NAME_TAKEN, message).at("name"))
}

/// The root volume of a new SVM.
pub fn make_root(state: &mut State, svm: Uuid, svm_name: &str, aggregate: Uuid, policy: u64) {
    let name = format!("{}_root", svm_name.replace('-', "_"));
    let mut volume = create::blank(state, svm, policy, name, 20 << 20);
    volume.aggregates = vec![aggregate];
    volume.junction = Some("/".to_owned());
    volume.is_root = true;
    volume.snapshot_policy = "none".to_owned();
    state.volumes.put(volume);
}

/// Whether the request may see a volume of this uuid.
pub fn is_seen(state: &State, ask: &Ask, uuid: &str) -> bool {
    uuid.parse().ok().and_then(|uuid| state.volumes.get(&uuid)).is_some_and(|volume| visible(volume, ask))
}
