//! A foreign NFS client, libnfs, on the export locations that the API gave.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::{NFS_PORT, Stage, until};

/// Where libnfs finds `file` of an export location.
pub fn url(export: &str, file: &str) -> String {
    let (lif, junction) = export.rsplit_once(':').unwrap();
    format!("nfs://{lif}{junction}/{file}?nfsport={NFS_PORT}&mountport={NFS_PORT}")
}

pub fn copy(from: &str, to: &str) -> Output {
    Command::new("nfs-cp").args([from, to]).output().expect("nfs-cp of Debian's libnfs-utils: ./check installs it")
}

/// What is in the file, or None when it may not be read.
pub fn read(url: &str) -> Option<Vec<u8>> {
    let output = Command::new("nfs-cat").arg(url).output().unwrap();
    output.status.success().then_some(output.stdout)
}

/// Bytes without a pattern that a lost or doubled block could hide in.
fn some_bytes(file: &Path) -> Vec<u8> {
    let bytes: Vec<u8> = (0..3_000_001_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    std::fs::write(file, &bytes).unwrap();
    bytes
}

#[test]
fn libnfs_writes_and_reads_as_far_as_rules_let_it() {
    let stage = Stage::open();
    let api = stage.api();
    let share = api.make_share(&api.make_type("plain", json!({})));
    api.until_status(&share, "available");
    let exports = api.exports(&share);
    let folder = tempfile::tempdir().unwrap();
    let local = folder.path().join("local");
    let (bytes, local) = (some_bytes(&local), local.to_str().unwrap());
    let [here, there] = [&exports[0], &exports[1]].map(|export| url(export, "remote"));

    assert!(!copy(local, &here).status.success(), "without a rule nobody comes in");
    let rule = api.allow(&share, "127.0.0.1", "rw");
    api.until_rule(&rule, "active");
    let copied = copy(local, &here);
    assert!(copied.status.success(), "{copied:?}");
    assert!(read(&there) == Some(bytes.clone()), "the other LIF shows the same file");

    api.deny(&share, &rule);
    api.until_rule_gone(&rule);
    assert_eq!(read(&here), None, "the rule is gone");
    let rule = api.allow(&share, "127.0.0.0/8", "ro");
    api.until_rule(&rule, "active");
    assert!(read(&here) == Some(bytes), "readers read");
    assert!(!copy(local, &url(&exports[0], "another")).status.success(), "and do not write");

    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn libnfs_reads_what_a_snapshot_holds_in_it_in_a_share_that_begins_with_it_and_after_a_revert() {
    let stage = Stage::open();
    let api = stage.api();
    let abilities = ["snapshot_support", "create_share_from_snapshot_support", "revert_to_snapshot_support"];
    let specs = abilities.map(|ability| (ability.to_owned(), json!("True"))).into_iter().collect();
    let kind = api.make_type("snapshots", Value::Object(specs));
    let share = api.make_share(&kind);
    api.until_status(&share, "available");
    let opened = |share: &str| {
        let rule = api.allow(share, "127.0.0.1", "rw");
        api.until_rule(&rule, "active");
        api.exports(share)[0].clone()
    };
    let export = opened(&share);
    let folder = tempfile::tempdir().unwrap();
    let put = |content: &str, url: &str| {
        let local = folder.path().join("local");
        std::fs::write(&local, content).unwrap();
        let copied = copy(local.to_str().unwrap(), url);
        assert!(copied.status.success(), "{copied:?}");
    };
    put("before", &url(&export, "file"));
    let asked = api.post("/snapshots", json!({ "snapshot": { "share_id": share } }));
    let snapshot = asked["snapshot"]["id"].as_str().unwrap().to_owned();
    let shown = || api.get(&format!("/snapshots/{snapshot}"))["snapshot"].clone();
    until("the snapshot is taken", || (shown()["status"] == "available").then_some(()));
    put("after", &url(&export, "other"));
    let location = shown()["provider_location"].as_str().unwrap().to_owned();
    assert_eq!(read(&url(&export, &format!(".snapshot/{location}/file"))).as_deref(), Some(&b"before"[..]));
    assert_eq!(read(&url(&export, &format!(".snapshot/{location}/other"))), None);

    let wish = json!({ "share": { "share_proto": "NFS", "snapshot_id": snapshot } });
    let child = api.post("/shares", wish)["share"]["id"].as_str().unwrap().to_owned();
    api.until_status(&child, "available");
    assert_eq!(read(&url(&api.exports(&child)[0], "file")), None, "the rules of the parent are not its own");
    let of_child = opened(&child);
    assert_eq!(read(&url(&of_child, "file")).as_deref(), Some(&b"before"[..]));
    assert_eq!(read(&url(&of_child, "other")), None);
    put("of the child", &url(&of_child, "own"));

    api.post(&format!("/shares/{share}/action"), json!({ "revert": { "snapshot_id": snapshot } }));
    until("the share is reverted", || (shown()["status"] == "available").then_some(()));
    api.until_status(&share, "available");
    assert_eq!(read(&url(&export, "file")).as_deref(), Some(&b"before"[..]));
    assert_eq!(read(&url(&export, "other")), None);

    api.delete(&format!("/snapshots/{snapshot}"));
    let path = format!("/snapshots/{snapshot}");
    until("the snapshot is gone", || (api.ask("GET", &path, None).0 == 404).then_some(()));
    assert_eq!(read(&url(&of_child, "own")).as_deref(), Some(&b"of the child"[..]));
    for share in [&share, &child] {
        api.delete(&format!("/shares/{share}"));
        api.until_gone(share);
    }
    stage.close(0);
}
