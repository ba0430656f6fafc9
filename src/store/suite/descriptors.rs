//! A process that runs out of file descriptors, as strangers' connections can make it: commits are refused until there
//! are some again, and nothing is lost. In a child, as the limit is the whole process's.

use std::fs::File;

use manilad_clock::Clock;

use super::{ITEMS, Item, assert_sound, child, commit, item, put};
use crate::{Changes, Engine, Error, Failed, Options, Sled, Store};

fn bulky(id: &str) -> Item {
    Item { tags: vec!["y".repeat(2000); 200], ..item(id, "me", "x") }
}

/// All that there are.
fn exhaust() -> Vec<File> {
    std::iter::from_fn(|| File::open("/").ok()).collect()
}

#[test]
#[ignore = "takes all descriptors of its process: without_file_descriptors_commits_are_refused_and_the_store_goes_on_when_\
            there_are_some runs it in one of its own, under a low limit"]
fn the_child_with_few_descriptors() {
    let dir = child::dir();
    let engine = Sled::open(&dir, 1 << 20).unwrap();
    // Applied, and then none are left for the sync of what it put into files of their own.
    engine.apply(&Changes::from([(b"x large".to_vec(), Some(vec![7; 400_000]))])).unwrap();
    let taken = exhaust();
    engine.sync().unwrap();
    assert!(matches!(engine.ready(), Err(Error::Descriptors { .. })));
    drop(taken);
    engine.ready().unwrap();
    engine.apply(&Changes::from([(b"x large".to_vec(), None)])).unwrap();
    engine.sync().unwrap();

    let options = Options {
        kinds: ITEMS,
        fatal: std::sync::Arc::new(|error| panic!("the store gave up: {error}")),
        ..Options::default()
    };
    let store = Store::open(Box::new(engine), options.clone(), Clock::system()).unwrap();
    put(&store, [bulky("0")]);
    for round in 1..20 {
        let taken = exhaust();
        for _ in 0..3 {
            let refused = commit(&store, |draft| draft.put(&bulky("never")));
            assert!(
                matches!(refused, Err(Failed::Unavailable(Error::Descriptors { .. }))),
                "refused in a way that passes: {refused:?}"
            );
        }
        drop(taken);
        put(&store, [bulky(&round.to_string())]);
    }
    store.close();
    let store = Store::open(Box::new(Sled::open(&dir, 1 << 20).unwrap()), options, Clock::system()).unwrap();
    assert_eq!(store.all::<Item>().unwrap().len(), 20);
    assert_sound(&store);
}

#[test]
fn without_file_descriptors_commits_are_refused_and_the_store_goes_on_when_there_are_some() {
    let dir = tempfile::tempdir().unwrap();
    let limit = ["sh", "-c", "ulimit -n 64 && exec \"$0\" \"$@\""];
    let mut child = child::command(&limit, "suite::descriptors::the_child_with_few_descriptors", dir.path());
    let limited = child.output().unwrap();
    let printed = format!("{}{}", String::from_utf8_lossy(&limited.stdout), String::from_utf8_lossy(&limited.stderr));
    assert!(limited.status.success() && printed.contains("1 passed"), "{printed}");
}
