//! Export and import: what comes out goes in, also in another engine, and what was cut short is refused.

use std::io::{BufReader, Cursor, Write};
use std::sync::{Arc, Mutex};

use super::{BY_OWNER, Item, Rig, assert_sound, commit, item, put, suite};
use crate::{Changes, Error, Exported, Range, Sled, Store, key};

suite!(
    an_export_makes_the_same_store_in_another_engine,
    a_damaged_record_does_not_hold_back_the_others,
    an_import_that_was_cut_short_or_changed_is_refused_with_its_line,
    an_import_needs_an_empty_store,
);

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

fn export(store: &Store) -> (Exported, String) {
    let out = Buffer::default();
    let exported = wait(store.export(out.clone())).unwrap();
    let text = out.0.lock().unwrap().clone();
    (exported, String::from_utf8(text).unwrap())
}

fn import(store: &Store, text: impl Into<Vec<u8>>) -> Result<u64, Error> {
    wait(store.import(BufReader::new(Cursor::new(text.into()))))
}

fn fill(store: &Store) -> Vec<Item> {
    let items: Vec<_> = (0..700).map(|n| item(&format!("{n:03}"), "me", &format!("\"{n}\0\n"))).collect();
    put(store, items.clone());
    commit(store, |draft| draft.next_serial()).unwrap();
    items
}

fn an_export_makes_the_same_store_in_another_engine(rig: Rig) {
    let store = rig.open();
    let items = fill(&store);
    let (exported, text) = export(&store);
    assert_eq!(exported, Exported { records: 700, damaged: vec![] });
    assert_eq!(text.lines().count(), 702);
    let other = Rig::memory();
    let copy = other.open();
    assert_eq!(import(&copy, text), Ok(700));
    assert_eq!(copy.all::<Item>().unwrap(), items);
    assert_eq!(copy.scan_keys("item", Range::of(BY_OWNER, ["me"])).unwrap().records.len(), 700);
    assert_eq!(commit(&copy, |draft| draft.next_serial()).unwrap(), 2);
    assert_sound(&copy);
}

fn a_damaged_record_does_not_hold_back_the_others(rig: Rig) {
    let store = rig.open();
    fill(&store);
    let damage =
        [(key::record("item", "007"), Some(b"\xFF".to_vec())), (key::record("item", "008"), Some(b"{".to_vec()))];
    rig.engine.apply(&Changes::from(damage)).unwrap();
    let (exported, text) = export(&store);
    assert_eq!(exported, Exported { records: 698, damaged: vec!["r item 007".into(), "r item 008".into()] });
    let other = Rig::memory();
    assert_eq!(import(&other.open(), text), Ok(698));
}

fn an_import_that_was_cut_short_or_changed_is_refused_with_its_line(rig: Rig) {
    let store = rig.open();
    fill(&store);
    let (_, text) = export(&store);
    let lines: Vec<_> = text.lines().collect();
    let without = |n: usize| {
        lines.iter().enumerate().filter(|(at, _)| *at != n).map(|(_, line)| *line).collect::<Vec<_>>().join("\n")
    };
    let cases = [
        (String::new(), 1, "cut short"),
        (lines[..300].join("\n"), 301, "cut short"),
        (text[..text.len() / 2].to_owned(), 0, "cut short"),
        (without(0), 1, "head"),
        (without(5), 701, "700 records"),
        (text.replacen("\"item\"", "\"ghost\"", 1), 2, "not registered"),
        (text.replacen("\"v\":1", "\"v\":2", 1), 2, "version 2"),
        (text.replacen("\"format\":1", "\"format\":2", 1), 1, "format"),
        (format!("{}\n{}", lines[0], "x".repeat(2 << 20)), 2, "longer than"),
    ];
    for (bad, at, says) in cases {
        let fresh = Rig::memory();
        let Err(Error::Import { line, reason }) = import(&fresh.open(), bad) else { panic!("{says}: taken") };
        assert!(at == 0 || line == at, "{says}: line {line}");
        assert!(reason.contains(says), "{says}: {reason}");
    }
}

fn an_import_needs_an_empty_store(rig: Rig) {
    let store = rig.open();
    fill(&store);
    let (_, text) = export(&store);
    assert!(matches!(import(&store, text), Err(Error::Import { line: 1, .. })));
    assert_sound(&store);
}

#[test]
fn a_store_that_is_made_bears_its_mark_and_one_that_is_there_already_gets_none() {
    let dir = tempfile::tempdir().unwrap();
    drop(Sled::open(dir.path(), Sled::CACHE).unwrap());
    let refused = Sled::make(dir.path(), Sled::CACHE, "mark").err().unwrap();
    assert!(matches!(&refused, Error::Io { reason, .. } if reason == "there is one already"), "{refused}");
    assert!(!dir.path().join("mark").exists());
    let other = tempfile::tempdir().unwrap();
    drop(Sled::make(other.path(), Sled::CACHE, "mark").unwrap());
    assert!(other.path().join("mark").exists());
}
