//! Whether each encrypted share server reads its tenant's key, by a credential that there is, and all on it is encrypted.

use manilad_domain::ShareServer;
use manilad_domain::status::ServerStatus;
use serde_json::{Value, json};

use crate::world::World;

/// What does not hold of the servers that serve.
pub async fn complaints(world: &World) -> Vec<String> {
    let mut complaints = Vec::new();
    let credentials = world.host.keys.credentials(&world.clock);
    let mut stores: Vec<Value> = Vec::new();
    let mut volumes: Vec<Value> = Vec::new();
    for array in &world.arrays {
        let fields = "svm.name,configuration.name,application_cred_id,enabled";
        stores.extend(array.read(&format!("/api/security/barbican-kms?fields={fields}&max_records=10000")).await);
        let fields = "svm.name,is_svm_root,encryption.enabled";
        volumes.extend(array.read(&format!("/api/storage/volumes?fields={fields}&max_records=10000")).await);
    }
    let servers: Vec<ShareServer> = world.host.store().map(|store| store.all().unwrap()).unwrap_or_default();
    // One that is gone from the array may be called active by an administrator.
    for server in servers.iter().filter(|server| server.status == ServerStatus::Active && server.stands()) {
        let (id, key) =
            (server.id.to_string(), server.encryption.as_ref().map(|encryption| encryption.key.to_string()));
        let is_on_it = |one: &&Value| one["svm"]["name"].as_str().is_some_and(|name| name.ends_with(&id));
        let own: Vec<&Value> = stores.iter().filter(is_on_it).collect();
        let Some(key) = key else {
            complaints.extend(own.iter().map(|store| format!("server {id} has no key, and a key store: {store}")));
            continue;
        };
        let reads = |store: &&&Value| {
            let credential = credentials.iter().find(|(id, ..)| store["application_cred_id"] == **id);
            let is_its = credential.is_some_and(|(_, name, of)| *name == format!("manilad-{id}") && *of == key);
            store["enabled"] == json!(true) && store["configuration"]["name"] == format!("barbican_{key}") && is_its
        };
        if own.len() != 1 || own.iter().filter(reads).count() != 1 {
            complaints.push(format!("server {id} does not read key {key}: {own:?}, {credentials:?}"));
        }
        let plain = volumes.iter().filter(is_on_it).filter(|volume| volume["is_svm_root"] != json!(true));
        let plain = plain.filter(|volume| volume["encryption"]["enabled"] != json!(true));
        complaints.extend(plain.map(|volume| format!("volume {} on server {id} is not encrypted", volume["name"])));
    }
    complaints
}
