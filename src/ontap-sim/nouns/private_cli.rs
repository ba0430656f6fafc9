//! The command line through REST: the commands that clients need although REST has no other way.

use serde_json::{Value, json};

use crate::rest::ask::Ask;
use crate::rest::code::Refusal;
use crate::rest::field::{flag, integer, text};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection};
use crate::rows::node::Node;
use crate::state::State;

/// `storage aggregate show`: also shows the root aggregates, which REST hides.
pub static AGGR: Noun = Noun {
    name: "aggregate",
    instance: "/api/private/cli/aggr",
    fields: &[text("aggregate").key(), flag("root"), text("node")],
    order: &["aggregate"],
    narrowed: None,
    list: aggregates,
};

/// `version`
pub static VERSION: Noun = Noun {
    name: "version",
    instance: "/api/private/cli/version",
    fields: &[text("version.full")],
    order: &["version.full"],
    narrowed: None,
    list: version,
};

/// `network interface capacity details show`: how many data LIFs a node has and may have.
pub static LIF_CAPACITY: Noun = Noun {
    name: "node",
    instance: "/api/private/cli/network/interface/capacity/details",
    fields: &[text("node").key(), integer("capacity-for-node"), integer("limit-for-node"), integer("count-for-node")],
    order: &["node"],
    narrowed: None,
    list: capacities,
};

pub static ENDPOINTS: &[Endpoint] = &[
    collection("/api/private/cli/aggr", &AGGR).cluster_only(),
    collection("/api/private/cli/network/interface/capacity/details", &LIF_CAPACITY).cluster_only(),
    collection("/api/private/cli/version", &VERSION),
];

fn aggregates(state: &State, _: &Ask) -> Result<Vec<Value>, Refusal> {
    let root = |node: &str| format!("aggr0_{}", node.replace('-', "_"));
    let roots = state.nodes.iter().map(|node| json!({"aggregate": root(&node.name), "root": true, "node": node.name}));
    let data = state.aggregates.iter().map(|aggregate| {
        let node = state.nodes.get(&aggregate.node).map(|node| node.name.as_str());
        json!({"aggregate": aggregate.name, "root": false, "node": node})
    });
    Ok(roots.chain(data).collect())
}

fn version(state: &State, _: &Ask) -> Result<Vec<Value>, Refusal> {
    Ok(vec![json!({"version": {"full": state.config.release.full()}})])
}

fn capacities(state: &State, _: &Ask) -> Result<Vec<Value>, Refusal> {
    let limit = state.config.limits.lifs_per_node;
    let record = |node: &Node| {
        let count = state.interfaces.iter().filter(|lif| lif.node == node.uuid).count();
        json!({"node": node.name, "capacity-for-node": limit, "limit-for-node": limit, "count-for-node": count})
    };
    Ok(state.nodes.iter().map(record).collect())
}
