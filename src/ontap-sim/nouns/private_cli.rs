//! The command line through REST: the commands that clients need although REST has no other way.

use serde_json::{Value, json};

use crate::lanes::Cost;
use crate::lookup::svm;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::Refusal;
use crate::rest::field::{flag, integer, text};
use crate::rest::made::Made;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::rows::node::Node;
use crate::rows::svm::Svm;
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

/// `vserver modify`, as far as REST has no field for it: how long deleted volumes can be recovered.
pub static VSERVER: Noun = Noun {
    name: "vserver",
    instance: VSERVER_INSTANCE,
    fields: &[text("vserver").key(), integer("volume_delete_retention_hours").patch()],
    order: &["vserver"],
    narrowed: None,
    list: vservers,
};

const VSERVERS: &str = "/api/private/cli/vserver";
const VSERVER_INSTANCE: &str = "/api/private/cli/vserver/{vserver}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(VSERVERS, &VSERVER).cluster_only(),
    each(Method::Patch, VSERVERS, &VSERVER, VSERVER_INSTANCE).cluster_only(),
    instance(VSERVER_INSTANCE, &VSERVER).cluster_only(),
    sync(Method::Patch, VSERVER_INSTANCE, &VSERVER, Cost::SvmChange, change_vserver).cluster_only(),
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

fn vservers(state: &State, _: &Ask) -> Result<Vec<Value>, Refusal> {
    let record = |svm: &Svm| json!({"vserver": svm.name, "volume_delete_retention_hours": svm.retention_hours});
    Ok(state.svms.iter().map(record).collect())
}

fn change_vserver(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let named = ask.keys.get("vserver").and_then(|name| svm::named(state, name));
    let uuid = named.ok_or_else(|| Refusal::absent("vserver"))?;
    if let Some(hours) = ask.whole("volume_delete_retention_hours") {
        state.svms.change(&uuid, |svm| svm.retention_hours = hours.try_into().unwrap_or(u32::MAX));
    }
    Ok(vec![ask.keys.clone()])
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
