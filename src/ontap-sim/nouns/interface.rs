//! IP interfaces (LIFs): where the data of an SVM is served.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::nouns::{node, svm};
use crate::rest::ask::Ask;
use crate::rest::code::Refusal;
use crate::rest::noun::{Noun, flag, text};
use crate::rest::route::{Endpoint, collection, instance};
use crate::state::State;
use crate::state::table::Row;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Interface {
    pub uuid: Uuid,
    pub name: String,
    pub svm: Uuid,
    pub node: Uuid,
    pub address: IpAddr,
}

impl Row for Interface {
    type Key = Uuid;
    const KIND: &'static str = "interface";
    fn key(&self) -> Uuid {
        self.uuid
    }
}

/// What the service policy `default-data-files` lets through.
const SERVICES: &[&str] = &[
    "data_core",
    "data_nfs",
    "data_cifs",
    "data_flexcache",
    "data_fpolicy_client",
    "management_dns_client",
    "management_ad_client",
    "management_ldap_client",
    "management_nis_client",
];

/// The port on which all data LIFs sit.
const PORT: &str = "e0c";

pub static INTERFACE: Noun = Noun {
    name: "uuid",
    instance: "/api/network/ip/interfaces/{uuid}",
    fields: &[
        text("uuid").key(),
        text("name").key(),
        text("svm.name"),
        text("svm.uuid"),
        text("scope"),
        flag("enabled"),
        text("state"),
        text("ip.address"),
        text("ip.netmask"),
        text("ip.family"),
        text("ipspace.name"),
        text("location.home_node.name"),
        text("location.home_node.uuid"),
        text("location.home_port.name"),
        text("location.home_port.node.name"),
        text("location.node.name"),
        text("location.node.uuid"),
        text("location.port.name"),
        text("location.port.node.name"),
        flag("location.is_home"),
        flag("location.auto_revert"),
        text("location.failover"),
        text("service_policy.name"),
        text("services"),
        flag("vip"),
    ],
    order: &["svm.name", "name"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] =
    &[collection("/api/network/ip/interfaces", &INTERFACE), instance("/api/network/ip/interfaces/{uuid}", &INTERFACE)];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    Ok(visible(state, ask).map(|lif| record(state, lif)).collect())
}

/// The LIFs that the request may see.
pub fn visible<'a>(state: &'a State, ask: &Ask) -> impl Iterator<Item = &'a Interface> {
    let only = ask.svm;
    state.interfaces.iter().filter(move |lif| only.is_none_or(|only| only == lif.svm))
}

fn record(state: &State, lif: &Interface) -> Value {
    let node = node::reference(state, lif.node);
    let port = json!({"name": PORT, "node": {"name": node["name"]}});
    json!({
        "uuid": lif.uuid,
        "name": lif.name,
        "svm": svm::reference(state, lif.svm),
        "scope": "svm",
        "enabled": true,
        "state": "up",
        "ip": {
            "address": lif.address,
            "netmask": if lif.address.is_ipv4() { "8" } else { "64" },
            "family": if lif.address.is_ipv4() { "ipv4" } else { "ipv6" },
        },
        "ipspace": {"name": "Default"},
        "location": {
            "home_node": node,
            "home_port": port,
            "node": node,
            "port": port,
            "is_home": true,
            "auto_revert": true,
            "failover": "broadcast_domain_only",
        },
        "service_policy": {"name": "default-data-files"},
        "services": SERVICES,
        "vip": false,
    })
}

/// The SVM that serves data at this address.
pub fn served_by(state: &State, address: IpAddr) -> Option<Uuid> {
    state.interfaces.iter().find(|lif| lif.address == address).map(|lif| lif.svm)
}
