//! The four views at the end: what clients were told, the records as the API shows them, the array, and its addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::ledger::{Book, Ledger, Promise};
use crate::stage::Stage;

/// How long everything may take to settle once the array behaves: calls of the incarnation that was killed count until
/// they can't land any more, and a share server waits for its shares.
const PATIENCE: Duration = Duration::from_secs(600);

/// Waits until nothing is on its way; answers what still is when time is up.
pub fn settled(stage: &Stage) -> Vec<String> {
    wait(|| {
        let mut on_its_way = moving(stage, "/shares/detail?all_tenants=1", "shares", "status");
        on_its_way.extend(moving(stage, "/share-servers", "share_servers", "status"));
        on_its_way.extend(moving(stage, "/share-networks/detail?all_tenants=1", "share_networks", "status"));
        for share in shares(stage).keys() {
            on_its_way.extend(moving(stage, &format!("/share-access-rules?share_id={share}"), "access_list", "state"));
        }
        on_its_way
    })
}

#[allow(clippy::disallowed_methods, reason = "other processes run on the real clock")]
fn wait(mut what_is_left: impl FnMut() -> Vec<String>) -> Vec<String> {
    let (began, mut told) = (Instant::now(), Duration::ZERO);
    loop {
        let left = what_is_left();
        if began.elapsed() > told + Duration::from_secs(60) {
            told = began.elapsed();
            println!("after {} s still {} on their way, such as {:?}", told.as_secs(), left.len(), left.first());
        }
        if left.is_empty() || began.elapsed() > PATIENCE {
            println!("settled after {:?}", began.elapsed());
            return left.into_iter().map(|one| format!("not settled within {PATIENCE:?}: {one}")).collect();
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

fn moving(stage: &Stage, path: &str, key: &str, status: &str) -> Vec<String> {
    // A share that is gone by now has no rules.
    let Some((200, body)) = stage.admin("GET", path, None) else { return Vec::new() };
    let on_its_way = |text: &str| text.ends_with("ing") || text.starts_with("queued") || text == "network_change";
    let all = body[key].as_array().into_iter().flatten();
    let moving = all.filter(|one| one[status].as_str().is_some_and(on_its_way));
    moving.map(|one| format!("{key} {} is {}", one["id"], one[status])).collect()
}

/// The shares that are there, by id.
fn shares(stage: &Stage) -> BTreeMap<String, Value> {
    by_id(stage.list("/shares/detail?all_tenants=1", "shares"))
}

fn by_id(all: Vec<Value>) -> BTreeMap<String, Value> {
    all.into_iter().map(|one| (one["id"].as_str().unwrap().to_owned(), one)).collect()
}

/// What does not agree.
pub fn agreement(stage: &Stage, ledger: &Ledger) -> Vec<String> {
    let book = ledger.book();
    let shares = shares(stage);
    let mut complaints = Vec::new();
    told_and_recorded(
        "share",
        // A status that an administrator sets ends what was owed, a removal too.
        book.shares.iter().map(|(id, share)| (id, if share.forced { Promise::Unsure } else { share.promise })),
        &shares,
        &book.unsure,
        &mut complaints,
    );
    let networks = by_id(stage.list("/share-networks/detail?all_tenants=1", "share_networks"));
    let promised = book.networks.iter().map(|(id, network)| (id, network.promise));
    told_and_recorded("share network", promised, &networks, &book.unsure, &mut complaints);
    let mut rules = BTreeMap::new();
    for id in shares.keys() {
        let listed = stage.list(&format!("/share-access-rules?share_id={id}"), "access_list");
        rules_agree(id, &listed, &book, &mut complaints);
        rules.insert(id.clone(), listed);
    }
    complaints.extend(usage(stage, &book, &shares));
    complaints.extend(array(stage, &book, &shares, &rules));
    complaints.extend(addresses(stage));
    complaints
}

/// What was accepted and not given back is there, what was given back is not, and nothing is there that nobody asked for.
fn told_and_recorded<'a>(
    noun: &str,
    promised: impl Iterator<Item = (&'a String, Promise)>,
    there: &BTreeMap<String, Value>,
    unsure: &[String],
    complaints: &mut Vec<String>,
) {
    let mut known = BTreeSet::new();
    for (id, promise) in promised {
        known.insert(id);
        match (promise, there.contains_key(id)) {
            (Promise::Stays, false) => complaints.push(format!("{noun} {id} was accepted and is gone")),
            (Promise::Goes, true) => {
                complaints.push(format!("{noun} {id} was given back and is {}", there[id]["status"]))
            }
            _ => {}
        }
    }
    for (id, one) in there.iter().filter(|(id, _)| !known.contains(id)) {
        if !unsure.iter().any(|name| one["name"] == json!(name)) {
            complaints.push(format!("nobody was told of {noun} {id}: {one}"));
        }
    }
}

fn rules_agree(share: &str, listed: &[Value], book: &Book, complaints: &mut Vec<String>) {
    for (id, rule) in book.rules.iter().filter(|(_, rule)| rule.share == share) {
        let found = listed.iter().find(|one| one["id"] == json!(id));
        let is_forced = book.shares.get(share).is_some_and(|share| share.forced);
        match (if is_forced { Promise::Unsure } else { rule.promise }, found) {
            (Promise::Stays, None) => complaints.push(format!("rule {id} of share {share} was accepted and is gone")),
            (Promise::Goes, Some(one)) => complaints.push(format!("rule {id} was denied and is there: {one}")),
            (_, Some(one)) if one["access_to"] != json!(rule.to) || one["access_level"] != json!(rule.level) => {
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

/// What each project uses is what it has.
fn usage(stage: &Stage, book: &Book, shares: &BTreeMap<String, Value>) -> Vec<String> {
    let mut complaints = Vec::new();
    let projects: BTreeSet<&String> = book.shares.values().map(|share| &share.project).collect();
    for project in projects {
        let own = shares.values().filter(|share| share["project_id"] == json!(project));
        let (count, gib) = own.fold((0, 0), |(count, gib), share| (count + 1, gib + share["size"].as_u64().unwrap()));
        let path = format!("/quota-sets/{project}/detail");
        let Some((200, body)) = stage.admin("GET", &path, None) else {
            complaints.push(format!("{path} has no answer"));
            continue;
        };
        let told = |key: &str| body["quota_set"][key]["in_use"].clone();
        if (told("shares"), told("gigabytes")) != (json!(count), json!(gib)) {
            complaints.push(format!("{project} has {count} shares of {gib} GiB and uses {}", body["quota_set"]));
        }
    }
    complaints
}

/// The array has what the records say, and lets in just whom the rules name.
fn array(
    stage: &Stage,
    book: &Book,
    shares: &BTreeMap<String, Value>,
    rules: &BTreeMap<String, Vec<Value>>,
) -> Vec<String> {
    let instances = stage.list("/share_instances", "share_instances");
    let name = |prefix: &str, id: &str| format!("{prefix}{}", id.replace('-', "_"));
    let (state, volumes) = (stage.sim.state(), stage.sim.volumes());
    let admitted = admitted(stage);
    let mut complaints = Vec::new();
    for (kind, prefix, found) in [("volume", "share_", &state.volumes), ("policy", "policy_", &state.policies)] {
        let own: BTreeSet<String> = instances.iter().map(|one| name(prefix, one["id"].as_str().unwrap())).collect();
        let strays = found.iter().filter(|one| !own.contains(*one));
        complaints.extend(strays.map(|one| format!("the array has {kind} {one}, and no instance is called so")));
    }
    for instance in instances.iter().filter(|one| one["status"] == "available") {
        let (id, share) = (instance["id"].as_str().unwrap(), instance["share_id"].as_str().unwrap());
        if book.shares.get(share).is_some_and(|share| share.forced) || !shares.contains_key(share) {
            continue;
        }
        let (size, volume) = (shares[share]["size"].as_u64().unwrap_or_default(), name("share_", id));
        match volumes.iter().find(|one| one["name"] == json!(volume)) {
            None => complaints.push(format!("share {share} is available, and its volume is not there")),
            Some(one) if one["size"] != json!(size << 30) => {
                complaints.push(format!("share {share} has {size} GiB, and on the array {} bytes", one["size"]));
            }
            Some(_) => {}
        }
        let active = rules[share].iter().filter(|rule| rule["state"] == "active");
        let wanted: BTreeSet<String> = active
            .map(|rule| format!("{} {}", rule["access_to"].as_str().unwrap(), rule["access_level"].as_str().unwrap()))
            .collect();
        let found = admitted.get(&name("policy_", id)).cloned().unwrap_or_default();
        if wanted != found {
            complaints.push(format!("share {share} has rules {wanted:?}, and the array lets in {found:?}"));
        }
    }
    complaints
}

/// By the name of each export policy whom it lets in, as `address level`.
fn admitted(stage: &Stage) -> BTreeMap<String, BTreeSet<String>> {
    let path = "/api/protocols/nfs/export-policies?fields=name,rules&max_records=10000";
    let policies = stage.sim.by_hand("GET", path, Value::Null);
    let rule = |rule: &Value| -> Vec<String> {
        let level = if rule["rw_rule"] == json!(["never"]) { "ro" } else { "rw" };
        let clients = rule["clients"].as_array().into_iter().flatten();
        clients.map(|client| format!("{} {level}", client["match"].as_str().unwrap())).collect()
    };
    let policy = |policy: &Value| {
        let rules = policy["rules"].as_array().into_iter().flatten();
        (policy["name"].as_str().unwrap().to_owned(), rules.flat_map(rule).collect())
    };
    policies["records"].as_array().unwrap().iter().map(policy).collect()
}

/// Each server that is recorded stands on the array with its own addresses, and no other server does.
fn addresses(stage: &Stage) -> Vec<String> {
    let mut complaints = Vec::new();
    let lifs = stage.sim.by_hand("GET", "/api/network/ip/interfaces?fields=ip,svm&max_records=10000", Value::Null);
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut all = BTreeSet::new();
    for lif in lifs["records"].as_array().unwrap() {
        let (svm, address) = (&lif["svm"]["name"], lif["ip"]["address"].as_str().unwrap_or_default().to_owned());
        if let Some(svm) = svm.as_str().filter(|svm| *svm != "svm1") {
            if !all.insert(address.clone()) {
                complaints.push(format!("address {address} is on the array twice"));
            }
            found.entry(svm.to_owned()).or_default().insert(address);
        }
    }
    for server in stage.list("/share-servers", "share_servers") {
        let id = server["id"].as_str().unwrap();
        let Some((200, body)) = stage.admin("GET", &format!("/share-servers/{id}"), None) else { continue };
        let server = &body["share_server"];
        let details = &server["backend_details"];
        let on_array = details["vserver_name"].as_str().and_then(|svm| found.remove(svm)).unwrap_or_default();
        let ports = details["ports"].as_str().unwrap_or_default();
        if server["status"] == "active"
            && (on_array.is_empty() || on_array.iter().any(|one| !ports.contains(one.as_str())))
        {
            complaints.push(format!("share server {id} has {ports:?}, and on the array {on_array:?}"));
        }
    }
    complaints.extend(found.iter().map(|(svm, on)| format!("SVM {svm} with {on:?} belongs to no share server")));
    complaints
}

/// Gives everything back; answers what does not go.
pub fn clean_up(stage: &Stage, ledger: &Ledger) -> Vec<String> {
    for id in shares(stage).keys() {
        stage.admin("POST", &format!("/shares/{id}/action"), Some(json!({ "force_delete": null })));
    }
    let complaints =
        wait(|| shares(stage).iter().map(|(id, share)| format!("share {id} is {}", share["status"])).collect());
    for network in stage.list("/share-networks/detail?all_tenants=1", "share_networks") {
        let path = format!("/share-networks/{}", network["id"].as_str().unwrap());
        let answer = stage.admin("DELETE", &path, None);
        ledger.note("delete network at the end", answer.map(|(status, _)| status));
    }
    let servers = wait(|| {
        stage.list("/share-servers", "share_servers").iter().map(|server| format!("server {server}")).collect()
    });
    complaints.into_iter().chain(servers).collect()
}
