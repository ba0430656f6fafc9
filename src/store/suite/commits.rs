//! Commits: whole or not at all, durable before visible, grouped, bounded, and final when they fail.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use futures::executor::block_on;
use futures::future::join_all;
use futures::poll;
use manilad_clock::{Clock, Hand, Timestamp};

use super::{BY_OWNER, ITEMS, Item, Rig, assert_sound, commit, ids, item, put, suite};
use crate::{Error, Failed, Options, Range, Store};

suite!(
    what_was_committed_is_read_and_what_was_removed_is_gone,
    a_refused_decision_leaves_nothing,
    a_panicking_decision_fails_only_itself,
    a_decision_sees_what_its_group_and_itself_wrote,
    commits_that_wait_share_a_sync,
    a_group_that_writes_nothing_is_not_synced,
    nothing_is_visible_before_it_is_durable,
    a_refusal_waits_for_the_writes_it_may_rest_on,
    a_full_queue_refuses,
    a_failed_sync_is_final_and_never_shown,
    a_panicking_engine_is_final_too,
    writes_below_the_floor_are_refused_and_asked_about_once_a_second,
    below_the_reserve_nothing_new_is_taken_and_what_ends_work_is,
    the_reserve_is_as_large_as_the_store,
    a_closed_store_answers_so_and_finishes_what_waits,
    the_last_handle_may_go_within_a_decision,
    serials_are_never_given_twice,
    large_values_and_long_keys_are_refused,
    kinds_that_are_not_registered_are_refused,
);

fn what_was_committed_is_read_and_what_was_removed_is_gone(rig: Rig) {
    let store = rig.open();
    put(&store, [item("a", "me", "x"), item("b", "me", "y")]);
    assert_eq!(store.get("a").unwrap(), Some(item("a", "me", "x")));
    put(&store, [item("a", "us", "z")]);
    assert_eq!(store.get("a").unwrap(), Some(item("a", "us", "z")));
    assert_eq!(ids(&store.scan::<Item>(Range::of(BY_OWNER, ["me"])).unwrap().records), ["b"]);
    commit(&store, |draft| draft.remove(&item("b", "whoever", "it was"))).unwrap();
    commit(&store, |draft| draft.remove(&item("never", "was", "there"))).unwrap();
    assert_eq!(store.get::<Item>("b").unwrap(), None);
    assert_eq!(store.scan::<Item>(Range::of(BY_OWNER, ["me"])).unwrap().records, []);
    assert_sound(&store);
}

fn a_refused_decision_leaves_nothing(rig: Rig) {
    let store = rig.open();
    let refused = block_on(store.commit("refuse", |draft| {
        draft.put(&item("a", "me", "x")).unwrap();
        draft.next_serial().unwrap();
        Err::<(), _>("no")
    }));
    assert_eq!(refused, Err(Failed::Refused("no")));
    assert_eq!(store.all::<Item>().unwrap(), []);
    assert_eq!(commit(&store, |draft| draft.next_serial()).unwrap(), 1);
    assert_sound(&store);
}

fn a_panicking_decision_fails_only_itself(rig: Rig) {
    let store = rig.open();
    rig.controls.close_gate();
    let others = join_all((0..3).map(|n| put_one(&store, n)));
    let panics = store.commit("panic", |draft| {
        draft.put(&item("half", "me", "x")).unwrap();
        if draft.get::<Item>("half").unwrap().is_some() {
            panic!("message");
        }
        Ok::<_, Error>(())
    });
    let (others, panicked) = block_on(async {
        futures::pin_mut!(others, panics);
        assert!(poll!(&mut others).is_pending() && poll!(&mut panics).is_pending());
        rig.controls.open_gate();
        (others.await, panics.await)
    });
    assert_eq!(panicked, Err(Failed::Panicked("message".into())));
    assert!(others.iter().all(Result::is_ok));
    assert_eq!(ids(&store.all::<Item>().unwrap()), ["0", "1", "2"]);
    assert_sound(&store);
}

