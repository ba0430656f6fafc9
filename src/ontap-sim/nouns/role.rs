//! Roles and their privileges: what a client reads to learn at its start what it will not be allowed to do.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::auth;
use crate::lookup::svm;
use crate::nouns::account;
use crate::rest::ask::Ask;
use crate::rest::code::Refusal;
use crate::rest::field::text;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection};
use crate::state::State;

pub static PRIVILEGE: Noun = Noun {
    name: "path",
    instance: "/api/security/roles/{owner.uuid}/{name}/privileges/{path}",
    fields: &[text("owner.uuid").key(), text("name").key(), text("path").key(), text("access")],
    order: &["owner.uuid", "name", "path"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] = &[collection("/api/security/roles/{owner.uuid}/{name}/privileges", &PRIVILEGE)];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    // The roles that exist are those that accounts hold; an SVM sees only its own.
    let held: BTreeSet<(Option<&str>, &str)> = state
        .accounts
        .iter()
        .filter(|account| match ask.svm {
            None => true,
            Some(own) => account.svm.as_deref().and_then(|name| svm::named(state, name)) == Some(own),
        })
        .map(|account| (account.svm.as_deref(), account.role.as_str()))
        .collect();
    let records = held.into_iter().flat_map(|(svm, role)| {
        let owner = account::owner(state, svm);
        auth::privileges(&state.config, role, svm)
            .into_iter()
            .map(move |(path, access)| json!({"owner": owner, "name": role, "path": path, "access": access.name()}))
    });
    let records: Vec<Value> = records.collect();
    let exists = records.iter().any(|record| {
        record["owner"]["uuid"].as_str() == ask.wants("owner.uuid").as_deref()
            && record["name"].as_str() == ask.wants("name").as_deref()
    });
    if exists { Ok(records) } else { Err(Refusal::absent("name")) }
}
