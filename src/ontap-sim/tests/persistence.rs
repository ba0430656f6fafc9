//! What a state directory keeps over a kill.

use std::fs;
use std::path::Path;
use std::time::Duration;

use manilad_clock::{Clock, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Lab, names, volume};
use crate::{Cluster, Config, Error, Profile};

fn config(dir: &Path) -> Config {
    Config { state_dir: Some(dir.to_owned()), ..Config::default() }
}

/// What is on disk at this moment, as after a kill: copied away under the running cluster.
pub(super) fn as_killed(dir: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    fs::copy(dir.join("objects.jsonl"), copy.path().join("objects.jsonl")).unwrap();
    fs::create_dir(copy.path().join("files")).unwrap();
    for entry in fs::read_dir(dir.join("files")).unwrap() {
        fs::create_dir(copy.path().join("files").join(entry.unwrap().file_name())).unwrap();
    }
    copy
}

async fn objects(lab: &Lab) -> Value {
    let mut all = json!({});
    for target in [
        "/api/storage/volumes",
        "/api/protocols/nfs/export-policies",
        "/api/cluster/nodes",
        "/api/network/ip/interfaces",
        "/api/svm/svms",
        "/api/storage/aggregates",
        "/api/cluster",
        "/api/cluster/jobs",
    ] {
        all[target] = lab.get(&format!("{target}?fields=**")).await;
    }
    all
}

#[tokio::test]
async fn whatever_was_answered_is_there_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let lab = Lab::with(config(dir.path()));
    lab.done("POST", "/api/protocols/nfs/export-policies", json!({"name": "p", "svm.name": "svm1"})).await;
    let mut uuids = Vec::new();
    for number in 0..3 {
        uuids.push(
            lab.volume(
                &format!("v{number}"),
                100,
                json!({"nas.path": format!("/v{number}"), "nas.export_policy.name": "p"}),
            )
            .await,
        );
        let copy = as_killed(dir.path());
        assert_eq!(objects(&Lab::with(config(copy.path()))).await, objects(&lab).await);
    }
    let (status, body) =
        lab.call("PATCH", &format!("/api/storage/volumes/{}", uuids[0]), json!({"nas.path": ""})).await;
    assert_eq!(status, 202);
    lab.done("DELETE", &format!("/api/storage/volumes/{}?force=true", uuids[0]), Value::Null).await;
    let copy = as_killed(dir.path());
    let again = Lab::with(config(copy.path()));
    assert_eq!(objects(&again).await, objects(&lab).await);
    assert_eq!(again.get(body["job"]["_links"]["self"]["href"].as_str().unwrap()).await["state"], "success");
    let lif = again.cluster.lifs()[0];
    let numbers = |lab: &Lab| lab.cluster.exports().volume_at(lif, "/v1", lif).unwrap().id;
    assert_eq!(numbers(&again), numbers(&lab), "file handles stay valid");
    let next = again.volume("v0", 100, json!({"nas.path": "/v0"})).await;
    assert!(!uuids.contains(&next));
}

#[tokio::test]
async fn an_accepted_job_is_taken_up_again() {
    let dir = tempfile::tempdir().unwrap();
    let slow = |dir: &Path| Config { latency: Profile::Array, ..config(dir) };
    let lab = Lab::with(slow(dir.path()));
    let asking = lab.clone();
    let call = async move { asking.call("POST", "/api/storage/volumes", volume("v", 100, json!({}))).await };
    let ((status, body), _) = lab.timed(call).await;
    assert_eq!(status, 202);
    let copy = as_killed(dir.path());
    let again = Lab::with(slow(copy.path()));
    let target = body["job"]["_links"]["self"]["href"].as_str().unwrap().to_owned();
    let state = async |lab: &Lab| {
        let (asking, target) = (lab.clone(), target.clone());
        lab.timed(async move { asking.get(&target).await["state"].as_str().unwrap().to_owned() }).await.0
    };
    assert_eq!(state(&again).await, "running");
    again.hand.step(Duration::from_secs(1));
    assert_eq!(state(&again).await, "success");
    let asking = again.clone();
    let found = again.timed(async move { asking.get("/api/storage/volumes?name=v").await }).await.0;
    assert_eq!(found["num_records"], 1);
}

