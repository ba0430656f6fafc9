//! The directory: its lock, what a kill leaves behind, and damage.

use std::fs;
use std::path::Path;

use manilad_clock::Clock;

use super::{ITEMS, Item, assert_sound, item, put};
use crate::{Engine, Error, Options, Sled, Store};

fn open(dir: &Path) -> Result<Store, Error> {
    let engine = Sled::open(dir, Sled::CACHE)?;
    Store::open(Box::new(engine), Options { kinds: ITEMS, ..Options::default() }, Clock::system())
}

#[test]
fn a_second_daemon_is_refused_with_directory_and_pid() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let refused = open(dir.path()).err().unwrap();
    assert_eq!(refused, Error::Locked { dir: dir.path().to_owned(), pid: Some(std::process::id()) });
    let text = refused.to_string();
    assert!(
        text.contains(&dir.path().display().to_string()) && text.contains(&std::process::id().to_string()),
        "{text}"
    );
    store.close();
    open(dir.path()).unwrap();
}

#[test]
fn what_was_committed_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..5 {
        let store = open(&dir.path().join("made")).unwrap();
        assert_eq!(store.all::<Item>().unwrap().len(), round * 100);
        put(&store, (0..100).map(|n| item(&format!("{round}-{n}"), "me", "x")));
        assert_sound(&store);
        store.close();
    }
}

#[test]
fn a_snapshot_that_a_kill_left_unfinished_is_no_obstacle() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    put(&store, [item("a", "me", "x")]);
    store.close();
    fs::write(dir.path().join("snap.FFFFFFFFFFFFFFF0.generating"), b"half").unwrap();
    let store = open(dir.path()).unwrap();
    assert_eq!(store.get("a").unwrap(), Some(item("a", "me", "x")));
}

#[test]
fn a_damaged_database_is_told_with_the_way_out() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).unwrap().close();
    fs::write(dir.path().join("snap.FFFFFFFFFFFFFFF0"), b"this is not a snapshot").unwrap();
    let refused = open(dir.path()).err().unwrap();
    assert!(matches!(refused, Error::Corrupt { .. }), "{refused}");
    let text = refused.to_string();
    assert!(
        text.contains("import") && text.contains("export") && text.contains(&dir.path().display().to_string()),
        "{text}"
    );
}

#[test]
fn a_directory_that_can_t_be_made_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, b"").unwrap();
    let refused = open(&file.join("store")).err().unwrap();
    assert!(refused.to_string().contains("file/store"), "{refused}");
}

#[test]
fn large_nodes_are_synced_files_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let bulky = |n: usize| Item { tags: vec![n.to_string().repeat(2000); 100], ..item(&n.to_string(), "me", "x") };
    put(&store, (0..5).map(bulky));
    assert!(fs::read_dir(dir.path().join("blobs")).unwrap().count() > 0, "values this large are kept apart");
    store.close();
    let store = open(dir.path()).unwrap();
    assert_eq!(store.all::<Item>().unwrap(), (0..5).map(bulky).collect::<Vec<_>>());
}

#[test]
fn space_is_measured_where_the_store_lives() {
    let dir = tempfile::tempdir().unwrap();
    let space = Sled::open(dir.path(), Sled::CACHE).unwrap().space().unwrap();
    assert!(space.size > 0 && space.free.is_some_and(|free| free > 0), "{space:?}");
}
