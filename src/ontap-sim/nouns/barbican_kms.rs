//! Key managers of SVMs that read their key from Barbican. What is named is believed: nobody asks Barbican.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lanes::Cost;
use crate::lookup::svm;
use crate::release::Release;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{DUPLICATE, Refusal};
use crate::rest::field::{flag, text};
use crate::rest::made::{Made, made};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, job, sync};
use crate::rows::key_store::KeyStore;
use crate::rows::svm::Svm;
use crate::state::State;

const SINCE: Release = Release::new(9, 17, 1);

pub static BARBICAN_KMS: Noun = Noun {
    name: "uuid",
    instance: INSTANCE,
    fields: &[
        text("uuid").key().since(SINCE),
        text("svm.name").post().since(SINCE),
        text("svm.uuid").post().since(SINCE),
        text("configuration.name").post().since(SINCE),
        text("configuration.uuid").since(SINCE),
        text("key_id").post().since(SINCE),
        text("keystone_url").post().since(SINCE),
        text("application_cred_id").write().since(SINCE),
        text("application_cred_secret").input().write().since(SINCE),
        flag("enabled").since(SINCE),
        text("scope").since(SINCE),
    ],
    order: &["svm.name", "configuration.name"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/security/barbican-kms";
const INSTANCE: &str = "/api/security/barbican-kms/{uuid}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &BARBICAN_KMS),
    sync(Method::Post, COLLECTION, &BARBICAN_KMS, Cost::Policy, create),
    each(Method::Patch, COLLECTION, &BARBICAN_KMS, INSTANCE),
    instance(INSTANCE, &BARBICAN_KMS),
    job(Method::Patch, INSTANCE, &BARBICAN_KMS, |_| Cost::Policy, |state, ask| find(state, ask).map(drop), change),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let of = |svm: &Svm| {
        let owner = svm::reference(state, svm.uuid);
        let record = |store: &KeyStore| {
            json!({
                "uuid": store.uuid,
                "svm": owner,
                "configuration": {"name": store.name, "uuid": store.uuid},
                "key_id": store.key_id,
                "keystone_url": store.keystone_url,
                "application_cred_id": store.credential,
                "enabled": store.enabled,
                "scope": "svm",
            })
        };
        svm.key_stores.iter().map(record).collect::<Vec<_>>()
    };
    Ok(svm::visible(state, ask).flat_map(of).collect())
}

fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let svm = svm::target(state, ask)?;
    let required = |field: &str| ask.text(field).filter(|text| !text.is_empty()).ok_or_else(|| Refusal::missing(field));
    let https = |field: &str| {
        let url = required(field)?;
        match url.starts_with("https://") {
            true => Ok(url.to_owned()),
            false => Err(Refusal::value(url, field, "an HTTPS URL")),
        }
    };
    required("application_cred_secret")?;
    let store = KeyStore {
        uuid: ask.id,
        name: required("configuration.name")?.to_owned(),
        key_id: https("key_id")?,
        keystone_url: https("keystone_url")?,
        credential: required("application_cred_id")?.to_owned(),
        enabled: false,
    };
    if state.svms.get(&svm).is_some_and(|svm| svm.key_stores.iter().any(|other| other.name == store.name)) {
        let message = format!("The key manager configuration \"{}\" already exists.", store.name);
        return Err(Refusal::new(DUPLICATE, message).at("configuration.name"));
    }
    state.svms.change(&svm, |svm| svm.key_stores.push(store));
    Ok(made(ask.id))
}

/// The SVM of the configuration that is asked for, and that.
pub fn find(state: &State, ask: &Ask) -> Result<(Uuid, KeyStore), Refusal> {
    let key = ask.key();
    let mut all = svm::visible(state, ask).flat_map(|svm| svm.key_stores.iter().map(|store| (svm.uuid, store)));
    let found = all.find(|(_, store)| Some(store.uuid) == key);
    found.map(|(svm, store)| (svm, store.clone())).ok_or_else(|| Refusal::absent("uuid"))
}

fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let (svm, store) = find(state, ask)?;
    let credential = match (ask.text("application_cred_id"), ask.text("application_cred_secret")) {
        (Some(id), Some(_)) => id.to_owned(),
        (None, None) => store.credential,
        (Some(_), None) => return Err(Refusal::missing("application_cred_secret")),
        (None, Some(_)) => return Err(Refusal::missing("application_cred_id")),
    };
    state.svms.change(&svm, |svm| {
        svm.key_stores
            .iter_mut()
            .filter(|one| one.uuid == store.uuid)
            .for_each(|one| one.credential.clone_from(&credential));
    });
    Ok(made(store.uuid))
}
