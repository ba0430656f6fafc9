//! IPspaces: address spaces that know nothing of each other. An address is unique in one, not in the cluster.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lanes::Cost;
use crate::lookup::ipspace::named;
use crate::lookup::svm;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{
    IPSPACE_COUNT, IPSPACE_EXISTS, IPSPACE_HAS_DOMAIN, IPSPACE_HAS_SVM, IPSPACE_NAME_LONG, IPSPACE_NAME_TAKEN, Refusal,
};
use crate::rest::field::text;
use crate::rest::made::{Made, made};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::rows::ipspace::Ipspace;
use crate::state::State;

const LONGEST_NAME: usize = 47;

pub static IPSPACE: Noun = Noun {
    name: "uuid",
    instance: INSTANCE,
    fields: &[text("uuid").key(), text("name").key().write()],
    order: &["name"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/network/ipspaces";
const INSTANCE: &str = "/api/network/ipspaces/{uuid}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &IPSPACE).cluster_only(),
    sync(Method::Post, COLLECTION, &IPSPACE, Cost::Network, create).cluster_only(),
    each(Method::Patch, COLLECTION, &IPSPACE, INSTANCE).cluster_only(),
    each(Method::Delete, COLLECTION, &IPSPACE, INSTANCE).cluster_only(),
    instance(INSTANCE, &IPSPACE).cluster_only(),
    sync(Method::Patch, INSTANCE, &IPSPACE, Cost::Network, change).cluster_only(),
    sync(Method::Delete, INSTANCE, &IPSPACE, Cost::Network, delete).cluster_only(),
];

fn list(state: &State, _: &Ask) -> Result<Vec<Value>, Refusal> {
    Ok(state.ipspaces.iter().map(|ipspace| json!({"uuid": ipspace.uuid, "name": ipspace.name})).collect())
}

fn free_name(state: &State, ask: &Ask) -> Result<String, Refusal> {
    let name = ask.text("name").filter(|name| !name.is_empty()).ok_or_else(|| Refusal::missing("name"))?;
    let refuse =
        |code, why: &str| Err(Refusal::new(code, format!("Invalid IPspace name \"{name}\": {why}.")).at("name"));
    if name.len() > LONGEST_NAME {
        return refuse(IPSPACE_NAME_LONG, "it is longer than 47 characters");
    }
    if named(state, name).is_some() {
        return refuse(IPSPACE_EXISTS, "an IPspace of that name already exists");
    }
    if svm::named(state, name).is_some() || name == state.config.name {
        return refuse(IPSPACE_NAME_TAKEN, "the cluster or an SVM has that name");
    }
    Ok(name.to_owned())
}

fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let name = free_name(state, ask)?;
    let most = state.config.limits.ipspaces;
    if state.ipspaces.len() >= most {
        return Err(Refusal::new(IPSPACE_COUNT, format!("The maximum of {most} IPspaces is reached.")));
    }
    state.ipspaces.put(Ipspace { uuid: ask.id, name });
    Ok(made(ask.id))
}

fn mine(state: &State, ask: &Ask) -> Result<Uuid, Refusal> {
    ask.key().filter(|uuid| state.ipspaces.get(uuid).is_some()).ok_or_else(|| Refusal::absent("uuid"))
}

fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let uuid = mine(state, ask)?;
    if ask.has("name") {
        let name = free_name(state, ask)?;
        state.ipspaces.change(&uuid, |ipspace| ipspace.name = name);
    }
    Ok(made(uuid))
}

fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let uuid = mine(state, ask)?;
    let refuse = |code, what: &str| Err(Refusal::new(code, format!("The IPspace can't be deleted: {what} in it.")));
    if state.svms.iter().any(|svm| svm.ipspace == uuid) {
        return refuse(IPSPACE_HAS_SVM, "there are SVMs");
    }
    if state.domains.iter().any(|domain| domain.ipspace == uuid) {
        return refuse(IPSPACE_HAS_DOMAIN, "there are broadcast domains");
    }
    state.ipspaces.remove(&uuid);
    Ok(made(uuid))
}