#[tokio::test]
async fn the_recovery_queue_runs_out_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let lab = Lab::with(config(dir.path()));
    let before = lab.available("aggr1").await;
    let uuid = lab.volume("v", 1024, json!({"nas.path": "/v"})).await;
    let lif = lab.cluster.lifs()[0];
    let root = lab.cluster.exports().volume_at(lif, "/v", lif).unwrap().root;
    fs::write(root.join("file"), "x").unwrap();
    lab.done("PATCH", &format!("/api/storage/volumes/{uuid}"), json!({"nas.path": ""})).await;
    lab.done("DELETE", &format!("/api/storage/volumes/{uuid}"), Value::Null).await;
    assert!(root.exists(), "the recovery queue keeps the files");
    drop(lab);
    let later = Timestamp::from_second(1_800_000_000 + 11 * 3600).unwrap();
    let (clock, hand) = Clock::stepped(later);
    let lab = Lab::at(config(dir.path()), clock, hand);
    assert_eq!(lab.available("aggr1").await, before - (1 << 30));
    lab.hand.step(Duration::from_secs(3600));
    assert_eq!(lab.available("aggr1").await, before);
    assert!(!root.exists());
}

#[tokio::test]
async fn half_a_last_line_was_never_acknowledged_and_is_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let lab = Lab::with(config(dir.path()));
    lab.volume("v", 100, json!({})).await;
    let whole = objects(&lab).await;
    let copy = as_killed(dir.path());
    let path = copy.path().join("objects.jsonl");
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str("[[\"volume\",\"00000000-0000-4000-8000-0000");
    fs::write(&path, text).unwrap();
    assert_eq!(objects(&Lab::with(config(copy.path()))).await, whole);
}

#[tokio::test]
async fn a_directory_is_used_by_one_cluster_and_must_hold_what_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let lab = Lab::with(config(dir.path()));
    let (clock, _hand) = Clock::stepped(Timestamp::UNIX_EPOCH);
    assert!(matches!(Cluster::open(config(dir.path()), clock.clone()), Err(Error::Directory(..))));
    drop(lab);
    fs::write(dir.path().join("objects.jsonl"), "[[\"spaceship\",\"1\",{}]]\n").unwrap();
    assert!(matches!(Cluster::open(config(dir.path()), clock), Err(Error::Strange(_))));
}

#[tokio::test]
async fn a_changed_configuration_adds_and_follows() {
    let dir = tempfile::tempdir().unwrap();
    let lab = Lab::with(config(dir.path()));
    let svm = lab.get("/api/svm/svms?name=svm1").await["records"][0]["uuid"].clone();
    drop(lab);
    let mut changed = config(dir.path());
    changed.svms[0].lifs[0].address = "127.0.9.1".parse().unwrap();
    changed.svms.push(crate::SvmConfig::named("svm2", ["127.0.2.1", "127.0.2.2"]));
    changed.aggregates[0].size = 1 << 40;
    let lab = Lab::with(changed);
    assert_eq!(names(&lab.get("/api/svm/svms").await), ["svm1", "svm2"]);
    assert_eq!(lab.get("/api/svm/svms?name=svm1").await["records"][0]["uuid"], svm);
    assert_eq!(lab.get("/api/network/ip/interfaces?ip.address=127.0.9.1").await["num_records"], 1);
    assert_eq!(lab.get("/api/network/ip/interfaces").await["num_records"], 4);
    assert!(lab.available("aggr1").await < 1 << 40);
}

#[tokio::test]
async fn a_configuration_that_does_not_fit_together_is_refused() {
    let (clock, _hand) = Clock::stepped(Timestamp::UNIX_EPOCH);
    let mut ghost = Config::default();
    ghost.aggregates[0].node = "cl1-09".to_owned();
    let mut twice = Config::default();
    twice.svms[0].lifs[1].address = twice.svms[0].lifs[0].address;
    let mut missing = Config::default();
    missing.svms[0].aggregates.push("aggr9".to_owned());
    for config in [ghost, twice, missing] {
        assert!(matches!(Cluster::open(config, clock.clone()), Err(Error::Configuration(_))));
    }
}

