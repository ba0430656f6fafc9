//! FPolicy events: which operations of one protocol are watched. What a protocol does not have can't be.

use serde_json::{Map, Value, json};

use crate::lanes::Cost;
use crate::lookup::svm;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{DUPLICATE, FPOLICY_EVENT_ATTACHED, FPOLICY_OPERATION, Refusal};
use crate::rest::field::{Field, flag, text};
use crate::rest::made::Made;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::rows::fpolicy::{FpolicyEvent, key};
use crate::state::State;
use crate::state::table::Row;

/// Every operation, and over which protocols there is one.
#[rustfmt::skip]
const OPERATIONS: &[(Field, &[&str])] = &[
    (flag("file_operations.access").post(),     &["nfsv4"]),
    (flag("file_operations.close").post(),      &["cifs", "nfsv4"]),
    (flag("file_operations.create").post(),     &["cifs", "nfsv3", "nfsv4"]),
    (flag("file_operations.create_dir").post(), &["cifs", "nfsv3", "nfsv4"]),
    (flag("file_operations.delete").post(),     &["cifs", "nfsv3", "nfsv4"]),
    (flag("file_operations.delete_dir").post(), &["cifs", "nfsv3", "nfsv4"]),
    (flag("file_operations.getattr").post(),    &["cifs", "nfsv4"]),
    (flag("file_operations.link").post(),       &["nfsv3", "nfsv4"]),
    (flag("file_operations.lookup").post(),     &["nfsv3", "nfsv4"]),
    (flag("file_operations.open").post(),       &["cifs", "nfsv4"]),
    (flag("file_operations.read").post(),       &["cifs", "nfsv3", "nfsv4"]),
    (flag("file_operations.rename").post(),     &["cifs", "nfsv3", "nfsv4"]),
    (flag("file_operations.rename_dir").post(), &["cifs", "nfsv3", "nfsv4"]),
    (flag("file_operations.setattr").post(),    &["cifs", "nfsv3", "nfsv4"]),
    (flag("file_operations.symlink").post(),    &["nfsv3", "nfsv4"]),
    (flag("file_operations.write").post(),      &["cifs", "nfsv3", "nfsv4"]),
];
const PROTOCOLS: [&str; 3] = ["cifs", "nfsv3", "nfsv4"];
const BELOW: &str = "file_operations.";

static FIELDS: [Field; OPERATIONS.len() + 4] = {
    let mut fields = [text("name").key().post(); OPERATIONS.len() + 4];
    (fields[1], fields[2], fields[3]) = (text("svm.uuid").key(), text("svm.name"), text("protocol").post());
    let mut place = 0;
    while place < OPERATIONS.len() {
        fields[place + 4] = OPERATIONS[place].0;
        place += 1;
    }
    fields
};

pub static FPOLICY_EVENT: Noun =
    Noun { name: "name", instance: INSTANCE, fields: &FIELDS, order: &["name"], narrowed: None, list };

const COLLECTION: &str = "/api/protocols/fpolicy/{svm.uuid}/events";
const INSTANCE: &str = "/api/protocols/fpolicy/{svm.uuid}/events/{name}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &FPOLICY_EVENT),
    sync(Method::Post, COLLECTION, &FPOLICY_EVENT, Cost::Policy, create),
    each(Method::Delete, COLLECTION, &FPOLICY_EVENT, INSTANCE),
    instance(INSTANCE, &FPOLICY_EVENT),
    sync(Method::Delete, INSTANCE, &FPOLICY_EVENT, Cost::Policy, delete),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let svms = svm::meant(state, ask, "svm.uuid")?;
    Ok(state
        .fpolicy_events
        .iter()
        .filter(|event| svms.contains(&event.svm))
        .map(|event| record(state, event))
        .collect())
}

fn record(state: &State, event: &FpolicyEvent) -> Value {
    let names = OPERATIONS.iter().filter_map(|(field, _)| field.name.strip_prefix(BELOW));
    let operations: Map<String, Value> =
        names.map(|name| (name.to_owned(), json!(event.operations.contains(name)))).collect();
    json!({
        "svm": svm::reference(state, event.svm),
        "name": event.name,
        "protocol": event.protocol,
        "file_operations": operations,
    })
}

fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let svm = svm::keyed(state, ask, "svm.uuid")?.uuid;
    let name = ask.text("name").ok_or_else(|| Refusal::missing("name"))?;
    let protocol = ask.text("protocol").ok_or_else(|| Refusal::missing("protocol"))?;
    if !PROTOCOLS.contains(&protocol) {
        return Err(Refusal::value(protocol, "protocol", &PROTOCOLS.join("|")));
    }
    if state.fpolicy_events.get(&key(svm, name)).is_some() {
        return Err(Refusal::new(DUPLICATE, format!("FPolicy event \"{name}\" already exists.")).at("name"));
    }
    let asked = OPERATIONS.iter().filter(|(field, _)| ask.flag(field.name) == Some(true));
    if let Some((field, _)) = asked.clone().find(|(_, protocols)| !protocols.contains(&protocol)) {
        let message = format!("\"{}\" is no operation of protocol \"{protocol}\".", field.name);
        return Err(Refusal::new(FPOLICY_OPERATION, message).at(field.name));
    }
    let operations = asked.filter_map(|(field, _)| field.name.strip_prefix(BELOW)).map(str::to_owned).collect();
    let event = FpolicyEvent { svm, name: name.to_owned(), protocol: protocol.to_owned(), operations };
    state.fpolicy_events.put(event);
    Ok(vec![[("svm.uuid".to_owned(), svm.to_string()), ("name".to_owned(), name.to_owned())].into()])
}

fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let svm = svm::keyed(state, ask, "svm.uuid")?.uuid;
    let name = ask.keys.get("name").cloned().unwrap_or_default();
    let event = state.fpolicy_events.get(&key(svm, &name)).ok_or_else(|| Refusal::absent("name"))?;
    if let Some(policy) = state.fpolicies.iter().find(|policy| policy.svm == svm && policy.events.contains(&name)) {
        let message = format!("FPolicy event \"{name}\" is attached to policy \"{}\".", policy.name);
        return Err(Refusal::new(FPOLICY_EVENT_ATTACHED, message).at("name"));
    }
    let key = event.key();
    state.fpolicy_events.remove(&key);
    Ok(vec![ask.keys.clone()])
}
