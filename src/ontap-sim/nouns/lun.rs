//! LUNs. None can be made here, so no volume has any; clients ask before they take over a volume.

use serde_json::Value;

use crate::rest::ask::Ask;
use crate::rest::code::Refusal;
use crate::rest::field::{size, text};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection};
use crate::state::State;

pub static LUN: Noun = Noun {
    name: "uuid",
    instance: "/api/storage/luns/{uuid}",
    fields: &[
        text("uuid").key(),
        text("name").key(),
        text("svm.name"),
        text("svm.uuid"),
        text("location.volume.name"),
        text("location.volume.uuid"),
        size("space.size"),
    ],
    order: &["svm.name", "name"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] = &[collection("/api/storage/luns", &LUN)];

fn list(_: &State, _: &Ask) -> Result<Vec<Value>, Refusal> {
    Ok(Vec::new())
}
