//! Snapshots: names, refusals, what clients read of them, restores, and what a kill leaves of them.

use std::fs;
use std::net::IpAddr;
use std::path::Path;

use manilad_nfs3::client::{Client, Handle};
use manilad_nfs3::{Error, Status};
use serde_json::{Value, json};

use super::serving::{Net, mount};
use super::{Lab, names};
use crate::{Config, Profile};

const VOLUMES: &str = "/api/storage/volumes";

pub(super) fn of(volume: &str) -> String {
    format!("{VOLUMES}/{volume}/snapshots")
}

impl Lab {
    /// Takes a snapshot and returns its uuid.
    pub(super) async fn snapshot(&self, volume: &str, name: &str) -> String {
        let made = self.done("POST", &of(volume), json!({"name": name})).await;
        made["records"][0]["uuid"].as_str().unwrap().to_owned()
    }

    /// A volume at `/v` that everybody may mount and write to.
    pub(super) async fn open_volume(&self, more: Value) -> String {
        let everybody = json!([{"match": "0.0.0.0/0"}]);
        let rule = json!({"clients": everybody, "ro_rule": ["any"], "rw_rule": ["any"], "superuser": ["any"]});
        let policy = json!({"name": "all", "svm.name": "svm1", "rules": [rule]});
        self.done("POST", "/api/protocols/nfs/export-policies", policy).await;
        let mut body = json!({"nas": {"path": "/v", "export_policy.name": "all", "unix_permissions": 777}});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.volume("v", 100, body).await
    }
}

pub(super) fn status<T: std::fmt::Debug>(answer: Result<T, Error>) -> Status {
    answer.unwrap_err().status().unwrap()
}

/// A client at a served LIF of `svm1`, and the root of `/v`.
pub(super) async fn client(lab: &Lab, port: u16) -> (Client, Handle) {
    let (lif, here) = (lab.cluster.lifs()[0], IpAddr::from([127, 0, 0, 1]));
    mount(lif, port, here, "/v").await.unwrap()
}

/// What the file at this path below a directory holds.
pub(super) async fn text(client: &mut Client, dir: &Handle, path: &str) -> Result<String, Error> {
    let mut at = dir.clone();
    for step in path.split('/') {
        at = client.lookup(&at, step).await?;
    }
    Ok(String::from_utf8(client.read(&at, 0, 1000).await?).unwrap())
}

pub(super) async fn write(client: &mut Client, dir: &Handle, name: &str, text: &str) {
    let file = client.create(dir, name).await.unwrap();
    client.write(&file, 0, text.as_bytes()).await.unwrap();
}

