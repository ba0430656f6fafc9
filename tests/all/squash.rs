//! `all_squash` in the metadata of a share that lives: what the array enforces follows at once.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Api, Stage, until};

/// As whom a client acts: `ro_rule`, `rw_rule`, `superuser` and `anonymous_user` of its rule.
type Identity = [String; 4];

fn identity(words: [&str; 4]) -> Identity {
    words.map(str::to_owned)
}

fn nobody() -> Identity {
    identity(["none", "none", "none", "65534"])
}

fn itself() -> Identity {
    identity(["sys", "sys", "sys", "65534"])
}

fn reader() -> Identity {
    identity(["sys", "never", "sys", "65534"])
}

/// The rules of the only share on the array, in their order, each with its client.
fn in_force(stage: &Stage) -> Vec<(String, Identity)> {
    let policies = stage.sim.by_hand("GET", "/api/protocols/nfs/export-policies?fields=rules", Value::Null);
    let policies = policies["records"].as_array().unwrap().iter().filter(|policy| policy["name"] != "default");
    let rules = policies.flat_map(|policy| policy["rules"].as_array().cloned().unwrap_or_default());
    let told = |rule: Value| {
        let fields = ["ro_rule", "rw_rule", "superuser", "anonymous_user"].map(|field| match &rule[field] {
            Value::Array(all) => all[0].as_str().unwrap().to_owned(),
            other => other.as_str().map_or_else(|| other.to_string(), str::to_owned),
        });
        (rule["clients"][0]["match"].as_str().unwrap().to_owned(), fields)
    };
    rules.map(told).collect()
}

fn until_in_force(stage: &Stage, rules: &[(&str, Identity)]) {
    let wanted: Vec<_> = rules.iter().map(|(client, identity)| ((*client).to_owned(), identity.clone())).collect();
    until(&format!("{wanted:?} are in force"), || (in_force(stage) == wanted).then_some(()));
}

fn squash(api: &Api, share: &str, on: &str) {
    api.post(&format!("/shares/{share}/metadata"), json!({ "metadata": { "all_squash": on } }));
}

fn available(stage: &Stage) -> (Api, String) {
    let api = stage.api();
    let share = api.make_share(&api.make_type("plain", json!({})));
    api.until_status(&share, "available");
    (api, share)
}

fn until_in_sync(api: &Api, share: &str) {
    until("the rules of the share are active", || {
        (api.get(&format!("/shares/{share}"))["share"]["access_rules_status"] == "active").then_some(())
    });
}

#[test]
fn all_squash_comes_into_force_as_soon_as_it_is_set_changed_or_taken_away() {
    let stage = Stage::open();
    let (api, share) = available(&stage);
    for (client, level) in [("10.0.0.1", "rw"), ("10.0.0.2", "ro")] {
        let rule = api.allow(&share, client, level);
        api.until_rule(&rule, "active");
    }
    let rules = |writer: Identity| [("10.0.0.1", writer), ("10.0.0.2", reader())];
    let path = format!("/shares/{share}/metadata");
    until_in_force(&stage, &rules(itself()));
    squash(&api, &share, "true");
    until_in_force(&stage, &rules(nobody()));
    assert_eq!((&stage.sim.volumes()[0]["uid"], &stage.sim.volumes()[0]["gid"]), (&json!(65534), &json!(65534)));
    until_in_sync(&api, &share);
    api.delete(&format!("{path}/all_squash"));
    until_in_force(&stage, &rules(itself()));
    let replaced = api.ask("PUT", &path, Some(json!({ "metadata": { "all_squash": "True" } })));
    assert_eq!(replaced.0, 200, "{}", replaced.1);
    until_in_force(&stage, &rules(nobody()));
    api.post(&format!("{path}/all_squash"), json!({ "metadata": { "all_squash": "no" } }));
    until_in_force(&stage, &rules(itself()));
    squash(&api, &share, "yes");
    until_in_force(&stage, &rules(nobody()));
    until_in_sync(&api, &share);
    stage.sim.forget_calls();
    api.post(&path, json!({ "metadata": { "colour": "red", "all_squash": "yes" } }));
    let rule = api.allow(&share, "10.0.0.3", "ro");
    api.until_rule(&rule, "active");
    let writes = stage.sim.calls().into_iter().filter(|(method, _)| method == "PATCH").count();
    assert_eq!(writes, 1, "other metadata, and the same again, owe the array nothing");
    assert!(api.get(&format!("/messages?resource_id={share}"))["messages"].as_array().unwrap().is_empty());
    stage.close(1);
}

