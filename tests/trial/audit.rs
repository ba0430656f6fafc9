//! The four views at the end of a trial: what tenants were told, the records as the API shows them, the arrays, and their addresses.

mod admission;
mod ensured;
mod keys;
mod screening;
mod snapshots;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use crate::array::Array;
use crate::client::{Released, TYPES};
use crate::configuration::array_of;
use crate::ledger::{Book, Promise};
use crate::owners::NOBODY;
use crate::probes::Probes;
use crate::stranger;
use crate::strangers::is_theirs;
use crate::world::World;

use screening::Screening;

pub use admission::{admission, in_force, in_force_still};
pub use snapshots::brought_back;

/// How long everything may take to settle once all is well: what an earlier incarnation had sent counts until it can't land any more,
/// pauses between tries grow to minutes, and a share server waits for its shares.
const PATIENCE: Duration = Duration::from_secs(700);

/// After how long the first sweep of an incarnation is through. What a call of an earlier one took away from rules that were only
/// added, that sweep puts back (decision 0015).
const SWEPT: Duration = Duration::from_secs(400);

/// All shares that are not in the recycle bin, and all that are.
const SHARES: &str = "/shares/detail?all_tenants=1";
const SERVICES: &str = "/security-services/detail?all_tenants=1";
const LOCKS: &str = "/resource-locks?all_projects=true";
const BIN: &str = "/shares/detail?all_tenants=1&is_soft_deleted=true";

/// Everything of the end; what does not hold is told to the world.
pub async fn audit(world: &World) {
    settled(world).await;
    // Before shares are ensured: what hands did to their volumes is for the sweep to tell.
    world.clock.sleep(SWEPT).await;
    ensured::ensure(world).await;
    settled(world).await;
    agreement(world).await;
    clean_up(world).await;
}

/// The end of a play in which hardly anything went wrong.
pub async fn end(world: &World) {
    settled(world).await;
    agreement(world).await;
    clean_up(world).await;
}

async fn settled(world: &World) {
    let deadline = world.clock.running() + PATIENCE;
    loop {
        let mut left = moving(world, SHARES, "shares", "status").await;
        left.extend(binned(world).await);
        left.extend(moving(world, "/snapshots/detail?all_tenants=1", "snapshots", "status").await);
        left.extend(moving(world, "/share-servers", "share_servers", "status").await);
        left.extend(moving(world, "/share-networks/detail?all_tenants=1", "share_networks", "status").await);
        for share in shares(world).await.keys() {
            left.extend(moving(world, &format!("/share-access-rules?share_id={share}"), "access_list", "state").await);
        }
        if left.is_empty() {
            return;
        }
        if world.clock.running() > deadline {
            left.into_iter().for_each(|one| world.breaks(format!("{PATIENCE:?} after all was well: {one}")));
            return;
        }
        world.clock.sleep(Duration::from_secs(5)).await;
    }
}

/// What of a list is on its way to another status.
async fn moving(world: &World, path: &str, key: &str, field: &str) -> Vec<String> {
    const ON_THEIR_WAY: [&str; 20] = [
        "creating",
        "creating_from_snapshot",
        "deleting",
        "extending",
        "shrinking",
        "ensuring",
        "queued_to_apply",
        "queued_to_deny",
        "queued_to_update",
        "applying",
        "denying",
        "updating",
        "network_change",
        "managing",
        "manage_starting",
        "unmanage_starting",
        "manage_error_unmanage_starting",
        "restoring",
        "reverting",
        "server_migrating",
    ];
    let all = world.list(path, key).await;
    let moving = all.into_iter().filter(|one| ON_THEIR_WAY.iter().any(|status| one[field] == json!(status)));
    moving.map(|one| format!("{key} {} is {}", one["id"], one[field])).collect()
}

fn by_id(all: Vec<Value>) -> BTreeMap<String, Value> {
    all.into_iter().map(|one| (one["id"].as_str().unwrap().to_owned(), one)).collect()
}

