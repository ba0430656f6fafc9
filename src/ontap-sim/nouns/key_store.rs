//! Key stores: the configurations of key managers, of which each SVM uses one.

use serde_json::{Value, json};

use crate::lanes::Cost;
use crate::lookup::svm;
use crate::nouns::barbican_kms::find;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{INVALID, Refusal};
use crate::rest::field::{flag, text};
use crate::rest::made::{Made, made};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, job};
use crate::rows::key_store::KeyStore;
use crate::rows::svm::Svm;
use crate::state::State;

pub static KEY_STORE: Noun = Noun {
    name: "uuid",
    instance: INSTANCE,
    fields: &[
        text("uuid").key(),
        text("configuration.name").key(),
        text("configuration.uuid"),
        text("svm.name"),
        text("svm.uuid"),
        flag("enabled").patch(),
        text("location"),
        text("scope"),
        text("type"),
    ],
    order: &["svm.name", "configuration.name"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/security/key-stores";
const INSTANCE: &str = "/api/security/key-stores/{uuid}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &KEY_STORE),
    each(Method::Patch, COLLECTION, &KEY_STORE, INSTANCE),
    instance(INSTANCE, &KEY_STORE),
    job(Method::Patch, INSTANCE, &KEY_STORE, |_| Cost::Policy, |state, ask| find(state, ask).map(drop), change),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let of = |svm: &Svm| {
        let owner = svm::reference(state, svm.uuid);
        let record = |store: &KeyStore| {
            json!({
                "uuid": store.uuid,
                "configuration": {"name": store.name, "uuid": store.uuid},
                "svm": owner,
                "enabled": store.enabled,
                "location": "external",
                "scope": "svm",
                "type": "barbican",
            })
        };
        svm.key_stores.iter().map(record).collect::<Vec<_>>()
    };
    Ok(svm::visible(state, ask).flat_map(of).collect())
}

/// One that is enabled takes the place of the one before.
fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let (svm, store) = find(state, ask)?;
    match ask.flag("enabled") {
        None => {}
        Some(true) => {
            state
                .svms
                .change(&svm, |svm| svm.key_stores.iter_mut().for_each(|one| one.enabled = one.uuid == store.uuid));
        }
        Some(false) => {
            let message = "A key store is disabled by enabling another one.";
            return Err(Refusal::new(INVALID, message).at("enabled"));
        }
    }
    Ok(made(store.uuid))
}
