//! Scans: order, pages, places, and what a reader sees while groups land.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;

use futures::executor::block_on;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{BY_OWNER, BY_TAG, Item, Rig, assert_sound, commit, ids, item, put, suite};
use crate::{Cursor, Order, Range, Store};

suite!(
    an_index_is_walked_in_the_order_of_its_parts_whatever_the_texts,
    pages_join_to_the_whole_both_ways,
    a_marker_becomes_a_place,
    places_bound_a_walk_from_both_sides,
    skip_and_limit_count_records,
    a_record_comes_once_per_row,
    a_row_whose_record_no_longer_has_it_is_passed_over,
    keys_come_without_reading_records,
    all_comes_in_the_order_of_keys,
    records_are_found_by_what_their_keys_begin_with,
    the_blocking_pool_reads_the_same,
    a_snapshot_stays_as_it_was_and_reads_one_by_one,
    readers_share_a_record_until_it_changes,
    a_scan_sees_whole_commits_while_they_land,
);

fn an_index_is_walked_in_the_order_of_its_parts_whatever_the_texts(rig: Rig) {
    let text = || "[\0\u{1}ab é\u{10FFFF}/]{0,3}";
    let items = proptest::collection::btree_map(text(), (text(), text()), 0..20);
    let store = rig.open();
    let config = Config { cases: 40, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&items, |entries| {
            let items: Vec<_> = entries.iter().map(|(id, (owner, name))| item(id, owner, name)).collect();
            let fresh = items.clone();
            commit(&store, move |draft| {
                for old in draft.scan::<Item>(Range::all(BY_OWNER))? {
                    draft.remove(&old)?;
                }
                fresh.iter().try_for_each(|item| draft.put(item))
            })
            .unwrap();
            let mut sorted = items;
            sorted.sort_by_key(|item| (item.owner.clone(), item.name.clone(), item.id.clone()));
            prop_assert_eq!(&store.scan::<Item>(Range::all(BY_OWNER)).unwrap().records, &sorted);
            for owner in sorted.iter().map(|item| &item.owner) {
                let of_owner: Vec<_> = sorted.iter().rev().filter(|item| item.owner == *owner).cloned().collect();
                prop_assert_eq!(walked(&store, Range::of(BY_OWNER, [owner]).descending(), 2), of_owner);
            }
            Ok(())
        })
        .unwrap();
    assert_sound(&store);
}

/// The whole range, page by page.
fn walked(store: &Store, range: Range, page: usize) -> Vec<Item> {
    let mut range = range.limit(page);
    let mut records = Vec::new();
    loop {
        let page = store.scan(range.clone()).unwrap();
        assert!(page.records.len() <= range.limit);
        assert!(page.next.is_none() || page.records.len() == range.limit);
        records.extend(page.records);
        match page.next {
            Some(next) => range = range.after(next),
            None => return records,
        }
    }
}

fn alphabet(store: &Store) -> Vec<Item> {
    let items: Vec<_> = ('a'..='z').map(|c| item(&format!("id-{c}"), "me", &c.to_string())).collect();
    put(store, items.clone());
    put(store, [item("other", "us", "a"), item("more", "m", "z")]);
    items
}

fn pages_join_to_the_whole_both_ways(rig: Rig) {
    let store = rig.open();
    let items = alphabet(&store);
    let backwards: Vec<_> = items.iter().rev().cloned().collect();
    for page in [1, 2, 3, 25, 26, 27] {
        assert_eq!(walked(&store, Range::of(BY_OWNER, ["me"]), page), items);
        assert_eq!(walked(&store, Range::of(BY_OWNER, ["me"]).descending(), page), backwards);
    }
    assert_eq!(store.scan::<Item>(Range::of(BY_OWNER, ["nobody"])).unwrap().records, []);
    assert_eq!(store.scan::<Item>(Range::of(BY_OWNER, ["me"]).limit(0)).unwrap().records, []);
}

