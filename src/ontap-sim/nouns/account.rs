//! Accounts: who may log in, with which scope and role. Their passwords are shown to nobody.

use serde_json::{Value, json};

use crate::config::AccountConfig;
use crate::lookup::svm;
use crate::rest::ask::Ask;
use crate::rest::code::Refusal;
use crate::rest::field::{flag, text};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, instance};
use crate::state::State;

pub static ACCOUNT: Noun = Noun {
    name: "name",
    instance: "/api/security/accounts/{owner.uuid}/{name}",
    fields: &[
        text("owner.uuid").key(),
        text("owner.name").key(),
        text("name").key(),
        text("scope"),
        text("role.name"),
        flag("locked"),
        text("applications.application"),
        text("applications.authentication_methods"),
    ],
    order: &["owner.name", "name"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] =
    &[collection("/api/security/accounts", &ACCOUNT), instance("/api/security/accounts/{owner.uuid}/{name}", &ACCOUNT)];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let visible = |account: &&AccountConfig| match (ask.svm, &account.svm) {
        (None, _) => true,
        (Some(own), Some(name)) => svm::named(state, name) == Some(own),
        (Some(_), None) => false,
    };
    let record = |account: &AccountConfig| {
        json!({
            "owner": owner(state, account.svm.as_deref()),
            "name": account.name,
            "scope": if account.svm.is_some() { "svm" } else { "cluster" },
            "role": {"name": account.role},
            "locked": false,
            "applications": [{"application": "http", "authentication_methods": ["password"]}],
        })
    };
    Ok(state.accounts.iter().filter(visible).map(record).collect())
}

/// The SVM, or the cluster, to which an account or role belongs.
pub fn owner(state: &State, svm: Option<&str>) -> Value {
    match svm {
        Some(name) => json!({"name": name, "uuid": svm::named(state, name)}),
        None => {
            let uuid = state.identity.iter().next().map(|identity| identity.uuid);
            json!({"name": state.config.name, "uuid": uuid})
        }
    }
}
