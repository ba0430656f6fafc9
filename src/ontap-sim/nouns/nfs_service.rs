//! The NFS service of each SVM. What the data LIFs really serve is NFSv3 over TCP; the rest is kept and listed.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::lanes::Cost;
use crate::lookup::svm;
use crate::nouns::licence;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{DUPLICATE, NFS_SVM_STOPPED, NFS_TRANSFER_SIZE, Refusal};
use crate::rest::field::{flag, integer, text};
use crate::rest::json as values;
use crate::rest::made::Made;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::rows::nfs_service::NfsService;
use crate::rows::svm::Svm;
use crate::state::State;

/// What can be switched, and whether it is on in a new service.
const FLAGS: &[(&str, bool)] = &[
    ("showmount_enabled", true),
    ("vstorage_enabled", false),
    ("protocol.v3_enabled", true),
    ("protocol.v40_enabled", false),
    ("protocol.v41_enabled", false),
    ("protocol.v3_features.connection_drop", true),
    ("protocol.v3_features.ejukebox_enabled", true),
    ("protocol.v41_features.pnfs_enabled", false),
    ("transport.tcp_enabled", true),
    ("transport.udp_enabled", false),
    ("windows.v3_ms_dos_client_enabled", false),
];

const TRANSFERS: std::ops::RangeInclusive<u64> = 8192..=1_048_576;

impl NfsService {
    fn flag(&self, name: &str, default: bool) -> bool {
        self.flags.get(name).copied().unwrap_or(default)
    }

    /// Whether clients of NFSv3 over TCP are served.
    pub fn serves(&self) -> bool {
        self.enabled && self.flag("protocol.v3_enabled", true) && self.flag("transport.tcp_enabled", true)
    }

    /// Takes over what the request says, which stands below `path` in its body.
    pub fn take(&mut self, ask: &Ask, path: &str) -> Result<(), Refusal> {
        let at = |field: &str| format!("{path}{field}");
        self.enabled = ask.flag(&at("enabled")).unwrap_or(self.enabled);
        for (name, _) in FLAGS {
            if let Some(on) = ask.flag(&at(name)) {
                self.flags.insert((*name).to_owned(), on);
            }
        }
        if let Some(bytes) = ask.whole(&at("transport.tcp_max_transfer_size")) {
            if bytes % 4096 != 0 || !TRANSFERS.contains(&bytes) {
                let message = "The maximum transfer size must be a multiple of 4096 from 8192 to 1048576.";
                return Err(Refusal::new(NFS_TRANSFER_SIZE, message).at("transport.tcp_max_transfer_size"));
            }
            self.transfer = bytes;
        }
        Ok(())
    }
}

pub static NFS_SERVICE: Noun = Noun {
    name: "svm.uuid",
    instance: INSTANCE,
    fields: &[
        text("svm.name").key().post(),
        text("svm.uuid").key().post(),
        flag("enabled").write(),
        text("state"),
        flag("showmount_enabled").write(),
        flag("vstorage_enabled").write(),
        flag("protocol.v3_enabled").write(),
        flag("protocol.v40_enabled").write(),
        flag("protocol.v41_enabled").write(),
        flag("protocol.v3_features.connection_drop").write(),
        flag("protocol.v3_features.ejukebox_enabled").write(),
        flag("protocol.v41_features.pnfs_enabled").write(),
        flag("transport.tcp_enabled").write(),
        flag("transport.udp_enabled").write(),
        integer("transport.tcp_max_transfer_size").write(),
        flag("windows.v3_ms_dos_client_enabled").write(),
    ],
    order: &["svm.name"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/protocols/nfs/services";
const INSTANCE: &str = "/api/protocols/nfs/services/{svm.uuid}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &NFS_SERVICE),
    sync(Method::Post, COLLECTION, &NFS_SERVICE, Cost::Policy, create),
    each(Method::Patch, COLLECTION, &NFS_SERVICE, INSTANCE),
    each(Method::Delete, COLLECTION, &NFS_SERVICE, INSTANCE),
    instance(INSTANCE, &NFS_SERVICE),
    sync(Method::Patch, INSTANCE, &NFS_SERVICE, Cost::Policy, change),
    sync(Method::Delete, INSTANCE, &NFS_SERVICE, Cost::Policy, delete),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let record = |svm: &Svm| Some(record(svm::reference(state, svm.uuid), svm.nfs.as_ref()?));
    Ok(svm::visible(state, ask).filter_map(record).collect())
}

fn record(svm: Value, service: &NfsService) -> Value {
    let mut record = Map::new();
    for (name, default) in FLAGS {
        // Cannot fail: no flag stands above another.
        let _ = values::put(&mut record, name, json!(service.flag(name, *default)));
    }
    let more = json!({
        "svm": svm,
        "enabled": service.enabled,
        "state": if service.enabled { "online" } else { "offline" },
        "transport": {"tcp_max_transfer_size": service.transfer},
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        let _ = values::put(&mut record, name, value.clone());
    }
    Value::Object(record)
}

fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let uuid = svm::target(state, ask)?;
    licence::need(state, "nfs")?;
    let svm = state.svms.get(&uuid).ok_or_else(|| Refusal::absent("svm.uuid"))?;
    if svm.nfs.is_some() {
        return Err(Refusal::new(DUPLICATE, "The SVM already has an NFS service."));
    }
    if svm.state != "running" {
        return Err(Refusal::new(NFS_SVM_STOPPED, "The SVM is not running."));
    }
    let mut service = NfsService::default();
    service.take(ask, "")?;
    state.svms.change(&uuid, |svm| svm.nfs = Some(service));
    Ok(svm::made_in(uuid))
}

/// The SVM that the request's path names, if the request may see it and it has the service.
fn mine(state: &State, ask: &Ask) -> Result<(Uuid, NfsService), Refusal> {
    let svm = svm::keyed(state, ask, "svm.uuid")?;
    svm.nfs.clone().map(|nfs| (svm.uuid, nfs)).ok_or_else(|| Refusal::absent("svm.uuid"))
}

fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let (uuid, mut service) = mine(state, ask)?;
    service.take(ask, "")?;
    state.svms.change(&uuid, |svm| svm.nfs = Some(service));
    Ok(svm::made_in(uuid))
}

fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let (uuid, _) = mine(state, ask)?;
    state.svms.change(&uuid, |svm| svm.nfs = None);
    Ok(svm::made_in(uuid))
}
