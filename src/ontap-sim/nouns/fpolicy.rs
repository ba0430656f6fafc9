//! FPolicy policies: whose files are not touched in the ways that their events name. They are kept and listed, with all that an enabled
//! one refuses of changes; the NFS server does not ask them. Only the native engine is there.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lanes::Cost;
use crate::lookup::svm;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{
    DUPLICATE, FPOLICY_DISABLED_ALREADY, FPOLICY_ENABLED, FPOLICY_ENABLED_ALREADY, FPOLICY_NEEDS_NO_PRIORITY,
    FPOLICY_NEEDS_PRIORITY, FPOLICY_NO_SCOPE, FPOLICY_PRIORITY_TAKEN, Refusal,
};
use crate::rest::field::{flag, integer, text};
use crate::rest::made::Made;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::rows::fpolicy::{FpolicyPolicy, Scope, key};
use crate::state::State;
use crate::state::table::Row;

/// So many are in force in an SVM at most.
const MOST: u64 = 10;
const NATIVE: &str = "native";

/// Where a list of a scope is.
type List = fn(&mut Scope) -> &mut Vec<String>;

/// What a scope lists.
#[rustfmt::skip]
const LISTS: &[(&str, List)] = &[
    ("scope.include_shares",          |scope| &mut scope.include_shares),
    ("scope.include_volumes",         |scope| &mut scope.include_volumes),
    ("scope.include_export_policies", |scope| &mut scope.include_export_policies),
    ("scope.include_extension",       |scope| &mut scope.include_extension),
    ("scope.exclude_shares",          |scope| &mut scope.exclude_shares),
    ("scope.exclude_volumes",         |scope| &mut scope.exclude_volumes),
    ("scope.exclude_export_policies", |scope| &mut scope.exclude_export_policies),
    ("scope.exclude_extension",       |scope| &mut scope.exclude_extension),
];
const DIRECTORIES: &str = "scope.check_extensions_on_directories";

pub static FPOLICY: Noun = Noun {
    name: "name",
    instance: INSTANCE,
    fields: &[
        text("name").key().post(),
        text("svm.uuid").key(),
        flag("enabled").patch(),
        integer("priority").write(),
        flag("mandatory").write(),
        text("engine.name").write(),
        text("events.name").write(),
        text("scope.include_shares").write(),
        text("scope.include_volumes").write(),
        text("scope.include_export_policies").write(),
        text("scope.include_extension").write(),
        text("scope.exclude_shares").write(),
        text("scope.exclude_volumes").write(),
        text("scope.exclude_export_policies").write(),
        text("scope.exclude_extension").write(),
        flag(DIRECTORIES).write(),
    ],
    order: &["name"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/protocols/fpolicy/{svm.uuid}/policies";
const INSTANCE: &str = "/api/protocols/fpolicy/{svm.uuid}/policies/{name}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &FPOLICY),
    sync(Method::Post, COLLECTION, &FPOLICY, Cost::Policy, create),
    each(Method::Patch, COLLECTION, &FPOLICY, INSTANCE),
    each(Method::Delete, COLLECTION, &FPOLICY, INSTANCE),
    instance(INSTANCE, &FPOLICY),
    sync(Method::Patch, INSTANCE, &FPOLICY, Cost::Policy, change),
    sync(Method::Delete, INSTANCE, &FPOLICY, Cost::Policy, delete),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let svms = svm::meant(state, ask, "svm.uuid")?;
    Ok(state.fpolicies.iter().filter(|policy| svms.contains(&policy.svm)).map(|policy| record(state, policy)).collect())
}

fn record(state: &State, policy: &FpolicyPolicy) -> Value {
    json!({
        "svm": svm::reference(state, policy.svm),
        "name": policy.name,
        "enabled": policy.priority.is_some(),
        "priority": policy.priority,
        "mandatory": policy.mandatory,
        "engine": {"name": NATIVE},
        "events": policy.events.iter().map(|name| json!({"name": name})).collect::<Vec<_>>(),
        "scope": policy.scope,
    })
}

fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let svm = svm::keyed(state, ask, "svm.uuid")?.uuid;
    let name = ask.text("name").ok_or_else(|| Refusal::missing("name"))?.to_owned();
    if state.fpolicies.get(&key(svm, &name)).is_some() {
        return Err(Refusal::new(DUPLICATE, format!("FPolicy policy \"{name}\" already exists.")).at("name"));
    }
    if ask.texts("events.name").is_none_or(|events| events.is_empty()) {
        return Err(Refusal::missing("events"));
    }
    let scope = Scope::default();
    let mut policy = FpolicyPolicy { svm, name, events: Vec::new(), mandatory: true, priority: None, scope };
    take(state, &mut policy, ask)?;
    if policy.scope == Scope::default() {
        return Err(Refusal::new(FPOLICY_NO_SCOPE, "The scope of the policy must be specified.").at("scope"));
    }
    policy.priority = priority(state, svm, ask)?;
    let made = made(&policy);
    state.fpolicies.put(policy);
    Ok(made)
}

