//! SVM peers. None can be made here, so every SVM has none; clients ask before each deletion of an SVM.

use serde_json::Value;

use crate::rest::ask::Ask;
use crate::rest::code::Refusal;
use crate::rest::field::text;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection};
use crate::state::State;

pub static SVM_PEER: Noun = Noun {
    name: "uuid",
    instance: "/api/svm/peers/{uuid}",
    fields: &[
        text("uuid").key(),
        text("name").key(),
        text("state"),
        text("applications"),
        text("svm.name"),
        text("svm.uuid"),
        text("peer.svm.name"),
        text("peer.svm.uuid"),
        text("peer.cluster.name"),
    ],
    order: &["name"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] = &[collection("/api/svm/peers", &SVM_PEER)];

fn list(_: &State, _: &Ask) -> Result<Vec<Value>, Refusal> {
    Ok(Vec::new())
}
