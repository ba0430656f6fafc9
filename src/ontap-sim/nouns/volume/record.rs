//! How a volume is shown. Everything is shown here; what a request gets to see of it is chosen by the table of fields.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lookup::svm;
use crate::lookup::volume::FILES_USED;
use crate::nouns::volume::{clone, movement};
use crate::rows::volume::Volume;
use crate::stamp;
use crate::state::State;

/// The volume, of which `parent` is the one that it is mounted below, and whose snapshots take that many bytes together.
pub fn record(state: &State, volume: &Volume, parent: Option<&Volume>, snapshots: u64) -> Value {
    let aggregate =
        |id: &Uuid| json!({"name": state.aggregates.get(id).map(|aggregate| aggregate.name.as_str()), "uuid": id});
    let mut aggregates = volume.aggregates.clone();
    aggregates.dedup();
    let efficient = volume.dedupe != "none" || volume.compression != "none";
    json!({
        "uuid": volume.uuid,
        "name": volume.name,
        "svm": svm::reference(state, volume.svm),
        "state": volume.state,
        "style": volume.style,
        "type": volume.kind,
        "language": volume.language,
        "comment": volume.comment,
        "_tags": volume.tags,
        "create_time": stamp(volume.created),
        "size": volume.size,
        "space": {
            "size": volume.size,
            "used": volume.used,
            "available": volume.usable().saturating_sub(volume.used),
            "filesystem_size_fixed": volume.size_fixed,
            "snapshot": {"reserve_percent": volume.reserve_percent, "used": snapshots},
        },
        "aggregates": aggregates.iter().map(aggregate).collect::<Vec<_>>(),
        "constituent_count": (volume.style == "flexgroup").then_some(volume.aggregates.len()),
        "constituents": (volume.style == "flexgroup").then(|| constituents(state, volume)),
        "snapshot_policy": {"name": volume.snapshot_policy},
        "snapshot_directory_access_enabled": volume.snapshot_directory,
        "guarantee": {"type": volume.guarantee, "honored": volume.online()},
        "nas": {
            "path": volume.junction,
            "export_policy": {
                "name": state.policies.get(&volume.policy).map(|policy| policy.name.as_str()),
                "id": volume.policy,
            },
            "security_style": volume.security_style,
            "unix_permissions": volume.unix_permissions,
            "uid": volume.uid,
            "gid": volume.gid,
            "junction_parent": parent.map(|parent| json!({"name": parent.name, "uuid": parent.uuid})),
        },
        "efficiency": {
            "state": if efficient { "enabled" } else { "disabled" },
            "dedupe": volume.dedupe,
            "compression": volume.compression,
            "policy": {"name": volume.efficiency_policy},
            "volume_path": format!("/vol/{}", volume.name),
        },
        "autosize": volume.autosize,
        "files": {"maximum": volume.files_maximum, "used": FILES_USED + volume.files},
        "encryption": {"enabled": volume.encrypted, "type": if volume.encrypted { "volume" } else { "none" }},
        "snaplock": {
            "type": volume.snaplock,
            "autocommit_period": volume.retention.autocommit,
            "retention": {
                "minimum": volume.retention.minimum,
                "maximum": volume.retention.maximum,
                "default": volume.retention.default,
            },
        },
        "qos": volume.qos.and_then(|uuid| state.qos.get(&uuid)).map(|policy| json!({
            "policy": {"name": policy.name, "uuid": policy.uuid},
        })),
        "error_state": {"is_inconsistent": false},
        "is_svm_root": volume.is_root,
        "snapmirror": {"is_protected": false},
        "clone": clone::record(state, volume),
        "movement": movement::record(state, volume),
    })
}

/// The volumes that a FlexGroup consists of, each of the same size and equally full.
fn constituents(state: &State, volume: &Volume) -> Vec<Value> {
    let parts = (volume.aggregates.len() as u64).max(1);
    let constituent = |(place, id): (usize, &Uuid)| {
        json!({
            "name": format!("{}__{:04}", volume.name, place + 1),
            "aggregates": {"name": state.aggregates.get(id).map(|aggregate| aggregate.name.as_str()), "uuid": id},
            "space": {"size": volume.size / parts, "used": volume.used / parts},
        })
    };
    volume.aggregates.iter().enumerate().map(constituent).collect()
}
