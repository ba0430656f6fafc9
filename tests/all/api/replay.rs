//! Exchanges recorded with the reference implementation, sent again in their order: status, keys and kinds of values
//! must come back the same. Where the two differ on purpose, `tests/facts/observed-differences.txt` says why; that
//! list may only shrink.
//!
//! Ids that the recording learnt from answers are learnt here in the same way. In the recording no back end ever
//! worked and states were changed behind the API; [`arrange`] does as much through the simulator and the front door.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::cloud::{Cloud, FOREIGN, until_status};
use super::things::clear;
use super::wire::Answer;
use crate::support::{records, until};

const OBSERVED: &str = include_str!("../../facts/observed.jsonl");
const DIFFERENCES: &str = include_str!("../../facts/observed-differences.txt");

/// Recorded id or name → what stands for it here.
type Ids = BTreeMap<String, String>;

/// How the ids of the recording begin.
const RECORDED_ID: &str = "00000000-0000-4000-8000-0000000000";
/// The share, its instance, its export location and the message that the recording calls so.
const SHARE: &str = "00000000-0000-4000-8000-000000000014";
const INSTANCE: &str = "00000000-0000-4000-8000-000000000031";
const EXPORT: &str = "00000000-0000-4000-8000-000000000034";
const MESSAGE: &str = "00000000-0000-4000-8000-000000000055";
/// A share server, which was put into storage.
const SERVER: &str = "00000000-0000-4000-8000-000000000051";

/// Brings about, before a section, what the recording found there.
fn arrange(cloud: &Cloud, section: &str, ids: &mut Ids) {
    let admin = cloud.admin();
    let trouble = |method: Option<&str>, path: &str| {
        // Nothing was done, so nothing is in doubt; it is tried again until the array is healed.
        let fault = json!({ "refuse": { "status": 503, "code": "8", "message": "Another operation is in progress." } });
        cloud.stage.sim.strike(json!({ "method": method, "path": path, "count": null, "fault": fault }));
    };
    match section {
        "services" => until("all services are up", || {
            admin.get("/services").column("services", "state").iter().all(|state| state == "up").then_some(())
        }),
        // Shares stay in creation.
        "shares create" => {
            until("the back end has reported", || {
                (!admin.get("/scheduler-stats/pools").column("pools", "name").is_empty()).then_some(())
            });
            trouble(Some("POST"), "/api/storage/volumes");
        }
        // Rules stay on their way to the array.
        "access rules" => {
            trouble(None, "/api/*");
            admin.act(&ids[SHARE], json!({ "reset_status": { "status": "available" } })).is(202);
        }
        // From here on the share can be mounted.
        "share instances" => {
            cloud.stage.sim.heal();
            // Some take others along.
            for lock in admin.get("/resource-locks").column("resource_locks", "id") {
                admin.delete(&format!("/resource-locks/{lock}"));
            }
            admin.act(&ids[SHARE], json!({ "force_delete": null })).is(202);
            let share = json!({ "share": { "share_proto": "NFS", "size": 2, "name": "nn" } });
            let share = admin.post("/shares", share).is(200).text_at("/share/id");
            until_status(&admin, &share, "available");
            let instance = admin.get(&format!("/shares/{share}/instances")).text_at("/share_instances/0/id");
            let export = admin.get(&format!("/shares/{share}/export_locations")).text_at("/export_locations/0/id");
            let metadata = json!({ "metadata": { "x": "y" } });
            admin.post(&format!("/shares/{share}/export_locations/{export}/metadata"), metadata).is(200);
            ids.extend([(SHARE.to_owned(), share), (INSTANCE.to_owned(), instance), (EXPORT.to_owned(), export)]);
        }
        "messages" => {
            cloud.make_type("hopeless", json!({ "availability_zones": "nowhere" }));
            cloud.make_share(&admin, "hopeless", json!({}));
            let message =
                until("a message is there", || admin.get("/messages").column("messages", "id").first().cloned());
            ids.insert(MESSAGE.to_owned(), message);
        }
        // A share to put into the bin or to offer, which is as large as that of the recording.
        "recycle bin" | "transfers" => {
            let share = json!({ "share": { "share_proto": "NFS", "size": 2, "name": "nn", "description": "dd" } });
            let share = admin.post("/shares", share).is(200).text_at("/share/id");
            until_status(&admin, &share, "available");
            ids.insert(SHARE.to_owned(), share);
        }
        "share servers" => {
            ids.insert(SERVER.to_owned(), records::id(1));
        }
        _ => {}
    }
}

/// The share server of the recording, on a back end that leaves it alone: nothing is owed for it.
fn stock(draft: &mut manilad_store::Draft<'_>) -> Result<(), manilad_store::Error> {
    let (network, subnet) = (records::network(1), records::subnet(1, 1));
    let server = records::server(1, &network, std::slice::from_ref(&subnet));
    let (service, details) = ("node1@alpha".to_owned(), [("k".to_owned(), "v".to_owned())].into());
    draft.put(&manilad_domain::ShareServer { service, details, project_id: "p".to_owned(), ..server })
}

fn bearer(line: &Value) -> String {
    let roles = match line["roles"].as_str().unwrap_or("admin,member,reader") {
        "admin,member,reader" => "admin",
        "member,reader" => "member",
        "foo" => "stranger",
        other => other,
    };
    if line["project"] == FOREIGN { format!("foreign-{roles}") } else { roles.to_owned() }
}

