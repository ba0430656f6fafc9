//! Aggregates, and the space in them.
//!
//! Space is never counted up and down; it is what the volumes in the aggregate take at the moment of asking, so it
//! can't drift. How to get it wrong: forgetting the recovery queue, whose volumes keep their space.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::nouns::node;
use crate::rest::ask::Ask;
use crate::rest::code::{JOB_FAILED, Refusal};
use crate::rest::noun::{Noun, flag, integer, size, text};
use crate::rest::route::{Endpoint, collection, instance};
use crate::state::State;
use crate::state::table::Row;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Aggregate {
    pub uuid: Uuid,
    pub name: String,
    pub node: Uuid,
    /// Bytes.
    pub size: u64,
    pub disk_type: String,
    /// Bytes taken by somebody else, so that an aggregate can run full behind a client's back.
    pub taken: u64,
}

impl Row for Aggregate {
    type Key = Uuid;
    const KIND: &'static str = "aggregate";
    fn key(&self) -> Uuid {
        self.uuid
    }
}

pub static AGGREGATE: Noun = Noun {
    name: "uuid",
    instance: "/api/storage/aggregates/{uuid}",
    fields: &[
        text("uuid").key(),
        text("name").key(),
        text("node.name"),
        text("node.uuid"),
        text("home_node.name"),
        text("home_node.uuid"),
        text("state"),
        text("snaplock_type"),
        size("space.block_storage.size"),
        size("space.block_storage.available"),
        size("space.block_storage.used"),
        integer("space.block_storage.used_percent"),
        text("block_storage.storage_type"),
        text("block_storage.primary.raid_type"),
        text("block_storage.primary.disk_class"),
        flag("data_encryption.software_encryption_enabled"),
        integer("volume-count"),
    ],
    order: &["name"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] = &[
    collection("/api/storage/aggregates", &AGGREGATE).cluster_only(),
    instance("/api/storage/aggregates/{uuid}", &AGGREGATE).cluster_only(),
];

fn list(state: &State, _: &Ask) -> Result<Vec<Value>, Refusal> {
    Ok(state.aggregates.iter().map(|aggregate| record(state, aggregate)).collect())
}

fn record(state: &State, aggregate: &Aggregate) -> Value {
    let used = used(state, aggregate);
    json!({
        "uuid": aggregate.uuid,
        "name": aggregate.name,
        "node": node::reference(state, aggregate.node),
        "home_node": node::reference(state, aggregate.node),
        "state": "online",
        "snaplock_type": "non_snaplock",
        "space": {"block_storage": {
            "size": aggregate.size,
            "available": aggregate.size - used,
            "used": used,
            "used_percent": used * 100 / aggregate.size.max(1),
        }},
        "block_storage": {
            "storage_type": if aggregate.disk_type == "ssd" { "ssd" } else { "hdd" },
            "primary": {
                "raid_type": "raid_dp",
                "disk_class": if aggregate.disk_type == "ssd" { "solid_state" } else { "capacity" },
            },
        },
        "data_encryption": {"software_encryption_enabled": false},
        "volume-count": state.volumes.iter().filter(|volume| volume.aggregates.contains(&aggregate.uuid)).count(),
    })
}

/// Bytes in use: what volumes take, those in the recovery queue included, and what somebody else took.
fn used(state: &State, aggregate: &Aggregate) -> u64 {
    let volumes: u64 = state.volumes.iter().map(|volume| volume.share_of(aggregate.uuid)).sum();
    volumes.saturating_add(aggregate.taken).min(aggregate.size)
}

/// Bytes left.
pub fn available(state: &State, aggregate: &Aggregate) -> u64 {
    aggregate.size - used(state, aggregate)
}

pub fn named(state: &State, name: &str) -> Option<Uuid> {
    state.aggregates.iter().find(|aggregate| aggregate.name == name).map(|aggregate| aggregate.uuid)
}

/// Lets somebody else take or give back space until `available` bytes are left, as far as volumes leave room for it.
pub fn set_available(state: &mut State, name: &str, available: u64) -> bool {
    let Some(aggregate) = named(state, name).and_then(|id| state.aggregates.get(&id)).cloned() else { return false };
    let volumes = used(state, &Aggregate { taken: 0, ..aggregate.clone() });
    let taken = (aggregate.size - volumes).saturating_sub(available);
    state.aggregates.put(Aggregate { taken, ..aggregate });
    true
}

/// Refuses when `needed` more bytes do not fit. The text is what clients recognise; there is no code of its own for it.
pub fn reserve(state: &State, id: Uuid, needed: u64, what: &str) -> Result<(), Refusal> {
    let Some(aggregate) = state.aggregates.get(&id).filter(|aggregate| available(state, aggregate) < needed) else {
        return Ok(());
    };
    let (name, gib) = (&aggregate.name, needed as f64 / (1u64 << 30) as f64);
    Err(Refusal::new(
        JOB_FAILED,
        format!(
            "Request to {what} failed because there is not enough space in aggregate \"{name}\". Either create \
             {gib:.2}GB of free space in the aggregate or select an aggregate that has at least {gib:.2}GB of free space."
        ),
    ))
}
