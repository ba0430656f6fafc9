//! Making SVMs, with what a request has inline: interfaces, routes, services.
//!
//! How to get it wrong: leaving half an SVM behind when one of the inline objects is refused.

use serde_json::{Value, json};

use crate::nouns::export_policy::{self, ExportPolicy};
use crate::nouns::nfs_service::NfsService;
use crate::nouns::svm::{Svm, change, crowd, remove};
use crate::nouns::{
    aggregate, certificate, cifs_service, dns, interface, ip_route, ipspace, ldap, licence, service_policy, volume,
};
use crate::rest::ask::Ask;
use crate::rest::code::{Refusal, SVM_IPSPACE, SVM_NAME, SVM_NO_ROOM};
use crate::rest::json as values;
use crate::rest::route::{Made, made};
use crate::state::State;

const LONGEST_NAME: usize = 47;
const SUBTYPES: &[&str] = &["default", "dp_destination", "sync_source", "sync_destination"];
/// Bytes of a root volume.
const ROOT: u64 = 20 << 20;

pub fn check(state: &State, ask: &Ask) -> Result<(), Refusal> {
    let name = ask.text("name").ok_or_else(|| Refusal::missing("name"))?;
    well_named(name)?;
    if let Some(word) = ask.text("subtype").filter(|word| !SUBTYPES.contains(word)) {
        return Err(Refusal::value(word, "subtype", &SUBTYPES.join("|")));
    }
    ipspace::given(state, ask, "ipspace", SVM_IPSPACE)?;
    change::aggregates(state, ask)?;
    crowd::check_name(state, ask, name)?;
    crowd::check(state, ask)
}

pub fn well_named(name: &str) -> Result<(), Refusal> {
    let first = name.chars().next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    let rest = name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(letter));
    if first && rest && name.len() <= LONGEST_NAME {
        return Ok(());
    }
    let message = format!(
        "Invalid SVM name \"{name}\". It must start with a letter or \"_\", consist of letters, digits, \"_\", \"-\" and \
         \".\", and be no longer than 47 characters."
    );
    Err(Refusal::new(SVM_NAME, message).at("name"))
}

pub fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let mut svm = Svm {
        uuid: ask.id,
        name: ask.text("name").unwrap_or_default().to_owned(),
        ipspace: ipspace::given(state, ask, "ipspace", SVM_IPSPACE)?.unwrap_or_else(|| ipspace::default(state)),
        nfs: None,
        ..Svm::default()
    };
    for (field, place) in [("subtype", &mut svm.subtype), ("language", &mut svm.language)] {
        if let Some(text) = ask.text(field) {
            text.clone_into(place);
        }
    }
    change::take(state, &mut svm, ask)?;
    if ask.flag("nfs.enabled") == Some(true) {
        licence::need(state, "nfs")?;
        let mut service = NfsService::default();
        service.take(ask, "nfs.")?;
        svm.nfs = Some(service);
    }
    establish(state, svm)?;
    match inline(state, ask) {
        Ok(()) => Ok(made(ask.id)),
        Err(refusal) => {
            remove::wipe(state, ask.id);
            Err(refusal)
        }
    }
}

/// Puts the SVM there with what every SVM has: root volume, export policy `default`, service policies.
pub fn establish(state: &mut State, svm: Svm) -> Result<(), Refusal> {
    let eligible =
        state.aggregates.iter().filter(|one| svm.aggregates.is_empty() || svm.aggregates.contains(&one.uuid));
    let roomiest = eligible.max_by_key(|one| (aggregate::available(state, one), std::cmp::Reverse(&one.name)));
    let home = roomiest.filter(|one| aggregate::available(state, one) >= ROOT).map(|one| one.uuid);
    let Some(home) = home else {
        return Err(Refusal::new(SVM_NO_ROOM, "No aggregate has space for the root volume of the SVM."));
    };
    let (id, name) = (svm.uuid, svm.name.clone());
    let number = state.number();
    state.svms.put(Svm { number, next_policy: 1, ..svm });
    let policy = export_policy::next_id(state, id);
    let name_of_policy = export_policy::DEFAULT.to_owned();
    state.policies.put(ExportPolicy { id: policy, svm: id, name: name_of_policy, rules: Vec::new() });
    service_policy::establish(state, id);
    certificate::establish(state, id);
    volume::make_root(state, id, &name, home, policy);
    Ok(())
}

/// Makes what stands in the body besides the SVM itself.
fn inline(state: &mut State, ask: &Ask) -> Result<(), Refusal> {
    for body in members(ask, "ip_interfaces") {
        let one = within(state, ask, with_policy(body));
        interface::create(state, &one)?;
    }
    for body in members(ask, "routes") {
        let one = within(state, ask, body);
        ip_route::create(state, &one)?;
    }
    // In this order: each needs what stands before it.
    if let Some(body) = one(ask, "dns") {
        let one = within(state, ask, body);
        dns::create(state, &one)?;
    }
    if let Some(body) = one(ask, "ldap").filter(|body| body["enabled"] != false) {
        let one = within(state, ask, body);
        ldap::create(state, &one)?;
    }
    if let Some(body) = one(ask, "cifs").filter(|body| body.get("name").is_some()) {
        let one = within(state, ask, body);
        cifs_service::check(state, &one)?;
        cifs_service::create(state, &one)?;
    }
    Ok(())
}

fn members(ask: &Ask, field: &str) -> Vec<Value> {
    values::get(&ask.body, field).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn one(ask: &Ask, field: &str) -> Option<Value> {
    values::get(&ask.body, field).filter(|body| body.is_object()).cloned()
}

/// Inline, a service policy is a plain name.
fn with_policy(mut body: Value) -> Value {
    if let Some(name) = body.get("service_policy").and_then(Value::as_str).map(str::to_owned) {
        body["service_policy"] = json!({"name": name});
    }
    body
}

/// A request of its own for something in the new SVM.
fn within(state: &State, ask: &Ask, mut body: Value) -> Ask {
    body["svm"] = json!({"uuid": ask.id});
    Ask { body, id: state.clock.id(), svm: None, ..ask.clone() }
}