#[tokio::test]
async fn a_snapshot_is_made_found_changed_and_deleted() {
    let lab = Lab::new();
    let volume = lab.volume("v", 100, json!({})).await;
    let body = json!({"name": "one", "comment": "c", "snapmirror_label": "daily"});
    let made = lab.done("POST", &of(&volume), body).await;
    let record = &made["records"][0];
    for (pointer, expected) in [
        ("/name", json!("one")),
        ("/volume/name", json!("v")),
        ("/volume/uuid", json!(volume)),
        ("/svm/name", json!("svm1")),
        ("/comment", json!("c")),
        ("/snapmirror_label", json!("daily")),
        ("/state", json!("valid")),
        ("/create_time", json!("2027-01-15T08:00:00+00:00")),
        ("/size", json!(0)),
    ] {
        assert_eq!(record.pointer(pointer), Some(&expected), "{pointer}");
    }
    assert!(record.get("owners").is_none());
    lab.hand.step(std::time::Duration::from_secs(60));
    let two = lab.snapshot(&volume, "two").await;
    assert_eq!(lab.get(&format!("{}/{two}", of(&volume))).await.get("snapmirror_label"), None, "none was given");
    let other = lab.volume("w", 100, json!({})).await;
    lab.snapshot(&other, "one").await;
    for (query, found) in [
        ("", &["one", "two"][..]),
        ("?name=one", &["one"]),
        ("?name=o*|t*", &["one", "two"]),
        ("?snapmirror_label=daily", &["one"]),
        ("?create_time=>2027-01-15T08:00:30Z", &["two"]),
        ("?owners=volume_clone", &[]),
        ("?svm.name=svm2", &[]),
    ] {
        assert_eq!(names(&lab.get(&format!("{}{query}", of(&volume))).await), found, "{query}");
    }
    let all = of("*");
    assert_eq!(names(&lab.get(&all).await), ["one", "two", "one"]);
    assert_eq!(names(&lab.get(&format!("{all}?volume.uuid={other}")).await), ["one"]);
    let one = format!("{}/{}", of(&volume), record["uuid"].as_str().unwrap());
    let (status, body) =
        lab.call("PATCH", &format!("{}?name=one", of(&volume)), json!({"name": "deleted_manila_one"})).await;
    assert_eq!((status, &body["num_records"]), (200, &json!(1)));
    assert_eq!(lab.get(&one).await["name"], "deleted_manila_one");
    let query = format!("{all}?name=deleted_manila_*&fields=uuid,volume,owners,svm.name");
    assert_eq!(lab.get(&query).await["records"][0]["volume"]["name"], "v");
    lab.done("PATCH", &one, json!({"comment": "d"})).await;
    assert_eq!(lab.get(&one).await["comment"], "d");
    lab.done("DELETE", &one, Value::Null).await;
    assert_eq!(lab.refused("DELETE", &one, Value::Null).await, "1638600");
    assert_eq!(names(&lab.get(&of(&volume)).await), ["two"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_snapshot_is_told_by_its_code() {
    let mut config = Config::default();
    config.limits.snapshots_per_volume = 2;
    let lab = Lab::with(config);
    let volume = lab.volume("v", 100, json!({})).await;
    let one = format!("{}/{}", of(&volume), lab.snapshot(&volume, "one").await);
    for (body, code) in [
        (json!({"name": "one"}), "525059"),
        (json!({"name": ""}), "1638518"),
        (json!({"name": "."}), "1638518"),
        (json!({"name": "a/b"}), "1638518"),
        (json!({"name": "a b"}), "1638518"),
        (json!({"name": "s".repeat(256)}), "1638518"),
        (json!({}), "262180"),
        (json!({"size": 1}), "262196"),
    ] {
        assert_eq!(lab.refused("POST", &of(&volume), body.clone()).await, code, "{body}");
    }
    lab.snapshot(&volume, "two").await;
    assert_eq!(lab.refused("POST", &of(&volume), json!({"name": "three"})).await, "525062");
    assert_eq!(lab.refused("PATCH", &one, json!({"name": "two"})).await, "525059");
    assert_eq!(lab.refused("PATCH", &one, json!({"name": "a/b"})).await, "1638518");
    let gone = format!("{}?name=three", of(&volume));
    assert_eq!(lab.refused("PATCH", &gone, json!({"name": "deleted_manila_three"})).await, "542797");
    let nobody = "00000000-0000-4000-8000-000000000000";
    assert_eq!(lab.refused("PATCH", &format!("{}/{nobody}", of(&volume)), json!({"name": "x"})).await, "1638600");
    assert_eq!(lab.refused("POST", &of(nobody), json!({"name": "x"})).await, "4");
    let target = lab.volume("target", 100, json!({"type": "dp"})).await;
    assert_eq!(lab.refused("POST", &of(&target), json!({"name": "x"})).await, "1638461");
    let offline = lab.volume("offline", 100, json!({"state": "offline"})).await;
    assert_eq!(lab.refused("POST", &of(&offline), json!({"name": "x"})).await, "524479");
    let group = json!({"name": "g", "svm.name": "svm1", "style": "flexgroup", "size": 800u64 << 30});
    let group = lab.done("POST", VOLUMES, group).await["records"][0]["uuid"].as_str().unwrap().to_owned();
    let of_group = format!("{}/{}", of(&group), lab.snapshot(&group, "one").await);
    assert_eq!(lab.refused("PATCH", &of_group, json!({"name": "x"})).await, "262196");
    assert_eq!(names(&lab.get(&of("*")).await), ["one", "one", "two"]);
}

#[tokio::test]
async fn a_snapshot_takes_its_time_in_the_queue_of_its_svm() {
    let lab = Lab::with(Config { latency: Profile::Array, ..Config::default() });
    let asking = lab.clone();
    let volume = lab.timed(async move { asking.volume("v", 100, json!({})).await }).await.0;
    let asking = lab.clone();
    let call = async move {
        let (status, body) = asking.call("POST", &of(&volume), json!({"name": "s"})).await;
        let job = body["job"]["_links"]["self"]["href"].as_str().unwrap().to_owned();
        (status, asking.get(&job).await, asking.get(&of(&volume)).await["num_records"].clone())
    };
    let (status, job, found) = lab.timed(call).await.0;
    assert_eq!((status, &job["state"], &job["svm"]["name"], found), (202, &json!("running"), &json!("svm1"), json!(0)));
}

#[tokio::test]
async fn an_svm_account_sees_the_snapshots_of_its_own_volumes() {
    let mut config = Config::default();
    config.svms.push(crate::SvmConfig::named("svm2", ["127.0.2.1", "127.0.2.2"]));
    let lab = Lab::with(config);
    let (own, foreign) =
        (lab.volume("v", 100, json!({})).await, lab.volume("w", 100, json!({"svm.name": "svm2"})).await);
    let theirs = lab.snapshot(&foreign, "theirs").await;
    let svm = lab.login("vsadmin", "password");
    svm.snapshot(&own, "ours").await;
    assert_eq!(names(&svm.get(&of("*")).await), ["ours"]);
    assert_eq!(svm.call("GET", &of(&foreign), Value::Null).await.0, 404);
    assert_eq!(svm.refused("POST", &of(&foreign), json!({"name": "x"})).await, "4");
    assert_eq!(svm.refused("DELETE", &format!("{}/{theirs}", of(&foreign)), Value::Null).await, "4");
}

#[tokio::test]
async fn clients_read_what_a_volume_held_and_can_not_change_it() {
    let net = Net::new(7);
    let (lab, lifs, port) = net.served();
    let volume = lab.open_volume(json!({})).await;
    let (mut nfs, root) = client(&lab, port).await;
    let dir = nfs.mkdir(&root, "dir").await.unwrap();
    write(&mut nfs, &dir, "file", "before").await;
    lab.snapshot(&volume, "one").await;
    write(&mut nfs, &dir, "file", "AFTER!").await;
    write(&mut nfs, &dir, "later", "new").await;
    assert_eq!(text(&mut nfs, &root, "dir/file").await.unwrap(), "AFTER!");
    assert_eq!(text(&mut nfs, &root, ".snapshot/one/dir/file").await.unwrap(), "before");
    assert_eq!(status(text(&mut nfs, &root, ".snapshot/one/dir/later").await), Status::NFS3ERR_NOENT);
    let snapshots = nfs.lookup(&root, ".snapshot").await.unwrap();
    let one = nfs.lookup(&snapshots, "one").await.unwrap();
    let kept_dir = nfs.lookup(&one, "dir").await.unwrap();
    let kept = nfs.lookup(&kept_dir, "file").await.unwrap();
    assert_eq!(nfs.readdir(&snapshots).await.unwrap(), ["one"]);
    assert_eq!(nfs.getattr(&one).await.unwrap().mode, 0o777);
    for refused in [
        status(nfs.write(&kept, 0, b"x").await),
        status(nfs.create(&one, "x").await),
        status(nfs.mkdir(&snapshots, "x").await),
        status(nfs.rmdir(&snapshots, "one").await),
        status(nfs.mkdir(&root, ".snapshot").await),
    ] {
        assert_eq!(refused, Status::NFS3ERR_ROFS);
    }
    assert_eq!(status(nfs.lookup(&dir, ".snapshot").await), Status::NFS3ERR_NOENT, "only the root has it");
    let by_name = format!("{}?name=one", of(&volume));
    lab.done("PATCH", &by_name, json!({"name": "renamed"})).await;
    assert_eq!(text(&mut nfs, &root, ".snapshot/renamed/dir/file").await.unwrap(), "before");
    assert_eq!(nfs.read(&kept, 0, 10).await.unwrap(), b"before", "handles outlive a new name");
    let space = lab.get(&format!("{VOLUMES}/{volume}?fields=space")).await["space"].clone();
    assert_eq!((&space["snapshot"]["used"], &space["used"]), (&json!(4096), &json!(8192)));
    let hide = |hide: bool| json!({"snapshot_directory_access_enabled": !hide});
    lab.done("PATCH", &format!("{VOLUMES}/{volume}"), hide(true)).await;
    assert_eq!(nfs.readdir(&root).await.unwrap(), ["dir"]);
    assert_eq!(status(nfs.lookup(&root, ".snapshot").await), Status::NFS3ERR_NOENT);
    lab.done("PATCH", &format!("{VOLUMES}/{volume}"), hide(false)).await;
    assert!(nfs.readdir(&root).await.unwrap().contains(&".snapshot".to_owned()));
    lab.done("DELETE", &format!("{}?name=renamed", of(&volume)), Value::Null).await;
    assert_eq!(status(nfs.read(&kept, 0, 10).await), Status::NFS3ERR_STALE);
    assert!(nfs.readdir(&snapshots).await.unwrap().is_empty());
    lifs.stop().await;
}

#[tokio::test]
async fn a_restore_brings_back_what_was_held_and_newer_snapshots_vanish() {
    let net = Net::new(8);
    let (lab, lifs, port) = net.served();
    let volume = lab.open_volume(json!({})).await;
    let at = format!("{VOLUMES}/{volume}");
    let (mut nfs, root) = client(&lab, port).await;
    write(&mut nfs, &root, "file", "before").await;
    lab.snapshot(&volume, "one").await;
    lab.snapshot(&volume, "two").await;
    write(&mut nfs, &root, "file", "AFTER!").await;
    write(&mut nfs, &root, "later", "new").await;
    lab.snapshot(&volume, "three").await;
    lab.done("PATCH", &at, json!({"size": 200 << 20, "nas.unix_permissions": 755})).await;
    let to = |name: &str| json!({"restore_to.snapshot.name": name});
    assert_eq!(lab.refused("PATCH", &at, to("none")).await, "1638600");
    assert_eq!(lab.refused("PATCH", &at, to("")).await, "1638515");
    lab.done("PATCH", &at, json!({"restore_to.snapshot.name": "one", "validate_only": true})).await;
    assert_eq!(text(&mut nfs, &root, "file").await.unwrap(), "AFTER!");
    lab.done("PATCH", &at, to("two")).await;
    assert_eq!(text(&mut nfs, &root, "file").await.unwrap(), "before", "the root's handle stays valid");
    assert_eq!(status(nfs.lookup(&root, "later").await), Status::NFS3ERR_NOENT);
    assert_eq!(names(&lab.get(&of(&volume)).await), ["one", "two"]);
    let body = lab.get(&format!("{at}?fields=size,space.used,nas.unix_permissions")).await;
    assert_eq!((&body["size"], &body["space"]["used"]), (&json!(200 << 20), &json!(4096)));
    assert_eq!(body["nas"]["unix_permissions"], 777);
    write(&mut nfs, &root, "file", "again!").await;
    let one = lab.get(&format!("{}?name=one", of(&volume))).await["records"][0]["uuid"].clone();
    lab.done("PATCH", &at, json!({"restore_to.snapshot.uuid": one})).await;
    assert_eq!(text(&mut nfs, &root, "file").await.unwrap(), "before");
    assert_eq!(text(&mut nfs, &root, ".snapshot/one/file").await.unwrap(), "before");
    assert_eq!(names(&lab.get(&of(&volume)).await), ["one"]);
    lab.done("PATCH", &at, json!({"state": "offline"})).await;
    assert_eq!(lab.refused("PATCH", &at, to("one")).await, "917533");
    lifs.stop().await;
}

#[tokio::test]
async fn a_snapshot_taken_while_clients_write_is_of_one_moment() {
    let net = Net::new(9);
    let (lab, lifs, port) = net.served();
    let volume = lab.open_volume(json!({})).await;
    let (mut nfs, root) = client(&lab, port).await;
    write(&mut nfs, &root, "f0", "x").await;
    let moved = root.clone();
    // One file, renamed all the while: a snapshot holds it exactly once. The owner of the root directory is kept in the
    // cluster, which is asked for it while the volume is locked.
    let renaming = tokio::spawn(async move {
        for turn in 0..200 {
            nfs.chmod(&moved, 0o700 + turn % 8).await.unwrap();
            nfs.rename((&moved, &format!("f{turn}")), (&moved, &format!("f{}", turn + 1))).await.unwrap();
        }
    });
    for turn in 0..10 {
        lab.snapshot(&volume, &format!("s{turn}")).await;
    }
    renaming.await.unwrap();
    let (mut nfs, root) = client(&lab, port).await;
    let snapshots = nfs.lookup(&root, ".snapshot").await.unwrap();
    for turn in 0..10 {
        let one = nfs.lookup(&snapshots, &format!("s{turn}")).await.unwrap();
        assert_eq!(nfs.readdir(&one).await.unwrap().len(), 1);
    }
    lifs.stop().await;
}

#[tokio::test]
async fn a_deleted_volume_takes_its_snapshots_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let lab = Lab::with(kept(dir.path()));
    let volume = lab.volume("v", 100, json!({})).await;
    let snapshot = lab.snapshot(&volume, "one").await;
    let files = dir.path().join("files").join(&snapshot);
    lab.done("DELETE", &format!("{VOLUMES}/{volume}"), Value::Null).await;
    assert_eq!(lab.get(&of("*")).await["num_records"], 0);
    assert!(files.is_dir(), "the recovery queue keeps them");
    lab.hand.step(std::time::Duration::from_secs(12 * 3600));
    assert_eq!(lab.get(VOLUMES).await["num_records"], 1);
    assert!(!files.exists());
    assert!(lab.cluster.strays().is_empty());
}

fn kept(dir: &Path) -> Config {
    Config { state_dir: Some(dir.to_owned()), ..Config::default() }
}

#[tokio::test]
async fn handles_in_snapshots_stay_valid_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let net = Net::new(10);
    let config = Config { state_dir: Some(dir.path().to_owned()), ..net.config() };
    let (lab, lifs, port) = net.of(config.clone());
    let volume = lab.open_volume(json!({})).await;
    let (mut nfs, root) = client(&lab, port).await;
    write(&mut nfs, &root, "file", "before").await;
    lab.snapshot(&volume, "one").await;
    let snapshots = nfs.lookup(&root, ".snapshot").await.unwrap();
    let one = nfs.lookup(&snapshots, "one").await.unwrap();
    let file = nfs.lookup(&one, "file").await.unwrap();
    let before = lab.get(&format!("{}?fields=**", of("*"))).await;
    lifs.stop().await;
    drop((lab, lifs, nfs));
    let (lab, lifs, port) = net.of(config);
    assert_eq!(lab.get(&format!("{}?fields=**", of("*"))).await, before);
    let (mut nfs, again) = client(&lab, port).await;
    assert_eq!(again, root);
    assert_eq!(nfs.readdir(&snapshots).await.unwrap(), ["one"]);
    assert_eq!(nfs.lookup(&one, "file").await.unwrap(), file);
    assert_eq!(nfs.read(&file, 0, 10).await.unwrap(), b"before");
    lifs.stop().await;
}

#[tokio::test]
async fn copies_that_a_kill_broke_off_are_made_before_anybody_is_answered() {
    let dir = tempfile::tempdir().unwrap();
    let lab = Lab::with(kept(dir.path()));
    let volume = lab.volume("v", 100, json!({})).await;
    let snapshot = lab.snapshot(&volume, "one").await;
    drop(lab);
    let files = dir.path().join("files");
    fs::create_dir_all(files.join(&volume)).unwrap();
    fs::write(files.join(&volume).join("file"), "text").unwrap();
    fs::write(files.join(&snapshot).join("half"), "a").unwrap();
    let journal = dir.path().join("objects.jsonl");
    let objects = fs::read_to_string(&journal).unwrap();
    let killed = objects.replace("\"whole\":true", "\"whole\":false");
    assert_ne!(killed, objects);
    fs::write(&journal, killed).unwrap();
    let lab = Lab::with(kept(dir.path()));
    assert_eq!(fs::read(files.join(&snapshot).join("file")).unwrap(), b"text");
    assert!(!files.join(&snapshot).join("half").exists());
    assert_eq!(lab.get(&format!("{}/{snapshot}", of(&volume))).await["size"], 4096);
}
