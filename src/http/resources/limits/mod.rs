//! The caller's limits, absolute and of rate. Source: quotas-and-limits §6.
//!
//! Rate limits are the business of whatever stands in front of the daemon: the list is always empty.

use manilad_decisions::quota;
use manilad_domain::quota::{Key, QuotaScope, Usage};
use manilad_domain::{Fault, Microversion};
use manilad_store::Shared;
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::schema;

crate::routes! {
    GET "/limits" [..] "(none)" => show -> 200 json shown;
}

/// Since when a key is shown, and the names of its limit and of what is used of it. User limits are not looked at.
const TABLE: &[(Microversion, Key, &str, &str)] = &[
    row("2.0", Key::Shares, "maxTotalShares", "totalSharesUsed"),
    row("2.0", Key::Snapshots, "maxTotalShareSnapshots", "totalShareSnapshotsUsed"),
    row("2.0", Key::Gigabytes, "maxTotalShareGigabytes", "totalShareGigabytesUsed"),
    row("2.0", Key::SnapshotGigabytes, "maxTotalSnapshotGigabytes", "totalSnapshotGigabytesUsed"),
    row("2.0", Key::ShareNetworks, "maxTotalShareNetworks", "totalShareNetworksUsed"),
    row("2.58", Key::ShareGroups, "maxTotalShareGroups", "totalShareGroupsUsed"),
    row("2.58", Key::ShareGroupSnapshots, "maxTotalShareGroupSnapshots", "totalShareGroupSnapshotsUsed"),
    row("2.53", Key::ShareReplicas, "maxTotalShareReplicas", "totalShareReplicasUsed"),
    row("2.53", Key::ReplicaGigabytes, "maxTotalReplicaGigabytes", "totalReplicaGigabytesUsed"),
    row("2.80", Key::Backups, "maxTotalShareBackups", "totalShareBackupsUsed"),
    row("2.80", Key::BackupGigabytes, "maxTotalBackupGigabytes", "totalBackupGigabytesUsed"),
];

const fn row(
    since: &str,
    key: Key,
    limit: &'static str,
    used: &'static str,
) -> (Microversion, Key, &'static str, &'static str) {
    (Microversion::written(since), key, limit, used)
}

fn rows(version: Microversion) -> impl Iterator<Item = &'static (Microversion, Key, &'static str, &'static str)> {
    TABLE.iter().filter(move |(since, ..)| *since <= version)
}

/// What [`show`] answers.
fn shown(version: Microversion) -> Value {
    let names: Vec<&str> = rows(version).flat_map(|(_, _, limit, used)| [*limit, *used]).collect();
    let absolute = schema::closed(&names, names.iter().map(|name| ((*name).to_owned(), schema::integer())));
    let rate = json!({ "type": "array", "maxItems": 0 });
    let both = [("rate".to_owned(), rate), ("absolute".to_owned(), absolute)];
    schema::wrapped("limits", schema::closed(&["rate", "absolute"], both))
}

async fn show(call: Call) -> Result<Value, Fault> {
    let project = call.project();
    let limits = quota::of_project(&call.app.store, &call.app.settings.limits, project)?;
    let usage = call.app.get::<Usage>(project)?.map(Shared::into_owned).unwrap_or_default();
    let rows = || rows(call.version);
    let most = rows().map(|(_, key, name, _)| ((*name).to_owned(), json!(limits.of(*key))));
    let used = rows().map(|(_, key, _, name)| ((*name).to_owned(), json!(usage.in_use(&QuotaScope::Project, *key))));
    Ok(json!({ "limits": { "rate": [], "absolute": most.chain(used).collect::<Map<_, _>>() } }))
}
