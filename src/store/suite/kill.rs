//! Kill -9 at any instant: what was acknowledged is there, and what was not is there whole or not at all.

use std::collections::BTreeSet;
use std::path::Path;

use futures::executor::block_on;
use futures::future::join_all;
use manilad_clock::Clock;
use rand::Rng;

use super::child::{self, Killed};
use super::{ITEMS, Item, assert_sound, item};
use crate::{Error, Options, Sled, Store};

const ROUNDS: u64 = 10;
const PARTS: [&str; 3] = ["a", "b", "c"];

fn open(dir: &Path) -> Store {
    let engine = Sled::open(dir, 1 << 20).unwrap();
    Store::open(Box::new(engine), Options { kinds: ITEMS, ..Options::default() }, Clock::system()).unwrap()
}

/// Commits for ever, eight at a time, and tells of each that is acknowledged.
#[test]
#[ignore = "commits until it is killed: what_was_acknowledged_survives_a_kill_at_any_instant runs it in a process of its own"]
fn the_child_that_is_killed() {
    let store = open(&child::dir());
    block_on(join_all((0..8).map(|_| async {
        loop {
            let serial = store.commit("kill", |draft| {
                let serial = draft.next_serial()?;
                for part in PARTS {
                    let tags = vec![format!("{}", serial % 7); 3];
                    draft.put(&Item { tags, ..item(&format!("{serial}-{part}"), "me", part) })?;
                }
                if serial > 40 {
                    draft.remove(&item(&format!("{}-a", serial - 40), "", ""))?;
                }
                Ok::<_, Error>(serial)
            });
            println!("acknowledged {};", serial.await.unwrap());
        }
    })));
}

#[test]
fn what_was_acknowledged_survives_a_kill_at_any_instant() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeSet::new();
    for round in 0..ROUNDS {
        let mut child = Killed::start("suite::kill::the_child_that_is_killed", dir.path());
        let serial = |line: String| line.split_once("acknowledged ")?.1.strip_suffix(';')?.parse::<u64>().ok();
        let patience = rand::rng().random_range(1..400);
        acknowledged.extend(child.lines().filter_map(serial).take(patience));
        acknowledged.extend(child.kill().into_iter().filter_map(serial));
        assert!(acknowledged.len() as u64 > round, "the child worked");
        check(&open(dir.path()), &acknowledged);
    }
}

fn check(store: &Store, acknowledged: &BTreeSet<u64>) {
    assert_sound(store);
    let last = block_on(store.commit("last", |draft| Ok::<_, Error>(draft.next_serial()? - 1))).unwrap();
    assert!(acknowledged.last().is_some_and(|newest| *newest <= last));
    // A serial that this check drew in an earlier round has no records, and the records after it are removed by a later one.
    let present: BTreeSet<String> = store.all::<Item>().unwrap().into_iter().map(|item| item.id).collect();
    for serial in acknowledged {
        assert!(present.contains(&format!("{serial}-b")) && present.contains(&format!("{serial}-c")), "lost {serial}");
    }
    for serial in 1..=last {
        let parts = PARTS.map(|part| present.contains(&format!("{serial}-{part}")));
        assert_eq!(parts[1], parts[2], "half of {serial}");
        let removed = present.contains(&format!("{}-b", serial + 40));
        assert_eq!(parts[0], parts[1] && !removed, "half of {serial} or {}", serial + 40);
    }
}
