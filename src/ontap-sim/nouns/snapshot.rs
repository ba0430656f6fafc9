//! Snapshots. None can be made here, so volumes have none; clients look for left-overs over all volumes.

use serde_json::Value;

use crate::lookup::volume;
use crate::rest::ask::Ask;
use crate::rest::code::Refusal;
use crate::rest::field::{size, text, time};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection};
use crate::state::State;

pub static SNAPSHOT: Noun = Noun {
    name: "uuid",
    instance: "/api/storage/volumes/{volume.uuid}/snapshots/{uuid}",
    fields: &[
        text("uuid").key(),
        text("name").key(),
        text("volume.name"),
        text("volume.uuid"),
        text("svm.name"),
        text("svm.uuid"),
        text("owners"),
        text("snapmirror_label"),
        text("comment"),
        text("state"),
        time("create_time"),
        size("size"),
    ],
    order: &["svm.name", "volume.name", "create_time", "name"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] = &[collection("/api/storage/volumes/{volume.uuid}/snapshots", &SNAPSHOT)];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    match ask.wants("volume.uuid") {
        Some(uuid) if !volume::is_seen(state, ask, &uuid) => Err(Refusal::absent("volume.uuid")),
        _ => Ok(Vec::new()),
    }
}
