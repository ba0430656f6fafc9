//! Kerberos interfaces: one per data LIF, on none of which Kerberos is enabled.

use serde_json::{Value, json};

use crate::nouns::{interface, svm};
use crate::rest::ask::Ask;
use crate::rest::code::Refusal;
use crate::rest::noun::{Noun, flag, text};
use crate::rest::route::{Endpoint, collection, instance};
use crate::state::State;

pub static KERBEROS_INTERFACE: Noun = Noun {
    name: "interface.uuid",
    instance: "/api/protocols/nfs/kerberos/interfaces/{interface.uuid}",
    fields: &[
        text("interface.uuid").key(),
        text("interface.name").key(),
        text("interface.ip.address").key(),
        flag("enabled"),
        text("spn"),
        text("svm.name"),
        text("svm.uuid"),
    ],
    order: &["svm.name", "interface.name"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] = &[
    collection("/api/protocols/nfs/kerberos/interfaces", &KERBEROS_INTERFACE),
    instance("/api/protocols/nfs/kerberos/interfaces/{interface.uuid}", &KERBEROS_INTERFACE),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let record = |lif: &interface::Interface| {
        json!({
            "interface": {"uuid": lif.uuid, "name": lif.name, "ip": {"address": lif.address}},
            "enabled": false,
            "svm": svm::reference(state, lif.svm),
        })
    };
    Ok(interface::visible(state, ask).map(record).collect())
}