fn made(policy: &FpolicyPolicy) -> Made {
    vec![[("svm.uuid".to_owned(), policy.svm.to_string()), ("name".to_owned(), policy.name.clone())].into()]
}

fn mine(state: &State, ask: &Ask) -> Result<FpolicyPolicy, Refusal> {
    let svm = svm::keyed(state, ask, "svm.uuid")?.uuid;
    let name = ask.keys.get("name").map_or("", String::as_str);
    state.fpolicies.get(&key(svm, name)).cloned().ok_or_else(|| Refusal::absent("name"))
}

/// The priority that is asked for, which no other policy of the SVM has.
fn priority(state: &State, svm: Uuid, ask: &Ask) -> Result<Option<u64>, Refusal> {
    let Some(priority) = ask.whole("priority") else { return Ok(None) };
    if !(1..=MOST).contains(&priority) {
        return Err(Refusal::value(&priority.to_string(), "priority", &format!("integer 1..{MOST}")));
    }
    if state.fpolicies.iter().any(|other| other.svm == svm && other.priority == Some(priority)) {
        let message = format!("Priority {priority} is in use by another FPolicy policy.");
        return Err(Refusal::new(FPOLICY_PRIORITY_TAKEN, message).at("priority"));
    }
    Ok(Some(priority))
}

fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let mut policy = mine(state, ask)?;
    let is_enabled = policy.priority.is_some();
    let refuse = |code, message: &str| Err(Refusal::new(code, message).at("enabled"));
    let before = (policy.events.clone(), policy.mandatory, policy.scope.clone());
    take(state, &mut policy, ask)?;
    if is_enabled && before != (policy.events.clone(), policy.mandatory, policy.scope.clone()) {
        return refuse(FPOLICY_ENABLED, "An enabled FPolicy policy can't be modified.");
    }
    match (ask.flag("enabled"), ask.has("priority")) {
        (Some(false), true) => return refuse(FPOLICY_NEEDS_NO_PRIORITY, "No priority is given to disable a policy."),
        (Some(false), false) if !is_enabled => return refuse(FPOLICY_DISABLED_ALREADY, "The policy is disabled."),
        (Some(false), false) => policy.priority = None,
        (Some(true), false) if !is_enabled => {
            return refuse(FPOLICY_NEEDS_PRIORITY, "A priority is needed to enable a policy.");
        }
        (Some(true), _) | (None, true) if is_enabled => {
            return refuse(FPOLICY_ENABLED_ALREADY, "The policy is enabled.");
        }
        (Some(true) | None, true) => policy.priority = priority(state, policy.svm, ask)?,
        (Some(true) | None, false) => {}
    }
    let made = made(&policy);
    state.fpolicies.put(policy);
    Ok(made)
}

/// Takes over what the request says. The copy is thrown away when something of it is refused.
fn take(state: &State, policy: &mut FpolicyPolicy, ask: &Ask) -> Result<(), Refusal> {
    if let Some(engine) = ask.text("engine.name").filter(|engine| *engine != NATIVE) {
        return Err(Refusal::value(engine, "engine.name", NATIVE));
    }
    if let Some(events) = ask.texts("events.name") {
        let known: BTreeSet<&str> = state
            .fpolicy_events
            .iter()
            .filter(|event| event.svm == policy.svm)
            .map(|event| event.name.as_str())
            .collect();
        if let Some(stranger) = events.iter().find(|name| !known.contains(name.as_str())) {
            return Err(Refusal::value(stranger, "events.name", "an FPolicy event of the SVM"));
        }
        policy.events = events;
    }
    for (field, of) in LISTS {
        if let Some(list) = ask.texts(field) {
            *of(&mut policy.scope) = list;
        }
    }
    if let Some(checks) = ask.flag(DIRECTORIES) {
        policy.scope.check_extensions_on_directories = checks;
    }
    policy.mandatory = ask.flag("mandatory").unwrap_or(policy.mandatory);
    Ok(())
}

fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let policy = mine(state, ask)?;
    if policy.priority.is_some() {
        return Err(Refusal::new(FPOLICY_ENABLED, "An enabled FPolicy policy can't be deleted.").at("name"));
    }
    state.fpolicies.remove(&policy.key());
    Ok(vec![ask.keys.clone()])
}