#[test]
fn all_squash_that_is_neither_yes_nor_no_is_refused_wherever_it_is_set() {
    let stage = Stage::open();
    let (api, share) = available(&stage);
    let rule = api.allow(&share, "10.0.0.1", "rw");
    api.until_rule(&rule, "active");
    let path = format!("/shares/{share}/metadata");
    let share_type = api.make_type("other", json!({}));
    for word in ["perhaps", "tru", "2"] {
        let squash = json!({ "metadata": { "colour": "red", "all_squash": word } });
        let one = json!({ "metadata": { "all_squash": word } });
        let new = json!({ "share": {
            "share_proto": "NFS", "size": 1, "share_type": share_type, "metadata": { "all_squash": word },
        } });
        for (method, path, body) in [
            ("POST", path.as_str(), &squash),
            ("PUT", &path, &squash),
            ("POST", &format!("{path}/all_squash"), &one),
            ("POST", "/shares", &new),
        ] {
            let (status, answer) = api.ask(method, path, Some(body.clone()));
            let told = answer["badRequest"]["message"].as_str().unwrap_or_default();
            assert_eq!(status, 400, "{method} {path} {word}: {answer}");
            assert!(told.contains("all_squash") && told.contains("true or false") && told.contains(word), "{told}");
        }
    }
    assert_eq!(api.get(&path)["metadata"], json!({}), "nothing of a body that was refused is kept");
    assert_eq!(api.get("/shares")["shares"].as_array().unwrap().len(), 1);
    until_in_force(&stage, &[("10.0.0.1", itself())]);
    squash(&api, &share, "<is> True");
    until_in_force(&stage, &[("10.0.0.1", nobody())]);
    api.until_rule(&rule, "active");
    stage.close(1);
}

#[test]
fn all_squash_that_is_set_while_rules_are_on_their_way_to_the_array_holds_for_them() {
    let stage = Stage::open();
    let (api, share) = available(&stage);
    let path = "/api/protocols/nfs/export-policies/*";
    stage.sim.strike(json!({ "method": "PATCH", "path": path, "fault": { "delay": { "seconds": 1.5 } } }));
    let rule = api.allow(&share, "10.0.0.1", "rw");
    stage.sim.until_struck();
    squash(&api, &share, "true");
    api.until_rule(&rule, "active");
    assert_eq!(
        in_force(&stage),
        [("10.0.0.1".to_owned(), nobody())],
        "a rule is active by what the metadata says then"
    );
    stage.close(1);
}

#[test]
fn metadata_can_be_changed_in_any_status_and_comes_with_the_next_act() {
    let stage = Stage::open();
    let (api, share) = available(&stage);
    let act = |body: Value| api.post(&format!("/shares/{share}/action"), body);
    let writer = api.allow(&share, "10.0.0.1", "rw");
    api.until_rule(&writer, "active");
    stage.sim.forget_calls();
    for (status, on) in
        [("migrating", "true"), ("creating", "false"), ("deleting", "true"), ("server_migrating", "yes")]
    {
        act(json!({ "reset_status": { "status": status } }));
        squash(&api, &share, on);
        assert_eq!(api.get(&format!("/shares/{share}/metadata/all_squash"))["meta"]["all_squash"], on);
        assert_eq!(api.get(&format!("/shares/{share}"))["share"]["access_rules_status"], "active", "{status}");
    }
    act(json!({ "reset_status": { "status": "available" } }));
    let reader_rule = api.allow(&share, "10.0.0.2", "ro");
    api.until_rule(&reader_rule, "active");
    assert_eq!(in_force(&stage), [("10.0.0.1".to_owned(), nobody()), ("10.0.0.2".to_owned(), reader())]);
    act(json!({ "reset_status": { "status": "error" } }));
    squash(&api, &share, "false");
    until_in_force(&stage, &[("10.0.0.1", itself()), ("10.0.0.2", reader())]);
    act(json!({ "reset_status": { "status": "available" } }));
    // A share that lives nowhere.
    let nowhere = api.make_share(&api.make_type("odd", json!({ "vendor_name": "nobody" })));
    api.until_status(&nowhere, "error");
    squash(&api, &nowhere, "true");
    assert_ne!(api.get(&format!("/shares/{nowhere}"))["share"]["access_rules_status"], "syncing");
    api.delete(&format!("/shares/{nowhere}"));
    api.until_gone(&nowhere);
    stage.close(1);
}

/// How late the array carries a call out, and how long the daemon reckons with such calls.
const LATE: Duration = Duration::from_secs(8);
const LANDING: u64 = 12;

#[allow(clippy::disallowed_methods, reason = "the array is another process, on the real clock")]
fn now() -> Instant {
    Instant::now()
}

#[test]
fn all_squash_holds_though_a_call_of_an_earlier_life_comes_late_that_knew_nothing_of_it() {
    let mut stage = Stage::with_late_calls(LANDING, &[]);
    let (api, share) = available(&stage);
    let path = "/api/protocols/nfs/export-policies/*";
    stage.sim.strike(json!({ "method": "PATCH", "path": path, "fault": { "delay": { "seconds": LATE.as_secs() } } }));
    let rule = api.allow(&share, "10.0.0.1", "rw");
    stage.sim.until_struck();
    let struck = now();
    squash(&api, &share, "true");
    stage.daemon.kill();
    stage.sim.heal();
    stage.restart();
    let api = stage.api();
    until("the late call has been carried out", || (struck.elapsed() > LATE + Duration::from_secs(2)).then_some(()));
    api.until_rule(&rule, "active");
    assert_eq!(in_force(&stage), [("10.0.0.1".to_owned(), nobody())], "a late call gave the client its identity back");
    stage.close(1);
}
