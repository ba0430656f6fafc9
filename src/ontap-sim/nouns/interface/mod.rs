//! IP interfaces (LIFs): where the data of an SVM is served.
//!
//! An interface is at home on a port of its SVM's IPspace, and its address is unique in that IPspace. How to get it
//! wrong: taking the address for the interface; two IPspaces may each have it.

mod place;
mod reach;
mod write;

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::lanes::Cost;
use crate::nouns::{ipspace, node, port, subnet, svm};
use crate::rest::ask::{Ask, Method};
use crate::rest::code::Refusal;
use crate::rest::noun::{Noun, flag, text};
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::state::State;
use crate::state::table::Row;

pub use reach::{reaches, served, served_by};
pub use write::create;

/// A data LIF. What earlier releases did not keep of one is filled in when their directory is opened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Interface {
    pub uuid: Uuid,
    pub name: String,
    pub svm: Uuid,
    pub node: Uuid,
    pub address: IpAddr,
    /// Of two interfaces with the same address the one of the lower number is served.
    #[serde(default)]
    pub number: u64,
    /// Length of the netmask; 0 is none yet.
    #[serde(default)]
    pub length: u8,
    /// Its home, where it also is.
    #[serde(default)]
    pub port: Uuid,
    #[serde(default)]
    pub policy: Uuid,
    #[serde(default = "on")]
    pub enabled: bool,
    /// The service principal with which Kerberos is enabled.
    #[serde(default)]
    pub kerberos: Option<String>,
}

fn on() -> bool {
    true
}

impl Row for Interface {
    type Key = Uuid;
    const KIND: &'static str = "interface";
    fn key(&self) -> Uuid {
        self.uuid
    }
}

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

/// The LIFs that the request may see.
pub fn visible<'a>(state: &'a State, ask: &Ask) -> impl Iterator<Item = &'a Interface> {
    let only = ask.svm;
    state.interfaces.iter().filter(move |lif| only.is_none_or(|only| only == lif.svm))
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
