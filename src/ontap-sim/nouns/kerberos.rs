//! Kerberos interfaces: one per data LIF, on which Kerberos is switched on and off. The NFS that is really served knows
//! nothing of it.

use serde_json::{Value, json};

use crate::directory;
use crate::lanes::Cost;
use crate::lookup::{interface, svm};
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{ABSENT, INVALID, KERBEROS_ALREADY, Refusal};
use crate::rest::field::{flag, text};
use crate::rest::made::Made;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::rows::interface::Interface;
use crate::state::State;

pub static KERBEROS_INTERFACE: Noun = Noun {
    name: "interface.uuid",
    instance: INSTANCE,
    fields: &[
        text("interface.uuid").key(),
        // Clients send it along.
        text("interface.name").key().patch(),
        text("interface.ip.address").key(),
        flag("enabled").patch(),
        text("spn").patch(),
        text("user").input().patch(),
        text("password").input().patch(),
        text("svm.name"),
        text("svm.uuid"),
    ],
    order: &["svm.name", "interface.name"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/protocols/nfs/kerberos/interfaces";
const INSTANCE: &str = "/api/protocols/nfs/kerberos/interfaces/{interface.uuid}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &KERBEROS_INTERFACE),
    each(Method::Patch, COLLECTION, &KERBEROS_INTERFACE, INSTANCE),
    instance(INSTANCE, &KERBEROS_INTERFACE),
    sync(Method::Patch, INSTANCE, &KERBEROS_INTERFACE, Cost::Policy, change),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let record = |lif: &Interface| {
        json!({
            "interface": {"uuid": lif.uuid, "name": lif.name, "ip": {"address": lif.address}},
            "enabled": lif.kerberos.is_some(),
            "spn": lif.kerberos,
            "svm": svm::reference(state, lif.svm),
        })
    };
    Ok(interface::visible(state, ask).map(record).collect())
}

fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let uuid = ask.keys.get("interface.uuid").and_then(|uuid| uuid.parse().ok());
    let lif = uuid.and_then(|uuid| state.interfaces.get(&uuid)).filter(|lif| ask.svm.is_none_or(|svm| svm == lif.svm));
    let lif = lif.ok_or_else(|| Refusal::absent("interface.uuid"))?;
    let already = |what: &str| {
        Err(Refusal::new(KERBEROS_ALREADY, format!("Kerberos is already {what} on interface \"{}\".", lif.name)))
    };
    let spn = match (ask.flag("enabled"), &lif.kerberos) {
        (Some(true), Some(_)) => return already("enabled"),
        (Some(false), None) => return already("disabled"),
        (Some(true), None) => Some(principal(state, lif, ask)?),
        (Some(false), Some(_)) => None,
        (None, before) => before.clone(),
    };
    let uuid = lif.uuid;
    state.interfaces.change(&uuid, |lif| lif.kerberos = spn);
    Ok(vec![[("interface.uuid".to_owned(), uuid.to_string())].into()])
}

/// The service principal, once the KDC of its realm has let the user in.
fn principal(state: &State, lif: &Interface, ask: &Ask) -> Result<String, Refusal> {
    let required = |field: &str| ask.text(field).ok_or_else(|| Refusal::missing(field));
    let (spn, user, password) = (required("spn")?, required("user")?, required("password")?);
    let name = spn.split_once('@').map(|(_, realm)| realm).unwrap_or_default();
    let realms = state.svms.get(&lif.svm).map_or(&[][..], |svm| &svm.realms);
    let Some(realm) = realms.iter().find(|realm| realm.name == name).filter(|_| spn.starts_with("nfs/")) else {
        let message = format!("\"{spn}\" is no NFS service principal of a Kerberos realm of the SVM.");
        return Err(Refusal::new(ABSENT, message).at("spn"));
    };
    let refuse = |why: &str| Err(Refusal::new(INVALID, format!("Failed to enable Kerberos: {why}.")).at("user"));
    match directory::served_by(state, &realm.kdc.to_string()) {
        None => refuse(&format!("the KDC {} does not answer", realm.kdc)),
        Some(directory) if !directory::admits(directory, user, password) => {
            refuse(&format!("could not authenticate user \"{user}\""))
        }
        Some(_) => Ok(spn.to_owned()),
    }
}
