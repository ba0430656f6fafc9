//! DNS of SVMs. Servers are asked before they are believed: one that no directory answers for is refused.

use std::net::IpAddr;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lanes::Cost;
use crate::lookup::svm;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{DNS_DOMAINS, DNS_SERVERS, DNS_UNREACHABLE, DUPLICATE, Refusal};
use crate::rest::field::{flag, text};
use crate::rest::made::Made;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::rows::dns::Dns;
use crate::rows::svm::Svm;
use crate::state::State;

const MOST_DOMAINS: usize = 6;
const MOST_SERVERS: usize = 3;

pub static DNS: Noun = Noun {
    name: "svm.uuid",
    instance: INSTANCE,
    fields: &[
        text("svm.uuid").key().post(),
        text("svm.name").key().post(),
        text("scope"),
        text("domains").write(),
        text("servers").write(),
        flag("skip_config_validation").input().write(),
    ],
    order: &["svm.name"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/name-services/dns";
const INSTANCE: &str = "/api/name-services/dns/{svm.uuid}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &DNS),
    sync(Method::Post, COLLECTION, &DNS, Cost::Policy, create),
    each(Method::Patch, COLLECTION, &DNS, INSTANCE),
    each(Method::Delete, COLLECTION, &DNS, INSTANCE),
    instance(INSTANCE, &DNS),
    sync(Method::Patch, INSTANCE, &DNS, Cost::Policy, change),
    sync(Method::Delete, INSTANCE, &DNS, Cost::Policy, delete),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let record = |svm: &Svm| {
        let dns = svm.dns.as_ref()?;
        let of = svm::reference(state, svm.uuid);
        Some(json!({"svm": of, "scope": "svm", "domains": dns.domains, "servers": dns.servers}))
    };
    Ok(svm::visible(state, ask).filter_map(record).collect())
}

pub fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let uuid = svm::target(state, ask)?;
    if state.svms.get(&uuid).is_some_and(|svm| svm.dns.is_some()) {
        return Err(Refusal::new(DUPLICATE, "DNS is already configured for the SVM."));
    }
    for field in ["domains", "servers"] {
        ask.texts(field).ok_or_else(|| Refusal::missing(field))?;
    }
    let mut dns = Dns { domains: Vec::new(), servers: Vec::new() };
    take(state, &mut dns, ask)?;
    Ok(put(state, uuid, Some(dns)))
}

fn put(state: &mut State, uuid: Uuid, dns: Option<Dns>) -> Made {
    state.svms.change(&uuid, |svm| svm.dns = dns);
    svm::made_in(uuid)
}

fn mine(state: &State, ask: &Ask) -> Result<(Uuid, Dns), Refusal> {
    let svm = svm::keyed(state, ask, "svm.uuid")?;
    svm.dns.clone().map(|dns| (svm.uuid, dns)).ok_or_else(|| Refusal::absent("svm.uuid"))
}

fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let (uuid, mut dns) = mine(state, ask)?;
    take(state, &mut dns, ask)?;
    Ok(put(state, uuid, Some(dns)))
}

fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let (uuid, _) = mine(state, ask)?;
    Ok(put(state, uuid, None))
}

/// Takes over what the request says. The copy is thrown away when something of it is refused.
fn take(state: &State, dns: &mut Dns, ask: &Ask) -> Result<(), Refusal> {
    let bounds = [("domains", MOST_DOMAINS, DNS_DOMAINS), ("servers", MOST_SERVERS, DNS_SERVERS)];
    for (field, most, code) in bounds {
        let many = ask.texts(field).map(|texts| texts.len());
        if many == Some(0) {
            return Err(Refusal::value("[]", field, "at least one"));
        }
        if many.is_some_and(|many| many > most) {
            return Err(Refusal::new(code, format!("An SVM can't have more than {most} DNS {field}.")).at(field));
        }
    }
    if let Some(domains) = ask.texts("domains") {
        dns.domains = domains;
    }
    let Some(servers) = ask.texts("servers") else { return Ok(()) };
    let address = |text: &String| text.parse().map_err(|_| Refusal::value(text, "servers", "IPv4 or IPv6 address"));
    dns.servers = servers.iter().map(address).collect::<Result<_, _>>()?;
    let silent = |server: &&IpAddr| !state.directories.iter().any(|directory| directory.dns.contains(server));
    if ask.flag("skip_config_validation") != Some(true)
        && let Some(server) = dns.servers.iter().find(silent)
    {
        let message = format!("Failed to validate the DNS configuration: name server {server} did not answer.");
        return Err(Refusal::new(DNS_UNREACHABLE, message).at("servers"));
    }
    Ok(())
}
