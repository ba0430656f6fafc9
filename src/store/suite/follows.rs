//! Index rows and usage follow from the records, whatever is put, removed, refused or broken, and the check would tell.

use std::collections::BTreeMap;

use manilad_domain::quota::Usage;
use manilad_domain::{Record, Sum};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{BY_OWNER, BY_TAG, Item, Rig, assert_sound, commit, item, put, suite};
use crate::{Changes, Error, Failed, Range, consistency, key};

suite!(rows_and_usage_follow_the_records, the_check_finds_each_kind_of_damage);

#[derive(Debug, Clone)]
enum Step {
    Put(Item),
    Remove(String),
}

fn step() -> impl Strategy<Value = Step> {
    let letter = || "[ab\0é]";
    let tags = proptest::collection::vec("[xyz]", 0..4);
    let any_item = (letter(), letter(), letter(), 0..5i64, tags);
    prop_oneof![
        3 => any_item.prop_map(|(id, owner, name, size, tags)| Step::Put(Item { id, owner, name, size, tags })),
        1 => letter().prop_map(Step::Remove),
    ]
}

/// Decisions of several steps, some of which refuse at the end.
fn rows_and_usage_follow_the_records(rig: Rig) {
    let decisions =
        proptest::collection::vec((proptest::collection::vec(step(), 0..5), prop::bool::weighted(0.2)), 1..8);
    let store = rig.open();
    let mut model: BTreeMap<String, Item> = BTreeMap::new();
    let model = std::cell::RefCell::new(&mut model);
    let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&decisions, |decisions| {
            let mut model = model.borrow_mut();
            for (steps, refuse) in decisions {
                let mine = steps.clone();
                let ended = commit(&store, move |draft| {
                    for step in &mine {
                        match step {
                            Step::Put(item) => draft.put(item)?,
                            Step::Remove(id) => draft.remove(&item(id, "", ""))?,
                        }
                    }
                    if refuse { Err(Error::Closed) } else { Ok(()) }
                });
                prop_assert_eq!(ended, if refuse { Err(Failed::Refused(Error::Closed)) } else { Ok(()) });
                for step in steps.into_iter().filter(|_| !refuse) {
                    match step {
                        Step::Put(item) => model.insert(item.id.clone(), item),
                        Step::Remove(id) => model.remove(&id),
                    };
                }
            }
            prop_assert_eq!(consistency(&store), Vec::<String>::new());
            prop_assert_eq!(store.all::<Item>().unwrap(), model.values().cloned().collect::<Vec<_>>());
            prop_assert_eq!(store.scan_keys("item", Range::all(BY_OWNER)).unwrap().records.len(), model.len());
            let tagged: usize = model.values().map(|item| item.rows().len() - 1).sum();
            prop_assert_eq!(store.scan_keys("item", Range::all(BY_TAG)).unwrap().records.len(), tagged);
            for owner in ["a", "b", "\0", "é"] {
                let mut recount = Usage::of(owner);
                let charges = model.values().filter(|item| item.owner == owner).flat_map(Record::charges);
                charges.for_each(|charge| recount.book(&charge, 1));
                let stored: Option<Usage> = store.get(owner).unwrap();
                prop_assert_eq!(stored, (recount != Usage::of(owner)).then_some(recount));
            }
            for tag in ["x", "y", "z"] {
                let tags = model.values().flat_map(|item| item.tags.iter().map(|tag| (tag, item.size)));
                let recount: i64 = tags.filter(|(own, _)| *own == tag).map(|(_, size)| size).sum();
                let stored = store.get::<Sum>(tag).unwrap().map_or(0, |sum| sum.amount);
                prop_assert_eq!(stored, recount, "{}", tag);
            }
            Ok(())
        })
        .unwrap();
}

fn the_check_finds_each_kind_of_damage(rig: Rig) {
    let store = rig.open();
    put(&store, [item("a", "me", "x"), item("b", "me", "y"), item("c", "you", "z")]);
    assert_sound(&store);
    let row = |owner, name, id| key::of(["i", "item", "owner", owner, name, id]);
    let copied = rig.engine.get(&key::record("item", "a")).unwrap();
    let damages = [
        (row("me", "x", "a"), None, "lacks its index row"),
        (row("me", "x", "b"), Some(b"".as_slice()), "does not have the index row"),
        (row("me", "x", "gone"), Some(b""), "has no record"),
        (key::record("usage", "you"), None, "usage is not stored"),
        (
            key::record("usage", "him"),
            Some(br#"{"v":1,"r":{"project":"him","total":{"shares":1},"by_user":{},"by_type":{}}}"#),
            "recounted as",
        ),
        (key::record("sum", "x"), Some(br#"{"v":1,"r":{"name":"x","amount":7}}"#), "recounted as 0"),
        (key::record("item", "b"), Some(b"\xFFsecret"), "is damaged"),
        (key::record("item", "d"), copied.as_deref(), "is stored under the key \"d\""),
        (key::record("ghost", "a"), Some(b"{}"), "not registered"),
    ];
    for (key, value, complaint) in damages {
        let before = rig.engine.get(&key).unwrap();
        rig.engine.apply(&Changes::from([(key.clone(), value.map(Vec::from))])).unwrap();
        let found = consistency(&store);
        assert!(found.iter().any(|found| found.contains(complaint)), "{complaint}: {found:?}");
        assert!(!found.concat().contains("secret"));
        rig.engine.apply(&Changes::from([(key, before)])).unwrap();
    }
    assert_sound(&store);
}
