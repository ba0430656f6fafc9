//! Kerberos realms that an SVM knows.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lanes::Cost;
use crate::lookup::svm;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{DUPLICATE, Refusal};
use crate::rest::field::{integer, text};
use crate::rest::made::Made;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::rest::subnet;
use crate::rows::kerberos_realm::Realm;
use crate::rows::svm::Svm;
use crate::state::State;

const VENDORS: &[&str] = &["microsoft", "other"];

pub static KERBEROS_REALM: Noun = Noun {
    name: "name",
    instance: INSTANCE,
    fields: &[
        text("svm.uuid").key().post(),
        text("svm.name").key().post(),
        text("name").key().post(),
        text("comment").write(),
        text("kdc.ip").write(),
        integer("kdc.port").write(),
        text("kdc.vendor").write(),
    ],
    order: &["svm.name", "name"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/protocols/nfs/kerberos/realms";
const INSTANCE: &str = "/api/protocols/nfs/kerberos/realms/{svm.uuid}/{name}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &KERBEROS_REALM),
    sync(Method::Post, COLLECTION, &KERBEROS_REALM, Cost::Policy, create),
    each(Method::Delete, COLLECTION, &KERBEROS_REALM, INSTANCE),
    each(Method::Patch, COLLECTION, &KERBEROS_REALM, INSTANCE),
    instance(INSTANCE, &KERBEROS_REALM),
    sync(Method::Patch, INSTANCE, &KERBEROS_REALM, Cost::Policy, change),
    sync(Method::Delete, INSTANCE, &KERBEROS_REALM, Cost::Policy, delete),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let of = |svm: &Svm| {
        let owner = svm::reference(state, svm.uuid);
        let record = |realm: &Realm| {
            json!({
                "svm": owner,
                "name": realm.name,
                "comment": realm.comment,
                "kdc": {"ip": realm.kdc, "port": realm.port, "vendor": realm.vendor},
            })
        };
        svm.realms.iter().map(record).collect::<Vec<_>>()
    };
    Ok(svm::visible(state, ask).flat_map(of).collect())
}

fn made(svm: Uuid, name: &str) -> Made {
    vec![[("svm.uuid".to_owned(), svm.to_string()), ("name".to_owned(), name.to_owned())].into()]
}

fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let uuid = svm::target(state, ask)?;
    let name = ask.text("name").filter(|name| !name.is_empty()).ok_or_else(|| Refusal::missing("name"))?.to_owned();
    let kdc = subnet::address(ask, "kdc.ip")?.ok_or_else(|| Refusal::missing("kdc.ip"))?;
    let vendor = ask.text("kdc.vendor").ok_or_else(|| Refusal::missing("kdc.vendor"))?.to_owned();
    if state.svms.get(&uuid).is_some_and(|svm| svm.realms.iter().any(|realm| realm.name == name)) {
        return Err(Refusal::new(DUPLICATE, format!("Kerberos realm \"{name}\" already exists.")).at("name"));
    }
    let mut realm = Realm { name, comment: String::new(), kdc, port: 88, vendor };
    take(&mut realm, ask)?;
    let keys = made(uuid, &realm.name);
    state.svms.change(&uuid, |svm| svm.realms.push(realm));
    Ok(keys)
}

fn take(realm: &mut Realm, ask: &Ask) -> Result<(), Refusal> {
    realm.kdc = subnet::address(ask, "kdc.ip")?.unwrap_or(realm.kdc);
    realm.port = ask.whole("kdc.port").unwrap_or(realm.port);
    for (field, place) in [("comment", &mut realm.comment), ("kdc.vendor", &mut realm.vendor)] {
        if let Some(text) = ask.text(field) {
            text.clone_into(place);
        }
    }
    match VENDORS.contains(&realm.vendor.to_ascii_lowercase().as_str()) {
        true => Ok(()),
        false => Err(Refusal::value(&realm.vendor, "kdc.vendor", &VENDORS.join("|"))),
    }
}

fn mine(state: &State, ask: &Ask) -> Result<(Uuid, Realm), Refusal> {
    let svm = svm::keyed(state, ask, "svm.uuid")?;
    let name = ask.keys.get("name");
    let realm = svm.realms.iter().find(|realm| Some(&realm.name) == name);
    realm.map(|realm| (svm.uuid, realm.clone())).ok_or_else(|| Refusal::absent("name"))
}

fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let (uuid, mut realm) = mine(state, ask)?;
    take(&mut realm, ask)?;
    let keys = made(uuid, &realm.name);
    state.svms.change(&uuid, |svm| {
        svm.realms.retain(|other| other.name != realm.name);
        svm.realms.push(realm);
    });
    Ok(keys)
}

fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let (uuid, realm) = mine(state, ask)?;
    state.svms.change(&uuid, |svm| svm.realms.retain(|other| other.name != realm.name));
    Ok(made(uuid, &realm.name))
}