/// All shares, in the recycle bin and elsewhere.
async fn shares(world: &World) -> BTreeMap<String, Value> {
    let mut all = world.list(SHARES, "shares").await;
    all.extend(world.list(BIN, "shares").await);
    by_id(all)
}

/// What has still to leave the recycle bin. Of what an administrator said, nobody knows whether it can; and what has a snapshot that did not
/// go after all, which is told or was said by an administrator, can't.
async fn binned(world: &World) -> Vec<String> {
    let all = world.list(BIN, "shares").await;
    let is_forced = |one: &Value| {
        let book = world.ledger.book();
        one["id"].as_str().and_then(|id| book.shares.get(id)).is_some_and(|share| share.forced)
    };
    let snapshots = world.list("/snapshots/detail?all_tenants=1", "snapshots").await;
    let is_said = |one: &Value| world.snapshots.borrow().is_forced(one["id"].as_str().unwrap());
    let is_held = |one: &Value| {
        let mut own = snapshots.iter().filter(|other| other["share_id"] == one["id"]);
        own.any(|other| other["status"] == "error_deleting" || is_said(other))
    };
    for id in all.iter().filter(|one| is_held(one)).filter_map(|one| one["id"].as_str()) {
        world.ledger.book().shares.entry(id.to_owned()).and_modify(|share| share.forced = true);
    }
    let left = all.into_iter().filter(|one| one["status"] != "error_deleting" && !is_forced(one));
    left.map(|one| format!("share {} is in the recycle bin and {}", one["id"], one["status"])).collect()
}

async fn agreement(world: &World) {
    let shares = shares(world).await;
    let networks = by_id(world.list("/share-networks/detail?all_tenants=1", "share_networks").await);
    let services = by_id(world.list(SERVICES, "security_services").await);
    let snapshots = by_id(world.list("/snapshots/detail?all_tenants=1", "snapshots").await);
    let mut rules = BTreeMap::new();
    for id in shares.keys() {
        rules.insert(id.clone(), world.list(&format!("/share-access-rules?share_id={id}"), "access_list").await);
    }
    let mut instances = world.list("/share_instances", "share_instances").await;
    instances.extend(world.list("/share_instances?is_soft_deleted=true", "share_instances").await);
    let mut complaints = keys::complaints(world).await;
    {
        let book = world.ledger.book();
        let bin_book = world.bin.borrow();
        let promise = |id: &str, share: &crate::ledger::Share| match share.forced {
            true => Promise::Unsure,
            false => bin_book.at_the_end(id, share.promise),
        };
        let promised = book.shares.iter().map(|(id, share)| (id, promise(id, share)));
        told_and_recorded("share", promised, &shares, &book.unsure, &mut complaints);
        let promised = book.networks.iter().map(|(id, network)| (id, network.promise));
        told_and_recorded("share network", promised, &networks, &book.unsure, &mut complaints);
        let own = world.services.borrow();
        complaints.extend(own.iter().filter_map(|(id, one)| belongs(&one.project, services.get(id)?)));
        let promised = own.iter().map(|(id, one)| (id, one.promise));
        told_and_recorded("security service", promised, &services, &book.unsure, &mut complaints);
        let told = world.told.borrow();
        complaints.extend(shares.values().flat_map(|share| told.complaints(share)));
        let snapshot_book = world.snapshots.borrow();
        complaints.extend(book.shares.iter().filter_map(|(id, one)| belongs(&one.project, shares.get(id)?)));
        let own = snapshot_book.snapshots.iter();
        complaints.extend(own.filter_map(|(id, one)| belongs(&one.project, snapshots.get(id)?)));
        let promised = snapshot_book.promised();
        told_and_recorded("snapshot", promised, &snapshots, &snapshot_book.unsure, &mut complaints);
        for (id, listed) in rules.iter().filter(|(id, _)| !is_strangers(&shares[*id])) {
            rules_agree(id, listed, &book, &world.host.probes, &mut complaints);
        }
    }
    let locks = by_id(world.list(LOCKS, "resource_locks").await);
    complaints.extend(locks_agree(world, &shares, &locks));
    complaints.extend(usage(world, &shares, &snapshots).await);
    complaints.extend(snapshots::on_arrays(world, &shares).await);
    for place in 0..world.arrays.len() {
        complaints.extend(array(world, place, &instances, &shares, &rules).await);
        complaints.extend(addresses(&world.arrays[place]).await);
    }
    complaints.into_iter().for_each(|complaint| world.breaks(complaint));
}

