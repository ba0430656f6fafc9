//! Volumes.
//!
//! A volume's share of its aggregates is worked out from the volume itself (`Volume::footprint`), never counted
//! along. How to get it wrong: deciding by the name where the uuid is meant; a name is free again as soon as its
//! volume is deleted.

pub mod attributes;
pub mod change;
pub mod clone;
pub mod create;
pub mod junction;
pub mod movement;
pub mod record;
pub mod remove;
pub mod restore;

use std::collections::HashMap;

use serde_json::Value;
use uuid::Uuid;

use crate::Release;
use crate::lanes::Cost;
use crate::lookup::snapshot::of_volume;
use crate::lookup::volume::{COLLECTION, visible};
use crate::rest::ask::{Ask, Method};
use crate::rest::code::Refusal;
use crate::rest::field::{flag, integer, size, text, time};
use crate::rest::made::Made;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, job};
use crate::rows::volume::Volume;
use crate::state::State;

pub use clone::end_split;
pub use movement::end as end_move;
pub use remove::purge;

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
        flag("clone.is_flexclone").costly().post(),
        text("clone.parent_volume.name").costly().post(),
        text("clone.parent_volume.uuid").costly().post(),
        text("clone.parent_snapshot.name").costly().post(),
        text("clone.parent_snapshot.uuid").costly().post(),
        text("clone.parent_svm.name").costly().post(),
        text("clone.parent_svm.uuid").costly().post(),
        flag("clone.split_initiated").costly().patch(),
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

const INSTANCE: &str = "/api/storage/volumes/{uuid}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &VOLUME).arguments(&["job_results_uuid"]),
    job(Method::Post, COLLECTION, &VOLUME, cost, check, make).bulk(),
    each(Method::Patch, COLLECTION, &VOLUME, INSTANCE),
    each(Method::Delete, COLLECTION, &VOLUME, INSTANCE).arguments(&["force"]),
    instance(INSTANCE, &VOLUME),
    job(Method::Patch, INSTANCE, &VOLUME, change::cost, change::check, change::change),
    job(Method::Delete, INSTANCE, &VOLUME, |_| Cost::Delete, remove::check, remove::delete).arguments(&["force"]),
];

fn cost(ask: &Ask) -> Cost {
    if ask.has("clone") { Cost::Clone } else { Cost::Create }
}

fn check(state: &State, ask: &Ask) -> Result<(), Refusal> {
    if ask.has("clone") { clone::check(state, ask) } else { create::check(state, ask) }
}

fn make(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    if ask.has("clone") { clone::create(state, ask) } else { create::create(state, ask) }
}

/// Takes up what takes longer than a request, after the state was opened.
pub fn resume(state: &mut State) {
    remove::resume(state);
    clone::resume(state);
    movement::resume(state);
}

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let uuid = ask.wants("uuid").map(|uuid| uuid.parse::<Uuid>().ok());
    let name = ask.sieve("name");
    if let Some(uuid) = uuid {
        let volume = uuid.and_then(|uuid| state.volumes.get(&uuid)).filter(|volume| visible(volume, ask));
        let snapshots = |volume: &Volume| of_volume(state, volume.uuid).map(|one| one.size).sum();
        let record = |volume| record::record(state, volume, junction::parent(state, volume), snapshots(volume));
        return Ok(volume.into_iter().map(record).collect());
    }
    let (mounted, mut snapshots) = (junction::mounted(state), HashMap::<Uuid, u64>::new());
    state.snapshots.iter().for_each(|one| *snapshots.entry(one.volume).or_default() += one.size);
    let volumes = state.volumes.iter().filter(|volume| visible(volume, ask)).filter(|volume| name.passes(&volume.name));
    let record = |volume: &Volume| {
        let parent = volume.junction.as_deref().and_then(junction::above);
        let parent = parent.and_then(|parent| mounted.get(&(volume.svm, parent)).copied());
        record::record(state, volume, parent, snapshots.get(&volume.uuid).copied().unwrap_or_default())
    };
    Ok(volumes.map(record).collect())
}
