//! `manilad store`: what a daemon left can be checked, taken out as text, and brought into an empty store.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::{Api, BackEnd, Process, Stage};

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

/// Writes a configuration whose store would lie below the folder; answers where.
fn configured(folder: &Path) -> PathBuf {
    let state = folder.join("state");
    let text = format!(
        "[DEFAULT]\nauth_strategy = noauth\nosapi_share_listen = 127.0.0.1\nstate_path = {}\n",
        state.display()
    );
    std::fs::write(folder.join("manila.conf"), text).unwrap();
    state.join("store")
}

#[test]
fn a_store_that_is_not_there_is_an_error_and_is_not_made_except_by_an_import() {
    let folder = tempfile::tempdir().unwrap();
    let place = configured(folder.path());
    std::fs::write(folder.path().join("nothing.jsonl"), "").unwrap();
    for work in [&["check"] as &[&str], &["export", "all.jsonl"], &["import", "none.jsonl"]] {
        let words = refused(&store(folder.path(), work));
        let told = if work[0] == "import" { "none.jsonl" } else { place.to_str().unwrap() };
        assert!(words.contains(told), "{work:?}: {words}");
        assert!(!folder.path().join("state").exists(), "{work:?} made a store");
    }
    assert!(!folder.path().join("all.jsonl").exists());
}

#[test]
fn an_import_that_finds_a_daemon_in_the_place_leaves_no_mark_in_its_store() {
    let folder = tempfile::tempdir().unwrap();
    let place = configured(folder.path());
    let export = "{\"head\":{\"format\":1,\"serial\":0}}\n{\"end\":{\"records\":0}}\n";
    std::fs::write(folder.path().join("none.jsonl"), export).unwrap();
    // A daemon that has just come: it has the place, and its database is not there yet.
    std::fs::create_dir_all(&place).unwrap();
    let lock = std::fs::File::create(place.join("lock")).unwrap();
    lock.try_lock().unwrap();
    let told = refused(&store(folder.path(), &["import", "none.jsonl"]));
    assert!(told.contains("in use"), "{told}");
    lock.unlock().unwrap();
    assert!(!place.join("importing").exists(), "the daemon would not start again");
    assert!(succeeded(&store(folder.path(), &["import", "none.jsonl"])).contains("0 records imported"));
}

#[test]
fn with_a_file_the_store_lies_below_the_state_path_wherever_the_daemon_is_started() {
    let folder = tempfile::tempdir().unwrap();
    let (state, file) = (folder.path().join("state"), folder.path().join("manila.conf"));
    let text = format!(
        "[DEFAULT]\nauth_strategy = noauth\nosapi_share_listen = 127.0.0.1\nosapi_share_listen_port = 0\nstate_path = {}\n",
        state.display()
    );
    std::fs::write(&file, text).unwrap();
    let configured = ["--config-file".to_owned(), file.display().to_string()];
    let checked = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_manilad"));
        succeeded(&command.args(&configured).arg("check-config").current_dir(folder.path()).output().unwrap())
    };
    let place = format!("store in {}", state.join("store").display());
    assert!(checked().contains(&format!("{place}, which is not there yet")), "{}", checked());
    let start = |name: &str| {
        let current = folder.path().join(name);
        std::fs::create_dir(&current).unwrap();
        let mut daemon = Process::start(&configured, &current);
        let api = Api::new(&daemon.address("API"));
        (current, daemon, api)
    };
    let (first, mut daemon, api) = start("first");
    api.make_type("here", serde_json::json!({}));
    daemon.stop();
    let (second, mut daemon, api) = start("second");
    assert_eq!(api.get("/types")["share_types"][0]["name"], "here");
    daemon.stop();
    assert!(checked().contains(&format!("{place}\n")), "{}", checked());
    for current in [first, second] {
        assert_eq!(std::fs::read_dir(current).unwrap().count(), 0, "the current folder holds nothing");
    }
}

#[test]
fn an_export_carries_shares_and_rules_into_a_new_store_and_the_daemon_goes_on() {
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
    let told = refused(&store(&folder, &["import", "all.jsonl"]));
    assert!(told.contains("there is a store in") && told.contains("an import makes a new one"), "{told}");

    std::fs::rename(folder.join("store"), folder.join("old")).unwrap();
    assert!(refused(&store(&folder, &["import", "none.jsonl"])).contains("none.jsonl"));
    let whole = std::fs::read_to_string(folder.join("all.jsonl")).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    // An export that was cut short: its records of the first lines could all be entered.
    std::fs::write(folder.join("half.jsonl"), lines[..lines.len() - 1].join("\n") + "\n").unwrap();
    assert!(refused(&store(&folder, &["import", "half.jsonl"])).contains("cut short"));
    assert!(!folder.join("store").exists(), "what is refused makes no store");
    // One that is whole and holds what no store takes.
    let strange = whole.replacen("\"kind\":\"", "\"kind\":\"strange-", 1);
    std::fs::write(folder.join("strange.jsonl"), strange).unwrap();
    assert!(refused(&store(&folder, &["import", "strange.jsonl"])).contains("strange-"));
    for work in [&["check"][..], &["export", "half-of-it.jsonl"], &["import", "all.jsonl"]] {
        assert!(refused(&store(&folder, work)).contains("an import is under way, or was broken off"), "{work:?}");
    }
    assert!(!folder.join("half-of-it.jsonl.partial").exists(), "an export that failed leaves nothing");
    std::fs::remove_dir_all(folder.join("store")).unwrap();
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

#[test]
fn a_damaged_store_is_refused_by_every_command_and_left_as_it_was_and_what_can_be_read_is_saved() {
    let stage = Stage::with(&[], "", &[BackEnd { name: "alpha", zone: "nova", array: 0 }]);
    let api = stage.api();
    let share_type = api.make_type("default", serde_json::json!({}));
    let share = api.make_share(&share_type);
    api.until_status(&share, "available");
    let folder = stage.folder.path().to_owned();
    let (_kept, _sim) = stage.stop_daemon();

    let db = folder.join("store/db");
    let mut bytes = std::fs::read(&db).unwrap();
    let written: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
    bytes[written[written.len() / 3]] ^= 1;
    std::fs::write(&db, &bytes).unwrap();
    for work in [&["check"][..], &["export", "all.jsonl"], &["import", "manila.conf"]] {
        let told = refused(&store(&folder, work));
        assert!(told.contains("is damaged") && told.contains("export --salvage"), "{work:?}: {told}");
        assert!(std::fs::read(&db).unwrap() == bytes, "{work:?} wrote to it");
    }
    let daemon = Command::new(env!("CARGO_BIN_EXE_manilad"))
        .args(["--config-file", "manila.conf"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(refused(&daemon).contains("is damaged"), "the daemon does not start");

    let salvaged = store(&folder, &["export", "--salvage", "saved.jsonl"]);
    assert!(refused(&salvaged).contains("left out"), "what is lost is told, and the exit code says so");
    assert!(std::fs::read(&db).unwrap() == bytes, "a copy was read");
    let saved = std::fs::read_to_string(folder.join("saved.jsonl")).unwrap();
    assert!(saved.lines().count() > 2, "a head, records, an end: {saved}");
    std::fs::rename(folder.join("store"), folder.join("damaged")).unwrap();
    assert!(succeeded(&store(&folder, &["import", "saved.jsonl"])).contains("records imported"));
    assert!(succeeded(&store(&folder, &["check"])).contains("is sound"));
}
