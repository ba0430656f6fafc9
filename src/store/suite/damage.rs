//! Damage: a store opens with all that was acknowledged, or is refused with its files as they were.
//!
//! Two small stores are made, one closed by a kill and one as it should be, and each is damaged in many ways. The seed
//! is fixed, so a variant that fails does so again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use manilad_clock::Clock;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use super::child::{self, Killed};
use super::{ITEMS, Item, assert_sound, item, put};
use crate::acknowledged::{Acknowledged, Found};
use crate::files::Seal;
use crate::{Error, Options, Sled, Store, salvage};

const SESSIONS: usize = 4;
const EACH: usize = 10;
const VARIANTS: usize = 120;

type Files = BTreeMap<PathBuf, Vec<u8>>;

fn open(dir: &Path) -> Result<Store, Error> {
    let engine = Sled::open(dir, 1 << 20)?;
    Store::open(Box::new(engine), Options { kinds: ITEMS, ..Options::default() }, Clock::system())
}

fn record(n: usize) -> Item {
    // Some are so large that sled puts them in files of their own.
    let tags = if n % 13 == 5 { vec![n.to_string().repeat(1000); 80] } else { vec![n.to_string().repeat(150); 3] };
    Item { tags, ..item(&format!("{n:02}"), "me", "x") }
}

fn session(store: &Store, number: usize) {
    (0..EACH).for_each(|n| put(store, [record(number * EACH + n)]));
}

fn expected() -> Vec<Item> {
    (0..SESSIONS * EACH).map(record).collect()
}

/// Goes through all sessions, and keeps the snapshots that sled replaces.
fn sessions(dir: &Path) -> (Store, Files) {
    let mut snapshots = Files::new();
    for number in 0..SESSIONS - 1 {
        let store = open(dir).unwrap();
        session(&store, number);
        store.close();
        snapshots.extend(files(dir).into_iter().filter(|(name, _)| is_snapshot(name)));
    }
    let store = open(dir).unwrap();
    session(&store, SESSIONS - 1);
    (store, snapshots)
}

#[test]
#[ignore = "waits until it is killed: a_damaged_store_that_was_killed_opens_whole_or_is_refused_and_left_as_it_was runs it in \
            a process of its own"]
fn the_child_that_is_killed() {
    let (store, _) = sessions(&child::dir());
    println!("acknowledged;");
    std::thread::park();
    store.close();
}

fn killed(dir: &Path) {
    let mut child = Killed::start("suite::damage::the_child_that_is_killed", dir);
    assert!(child.lines().any(|line| line.contains("acknowledged;")), "the child worked");
    child.kill();
}

fn is_snapshot(name: &Path) -> bool {
    name.to_string_lossy().starts_with("snap.")
}

