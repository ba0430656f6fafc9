//! Aggregates, and the space in them.
//!
//! Space is never counted up and down; it is what the volumes in the aggregate take at the moment of asking, so it
//! can't drift. How to get it wrong: forgetting the recovery queue, whose volumes keep their space.

use serde_json::{Value, json};

use crate::lookup::aggregate::used;
use crate::lookup::node;
use crate::rest::ask::Ask;
use crate::rest::code::Refusal;
use crate::rest::field::{flag, integer, size, text};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, instance};
use crate::rows::aggregate::Aggregate;
use crate::state::State;

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
