//! Disks: eight per data aggregate, only so that clients learn what their aggregates are made of.

use serde_json::{Value, json};

use crate::lookup::node;
use crate::rest::ask::Ask;
use crate::rest::code::Refusal;
use crate::rest::field::{size, text};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection};
use crate::state::State;

const PER_AGGREGATE: usize = 8;

pub static DISK: Noun = Noun {
    name: "name",
    instance: "/api/storage/disks/{name}",
    fields: &[
        text("name").key(),
        text("effective_type"),
        text("type"),
        text("container_type"),
        size("usable_size"),
        text("aggregates.name"),
        text("aggregates.uuid"),
        text("home_node.name"),
        text("home_node.uuid"),
    ],
    order: &["name"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] = &[collection("/api/storage/disks", &DISK).cluster_only()];

fn list(state: &State, _: &Ask) -> Result<Vec<Value>, Refusal> {
    let mut aggregates: Vec<_> = state.aggregates.iter().collect();
    aggregates.sort_by(|a, b| a.name.cmp(&b.name));
    let disks = aggregates.iter().enumerate().flat_map(|(shelf, aggregate)| {
        (0..PER_AGGREGATE).map(move |bay| {
            json!({
                "name": format!("1.{shelf}.{bay}"),
                "effective_type": aggregate.disk_type,
                "type": aggregate.disk_type,
                "container_type": "aggregate",
                "usable_size": aggregate.size / PER_AGGREGATE as u64,
                "aggregates": [{"name": aggregate.name, "uuid": aggregate.uuid}],
                "home_node": node::reference(state, aggregate.node),
            })
        })
    });
    Ok(disks.collect())
}
