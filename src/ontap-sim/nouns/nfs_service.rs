//! The NFS service of each SVM: NFSv3 over TCP, which is what the data LIFs really serve.

use serde_json::{Value, json};

use crate::nouns::svm;
use crate::rest::ask::Ask;
use crate::rest::code::Refusal;
use crate::rest::noun::{Noun, flag, integer, text};
use crate::rest::route::{Endpoint, collection, instance};
use crate::state::State;

pub static NFS_SERVICE: Noun = Noun {
    name: "svm.uuid",
    instance: "/api/protocols/nfs/services/{svm.uuid}",
    fields: &[
        text("svm.name").key(),
        text("svm.uuid").key(),
        flag("enabled"),
        text("state"),
        flag("showmount_enabled"),
        flag("vstorage_enabled"),
        flag("protocol.v3_enabled"),
        flag("protocol.v40_enabled"),
        flag("protocol.v41_enabled"),
        flag("transport.tcp_enabled"),
        flag("transport.udp_enabled"),
        integer("transport.tcp_max_transfer_size"),
    ],
    order: &["svm.name"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] = &[
    collection("/api/protocols/nfs/services", &NFS_SERVICE),
    instance("/api/protocols/nfs/services/{svm.uuid}", &NFS_SERVICE),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let record = |svm| {
        json!({
            "svm": svm,
            "enabled": true,
            "state": "online",
            "showmount_enabled": true,
            "vstorage_enabled": false,
            "protocol": {"v3_enabled": true, "v40_enabled": false, "v41_enabled": false},
            "transport": {"tcp_enabled": true, "udp_enabled": false, "tcp_max_transfer_size": 65536},
        })
    };
    Ok(svm::visible(state, ask).map(|svm| record(svm::reference(state, svm.uuid))).collect())
}