fn a_marker_becomes_a_place(rig: Rig) {
    let store = rig.open();
    let items = alphabet(&store);
    let range = Range::of(BY_OWNER, ["me"]).limit(2);
    let place = Cursor::of(&items[3], &range).unwrap();
    let page = store.scan::<Item>(range.clone().after(place.clone())).unwrap();
    assert_eq!(ids(&page.records), ["id-e", "id-f"]);
    let page = store.scan::<Item>(range.clone().descending().after(place)).unwrap();
    assert_eq!(ids(&page.records), ["id-c", "id-b"]);
    assert_eq!(Cursor::of(&item("id-a", "us", "a"), &range), None);
}

fn places_bound_a_walk_from_both_sides(rig: Rig) {
    let store = rig.open();
    alphabet(&store);
    let of = |range: Range| {
        let page = store.scan::<Item>(range.limit(2)).unwrap();
        page.records.into_iter().map(|item| item.id).collect::<Vec<_>>()
    };
    let (range, place) = (|| Range::of(BY_OWNER, ["me"]), || Cursor::at(["me", "m"]));
    assert_eq!(of(range().from(place())), ["id-m", "id-n"]);
    assert_eq!(of(range().after(place())), ["id-n", "id-o"]);
    assert_eq!(of(range().descending().from(place())), ["id-m", "id-l"]);
    assert_eq!(of(range().descending().after(place())), ["id-l", "id-k"]);
    assert_eq!(of(range().from(Cursor::at(["us"]))), Vec::<String>::new());
    assert_eq!(of(range().descending().after(Cursor::at(["me"]))), Vec::<String>::new());
}

fn skip_and_limit_count_records(rig: Rig) {
    let store = rig.open();
    alphabet(&store);
    let page = store.scan::<Item>(Range::of(BY_OWNER, ["me"]).skip(3).limit(2)).unwrap();
    assert_eq!(ids(&page.records), ["id-d", "id-e"]);
    let rest = store.scan::<Item>(Range::of(BY_OWNER, ["me"]).after(page.next.unwrap()).skip(19)).unwrap();
    assert_eq!(ids(&rest.records), ["id-y", "id-z"]);
    assert_eq!(rest.next, None);
    assert_eq!(store.scan::<Item>(Range::of(BY_OWNER, ["me"]).skip(26).limit(5)).unwrap().records, []);
}

fn a_record_comes_once_per_row(rig: Rig) {
    let store = rig.open();
    let tagged = Item { tags: vec!["red".into(), "blue".into(), "red".into()], ..item("a", "me", "a") };
    put(&store, [tagged, Item { tags: vec!["blue".into()], ..item("b", "me", "b") }]);
    assert_eq!(ids(&store.scan::<Item>(Range::all(BY_TAG)).unwrap().records), ["a", "b", "a"]);
    assert_eq!(ids(&store.scan::<Item>(Range::of(BY_TAG, ["red"])).unwrap().records), ["a"]);
}

fn a_row_whose_record_no_longer_has_it_is_passed_over(rig: Rig) {
    let store = rig.open();
    put(&store, [item("a", "me", "1"), item("b", "me", "2")]);
    let stale = |owner: &str, id: &str| crate::key::of(["i", "item", "owner", owner, "0", id]);
    let rows = [stale("me", "a"), stale("me", "gone")].map(|row| (row, Some(Vec::new())));
    rig.engine.apply(&rows.into()).unwrap();
    assert_eq!(ids(&store.scan::<Item>(Range::of(BY_OWNER, ["me"])).unwrap().records), ["a", "b"]);
    assert_eq!(ids(&walked(&store, Range::of(BY_OWNER, ["me"]), 1)), ["a", "b"]);
}

fn keys_come_without_reading_records(rig: Rig) {
    let store = rig.open();
    alphabet(&store);
    let keys = store.scan_keys("item", Range::of(BY_OWNER, ["me"]).descending().skip(1).limit(2)).unwrap().records;
    assert_eq!(keys, ["id-y", "id-x"]);
    assert_eq!(store.scan_keys("item", Range::all(BY_OWNER)).unwrap().records.len(), 28);
}

fn all_comes_in_the_order_of_keys(rig: Rig) {
    let store = rig.open();
    let items: Vec<_> = (0..600).map(|n| item(&format!("{n:04}"), "me", &format!("{}", 999 - n))).collect();
    put(&store, items.iter().rev().cloned());
    assert_eq!(store.all::<Item>().unwrap(), items);
}

