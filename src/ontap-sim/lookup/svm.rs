//! Finds SVMs, by what a request says of them.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::rest::ask::Ask;
use crate::rest::code::{NO_SUCH_SVM, Refusal, SVM_CONFLICT, SVM_MISSING};
use crate::rest::made::Made;
use crate::rows::svm::Svm;
use crate::state::State;

pub const COLLECTION: &str = "/api/svm/svms";

/// The SVMs that the request may see.
pub fn visible<'a>(state: &'a State, ask: &Ask) -> impl Iterator<Item = &'a Svm> {
    let only = ask.svm;
    state.svms.iter().filter(move |svm| only.is_none_or(|only| only == svm.uuid))
}

/// The SVM that the request's path names, if it may see it.
pub fn mine<'a>(state: &'a State, ask: &Ask) -> Result<&'a Svm, Refusal> {
    let svm = ask.key().and_then(|uuid| state.svms.get(&uuid));
    svm.filter(|svm| ask.svm.is_none_or(|own| own == svm.uuid)).ok_or_else(|| Refusal::absent("uuid"))
}

/// The SVM whose uuid stands in the request's path at `field`, if the request may see it.
pub fn keyed<'a>(state: &'a State, ask: &Ask, field: &str) -> Result<&'a Svm, Refusal> {
    let svm = ask.keys.get(field).and_then(|uuid| uuid.parse().ok()).and_then(|uuid| state.svms.get(&uuid));
    svm.filter(|svm| ask.svm.is_none_or(|own| own == svm.uuid)).ok_or_else(|| Refusal::absent(field))
}

/// The SVMs that the request's path means at `field`: one, or by `*` all that it may see.
pub fn meant(state: &State, ask: &Ask, field: &str) -> Result<Vec<Uuid>, Refusal> {
    match ask.keys.get(field).map(String::as_str) {
        Some("*") => Ok(visible(state, ask).map(|svm| svm.uuid).collect()),
        _ => keyed(state, ask, field).map(|svm| vec![svm.uuid]),
    }
}

/// The keys of what an SVM has one of.
pub fn made_in(svm: Uuid) -> Made {
    vec![[("svm.uuid".to_owned(), svm.to_string())].into()]
}

/// Name and uuid of an SVM, as other records show them.
pub fn reference(state: &State, svm: Uuid) -> Value {
    json!({"name": state.svms.get(&svm).map(|svm| svm.name.as_str()), "uuid": svm})
}

pub fn named(state: &State, name: &str) -> Option<Uuid> {
    state.svms.iter().find(|svm| svm.name == name).map(|svm| svm.uuid)
}

/// No SVM was said, where one has to be.
pub fn unnamed() -> Refusal {
    Refusal::new(SVM_MISSING, "No SVM was specified. Either \"svm.name\" or \"svm.uuid\" must be supplied.")
}

/// The SVM in which the request makes something: by `svm.name`, `svm.uuid` or its own scope, which must agree.
pub fn target(state: &State, ask: &Ask) -> Result<Uuid, Refusal> {
    let absent = |name: &str, field| Refusal::new(NO_SUCH_SVM, format!("SVM \"{name}\" does not exist.")).at(field);
    let by_name =
        ask.text("svm.name").map(|name| named(state, name).ok_or_else(|| absent(name, "svm.name"))).transpose()?;
    let existing = |text: &str| text.parse().ok().filter(|uuid| state.svms.get(uuid).is_some());
    let by_uuid =
        ask.text("svm.uuid").map(|text| existing(text).ok_or_else(|| absent(text, "svm.uuid"))).transpose()?;
    let mut said = [ask.svm, by_name, by_uuid].into_iter().flatten();
    let svm = said.next().ok_or_else(unnamed)?;
    match said.all(|other| other == svm) {
        true => Ok(svm),
        false => Err(Refusal::new(SVM_CONFLICT, "The specified SVMs are different.").at("svm")),
    }
}
