//! IP interfaces (LIFs): where the data of an SVM is served.
//!
//! An interface is at home on a port of its SVM's IPspace, and its address is unique in that IPspace. How to get it
//! wrong: taking the address for the interface; two IPspaces may each have it.

mod place;
mod write;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lanes::Cost;
use crate::lookup::interface::visible;
use crate::lookup::{ipspace, node, port, reach, svm};
use crate::rest::ask::{Ask, Method};
use crate::rest::code::Refusal;
use crate::rest::field::{flag, text};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::rest::subnet;
use crate::rows::interface::Interface;
use crate::state::State;

pub use write::create;

pub static INTERFACE: Noun = Noun {
    name: "uuid",
    instance: INSTANCE,
    fields: &[
        text("uuid").key(),
        text("name").key().write(),
        text("svm.name").post(),
        text("svm.uuid").post(),
        text("scope").post(),
        flag("enabled").write(),
        text("state"),
        text("ip.address").write(),
        text("ip.netmask").write(),
        text("ip.family"),
        text("ipspace.name").post(),
        text("ipspace.uuid").post(),
        text("location.home_node.name").write(),
        text("location.home_node.uuid").write(),
        text("location.home_port.name").write(),
        text("location.home_port.uuid").write(),
        text("location.home_port.node.name").write(),
        text("location.broadcast_domain.name").input().post(),
        text("location.broadcast_domain.uuid").input().post(),
        text("location.node.name"),
        text("location.node.uuid"),
        text("location.port.name"),
        text("location.port.uuid"),
        text("location.port.node.name"),
        flag("location.is_home"),
        flag("location.auto_revert"),
        text("location.failover"),
        text("service_policy.name").write(),
        text("service_policy.uuid").write(),
        text("services"),
        flag("vip"),
    ],
    order: &["svm.name", "name"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/network/ip/interfaces";
const INSTANCE: &str = "/api/network/ip/interfaces/{uuid}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &INTERFACE).arguments(&["job_results_uuid"]),
    sync(Method::Post, COLLECTION, &INTERFACE, Cost::Network, create).bulk(),
    each(Method::Patch, COLLECTION, &INTERFACE, INSTANCE),
    each(Method::Delete, COLLECTION, &INTERFACE, INSTANCE),
    instance(INSTANCE, &INTERFACE),
    sync(Method::Patch, INSTANCE, &INTERFACE, Cost::Network, write::change),
    sync(Method::Delete, INSTANCE, &INTERFACE, Cost::Network, write::delete),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let uuid = ask.wants("uuid").map(|uuid| uuid.parse::<Uuid>().ok());
    let name = ask.sieve("name");
    let lifs = visible(state, ask).filter(|lif| name.passes(&lif.name));
    let lifs = lifs.filter(|lif| uuid.is_none_or(|uuid| uuid == Some(lif.uuid)));
    Ok(lifs.map(|lif| record(state, lif)).collect())
}

fn record(state: &State, lif: &Interface) -> Value {
    let (node, port) = (node::reference(state, lif.node), port::reference(state, lif.port));
    let policy = state.service_policies.get(&lif.policy);
    let ipspace = state.svms.get(&lif.svm).map(|svm| ipspace::reference(state, svm.ipspace));
    json!({
        "uuid": lif.uuid,
        "name": lif.name,
        "svm": svm::reference(state, lif.svm),
        "scope": "svm",
        "enabled": lif.enabled,
        "state": if reach::is_up(state, lif) { "up" } else { "down" },
        "ip": {
            "address": lif.address,
            "netmask": lif.length.to_string(),
            "family": subnet::family(lif.address),
        },
        "ipspace": ipspace,
        "location": {
            "home_node": node,
            "home_port": port,
            "node": node,
            "port": port,
            "is_home": true,
            "auto_revert": true,
            "failover": "broadcast_domain_only",
        },
        "service_policy": policy.map(|policy| json!({"name": policy.name, "uuid": policy.uuid})),
        "services": policy.map(|policy| &policy.services),
        "vip": false,
    })
}