async fn put_one(store: &Store, n: usize) -> Result<(), Failed<Error>> {
    store.commit("one", move |draft| draft.put(&item(&n.to_string(), "me", "x"))).await
}

fn a_decision_sees_what_its_group_and_itself_wrote(rig: Rig) {
    let store = rig.open();
    put(&store, [item("a", "me", "1")]);
    rig.controls.close_gate();
    let held = put_one(&store, 0);
    let first = store.commit("first", |draft| {
        draft.put(&item("b", "me", "0"))?;
        draft.remove(&item("a", "me", "1"))
    });
    let second = store.commit("second", |draft| {
        draft.put(&item("c", "me", "2"))?;
        let found = draft.scan::<Item>(Range::of(BY_OWNER, ["me"]))?;
        Ok::<_, Error>((found, draft.get::<Item>("a")?, draft.usage("me")?.total))
    });
    let (found, gone, total) = block_on(async {
        futures::pin_mut!(held, first, second);
        assert!(poll!(&mut held).is_pending());
        rig.controls.until_at_gate();
        assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
        rig.controls.open_gate();
        held.await.unwrap();
        Result::<(), Failed<Error>>::unwrap(first.await);
        second.await.unwrap()
    });
    assert_eq!(ids(&found), ["b", "c", "0"]);
    assert_eq!(gone, None);
    assert_eq!(total.values().copied().collect::<Vec<_>>(), [3, 3]);
    assert_sound(&store);
}

fn commits_that_wait_share_a_sync(rig: Rig) {
    let store = rig.open();
    rig.controls.close_gate();
    let before = rig.controls.syncs.load(SeqCst);
    let first = put_one(&store, 1000);
    let rest = join_all((0..200).map(|n| put_one(&store, n)));
    block_on(async {
        futures::pin_mut!(first, rest);
        assert!(poll!(&mut first).is_pending());
        rig.controls.until_at_gate();
        assert!(poll!(&mut rest).is_pending());
        rig.controls.open_gate();
        first.await.unwrap();
        assert!(rest.await.iter().all(Result::is_ok));
    });
    assert_eq!(rig.controls.syncs.load(SeqCst) - before, 2);
    assert_eq!(store.all::<Item>().unwrap().len(), 201);
    assert_sound(&store);
}

fn a_group_that_writes_nothing_is_not_synced(rig: Rig) {
    let store = rig.open();
    put(&store, [item("a", "me", "x")]);
    let before = rig.controls.syncs.load(SeqCst);
    put(&store, [item("a", "me", "x")]);
    commit(&store, |draft| draft.get::<Item>("a")).unwrap();
    commit(&store, |_| Err::<(), _>(Error::Closed)).unwrap_err();
    assert_eq!(rig.controls.syncs.load(SeqCst), before);
}

fn nothing_is_visible_before_it_is_durable(rig: Rig) {
    let store = rig.open();
    put(&store, [item("a", "me", "1"), item("b", "me", "2")]);
    rig.controls.close_gate();
    let change = store.commit("change", |draft| {
        draft.put(&item("a", "me", "3"))?;
        draft.put(&item("c", "me", "4"))?;
        draft.remove(&item("b", "me", "2"))
    });
    let state = |store: &Store| {
        let page = store.scan::<Item>(Range::of(BY_OWNER, ["me"])).unwrap();
        let back = store.scan::<Item>(Range::of(BY_OWNER, ["me"]).descending().limit(1)).unwrap();
        let one = store.get::<Item>("b").unwrap().map(|item| item.name);
        let usage = store.get::<manilad_domain::quota::Usage>("me").unwrap().unwrap();
        let names: Vec<_> = page.records.iter().map(|item| item.name.clone()).collect();
        (names.concat(), back.records[0].name.clone(), one, usage.by_user.len())
    };
    block_on(async {
        futures::pin_mut!(change);
        assert!(poll!(&mut change).is_pending());
        rig.controls.until_at_gate();
        assert!(rig.engine.get(&crate::key::record("item", "c")).unwrap().is_some(), "applied already");
        assert_eq!(state(&store), ("12".into(), "2".into(), Some("2".into()), 2));
        assert_sound(&store);
        rig.controls.open_gate();
        Result::<(), Failed<Error>>::unwrap(change.await);
    });
    assert_eq!(state(&store), ("34".into(), "4".into(), None, 2));
    assert_sound(&store);
}

