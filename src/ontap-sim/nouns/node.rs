//! Nodes. A client that may list them has a cluster account; the others are told code 6, and take that as the answer.

use serde_json::{Value, json};

use crate::lookup::node::reference;
use crate::rest::ask::Ask;
use crate::rest::code::Refusal;
use crate::rest::field::text;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, instance};
use crate::rows::node::Node;
use crate::state::State;

pub static NODE: Noun = Noun {
    name: "uuid",
    instance: "/api/cluster/nodes/{uuid}",
    fields: &[
        text("uuid").key(),
        text("name").key(),
        text("model"),
        text("state"),
        text("serial_number"),
        text("version.full"),
        text("ha.partners.name"),
        text("ha.partners.uuid"),
    ],
    order: &["name"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] = &[
    collection("/api/cluster/nodes", &NODE).cluster_only(),
    instance("/api/cluster/nodes/{uuid}", &NODE).cluster_only(),
];

fn list(state: &State, _: &Ask) -> Result<Vec<Value>, Refusal> {
    let nodes: Vec<&Node> = state.nodes.iter().collect();
    let record = |node: &&Node| {
        let partners = nodes.iter().filter(|other| other.uuid != node.uuid).map(|other| reference(state, other.uuid));
        json!({
            "uuid": node.uuid,
            "name": node.name,
            "model": "SIMBOX",
            "state": "up",
            "serial_number": node.uuid.simple().to_string()[..12],
            "version": {"full": state.config.release.full()},
            "ha": {"partners": partners.collect::<Vec<_>>()},
        })
    };
    Ok(nodes.iter().map(record).collect())
}
