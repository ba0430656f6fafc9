//! IP routes of SVMs. Kept and listed; the machine on which the LIFs really listen has routes of its own.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Value, json};

use crate::lanes::Cost;
use crate::lookup::{ipspace, svm};
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{LIF_NETMASK_V4, LIF_NETMASK_V6, ROUTE_EXISTS, ROUTE_FAMILY, Refusal};
use crate::rest::field::{integer, text};
use crate::rest::made::{Made, made};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::rest::subnet;
use crate::rows::ip_route::IpRoute;
use crate::state::State;

const METRIC: u64 = 20;

pub static IP_ROUTE: Noun = Noun {
    name: "uuid",
    instance: INSTANCE,
    fields: &[
        text("uuid").key(),
        text("svm.name").key().post(),
        text("svm.uuid").key().post(),
        text("scope").post(),
        text("ipspace.name").post(),
        text("ipspace.uuid").post(),
        text("destination.address").post(),
        text("destination.netmask").post(),
        text("destination.family"),
        text("gateway").post(),
        integer("metric").post(),
    ],
    order: &["svm.name", "destination.address", "gateway", "uuid"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/network/ip/routes";
const INSTANCE: &str = "/api/network/ip/routes/{uuid}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &IP_ROUTE),
    sync(Method::Post, COLLECTION, &IP_ROUTE, Cost::Network, create),
    each(Method::Delete, COLLECTION, &IP_ROUTE, INSTANCE),
    instance(INSTANCE, &IP_ROUTE),
    sync(Method::Delete, INSTANCE, &IP_ROUTE, Cost::Network, delete),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let routes = state.routes.iter().filter(|route| ask.svm.is_none_or(|svm| svm == route.svm));
    Ok(routes.map(|route| record(state, route)).collect())
}

fn record(state: &State, route: &IpRoute) -> Value {
    let ipspace = state.svms.get(&route.svm).map(|svm| ipspace::reference(state, svm.ipspace));
    json!({
        "uuid": route.uuid,
        "svm": svm::reference(state, route.svm),
        "scope": "svm",
        "ipspace": ipspace,
        "destination": {
            "address": route.destination,
            "netmask": route.length.to_string(),
            "family": subnet::family(route.gateway),
        },
        "gateway": route.gateway,
        "metric": route.metric,
    })
}

pub fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let svm = svm::target(state, ask)?;
    let gateway = subnet::address(ask, "gateway")?.ok_or_else(|| Refusal::missing("gateway"))?;
    let destination = destination(ask, gateway)?;
    let (address, length) = (destination.addr(), destination.prefix_len());
    if address.is_ipv4() != gateway.is_ipv4() {
        let message = "The destination and the gateway of a route must be of the same address family.";
        return Err(Refusal::new(ROUTE_FAMILY, message).at("gateway"));
    }
    let same = |route: &IpRoute| {
        (route.svm, route.destination, route.length, route.gateway) == (svm, address, length, gateway)
    };
    if state.routes.iter().any(same) {
        return Err(Refusal::new(ROUTE_EXISTS, format!("A route to {destination} by {gateway} already exists.")));
    }
    let metric = ask.whole("metric").unwrap_or(METRIC);
    state.routes.put(IpRoute { uuid: ask.id, svm, destination: address, length, gateway, metric });
    Ok(made(ask.id))
}

/// Where the route leads: everywhere unless it is said.
fn destination(ask: &Ask, gateway: IpAddr) -> Result<IpNet, Refusal> {
    let anywhere: IpAddr = if gateway.is_ipv4() { [0; 4].into() } else { [0u16; 8].into() };
    let address = subnet::address(ask, "destination.address")?.unwrap_or(anywhere);
    let netmask = ask.text("destination.netmask").unwrap_or("0");
    let code = if address.is_ipv4() { LIF_NETMASK_V4 } else { LIF_NETMASK_V6 };
    let wrong = || Refusal::new(code, format!("Invalid netmask \"{netmask}\".")).at("destination.netmask");
    subnet::length(address, netmask).and_then(|length| subnet::network(address, length)).ok_or_else(wrong)
}

fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let found = ask.key().and_then(|uuid| state.routes.get(&uuid));
    let route = found.filter(|route| ask.svm.is_none_or(|svm| svm == route.svm));
    let uuid = route.ok_or_else(|| Refusal::absent("uuid"))?.uuid;
    state.routes.remove(&uuid);
    Ok(made(uuid))
}
