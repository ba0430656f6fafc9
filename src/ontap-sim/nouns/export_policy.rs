//! Export policies. A volume refers to its policy by id, so a rename is seen on the volume at once.
//!
//! How to get it wrong: replacing rules one by one; a PATCH with `rules` replaces all of them or none.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lanes::Cost;
use crate::lookup::export_policy::{DEFAULT, named, next_id, visible};
use crate::lookup::svm;
use crate::nouns::export_rule;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{
    DUPLICATE, MISSING_ARGUMENT, POLICY_IN_USE, POLICY_IS_DEFAULT, POLICY_NAME_BLANK, POLICY_NAME_LONG, Refusal,
};
use crate::rest::field::{flag, integer, text};
use crate::rest::json;
use crate::rest::made::Made;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::rows::export_policy::ExportPolicy;
use crate::rows::export_rule::ExportRule;
use crate::state::State;

const LONGEST_NAME: usize = 256;
/// A policy shows no more rules than this; the endpoint of the rules shows all.
const SHOWN_RULES: usize = 500;

pub static EXPORT_POLICY: Noun = Noun {
    name: "id",
    instance: "/api/protocols/nfs/export-policies/{id}",
    fields: &[
        integer("id").key(),
        text("name").key().write(),
        text("svm.name").post(),
        text("svm.uuid").post(),
        integer("rules.index").write(),
        text("rules.clients.match").write(),
        text("rules.ro_rule").write(),
        text("rules.rw_rule").write(),
        text("rules.superuser").write(),
        text("rules.protocols").write(),
        text("rules.anonymous_user").write(),
        text("rules.chown_mode").write(),
        text("rules.ntfs_unix_security").write(),
        flag("rules.allow_suid").write(),
        flag("rules.allow_device_creation").write(),
    ],
    order: &["svm.name", "name"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/protocols/nfs/export-policies";
const INSTANCE: &str = "/api/protocols/nfs/export-policies/{id}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &EXPORT_POLICY),
    sync(Method::Post, COLLECTION, &EXPORT_POLICY, Cost::Policy, create),
    each(Method::Patch, COLLECTION, &EXPORT_POLICY, INSTANCE),
    each(Method::Delete, COLLECTION, &EXPORT_POLICY, INSTANCE),
    instance(INSTANCE, &EXPORT_POLICY),
    sync(Method::Patch, INSTANCE, &EXPORT_POLICY, Cost::Policy, change),
    sync(Method::Delete, INSTANCE, &EXPORT_POLICY, Cost::Policy, delete),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let (id, name) = (ask.wants("id"), ask.sieve("name"));
    let policies = visible(state, ask)
        .filter(|policy| id.as_ref().is_none_or(|id| policy.id.to_string() == *id))
        .filter(|policy| name.passes(&policy.name));
    Ok(policies.map(|policy| record(state, policy)).collect())
}

fn record(state: &State, policy: &ExportPolicy) -> Value {
    let rules: Vec<Value> = policy.rules.iter().take(SHOWN_RULES).map(ExportRule::record).collect();
    json!({"id": policy.id, "name": policy.name, "svm": svm::reference(state, policy.svm), "rules": rules})
}

fn made(id: u64) -> Made {
    vec![[("id".to_owned(), id.to_string())].into()]
}

fn free_name(state: &State, svm: Uuid, name: &str) -> Result<String, Refusal> {
    if name.len() > LONGEST_NAME {
        return Err(Refusal::new(POLICY_NAME_LONG, "Export policy name is too long. Maximum supported length is 256.")
            .at("name"));
    }
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err(Refusal::new(POLICY_NAME_BLANK, format!("Invalid ruleset name \"{name}\" provided.")).at("name"));
    }
    match named(state, svm, name) {
        Some(_) => Err(Refusal::new(DUPLICATE, format!("Export policy \"{name}\" already exists.")).at("name")),
        None => Ok(name.to_owned()),
    }
}

fn rules(ask: &Ask) -> Result<Option<Vec<ExportRule>>, Refusal> {
    json::get(&ask.body, "rules").and_then(Value::as_array).map(|rules| export_rule::parse_all(rules)).transpose()
}

fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let svm = svm::target(state, ask)?;
    let name =
        ask.text("name").ok_or_else(|| Refusal::new(MISSING_ARGUMENT, "\"name\" is a required field.").at("name"))?;
    let (name, rules) = (free_name(state, svm, name)?, rules(ask)?.unwrap_or_default());
    let id = next_id(state, svm);
    state.policies.put(ExportPolicy { id, svm, name, rules });
    Ok(made(id))
}

/// The policy that the request's key names, if it may see it.
fn mine<'a>(state: &'a State, ask: &Ask) -> Result<&'a ExportPolicy, Refusal> {
    let id = ask.keys.get("id").and_then(|id| id.parse().ok());
    let policy = id.and_then(|id| state.policies.get(&id)).filter(|policy| ask.svm.is_none_or(|svm| svm == policy.svm));
    policy.ok_or_else(|| Refusal::absent("id"))
}

fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let mut policy = mine(state, ask)?.clone();
    if let Some(name) = ask.text("name").filter(|name| *name != policy.name) {
        if policy.name == DEFAULT {
            return Err(Refusal::new(POLICY_IS_DEFAULT, "The default export policy cannot be renamed."));
        }
        policy.name = free_name(state, policy.svm, name)?;
    }
    if let Some(rules) = rules(ask)? {
        policy.rules = rules;
    }
    let id = policy.id;
    state.policies.put(policy);
    Ok(made(id))
}

fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let policy = mine(state, ask)?;
    if policy.name == DEFAULT {
        return Err(Refusal::new(POLICY_IS_DEFAULT, "Cannot delete the default export policy."));
    }
    let id = policy.id;
    if state.volumes.iter().any(|volume| volume.policy == id && volume.deleted.is_none()) {
        let message = "This export policy is being used by one or more volumes. It cannot be deleted until it is \
                       unassigned from all volumes.";
        return Err(Refusal::new(POLICY_IN_USE, message));
    }
    state.policies.remove(&id);
    Ok(made(id))
}
