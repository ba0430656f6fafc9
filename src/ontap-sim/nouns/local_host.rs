//! Hosts that an SVM knows without asking a name server.

use std::net::IpAddr;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lanes::Cost;
use crate::lookup::svm;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{DUPLICATE, NO_SUCH_SVM, Refusal};
use crate::rest::field::text;
use crate::rest::made::Made;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::rest::subnet;
use crate::rows::local_host::LocalHost;
use crate::rows::svm::Svm;
use crate::state::State;

pub static LOCAL_HOST: Noun = Noun {
    name: "address",
    instance: INSTANCE,
    fields: &[
        text("owner.uuid").key().post(),
        text("owner.name").key().post(),
        text("address").key().post(),
        text("hostname").write(),
        text("aliases").write(),
        text("scope"),
    ],
    order: &["owner.name", "address"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/name-services/local-hosts";
const INSTANCE: &str = "/api/name-services/local-hosts/{owner.uuid}/{address}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &LOCAL_HOST),
    sync(Method::Post, COLLECTION, &LOCAL_HOST, Cost::Policy, create),
    each(Method::Delete, COLLECTION, &LOCAL_HOST, INSTANCE),
    each(Method::Patch, COLLECTION, &LOCAL_HOST, INSTANCE),
    instance(INSTANCE, &LOCAL_HOST),
    sync(Method::Patch, INSTANCE, &LOCAL_HOST, Cost::Policy, change),
    sync(Method::Delete, INSTANCE, &LOCAL_HOST, Cost::Policy, delete),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let of = |svm: &Svm| {
        let owner = svm::reference(state, svm.uuid);
        let record = |host: &LocalHost| {
            json!({
                "owner": owner,
                "address": host.address,
                "hostname": host.hostname,
                "aliases": host.aliases,
                "scope": "svm",
            })
        };
        svm.hosts.iter().map(record).collect::<Vec<_>>()
    };
    Ok(svm::visible(state, ask).flat_map(of).collect())
}

fn made(svm: Uuid, address: IpAddr) -> Made {
    vec![[("owner.uuid".to_owned(), svm.to_string()), ("address".to_owned(), address.to_string())].into()]
}

fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let existing = |uuid: &Uuid| state.svms.get(uuid).is_some();
    let named = ask.names("owner", NO_SUCH_SVM, |name| svm::named(state, name), existing)?;
    let owner = named.or(ask.svm).filter(|owner| ask.svm.is_none_or(|own| own == *owner));
    let owner = owner.ok_or_else(|| Refusal::missing("owner"))?;
    let address = subnet::address(ask, "address")?.ok_or_else(|| Refusal::missing("address"))?;
    let hostname = ask.text("hostname").ok_or_else(|| Refusal::missing("hostname"))?.to_owned();
    let aliases = ask.texts("aliases").unwrap_or_default();
    if state.svms.get(&owner).is_some_and(|svm| svm.hosts.iter().any(|host| host.address == address)) {
        return Err(Refusal::new(DUPLICATE, format!("There is a host of the address {address} already.")).at("address"));
    }
    state.svms.change(&owner, |svm| svm.hosts.push(LocalHost { address, hostname, aliases }));
    Ok(made(owner, address))
}

/// The SVM and the address of the host that the request's path names.
fn mine(state: &State, ask: &Ask) -> Result<(Uuid, IpAddr), Refusal> {
    let svm = svm::keyed(state, ask, "owner.uuid")?;
    let address = ask.keys.get("address").and_then(|address| address.parse().ok());
    let existing = address.filter(|address| svm.hosts.iter().any(|host| host.address == *address));
    existing.map(|address| (svm.uuid, address)).ok_or_else(|| Refusal::absent("address"))
}

fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let (owner, address) = mine(state, ask)?;
    let (hostname, aliases) = (ask.text("hostname").map(str::to_owned), ask.texts("aliases"));
    state.svms.change(&owner, |svm| {
        for host in svm.hosts.iter_mut().filter(|host| host.address == address) {
            host.hostname = hostname.clone().unwrap_or_else(|| host.hostname.clone());
            host.aliases = aliases.clone().unwrap_or_else(|| host.aliases.clone());
        }
    });
    Ok(made(owner, address))
}

fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let (owner, address) = mine(state, ask)?;
    state.svms.change(&owner, |svm| svm.hosts.retain(|host| host.address != address));
    Ok(made(owner, address))
}
