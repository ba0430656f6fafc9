//! SnapMirror relationships, and policies of SVMs. None can be made here, so there are none; clients ask before they take
//! over a volume or delete an SVM.

use serde_json::Value;

use crate::rest::ask::Ask;
use crate::rest::code::Refusal;
use crate::rest::field::{flag, size, text, time};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection};
use crate::state::State;

pub static SNAPMIRROR_RELATIONSHIP: Noun = Noun {
    name: "uuid",
    instance: "/api/snapmirror/relationships/{uuid}",
    fields: &[
        text("uuid").key(),
        text("source.path"),
        text("source.svm.name"),
        text("destination.path"),
        text("destination.svm.name"),
        text("state"),
        flag("healthy"),
        text("policy.name"),
        text("policy.type"),
        text("transfer_schedule.name"),
        text("transfer.state"),
        time("transfer.end_time"),
        size("transfer.bytes_transferred"),
        text("last_transfer_type"),
    ],
    order: &["destination.path"],
    narrowed: None,
    list,
};

pub static SNAPMIRROR_POLICY: Noun = Noun {
    name: "uuid",
    instance: "/api/snapmirror/policies/{uuid}",
    fields: &[text("uuid").key(), text("name").key(), text("type"), text("svm.name"), text("svm.uuid")],
    order: &["name"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] = &[
    collection("/api/snapmirror/relationships", &SNAPMIRROR_RELATIONSHIP).arguments(&["list_destinations_only"]),
    collection("/api/snapmirror/policies", &SNAPMIRROR_POLICY),
];

fn list(_: &State, _: &Ask) -> Result<Vec<Value>, Refusal> {
    Ok(Vec::new())
}