fn a_refusal_waits_for_the_writes_it_may_rest_on(rig: Rig) {
    let store = rig.open();
    rig.controls.close_gate();
    let held = put_one(&store, 0);
    let write = put_one(&store, 1);
    let refuse = store.commit("refuse", |draft| match draft.get::<Item>("1").unwrap() {
        Some(_) => Err("taken"),
        None => Ok(()),
    });
    block_on(async {
        futures::pin_mut!(held, write, refuse);
        assert!(poll!(&mut held).is_pending());
        rig.controls.until_at_gate();
        assert!(poll!(&mut write).is_pending() && poll!(&mut refuse).is_pending());
        rig.controls.fail_sync.store(true, SeqCst);
        rig.controls.open_gate();
        assert!(matches!(refuse.await, Err(Failed::Unavailable(Error::Lost { .. }))));
    });
}

fn a_full_queue_refuses(rig: Rig) {
    let store = rig.open_with(Options { queue: 2, ..Options::default() });
    rig.controls.close_gate();
    block_on(async {
        let (held, waiting) = (put_one(&store, 0), join_all((1..=2).map(|n| put_one(&store, n))));
        futures::pin_mut!(held, waiting);
        assert!(poll!(&mut held).is_pending());
        rig.controls.until_at_gate();
        assert!(poll!(&mut waiting).is_pending());
        assert_eq!(put_one(&store, 3).await, Err(Failed::Unavailable(Error::Full { limit: 2 })));
        rig.controls.open_gate();
        held.await.unwrap();
        assert!(waiting.await.iter().all(Result::is_ok));
    });
    assert_eq!(ids(&store.all::<Item>().unwrap()), ["0", "1", "2"]);
    let counted = prometheus::gather().into_iter().find(|family| family.name() == "manilad_store_refusals_total");
    assert!(
        counted.is_some_and(|family| family.get_metric().iter().any(|metric| metric.get_counter().get_value() >= 1.0))
    );
}

fn a_failed_sync_is_final_and_never_shown(rig: Rig) {
    let (report, reported) = mpsc::channel();
    let fatal = move |error: &Error| report.send(error.clone()).unwrap();
    let store = rig.open_with(Options { fatal: Arc::new(fatal), ..Options::default() });
    put(&store, [item("a", "me", "1")]);
    rig.controls.close_gate();
    block_on(async {
        let (group, waiting) =
            (join_all((0..3).map(|n| put_one(&store, n))), join_all((3..6).map(|n| put_one(&store, n))));
        futures::pin_mut!(group, waiting);
        assert!(poll!(&mut group).is_pending());
        rig.controls.until_at_gate();
        assert!(poll!(&mut waiting).is_pending());
        rig.controls.fail_sync.store(true, SeqCst);
        rig.controls.open_gate();
        let lost = |ended: &Result<(), Failed<Error>>| matches!(ended, Err(Failed::Unavailable(Error::Lost { .. })));
        assert!(group.await.iter().all(lost));
        assert!(waiting.await.iter().all(lost));
        rig.controls.fail_sync.store(false, SeqCst);
        assert!(lost(&put_one(&store, 7).await));
    });
    assert_eq!(ids(&store.all::<Item>().unwrap()), ["a"]);
    assert_eq!(reported.iter().take(1).count(), 1);
    store.close();
    assert!(reported.recv().is_err(), "raised once");
}