/// Of what a stranger was given, nobody was told.
fn is_strangers(one: &Value) -> bool {
    one["project_id"] == json!(stranger::PROJECT)
}

/// What was accepted and not given back is there, what was given back is not, and nothing is there that nobody asked for.
fn told_and_recorded<'a>(
    noun: &str,
    promised: impl Iterator<Item = (&'a String, Promise)>,
    there: &BTreeMap<String, Value>,
    unsure: &[String],
    complaints: &mut Vec<String>,
) {
    let mut promised_ids = BTreeSet::new();
    for (id, promise) in promised {
        promised_ids.insert(id);
        match (promise, there.contains_key(id)) {
            (Promise::Stays, false) => complaints.push(format!("{noun} {id} was accepted and is gone")),
            (Promise::Goes, true) => {
                complaints.push(format!("{noun} {id} was given back and is {}", there[id]["status"]));
            }
            _ => {}
        }
    }
    for (id, one) in there.iter().filter(|(id, one)| !promised_ids.contains(id) && !is_strangers(one)) {
        if !unsure.iter().any(|name| one["name"] == json!(name)) {
            complaints.push(format!("nobody was told of {noun} {id}: {one}"));
        }
    }
}

/// What is said to be of a project is, unless nobody knows whose it is.
fn belongs(project: &str, shown: &Value) -> Option<String> {
    let is_known = project != NOBODY && shown["project_id"] != json!(project);
    is_known.then(|| format!("{} is to be of {project}, and is of {}", shown["id"], shown["project_id"]))
}

fn rules_agree(share: &str, listed: &[Value], book: &Book, probes: &Probes, complaints: &mut Vec<String>) {
    let is_forced = book.shares.get(share).is_some_and(|share| share.forced);
    for (id, rule) in book.rules.iter().filter(|(_, rule)| rule.share == share) {
        let found = listed.iter().find(|one| one["id"] == json!(id));
        match (if is_forced { Promise::Unsure } else { rule.promise }, found) {
            (Promise::Stays, None) => complaints.push(format!("rule {id} of share {share} was accepted and is gone")),
            // What the array did not carry out in all its time is told, see `commits.rs`, and the rule may be in force.
            (Promise::Goes, Some(one)) if one["state"] == "error" && probes.was_denied_in_vain(id) => {}
            (Promise::Goes, Some(one)) => complaints.push(format!("rule {id} was denied and is there: {one}")),
            (_, Some(one))
                if one["access_to"] != json!(rule.to)
                    || rule.level.is_some_and(|level| one["access_level"] != json!(level)) =>
            {
                complaints.push(format!("rule {id} was accepted as {rule:?} and is {one}"));
            }
            _ => {}
        }
    }
    for one in listed.iter().filter(|one| !book.rules.contains_key(one["id"].as_str().unwrap())) {
        if !book.unsure.contains(&format!("{share} {}", one["access_to"].as_str().unwrap())) {
            complaints.push(format!("nobody was told of rule {one}"));
        }
    }
}

/// Locks stand on the shares that are there until their end was asked for, and no longer.
fn locks_agree(world: &World, shares: &BTreeMap<String, Value>, locks: &BTreeMap<String, Value>) -> Vec<String> {
    let book = world.locks.borrow();
    let is_wrong = |(id, share, promise): &(&String, &String, Promise)| match promise {
        Promise::Stays => shares.contains_key(*share) && !locks.contains_key(*id),
        Promise::Goes => locks.contains_key(*id),
        Promise::Unsure => false,
    };
    let told = |(id, share, promise)| format!("lock {id} on share {share} is to be so: {promise:?}, and is not");
    book.promised().filter(is_wrong).map(told).collect()
}