/// `<x * 256>` stands for 256 times x.
fn written_out(text: &str) -> String {
    let mut text = text.to_owned();
    for (letter, count) in [("x", 256), ("k", 256), ("m", 256), ("v", 1024), ("x", 1024)] {
        text = text.replace(&format!("<{letter} * {count}>"), &letter.repeat(count));
    }
    text
}

fn substituted(text: &str, ids: &Ids) -> String {
    ids.iter().fold(written_out(text), |text, (recorded, here)| text.replace(recorded, here))
}

fn ask(cloud: &Cloud, line: &Value, ids: &Ids) -> Answer {
    let mut client = cloud.caller(&bearer(line));
    client = line["version"].as_str().map_or(client.unversioned(), |version| client.at(version));
    if line["experimental"] == true {
        client = client.with("X-OpenStack-Manila-API-Experimental", "True");
    }
    if line["response"]["code"] == "404 Not Found" {
        client = client.with("Accept", "application/json");
    }
    let request: Option<Value> =
        line.get("request").map(|request| serde_json::from_str(&substituted(&request.to_string(), ids)).unwrap());
    let path = substituted(line["path"].as_str().unwrap(), ids);
    let sent = request.as_ref().map_or(super::wire::Sent::Nothing, super::wire::Sent::Json);
    client.send(line["method"].as_str().unwrap(), &path, sent)
}

/// In what two values differ as to keys and kinds. Ids are learnt on the way. `null` stands for any kind.
fn compare(at: &str, recorded: &Value, here: &Value, ids: &mut Ids, found: &mut Vec<String>) {
    match (recorded, here) {
        (Value::Null, _) | (_, Value::Null) => {}
        (Value::Object(recorded), Value::Object(here)) => {
            let keys: BTreeSet<&String> = recorded.keys().chain(here.keys()).collect();
            for key in keys {
                match (recorded.get(key), here.get(key)) {
                    (Some(a), Some(b)) => compare(&format!("{at}.{key}"), a, b, ids, found),
                    (Some(_), None) => found.push(format!("{at}.{key} is missing")),
                    (None, _) => found.push(format!("{at}.{key} is new")),
                }
            }
        }
        (Value::Array(recorded), Value::Array(here)) => match (recorded.first(), here.first()) {
            (Some(a), Some(b)) => compare(&format!("{at}[]"), a, b, ids, found),
            (None, None) => {}
            (Some(_), None) => found.push(format!("{at} is empty")),
            (None, Some(_)) => found.push(format!("{at} is not empty")),
        },
        (Value::String(recorded), Value::String(here)) if recorded.starts_with(RECORDED_ID) => {
            ids.entry(recorded.clone()).or_insert_with(|| here.clone());
        }
        (Value::String(_), Value::String(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::Bool(_), Value::Bool(_)) => {}
        _ => found.push(format!("{at} is {here}, was {recorded}")),
    }
}

fn differences(line: &Value, answer: &Answer, ids: &mut Ids) -> Vec<String> {
    let recorded = line["status"].as_u64().unwrap();
    if u64::from(answer.status) != recorded {
        return vec![format!("status {}, was {recorded}", answer.status)];
    }
    let mut found = Vec::new();
    match &line["response"] {
        Value::Null if !answer.text.is_empty() => found.push("a body, was none".to_owned()),
        Value::Null => {}
        Value::String(_) if answer.header("content-type").unwrap().starts_with("text/") => {}
        response => compare("", response, &answer.json_or_null(), ids, &mut found),
    }
    found
}

#[test]
fn recorded_exchanges_come_back_the_same() {
    // The types of the recording ask for abilities that nothing here has: everything but capabilities decides.
    let cloud = Cloud::stocked(
        "[DEFAULT]\ndefault_share_type = default\nscheduler_default_filters = AvailabilityZoneFilter,CapacityFilter",
        stock,
    );
    let mut ids = Ids::from([("host1@be1".to_owned(), "node1@alpha".to_owned())]);
    let (mut section, mut found) = (String::new(), BTreeSet::new());
    for (number, line) in OBSERVED.lines().enumerate() {
        let line: Value = serde_json::from_str(line).unwrap();
        if line["section"] != section.as_str() {
            section = line["section"].as_str().unwrap().to_owned();
            arrange(&cloud, &section, &mut ids);
        }
        let answer = ask(&cloud, &line, &ids);
        for difference in differences(&line, &answer, &mut ids) {
            let (method, path) = (line["method"].as_str().unwrap(), line["path"].as_str().unwrap());
            found.insert(format!("{}\t{method} {path}\t{difference}", number + 1));
        }
    }
    let excused: BTreeSet<String> = DIFFERENCES
        .lines()
        .map(|line| line.rsplit_once('\t').expect("number, request, difference and reason").0.to_owned())
        .collect();
    let fresh: Vec<_> = found.difference(&excused).collect();
    let gone: Vec<_> = excused.difference(&found).collect();
    assert!(fresh.is_empty(), "not as recorded: {fresh:#?}");
    assert!(gone.is_empty(), "no longer different: take these out of observed-differences.txt: {gone:#?}");
    cloud.stage.sim.heal();
    clear(&cloud);
    cloud.close(0);
}
