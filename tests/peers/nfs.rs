//! A foreign NFS client, libnfs, on the export locations that the API gave.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::json;

use crate::support::{NFS_PORT, Stage};

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