/// What each project uses is what it has.
async fn usage(world: &World, shares: &BTreeMap<String, Value>, snapshots: &BTreeMap<String, Value>) -> Vec<String> {
    let mut complaints = Vec::new();
    for number in &world.plan.tenants {
        let project = format!("tenant{number:02}");
        let own = shares.values().filter(|share| share["project_id"] == json!(project));
        let (count, gib) =
            own.fold((0, 0), |(count, gib), share| (count + 1, gib + share["size"].as_u64().unwrap_or(0)));
        let Some((200, body)) = world.admin("GET", &format!("/quota-sets/{project}/detail"), None).await else {
            complaints.push(format!("the quota of {project} has no answer"));
            continue;
        };
        let in_use = |key: &str| body["quota_set"][key]["in_use"].clone();
        if (in_use("shares"), in_use("gigabytes")) != (json!(count), json!(gib)) {
            complaints.push(format!("{project} has {count} shares of {gib} GiB and uses {}", body["quota_set"]));
        }
        complaints.extend(snapshots::usage(&project, snapshots, &body["quota_set"]));
    }
    complaints
}

/// Whether a volume carries the mark of an instance; one that was let go of keeps its name.
pub fn is_marked(volume: &Value) -> bool {
    volume["_tags"].as_array().into_iter().flatten().any(|tag| tag.as_str().unwrap().starts_with("instance_id:"))
}

/// What is called on the array by the id of its record.
pub fn named(prefix: &str, id: &str) -> String {
    format!("{prefix}{}", id.replace('-', "_"))
}

/// The array has what the records say, and lets in just whom the rules name.
async fn array(
    world: &World,
    place: usize,
    instances: &[Value],
    shares: &BTreeMap<String, Value>,
    rules: &BTreeMap<String, Vec<Value>>,
) -> Vec<String> {
    let mut complaints = Vec::new();
    let array = &world.arrays[place];
    let fields = "name,size,_tags,state,nas.path,nas.export_policy.name,qos.policy.name,aggregates.name";
    let volumes = array.read(&format!("/api/storage/volumes?fields={fields}&max_records=10000")).await;
    let admitted = admission::admitted(array).await;
    let is_here = |one: &Value| one["host"].as_str().and_then(array_of) == Some(place);
    let instances = || instances.iter().filter(|one| is_here(one));
    let names = |records: &[Value]| -> Vec<String> {
        records.iter().filter_map(|record| record["name"].as_str().map(str::to_owned)).collect()
    };
    let (screening, out_of_force) = Screening::of(array).await;
    complaints.extend(out_of_force);
    // Whose status an administrator said while it was removed has no volume maybe, and leaves its policy when it is removed again.
    let is_forced = |instance: &Value| {
        let share = instance["share_id"].as_str().unwrap();
        world.ledger.book().shares.get(share).is_some_and(|share| share.forced)
    };
    let forced = instances().filter(|one| is_forced(one)).map(|one| named("share_", one["id"].as_str().unwrap()));
    let excused: Vec<String> = names(&volumes).into_iter().chain(forced).collect();
    complaints.extend(screening.strays(&excused).map(|one| format!("FPolicy is about {one}, which is not there")));
    let of = |prefix: &str| admitted.keys().filter(|name| name.starts_with(prefix)).cloned().collect::<Vec<_>>();
    let marked: Vec<Value> = volumes.iter().filter(|volume| is_marked(volume)).cloned().collect();
    // The SMB share of what was let go of stays, like its volume.
    for (kind, prefix, found) in [("volume", "share_", names(&marked)), ("policy", "policy_", of("policy_"))] {
        let own: BTreeSet<String> = instances().map(|one| named(prefix, one["id"].as_str().unwrap())).collect();
        let strays = found.iter().filter(|name| name.starts_with(prefix) && !own.contains(*name) && !is_theirs(name));
        complaints.extend(strays.map(|one| format!("an array has {kind} {one}, and no instance is called so")));
    }
    for instance in instances().filter(|one| one["status"] == "available") {
        let (id, share) = (instance["id"].as_str().unwrap(), instance["share_id"].as_str().unwrap());
        if is_forced(instance) || !shares.contains_key(share) {
            continue;
        }
        let (size, volume) = (shares[share]["size"].as_u64().unwrap_or_default(), named("share_", id));
        let on_array = volumes.iter().find(|one| one["name"] == json!(volume));
        match on_array {
            None => complaints.push(format!("share {share} is available, and its volume is not there")),
            Some(one) if one["size"] != json!(size << 30) => {
                complaints.push(format!("share {share} has {size} GiB, and on the array {} bytes", one["size"]));
            }
            Some(one) if shares[share]["snapshot_id"].is_string() && !is_in_its_pool(one, instance) => {
                complaints
                    .push(format!("share {share} is in {}, and its volume in {}", instance["host"], one["aggregates"]));
            }
            Some(one) => {
                complaints.extend(ensured::complaint(one, &shares[share]));
                complaints.extend(screening.complaint(&volume, shares[share]["share_type_name"] == json!(TYPES[1])));
            }
        }
        let entries = |counts: &dyn Fn(&Value) -> bool| -> BTreeSet<String> {
            let text = |rule: &Value, key: &str| rule[key].as_str().unwrap().to_owned();
            let own = rules[share].iter().filter(|rule| counts(rule));
            own.map(|rule| admission::entry(&text(rule, "access_to"), &text(rule, "access_level"))).collect()
        };
        let active = entries(&|rule| rule["state"] == "active");
        // Whom the array refuses to let go of, which is told, may still get in.
        let has_refused = array.has_refused();
        let in_vain =
            entries(&|rule| has_refused && world.host.probes.was_denied_in_vain(rule["id"].as_str().unwrap()));
        // By the policy that the volume has, whichever that is.
        let by = match shares[share]["share_proto"] == "CIFS" {
            true => Some(volume.as_str()),
            false => on_array.and_then(|volume| volume["nas"]["export_policy"]["name"].as_str()),
        };
        let found = by.and_then(|by| admitted.get(by)).cloned().unwrap_or_default();
        let is_in_vain = |one: &&String| in_vain.contains(*one) && !active.contains(*one);
        if !active.iter().eq(found.iter().filter(|one| !is_in_vain(one))) {
            complaints.push(format!("share {share} has rules {active:?}, and the array lets in {found:?}"));
        }
    }
    complaints
}