/// All but the lock, which bears the process's id.
fn files(dir: &Path) -> Files {
    let mut found = Files::new();
    for folder in [dir.to_owned(), dir.join("blobs")] {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_file() && !path.ends_with("lock") {
                found.insert(path.strip_prefix(dir).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn lay(files: &Files) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("blobs")).unwrap();
    files.iter().for_each(|(name, bytes)| fs::write(dir.path().join(name), bytes).unwrap());
    dir
}

/// Damages one file, and tells how.
fn damage(files: &mut Files, snapshots: &Files, kind: usize, rng: &mut StdRng) -> String {
    let names: Vec<_> = files.keys().filter(|name| !files[*name].is_empty()).cloned().collect();
    let db = PathBuf::from("db");
    let name = if rng.random_bool(0.6) { db } else { names.choose(rng).unwrap().clone() };
    let blobs: Vec<_> = names.iter().filter(|name| name.starts_with("blobs")).collect();
    let bytes = files.get_mut(&name).unwrap();
    let size = bytes.len();
    // Most of a sled file is padding.
    let written: Vec<_> = (0..size).filter(|at| bytes[*at] != 0).collect();
    let at = if rng.random_bool(0.8) { *written.choose(rng).unwrap_or(&0) } else { rng.random_range(0..size) };
    let shown = name.display().to_string();
    match kind {
        0 | 1 => {
            bytes[at] ^= 1 << rng.random_range(0..8);
            format!("a bit at {at} of {shown}")
        }
        2 => {
            let end = (at + 16).min(size);
            rng.fill(&mut bytes[at..end]);
            format!("16 bytes at {at} of {shown}")
        }
        3 => {
            bytes.truncate(at);
            format!("{shown} cut to {at}")
        }
        4 => {
            let from = at / 4096 * 4096;
            bytes[from..(from + 4096).min(size)].fill(0);
            format!("a page of zeros at {from} of {shown}")
        }
        5 => {
            let gone: BTreeSet<_> = names.iter().filter(|name| is_snapshot(name)).cloned().collect();
            files.retain(|name, _| !gone.contains(name));
            if rng.random_bool(0.3) {
                return "no snapshot".to_owned();
            }
            let old: Vec<_> = snapshots.iter().filter(|(name, _)| !gone.contains(*name)).collect();
            let (name, bytes) = old.choose(rng).unwrap();
            files.insert((*name).clone(), (*bytes).clone());
            format!("the older snapshot {}", name.display())
        }
        6 => {
            let gone = (*blobs.choose(rng).unwrap()).clone();
            files.remove(&gone);
            format!("no {}", gone.display())
        }
        _ => {
            let gone = [&name, &PathBuf::from("acknowledged"), &PathBuf::from("conf")][rng.random_range(0..3)].clone();
            files.remove(&gone);
            format!("no {}", gone.display())
        }
    }
}

/// Whether it was refused.
fn try_open(dir: &Path, how: &str) -> bool {
    let before = files(dir);
    match open(dir) {
        Ok(store) => {
            assert!(store.all::<Item>().unwrap() == expected(), "{how}: opened, and something is missing");
            assert_sound(&store);
            false
        }
        Err(error) => {
            assert!(matches!(&error, Error::Corrupt { .. }), "{how}: {error}");
            assert!(files(dir) == before, "{how}: refused, and written to: {error}");
            true
        }
    }
}

fn none_is_silently_short(whole: &Files, snapshots: &Files, seed: u64) {
    assert!(!try_open(lay(whole).path(), "undamaged"), "an undamaged store opens");
    let mut rng = StdRng::seed_from_u64(seed);
    let mut refused = 0;
    for n in 0..VARIANTS {
        let mut files = whole.clone();
        let how = damage(&mut files, snapshots, n % 8, &mut rng);
        refused += usize::from(try_open(lay(&files).path(), &how));
    }
    println!("{refused} of {VARIANTS} damaged stores were refused");
    assert!(refused > VARIANTS / 4, "{refused} of {VARIANTS}: the damage did harm");
}

#[test]
fn a_damaged_store_that_was_killed_opens_whole_or_is_refused_and_left_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    killed(dir.path());
    let (store, snapshots) = sessions(tempfile::tempdir().unwrap().path());
    store.close();
    none_is_silently_short(&files(dir.path()), &snapshots, 11);
}

#[test]
fn a_damaged_store_that_was_closed_opens_whole_or_is_refused_and_left_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let (store, snapshots) = sessions(dir.path());
    store.close();
    none_is_silently_short(&files(dir.path()), &snapshots, 12);
}

#[test]
fn a_store_that_is_damaged_while_it_is_open_is_not_taken_for_whole_because_it_was_closed() {
    let dir = tempfile::tempdir().unwrap();
    let mut rng = StdRng::seed_from_u64(14);
    let (mut unsealed, mut refused) = (0, 0);
    for n in 0..VARIANTS / 4 {
        let place = dir.path().join(n.to_string());
        let (store, snapshots) = sessions(&place);
        let mut damaged = files(&place);
        // The notes beside the database are in memory too, and written again.
        let how = damage(&mut damaged, &snapshots, n % 5, &mut rng);
        damaged.iter().filter(|(name, _)| !name.ends_with("acknowledged")).for_each(|(name, bytes)| {
            let file = fs::OpenOptions::new().write(true).open(place.join(name)).unwrap();
            file.set_len(bytes.len() as u64).unwrap();
            file.write_all_at(bytes, 0).unwrap();
        });
        store.close();
        let sealed = place.join("sealed").exists();
        let opened_whole = !try_open(&place, &how);
        assert!(opened_whole || !sealed, "{how}: sealed, though it is damaged");
        unsealed += usize::from(!sealed);
        refused += usize::from(!opened_whole);
    }
    println!("{unsealed} of {} were not sealed, {refused} refused", VARIANTS / 4);
    assert!(refused > VARIANTS / 16, "{refused}: the damage did harm");
}