fn a_panicking_engine_is_final_too(rig: Rig) {
    let raised = Arc::new(AtomicUsize::new(0));
    let count = raised.clone();
    let fatal = Arc::new(move |_: &Error| {
        count.fetch_add(1, SeqCst);
    });
    let store = rig.open_with(Options { fatal, ..Options::default() });
    rig.controls.fail_apply.store(true, SeqCst);
    let Err(Failed::Unavailable(Error::Lost { reason })) = block_on(put_one(&store, 0)) else { panic!("not lost") };
    assert!(reason.contains("the engine broke"), "{reason}");
    assert_eq!(store.all::<Item>().unwrap(), []);
    store.close();
    assert_eq!(raised.load(SeqCst), 1);
}

fn writes_below_the_floor_are_refused_and_asked_about_once_a_second(rig: Rig) {
    let (clock, hand) = Clock::stepped(Timestamp::UNIX_EPOCH);
    let options = Options { kinds: ITEMS, free_space_floor: 1000, ..Options::default() };
    let store = rig.try_open(options, clock).unwrap();
    rig.controls.free.store(124, SeqCst);
    let ran = Arc::new(AtomicBool::new(false));
    let mark = ran.clone();
    let refused = commit(&store, move |_| {
        mark.store(true, SeqCst);
        Ok(())
    });
    assert_eq!(refused, Err(Failed::Unavailable(Error::NoSpace { free: 124, reserve: 125 })));
    assert!(!ran.load(SeqCst));
    rig.controls.free.store(1125, SeqCst);
    hand.step(Duration::from_millis(999));
    assert!(block_on(put_one(&store, 0)).is_err(), "the answer is still fresh");
    hand.step(Duration::from_millis(1));
    for n in 0..5 {
        block_on(put_one(&store, n)).unwrap();
    }
    assert_eq!(rig.controls.asked_for_space.load(SeqCst), 2);
}

/// Seeks to put something new, with the disk at `free`.
fn put_new(store: &Store, rig: &Rig, hand: &Hand, free: u64) -> Result<(), Failed<Error>> {
    rig.controls.free.store(free, SeqCst);
    hand.step(Duration::from_secs(1));
    block_on(store.commit_new("new", |draft| draft.put(&item("new", "me", "x"))))
}

fn below_the_reserve_nothing_new_is_taken_and_what_ends_work_is(rig: Rig) {
    let (clock, hand) = Clock::stepped(Timestamp::UNIX_EPOCH);
    let reserve = 64 << 20;
    let store = rig.try_open(Options { kinds: ITEMS, free_space_floor: reserve, ..Options::default() }, clock).unwrap();
    let short = |free, reserve| Err(Failed::Unavailable(Error::NoSpace { free, reserve }));
    put_new(&store, &rig, &hand, reserve).unwrap();
    assert_eq!(store.shortage(), None);
    assert_eq!(put_new(&store, &rig, &hand, reserve - 1), short(reserve - 1, reserve));
    assert_eq!(store.shortage(), Some(Error::NoSpace { free: reserve - 1, reserve }));
    block_on(put_one(&store, 0)).unwrap();
    assert_eq!(put_new(&store, &rig, &hand, reserve), short(reserve, reserve / 8 * 9), "it does not flicker");
    put_new(&store, &rig, &hand, reserve / 8).unwrap_err();
    block_on(put_one(&store, 1)).unwrap();
    put_new(&store, &rig, &hand, reserve / 8 - 1).unwrap_err();
    let last = block_on(put_one(&store, 2));
    assert_eq!(last, short(reserve / 8 - 1, reserve / 8), "a full disk would be final");
    put_new(&store, &rig, &hand, reserve / 8 * 9).unwrap();
    assert_eq!(store.shortage(), None);
}

fn the_reserve_is_as_large_as_the_store(rig: Rig) {
    let (clock, hand) = Clock::stepped(Timestamp::UNIX_EPOCH);
    let store = rig.try_open(Options { kinds: ITEMS, free_space_floor: 1, ..Options::default() }, clock).unwrap();
    put(&store, (0..100).map(|n| item(&n.to_string(), "me", &"x".repeat(50))));
    let Err(Failed::Unavailable(Error::NoSpace { free: 2000, reserve })) = put_new(&store, &rig, &hand, 2000) else {
        panic!("it is taken")
    };
    assert!(reserve > 4096, "{reserve}");
}

