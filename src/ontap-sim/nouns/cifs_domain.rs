//! How an SVM looks for domain controllers.

use serde_json::{Value, json};

use crate::lanes::Cost;
use crate::lookup::svm;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::Refusal;
use crate::rest::field::text;
use crate::rest::made::Made;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::rows::svm::Svm;
use crate::state::State;

const MODES: &[&str] = &["all", "site", "none"];

pub static CIFS_DOMAIN: Noun = Noun {
    name: "svm.uuid",
    instance: INSTANCE,
    fields: &[
        text("svm.uuid").key(),
        text("svm.name").key(),
        text("server_discovery_mode").patch(),
        text("preferred_dcs.fqdn"),
        text("preferred_dcs.server_ip"),
    ],
    order: &["svm.name"],
    narrowed: None,
    list,
};

const INSTANCE: &str = "/api/protocols/cifs/domains/{svm.uuid}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection("/api/protocols/cifs/domains", &CIFS_DOMAIN),
    each(Method::Patch, "/api/protocols/cifs/domains", &CIFS_DOMAIN, INSTANCE),
    instance(INSTANCE, &CIFS_DOMAIN),
    sync(Method::Patch, INSTANCE, &CIFS_DOMAIN, Cost::Policy, change),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let record = |svm: &Svm| {
        json!({
            "svm": svm::reference(state, svm.uuid),
            "server_discovery_mode": svm.discovery_mode,
            "preferred_dcs": svm.preferred_dcs,
        })
    };
    Ok(svm::visible(state, ask).map(record).collect())
}

fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let uuid = svm::keyed(state, ask, "svm.uuid")?.uuid;
    if let Some(mode) = ask.text("server_discovery_mode") {
        if !MODES.contains(&mode) {
            return Err(Refusal::value(mode, "server_discovery_mode", &MODES.join("|")));
        }
        state.svms.change(&uuid, |svm| mode.clone_into(&mut svm.discovery_mode));
    }
    Ok(svm::made_in(uuid))
}