/// Whether a volume is in the aggregate that the host of its instance names.
fn is_in_its_pool(volume: &Value, instance: &Value) -> bool {
    let pool = instance["host"].as_str().and_then(|host| host.split('#').nth(1));
    volume["aggregates"][0]["name"].as_str() == pool
}

/// No address is given to two interfaces of an IPspace.
async fn addresses(array: &Array) -> Vec<String> {
    let path = "/api/network/ip/interfaces?fields=ip.address,ipspace.name&max_records=10000";
    let (mut seen, mut complaints) = (BTreeSet::new(), Vec::new());
    for lif in array.read(path).await {
        if !seen.insert((lif["ipspace"]["name"].to_string(), lif["ip"]["address"].to_string())) {
            complaints.push(format!("two interfaces have the address of {lif}"));
        }
    }
    complaints
}

/// Gives everything back; what does not go is told.
async fn clean_up(world: &World) {
    for lock in world.list(LOCKS, "resource_locks").await {
        world.admin("DELETE", &format!("/resource-locks/{}", lock["id"].as_str().unwrap()), None).await;
    }
    gone(world, LOCKS, "resource_locks").await;
    let snapshots = "/snapshots/detail?all_tenants=1";
    for snapshot in world.list(snapshots, "snapshots").await {
        let path = format!("/snapshots/{}/action", snapshot["id"].as_str().unwrap());
        world.admin("POST", &path, Some(&json!({ "force_delete": null }))).await;
    }
    gone(world, snapshots, "snapshots").await;
    let unmanaged = world.unmanaged.borrow().clone();
    for id in shares(world).await.keys() {
        // What was to be let go of may have lost its mark, so no removal would touch it.
        let wish = if unmanaged.contains(id) { json!({ "unmanage": null }) } else { json!({ "force_delete": null }) };
        world.admin("POST", &format!("/shares/{id}/action"), Some(&wish)).await;
    }
    gone(world, SHARES, "shares").await;
    gone(world, BIN, "shares").await;
    for network in world.list("/share-networks/detail?all_tenants=1", "share_networks").await {
        let path = format!("/share-networks/{}", network["id"].as_str().unwrap());
        // A network of several subnets does not go.
        let subnets = world.list(&format!("{path}/subnets"), "share_network_subnets").await;
        for subnet in subnets.iter().skip(1) {
            let path = format!("{path}/subnets/{}", subnet["id"].as_str().unwrap());
            world.admin("DELETE", &path, None).await;
        }
        world.admin("DELETE", &path, None).await;
    }
    // A removal that was given up when the status was said is asked for again.
    let forced = world.forced.borrow().clone();
    for server in world.list("/share-servers", "share_servers").await {
        let id = server["id"].as_str().unwrap();
        if forced.contains(id) {
            world.admin("DELETE", &format!("/share-servers/{id}"), None).await;
        }
    }
    gone(world, "/share-servers", "share_servers").await;
    gone(world, "/share-networks/detail?all_tenants=1", "share_networks").await;
    for service in world.list(SERVICES, "security_services").await {
        world.admin("DELETE", &format!("/security-services/{}", service["id"].as_str().unwrap()), None).await;
    }
    gone(world, SERVICES, "security_services").await;
    for array in &world.arrays {
        left_on(world, array).await;
    }
}

