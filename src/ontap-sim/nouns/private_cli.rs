//! The command line through REST: the two commands that clients need although REST has no other way.

use serde_json::{Value, json};

use crate::rest::ask::Ask;
use crate::rest::code::Refusal;
use crate::rest::noun::{Noun, flag, text};
use crate::rest::route::{Endpoint, collection};
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

pub static ENDPOINTS: &[Endpoint] =
    &[collection("/api/private/cli/aggr", &AGGR).cluster_only(), collection("/api/private/cli/version", &VERSION)];

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
