//! `manilad store`: what a daemon left can be checked, taken out as text, and brought into an empty store.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::{Api, BackEnd, Stage};

/// Runs `manilad store …` over the configuration in `folder`.
fn store(folder: &Path, work: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_manilad"));
    command.args(["--config-file", "manila.conf", "store"]).args(work).current_dir(folder).output().unwrap()
}

fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A share without its links, which name the daemon's port.
fn shown(api: &Api, share: &str) -> Value {
    let mut shown = api.get(&format!("/shares/{share}"))["share"].take();
    shown.as_object_mut().unwrap().remove("links");
    shown
}

#[test]
fn an_export_carries_shares_and_rules_into_an_empty_store_and_the_daemon_goes_on() {
    let stage = Stage::with(&[], "", &[BackEnd { name: "alpha", zone: "nova", array: 0 }]);
    let api = stage.api();
    let share_type = api.make_type("default", serde_json::json!({}));
    let share = api.make_share(&share_type);
    api.until_status(&share, "available");
    let rule = api.allow(&share, "127.0.0.9", "ro");
    api.until_rule(&rule, "active");
    let (before, exports) = (shown(&api, &share), api.exports(&share));
    let folder = stage.folder.path().to_owned();
    let busy = refused(&store(&folder, &["check"]));
    assert!(busy.contains("in use"), "a daemon has it open: {busy}");

    let (kept, sim) = stage.stop_daemon();
    assert!(succeeded(&store(&folder, &["check"])).contains("is sound"));
    assert!(succeeded(&store(&folder, &["export", "all.jsonl"])).contains("records exported"));
    assert!(refused(&store(&folder, &["export", "all.jsonl"])).contains("the file exists"));
    assert!(refused(&store(&folder, &["import", "all.jsonl"])).contains("import"), "the store holds something");

    std::fs::rename(folder.join("store"), folder.join("old")).unwrap();
    assert!(refused(&store(&folder, &["import", "none.jsonl"])).contains("none.jsonl"));
    assert!(succeeded(&store(&folder, &["import", "all.jsonl"])).contains("records imported"));
    assert!(succeeded(&store(&folder, &["check"])).contains("is sound"));

    let stage = Stage::again(kept, sim);
    let api = stage.api();
    assert_eq!(shown(&api, &share), before);
    assert_eq!(api.exports(&share), exports);
    api.deny(&share, &rule);
    api.until_rule_gone(&rule);
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}