fn the_blocking_pool_reads_the_same(rig: Rig) {
    let store = rig.open();
    let items = alphabet(&store);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let look = store.look(|snapshot| Ok(snapshot.scan::<Item>(&Range::of(BY_OWNER, ["me"]))?.owned()));
    assert_eq!(runtime.block_on(look).unwrap().records, items);
}

fn a_snapshot_stays_as_it_was_and_reads_one_by_one(rig: Rig) {
    let store = rig.open();
    let items = alphabet(&store);
    let (mine, held) = (Range::of(BY_OWNER, ["me"]), store.snapshot().unwrap());
    put(&store, items.iter().map(|item| Item { name: "zz".into(), ..item.clone() }));
    let along = |range: &Range| held.along::<Item>(range).map(|item| item.unwrap().into_owned()).collect::<Vec<Item>>();
    assert_eq!(along(&mine), items);
    assert_eq!(along(&mine.clone().skip(1).limit(2)), items[1..3]);
    assert_eq!(held.count::<Item>(&mine).unwrap(), items.len());
    assert_eq!(held.count::<Item>(&mine.clone().limit(3)).unwrap(), 3);
    assert_eq!(held.get::<Item>("id-a").unwrap().as_deref(), Some(&items[0]));
    assert_eq!(store.get::<Item>("id-a").unwrap().unwrap().name, "zz");
    assert_eq!(held.get::<Item>("id-a").unwrap().as_deref(), Some(&items[0]), "the newer one is shared by now");
}

fn records_are_found_by_what_their_keys_begin_with(rig: Rig) {
    let store = rig.open();
    put(&store, ["a", "a#1", "a#\0", "a#é", "ab#1", "b#1"].map(|id| item(id, "me", "1")));
    let found = |prefix: &str| {
        let records = store.snapshot().unwrap().with_prefix::<Item>(prefix).unwrap();
        records.into_iter().map(|item| item.id).collect::<Vec<_>>()
    };
    assert_eq!(found("a#"), ["a#\0", "a#1", "a#é"]);
    assert_eq!(found("a#\0"), ["a#\0"]);
    assert_eq!((found("c").len(), found("").len()), (0, 6));
}

fn readers_share_a_record_until_it_changes(rig: Rig) {
    let store = rig.open();
    put(&store, [item("a", "me", "1")]);
    let read = || store.snapshot().unwrap().get::<Item>("a").unwrap().unwrap();
    let (first, second) = (read(), read());
    assert!(std::ptr::eq(&*first, &*second));
    put(&store, [item("a", "me", "2")]);
    assert_eq!((first.name.as_str(), read().name.as_str()), ("1", "2"));
}

/// Amounts move between items, and names change, so that a walk that mixed two states would count wrong.
fn a_scan_sees_whole_commits_while_they_land(rig: Rig) {
    const ITEMS: usize = 12;
    let store = rig.open();
    let named = |n: usize, name: usize| Item { size: 100, ..item(&format!("{n}"), "me", &format!("{name:03}")) };
    put(&store, (0..ITEMS).map(|n| named(n, n)));
    let done = AtomicBool::new(false);
    let read = |order: Order| {
        let mut rounds = 0;
        while !done.load(SeqCst) || rounds == 0 {
            let found = store.scan::<Item>(Range { order, ..Range::of(BY_OWNER, ["me"]) }).unwrap().records;
            assert_eq!(found.len(), ITEMS, "{found:?}");
            assert_eq!(found.iter().map(|item| item.size).sum::<i64>(), 100 * ITEMS as i64);
            rounds += 1;
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| read(Order::Ascending));
        scope.spawn(|| read(Order::Descending));
        for round in 0..400usize {
            let (from, to) = (round % ITEMS, (round * 7 + 3) % ITEMS);
            let decision = move |draft: &mut crate::Draft<'_>| {
                for (n, amount) in [(from, -1), (to, 1)] {
                    let mut item: Item = draft.get(&n.to_string())?.unwrap();
                    item.size += amount;
                    item.name = format!("{:03}", (round * 31 + n * 17) % 500);
                    draft.put(&item)?;
                }
                Ok::<_, crate::Error>(())
            };
            block_on(store.commit("move", decision)).unwrap();
        }
        done.store(true, SeqCst);
    });
    assert_sound(&store);
}