fn a_closed_store_answers_so_and_finishes_what_waits(rig: Rig) {
    let store = rig.open();
    let other = store.clone();
    rig.controls.close_gate();
    block_on(async {
        let (held, waiting) = (put_one(&other, 0), put_one(&other, 1));
        futures::pin_mut!(held, waiting);
        assert!(poll!(&mut held).is_pending());
        rig.controls.until_at_gate();
        assert!(poll!(&mut waiting).is_pending());
        let closing = thread::spawn(move || store.close());
        rig.controls.open_gate();
        closing.join().unwrap();
        assert_eq!(poll!(held), Poll::Ready(Ok(())));
        assert_eq!(poll!(waiting), Poll::Ready(Ok(())));
        assert_eq!(put_one(&other, 2).await, Err(Failed::Unavailable(Error::Closed)));
    });
    assert_eq!(other.get::<Item>("0"), Err(Error::Closed));
    assert_eq!(Arc::strong_count(&rig.engine), 1);
    assert_eq!(ids(&rig.open().all::<Item>().unwrap()), ["0", "1"]);
}

fn the_last_handle_may_go_within_a_decision(rig: Rig) {
    let store = rig.open();
    let (held, (gone, waiting)) = (store.clone(), mpsc::channel::<()>());
    block_on(async {
        let last = store.commit("last", move |draft| {
            waiting.recv().unwrap();
            drop(held);
            draft.put(&item("a", "me", "x"))
        });
        futures::pin_mut!(last);
        assert!(poll!(&mut last).is_pending());
    });
    // The caller no longer waits, and this handle is not the last one.
    drop(store);
    gone.send(()).unwrap();
    while Arc::strong_count(&rig.engine) > 1 {
        thread::yield_now();
    }
    assert_eq!(rig.open().get("a").unwrap(), Some(item("a", "me", "x")));
}

fn serials_are_never_given_twice(rig: Rig) {
    let store = rig.open();
    let drawn = block_on(join_all((0..50).map(|_| store.commit("draw", |draft| draft.next_serial()))));
    let drawn: Vec<u64> = drawn.into_iter().map(Result::unwrap).collect();
    assert_eq!(drawn, (1..=50).collect::<Vec<_>>());
    store.close();
    assert_eq!(commit(&rig.open(), |draft| draft.next_serial()).unwrap(), 51);
}

fn large_values_and_long_keys_are_refused(rig: Rig) {
    let store = rig.open();
    let large = Item { tags: vec!["y".repeat(2500); 500], ..item("a", "me", "x") };
    // A row is `i`, the kind, the index, two parts and the record's key, each with a NUL: 19 bytes around the name. A
    // record's key is `r`, the kind and its own: 8 bytes around it.
    let long = item("b", "me", &"x".repeat(2560 - 19 + 1));
    let long_key = item(&"b".repeat(2560 - 8 + 1), "me", "x");
    for (bad, size, limit) in [(large, 1 << 20, 1 << 20), (long, 2561, 2560), (long_key, 2561, 2560)] {
        let refused = commit(&store, move |draft| draft.put(&bad));
        let Err(Failed::Refused(Error::TooLarge { size: reported, limit: most, .. })) = refused else {
            panic!("{size}: {refused:?}");
        };
        assert!(reported >= size && most == limit, "{size}: {reported} of {most}");
    }
    put(&store, [item("b", "me", &"x".repeat(2560 - 19))]);
    let bulky = Item { tags: vec!["y".repeat(2500); 400], ..item("c", "me", "x") };
    put(&store, [bulky.clone()]);
    assert_eq!(store.get("c").unwrap(), Some(bulky));
    assert_sound(&store);
}

fn kinds_that_are_not_registered_are_refused(rig: Rig) {
    let store = rig.open();
    let usage = manilad_domain::quota::Usage::of("me");
    let refused = commit(&store, move |draft| draft.put(&usage));
    assert_eq!(refused, Err(Failed::Refused(Error::Unregistered { kind: "usage".into() })));
}
