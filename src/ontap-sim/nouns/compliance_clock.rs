//! SnapLock compliance clocks, one per node where they have been set.

use serde_json::{Value, json};

use crate::lookup::node;
use crate::rest::ask::Ask;
use crate::rest::code::Refusal;
use crate::rest::field::{text, time};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, instance};
use crate::stamp;
use crate::state::State;

pub static COMPLIANCE_CLOCK: Noun = Noun {
    name: "node.uuid",
    instance: "/api/storage/snaplock/compliance-clocks/{node.uuid}",
    fields: &[text("node.uuid").key(), text("node.name").key(), time("time")],
    order: &["node.name"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] = &[
    collection("/api/storage/snaplock/compliance-clocks", &COMPLIANCE_CLOCK).cluster_only(),
    instance("/api/storage/snaplock/compliance-clocks/{node.uuid}", &COMPLIANCE_CLOCK).cluster_only(),
];

fn list(state: &State, _: &Ask) -> Result<Vec<Value>, Refusal> {
    let nodes = state.nodes.iter().filter(|_| state.config.compliance_clocks);
    Ok(nodes.map(|node| json!({"node": node::reference(state, node.uuid), "time": stamp(state.now)})).collect())
}
