//! Making SVMs, with what a request has inline: interfaces, routes, services.
//!
//! How to get it wrong: leaving half an SVM behind when one of the inline objects is refused.

use serde_json::{Value, json};

use crate::lookup::{aggregate, export_policy, ipspace};
use crate::nouns::svm::crowd::{self, well_named};
use crate::nouns::svm::{change, remove};
use crate::nouns::volume::create::make_root;
use crate::nouns::{certificate, cifs_service, dns, interface, ip_route, ldap, licence, service_policy};
use crate::rest::ask::Ask;
use crate::rest::code::{Refusal, SVM_IPSPACE, SVM_NO_ROOM};
use crate::rest::json as values;
use crate::rest::made::{Made, made};
use crate::rows::export_policy::ExportPolicy;
use crate::rows::nfs_service::NfsService;
use crate::rows::svm::Svm;
use crate::state::State;

const SUBTYPES: &[&str] = &["default", "dp_destination", "sync_source", "sync_destination"];
/// Bytes of a root volume.
const ROOT: u64 = 20 << 20;

pub fn check(state: &State, ask: &Ask) -> Result<(), Refusal> {
    let name = ask.text("name").ok_or_else(|| Refusal::missing("name"))?;
    well_named(name)?;
    if let Some(word) = ask.text("subtype").filter(|word| !SUBTYPES.contains(word)) {
        return Err(Refusal::value(word, "subtype", &SUBTYPES.join("|")));
    }
    ipspace::in_body(state, ask, "ipspace", SVM_IPSPACE)?;
    change::aggregates(state, ask)?;
    crowd::check_name(state, ask, name)?;
    crowd::check(state, ask)
}

pub fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let mut svm = Svm {
        uuid: ask.id,
        name: ask.text("name").unwrap_or_default().to_owned(),
        ipspace: ipspace::in_body(state, ask, "ipspace", SVM_IPSPACE)?.unwrap_or_else(|| ipspace::default(state)),
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
    make_root(state, id, &name, home, policy);
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
