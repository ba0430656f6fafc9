//! Snapshots at the end of a trial: what tenants were told, the records and the arrays agree. And volumes are brought back to them only
//! while that is owed.
//!
//! How to get it wrong: to look for the snapshots of a share whose status an administrator has said.

use std::collections::{BTreeMap, BTreeSet};

use manilad_domain::intent::{Lane, Verb};
use manilad_domain::status::{SnapshotStatus, Status};
use manilad_domain::{Intent, Share as ShareRecord, ShareSnapshot, share, snapshot};
use manilad_store::Range;
use serde_json::{Value, json};

use super::named;
use crate::array::{Array, BroughtBack};
use crate::client::name_on_array;
use crate::world::World;

/// What of snapshots on the arrays does not agree with the records.
pub async fn on_arrays(world: &World, shares: &BTreeMap<String, Value>) -> Vec<String> {
    let instances = world.list("/snapshot-instances/detail", "snapshot_instances").await;
    let mut there = BTreeSet::new();
    for array in &world.arrays {
        let path = "/api/storage/volumes/*/snapshots?fields=name,volume.name&max_records=10000";
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        there.extend(array.read(path).await.iter().map(|one| (text(&one["volume"]["name"]), text(&one["name"]))));
    }
    let place = |one: &Value| (named("share_", one["share_instance_id"].as_str().unwrap()), name_on_array(one));
    let mut complaints = Vec::new();
    let (book, shares_book) = (world.snapshots.borrow(), world.ledger.book());
    for one in instances.iter().filter(|one| one["status"] == "available") {
        let (id, share) = (one["snapshot_id"].as_str().unwrap(), one["share_id"].as_str().unwrap());
        let is_forced = shares_book.shares.get(share).is_some_and(|share| share.forced) || book.is_forced(id);
        if !is_forced && shares.contains_key(share) && !there.contains(&place(one)) {
            complaints.push(format!("snapshot {id} of share {share} is available, and not on the array: {one}"));
        }
    }
    let own: BTreeSet<_> = instances.iter().map(place).collect();
    let left: BTreeSet<&String> = book.unmanaged.iter().map(|(_, name)| name).collect();
    let strays = there.iter().filter(|one| one.1.starts_with("share_snapshot_") && !own.contains(*one));
    // What began with a snapshot has that, too, whoever it is now; and what waits for its clones has its snapshots meanwhile.
    let is_begun_with = |volume: &str, name: &str| {
        let is_other = |base: &(String, String)| base.1 == name && base.0 != volume;
        world.arrays.iter().any(|array| array.bases.borrow().iter().any(is_other))
    };
    let is_put_away = |volume: &str| volume.starts_with("deleted_manila_");
    let strays =
        strays.filter(|(volume, name)| !left.contains(name) && !is_put_away(volume) && !is_begun_with(volume, name));
    complaints.extend(strays.map(|(volume, name)| format!("{volume} has {name}, and no snapshot is called so")));
    complaints
}

/// What of the usage of a project does not agree with the snapshots that it has.
pub fn usage(project: &str, snapshots: &BTreeMap<String, Value>, quota: &Value) -> Option<String> {
    let own = snapshots.values().filter(|one| one["project_id"] == json!(project));
    let (count, gib) =
        own.fold((0, 0), |(count, gib), one| (count + 1, gib + one["size"].as_u64().unwrap_or_default()));
    let in_use = |key: &str| quota[key]["in_use"].clone();
    let agrees = (in_use("snapshots"), in_use("snapshot_gigabytes")) == (json!(count), json!(gib));
    (!agrees).then(|| format!("{project} has {count} snapshots of {gib} GiB and uses {quota}"))
}

/// No volume is brought back to a snapshot once its share is in use again, or what clients wrote since would be lost; nor does it lose a
/// snapshot by that of which a record says that it is available. What an administrator says of a share gives up the work that would
/// have waited for such calls.
pub fn brought_back(world: &World, array: &Array) {
    let Some(store) = world.host.store() else { return };
    let Ok(now) = store.snapshot() else { return };
    for BroughtBack { volume, snapshots } in array.brought_back.take() {
        let Some(id) = volume.strip_prefix("share_").map(|id| id.replace('_', "-")) else { continue };
        let shares = now.along::<ShareRecord>(&Range::of(share::index::BY_INSTANCE, [id.as_str()])).next();
        // A disk that can't be read tells nothing.
        let Some(Ok(share)) = shares else { continue };
        let is_forced = world.ledger.book().shares.get(&share.id.to_string()).is_some_and(|share| share.forced);
        let instance = share.instances.iter().find(|one| one.id.to_string() == id);
        let Some(instance) = instance.filter(|_| !is_forced) else { continue };
        let owed = now.get::<Intent>(&Intent::key_of(instance.id, Lane::Life)).ok().flatten();
        let is_owed = owed.is_some_and(|intent| intent.verb == Verb::Revert);
        let is_used = matches!(instance.status, Status::Available | Status::Extending | Status::Shrinking);
        if is_used && !is_owed {
            world.breaks(format!("share {} is {}, and was brought back to a snapshot", share.id, instance.status));
        }
        let own = Range::of(snapshot::index::BY_SHARE, [share.id.to_string()]);
        for one in now.along::<ShareSnapshot>(&own).flatten() {
            let is_there = one.location.as_ref().is_some_and(|name| snapshots.contains(name));
            let is_believed =
                one.status == SnapshotStatus::Available && !world.snapshots.borrow().is_forced(&one.id.to_string());
            if is_believed && !is_there {
                world.breaks(format!("snapshot {} is available, and vanished when its share was reverted", one.id));
            }
        }
    }
}
