//! FPolicy policies. None can be made here, so every SVM has none; clients ask before each deletion.

use serde_json::Value;

use crate::lookup::svm;
use crate::rest::ask::Ask;
use crate::rest::code::Refusal;
use crate::rest::field::{flag, integer, text};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection};
use crate::state::State;

pub static FPOLICY: Noun = Noun {
    name: "name",
    instance: "/api/protocols/fpolicy/{svm.uuid}/policies/{name}",
    fields: &[
        text("name").key(),
        text("svm.uuid").key(),
        flag("enabled"),
        integer("priority"),
        text("engine.name"),
        text("events.name"),
        text("scope.include_shares"),
        text("scope.include_extension"),
        text("scope.exclude_extension"),
    ],
    order: &["name"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] = &[collection("/api/protocols/fpolicy/{svm.uuid}/policies", &FPOLICY)];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let uuid = ask.wants("svm.uuid").unwrap_or_default();
    match svm::visible(state, ask).any(|svm| svm.uuid.to_string() == uuid) {
        true => Ok(Vec::new()),
        false => Err(Refusal::absent("svm.uuid")),
    }
}