#[test]
fn a_count_that_is_asked_for_does_not_rest_on_a_seal() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = sessions(dir.path());
    store.close();
    // A seal of damaged files, as releases before this one made it of what was damaged while they ran.
    let mut bytes = fs::read(dir.path().join("db")).unwrap();
    let at = bytes.iter().position(|byte| *byte != 0).unwrap() + 100_000;
    bytes[at] ^= 1;
    fs::write(dir.path().join("db"), bytes).unwrap();
    let acknowledged = Acknowledged::read(dir.path()).unwrap();
    let Found::Last(last) = acknowledged else { panic!("a store that was closed has notes") };
    Seal::of(dir.path(), last.group).unwrap().put(dir.path()).unwrap();
    let before = files(dir.path());
    let refused = Sled::open_counted(dir.path(), 1 << 20).err().unwrap();
    assert!(matches!(refused, Error::Corrupt { .. }), "{refused}");
    assert!(files(dir.path()) == before);
}

#[test]
fn a_store_whose_settings_are_damaged_is_saved_whole() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = sessions(dir.path());
    store.close();
    fs::write(dir.path().join("conf"), b"nothing of sled's").unwrap();
    assert!(try_open(dir.path(), "damaged settings"));
    let exported = salvage(dir.path(), 1 << 20, Vec::new()).unwrap();
    assert_eq!(exported.records, expected().len() as u64);
    assert!(exported.damaged.is_empty(), "{:?}", exported.damaged);
}

#[test]
fn a_store_put_back_to_an_earlier_moment_is_refused_with_the_groups_that_are_missing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    put(&store, [record(0)]);
    store.close();
    let earlier = files(dir.path());
    let store = open(dir.path()).unwrap();
    put(&store, [record(1)]);
    put(&store, [record(2)]);
    store.close();
    let later = files(dir.path());

    let mut mixed = earlier.clone();
    mixed.insert("acknowledged".into(), later[Path::new("acknowledged")].clone());
    let mixed = lay(&mixed);
    let refused = open(mixed.path()).err().unwrap().to_string();
    assert!(tells(&refused, &["missing", "acknowledged", "export --salvage"]), "{refused}");
    assert!(refused.contains("groups 6 to 7"), "{refused}");

    // What was synced and not acknowledged any more is no damage.
    let mut unacknowledged = later.clone();
    unacknowledged.insert("acknowledged".into(), earlier[Path::new("acknowledged")].clone());
    let store = open(lay(&unacknowledged).path()).unwrap();
    assert_eq!(store.all::<Item>().unwrap().len(), 3);
}

fn tells(text: &str, parts: &[&str]) -> bool {
    parts.iter().all(|part| text.contains(part))
}

#[test]
fn a_store_of_a_release_that_took_no_notes_is_taken_over_once() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = sessions(dir.path());
    store.close();
    let db = ::sled::open(dir.path()).unwrap();
    db.remove([0]).unwrap().unwrap();
    drop(db);
    for note in ["acknowledged", "sealed"] {
        fs::remove_file(dir.path().join(note)).unwrap();
    }
    assert!(!try_open(dir.path(), "without notes"));
    fs::remove_file(dir.path().join("acknowledged")).unwrap();
    let refused = open(dir.path()).err().unwrap().to_string();
    assert!(tells(&refused, &["\"acknowledged\" is missing", "export --salvage"]), "{refused}");
}

#[test]
fn what_can_be_read_of_a_damaged_store_is_exported_and_the_store_left_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    killed(dir.path());
    let whole = files(dir.path());
    let (mut rng, mut saved) = (StdRng::seed_from_u64(13), Vec::new());
    for n in 0..24 {
        let mut damaged = whole.clone();
        let how = damage(&mut damaged, &Files::new(), [0, 2, 4, 6][n % 4], &mut rng);
        let dir = lay(&damaged);
        if !try_open(dir.path(), &how) {
            continue;
        }
        let mut out = Vec::new();
        let salvaged = salvage(dir.path(), 1 << 20, &mut out);
        println!("{how}: {:?}", salvaged.as_ref().map(|exported| exported.records));
        let Ok(exported) = salvaged else { continue };
        assert!(files(dir.path()) == damaged, "{how}");
        saved.push(exported.records);
        let lacks_nothing = how.ends_with(" of conf");
        assert_eq!(exported.damaged.is_empty(), lacks_nothing, "{how}: the export tells what the store lacks");
        let into = tempfile::tempdir().unwrap();
        let store = open(into.path()).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let records = runtime.block_on(store.import(std::io::Cursor::new(out))).unwrap();
        assert_eq!(records, exported.records, "{how}");
        let expected = expected();
        assert!(store.all::<Item>().unwrap().iter().all(|item| expected.contains(item)), "{how}");
        assert_sound(&store);
    }
    assert!(saved.iter().filter(|records| **records > 0).count() > 3, "{saved:?}");
}