#[tokio::test]
async fn files_of_volumes_that_are_gone_are_swept_up() {
    let dir = tempfile::tempdir().unwrap();
    let stray = dir.path().join("files").join("00000000-0000-4000-8000-000000000000");
    fs::create_dir_all(stray.join("deep")).unwrap();
    drop(Lab::with(config(dir.path())));
    assert!(!stray.exists());
}

/// What the release before tenants kept: an SVM and a LIF without IPspace, port and policy.
const EARLIER: &str = r#"[["cluster","cluster",{"uuid":"00000000-0000-4000-8000-000000000001","next":7}]]
[["node","00000000-0000-4000-8000-000000000002",{"uuid":"00000000-0000-4000-8000-000000000002","name":"cl1-01"}]]
[["aggregate","00000000-0000-4000-8000-000000000003",{"uuid":"00000000-0000-4000-8000-000000000003","name":"aggr1","node":"00000000-0000-4000-8000-000000000002","size":10995116277760,"disk_type":"ssd","taken":0}]]
[["svm","00000000-0000-4000-8000-000000000004",{"uuid":"00000000-0000-4000-8000-000000000004","name":"svm1","number":2,"next_policy":2,"aggregates":["00000000-0000-4000-8000-000000000003"],"cifs_server":"FILER","retention_hours":12}]]
[["interface","00000000-0000-4000-8000-000000000005",{"uuid":"00000000-0000-4000-8000-000000000005","name":"svm1_lif1","svm":"00000000-0000-4000-8000-000000000004","node":"00000000-0000-4000-8000-000000000002","address":"127.0.1.1"}]]
[["export_policy","8589934593",{"id":8589934593,"svm":"00000000-0000-4000-8000-000000000004","name":"default","rules":[]}]]
"#;

#[tokio::test]
async fn a_directory_of_an_earlier_release_is_opened_and_completed() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("objects.jsonl"), EARLIER).unwrap();
    let lab = Lab::with(config(dir.path()));
    let lif = lab.get("/api/network/ip/interfaces?name=svm1_lif1&fields=**").await["records"][0].clone();
    assert_eq!(lif["uuid"], "00000000-0000-4000-8000-000000000005");
    assert_eq!((&lif["ipspace"]["name"], &lif["location"]["home_port"]["name"]), (&json!("Default"), &json!("e0c")));
    assert_eq!((&lif["ip"]["netmask"], &lif["state"]), (&json!("8"), &json!("up")));
    assert_eq!(lif["service_policy"]["name"], "default-data-files");
    let svm = lab.get("/api/svm/svms?name=svm1&fields=**").await["records"][0].clone();
    assert_eq!((&svm["uuid"], &svm["state"]), (&json!("00000000-0000-4000-8000-000000000004"), &json!("running")));
    assert_eq!(svm["nfs"]["enabled"], true);
    assert_eq!(lab.cluster.lifs().len(), 2);
    assert!(lab.cluster.strays().is_empty());
}

#[tokio::test]
async fn tenants_with_all_that_is_theirs_are_there_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let lab = Lab::with(config(dir.path()));
    lab.tenant("blue", 100).await;
    let lif = super::network::lif("lif1", "blue", "127.10.0.1", "e0c-100");
    lab.done("POST", "/api/network/ip/interfaces", lif).await;
    lab.done("POST", "/api/network/ip/routes", json!({"svm.name": "blue", "gateway": "127.10.0.254"})).await;
    let dns = json!({"svm.name": "blue", "domains": ["example.com"], "servers": ["192.0.2.53"]});
    lab.done("POST", "/api/name-services/dns", dns).await;
    let copy = as_killed(dir.path());
    let again = Lab::with(config(copy.path()));
    let kept = |lab: &Lab| {
        let mut all = lab.cluster.dump().unwrap();
        all["job"] = Value::Null;
        all
    };
    assert_eq!(kept(&again)["interface"], kept(&lab)["interface"]);
    for kind in ["svm", "ipspace", "broadcast_domain", "port", "ip_route", "service_policy", "certificate"] {
        assert_eq!(kept(&again)[kind], kept(&lab)[kind], "{kind}");
    }
    assert!(again.cluster.strays().is_empty());
}
