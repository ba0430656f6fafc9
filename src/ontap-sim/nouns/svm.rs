//! SVMs: the tenants of the cluster. Whoever has an SVM account, or tunnels, sees only that one.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::nouns::aggregate;
use crate::rest::ask::Ask;
use crate::rest::code::{NO_SUCH_SVM, Refusal, SVM_CONFLICT, SVM_MISSING};
use crate::rest::noun::{Noun, flag, integer, size, text};
use crate::rest::route::{Endpoint, collection, instance};
use crate::state::State;
use crate::state::table::Row;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Svm {
    pub uuid: Uuid,
    pub name: String,
    /// The upper half of the ids of its export policies.
    pub number: u64,
    pub next_policy: u64,
    /// Delegated aggregates; none means all.
    pub aggregates: Vec<Uuid>,
    pub cifs_server: Option<String>,
    pub retention_hours: u32,
}

impl Row for Svm {
    type Key = Uuid;
    const KIND: &'static str = "svm";
    fn key(&self) -> Uuid {
        self.uuid
    }
}

pub static SVM: Noun = Noun {
    name: "uuid",
    instance: "/api/svm/svms/{uuid}",
    fields: &[
        text("uuid").key(),
        text("name").key(),
        text("state"),
        text("subtype"),
        text("language"),
        text("comment"),
        text("ipspace.name"),
        text("aggregates.name"),
        text("aggregates.uuid"),
        size("aggregates.available_size"),
        text("snapshot_policy.name"),
        text("max_volumes"),
        integer("retention_period"),
        flag("is_space_reporting_logical"),
        flag("is_space_enforcement_logical"),
        flag("nfs.allowed"),
        flag("nfs.enabled"),
        flag("cifs.allowed"),
        flag("cifs.enabled"),
        text("cifs.name"),
    ],
    order: &["name"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] = &[collection("/api/svm/svms", &SVM), instance("/api/svm/svms/{uuid}", &SVM)];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    Ok(visible(state, ask).map(|svm| record(state, svm)).collect())
}

/// The SVMs that the request may see.
pub fn visible<'a>(state: &'a State, ask: &Ask) -> impl Iterator<Item = &'a Svm> {
    let only = ask.svm;
    state.svms.iter().filter(move |svm| only.is_none_or(|only| only == svm.uuid))
}

fn record(state: &State, svm: &Svm) -> Value {
    // An SVM without delegation is shown all aggregates, but not what is free in them.
    let aggregates: Vec<Value> = state
        .aggregates
        .iter()
        .filter(|aggregate| svm.aggregates.is_empty() || svm.aggregates.contains(&aggregate.uuid))
        .map(|aggregate| {
            let free = (!svm.aggregates.is_empty()).then(|| aggregate::available(state, aggregate));
            json!({"name": aggregate.name, "uuid": aggregate.uuid, "available_size": free})
        })
        .collect();
    json!({
        "uuid": svm.uuid,
        "name": svm.name,
        "state": "running",
        "subtype": "default",
        "language": "c.utf_8",
        "ipspace": {"name": "Default"},
        "aggregates": aggregates,
        "snapshot_policy": {"name": "default"},
        "max_volumes": "unlimited",
        "retention_period": svm.retention_hours,
        "is_space_reporting_logical": false,
        "is_space_enforcement_logical": false,
        "nfs": {"allowed": true, "enabled": true},
        "cifs": {"allowed": true, "enabled": svm.cifs_server.is_some(), "name": svm.cifs_server},
    })
}

/// Name and uuid of an SVM, as other records show them.
pub fn reference(state: &State, svm: Uuid) -> Value {
    json!({"name": state.svms.get(&svm).map(|svm| svm.name.as_str()), "uuid": svm})
}

pub fn named(state: &State, name: &str) -> Option<Uuid> {
    state.svms.iter().find(|svm| svm.name == name).map(|svm| svm.uuid)
}

/// The SVM in which the request makes something: by `svm.name`, `svm.uuid` or its own scope, which must agree.
pub fn target(state: &State, ask: &Ask) -> Result<Uuid, Refusal> {
    let absent = |name: &str, field| Refusal::new(NO_SUCH_SVM, format!("SVM \"{name}\" does not exist.")).at(field);
    let by_name =
        ask.text("svm.name").map(|name| named(state, name).ok_or_else(|| absent(name, "svm.name"))).transpose()?;
    let known = |text: &str| text.parse().ok().filter(|uuid| state.svms.get(uuid).is_some());
    let by_uuid = ask.text("svm.uuid").map(|text| known(text).ok_or_else(|| absent(text, "svm.uuid"))).transpose()?;
    let mut said = [ask.svm, by_name, by_uuid].into_iter().flatten();
    let svm = said.next().ok_or_else(|| {
        Refusal::new(SVM_MISSING, "No SVM was specified. Either \"svm.name\" or \"svm.uuid\" must be supplied.")
    })?;
    match said.all(|other| other == svm) {
        true => Ok(svm),
        false => Err(Refusal::new(SVM_CONFLICT, "The specified SVMs are different.").at("svm")),
    }
}