/// Tells what is left on an array though everything was given back.
async fn left_on(world: &World, array: &Array) {
    let released: BTreeSet<String> = {
        let volumes = array.read("/api/storage/volumes?fields=name,_tags&max_records=10000").await;
        let unmarked = volumes.iter().filter(|one| !is_marked(one));
        unmarked.filter_map(|one| one["name"].as_str().map(str::to_owned)).collect()
    };
    let has_refused = array.has_refused();
    for (what, path, prefix) in [
        ("volume", "/api/storage/volumes?fields=name&max_records=10000", "share_"),
        ("SMB share", "/api/protocols/cifs/shares?fields=name&max_records=10000", "share_"),
        ("export policy", "/api/protocols/nfs/export-policies?fields=name&max_records=10000", "policy_"),
        ("QoS policy", "/api/storage/qos/policies?fields=name&max_records=10000", "qos_"),
        ("SVM", "/api/svm/svms?fields=name&max_records=10000", "os_"),
    ] {
        for record in array.read(path).await {
            // By what share a volume was reached before it was managed is not ours; where the array does not let go of it, it stays.
            let is_former = |name: &str| {
                let leads_to = |one: &Released| one.path.rsplit('\\').next() == Some(name);
                what == "SMB share" && has_refused && world.released.borrow().iter().any(leads_to)
            };
            let is_ours = |name: &str| {
                name.starts_with(prefix) && !is_theirs(name) && !released.contains(name) && !is_former(name)
            };
            if record["name"].as_str().is_some_and(is_ours) {
                world.breaks(format!("{what} {} is left on the array", record["name"]));
            }
        }
    }
    let (screening, _) = Screening::of(array).await;
    screening.strays(&[]).for_each(|one| world.breaks(format!("FPolicy is about {one}, which has gone")));
    array.cluster.strays().into_iter().for_each(|stray| world.breaks(format!("on the array: {stray}")));
}

async fn gone(world: &World, path: &str, key: &str) {
    let deadline = world.clock.running() + PATIENCE;
    loop {
        let left = world.list(path, key).await;
        if left.is_empty() {
            return;
        }
        if world.clock.running() > deadline {
            left.iter().for_each(|one| world.breaks(format!("{key} {} does not go: {}", one["id"], one["status"])));
            return;
        }
        world.clock.sleep(Duration::from_secs(5)).await;
    }
}
