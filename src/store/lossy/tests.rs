//! The played disk, and a store on it whose writer is a task: all on one thread, with a kill at any instant.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use futures::FutureExt;
use futures::future::join_all;
use manilad_clock::{Hand, Timestamp};
use tokio::task::LocalSet;

use super::*;
use crate::suite::{BY_OWNER, ITEMS, Item, assert_sound, item};
use crate::{Failed, Options, Range as Rows, Store};

const SYNC: Duration = Duration::from_millis(10);

/// Runs a test on one thread, with a clock of this seed and an empty disk.
fn run(seed: u64, test: impl AsyncFnOnce(Clock, Hand, Lossy)) {
    let (clock, hand) = Clock::seeded(Timestamp::UNIX_EPOCH, seed);
    let disk = Lossy::new(hand.fork("disk"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    LocalSet::new().block_on(&runtime, test(clock, hand, disk));
}

fn options() -> Options {
    Options { kinds: ITEMS, ..Options::here() }
}

fn open(disk: &Lossy, clock: &Clock, options: Options) -> Store {
    Store::open(Box::new(disk.clone()), options, clock.clone()).unwrap()
}

/// Lets every task of this thread run until it waits.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

async fn put(store: &Store, id: usize) -> Result<(), Failed<Error>> {
    store.commit("put", move |draft| draft.put(&item(&format!("{id:03}"), "me", "x"))).await
}

/// The batches that a crash left, of ten that were not synced.
fn left(seed: u64) -> Vec<Entry> {
    let (_, hand) = Clock::seeded(Timestamp::UNIX_EPOCH, seed);
    let disk = Lossy::new(hand.fork("disk"));
    let batch = |n: u8| Changes::from([(vec![b'a', n], Some(vec![n])), (vec![b'b', n], Some(vec![n]))]);
    disk.apply(&batch(0)).unwrap();
    disk.sync().unwrap();
    (1..=10).for_each(|n| disk.apply(&batch(n)).unwrap());
    assert_eq!(disk.unsynced(), 10);
    let after = disk.crash().unwrap();
    assert_eq!(after.unsynced(), 0);
    disk.sync().unwrap();
    after.scan(&Span { from: b"a".to_vec(), to: b"c".to_vec() }, Order::Ascending, usize::MAX).unwrap()
}

#[test]
fn a_crash_keeps_what_was_synced_and_a_drawn_number_of_whole_batches_in_their_order() {
    let mut counts = BTreeSet::new();
    for seed in 0..200 {
        let found = left(seed);
        assert_eq!(found, left(seed), "drawn from the seed");
        let kept = found.len() / 2;
        let whole = |part: u8| (0..kept as u8).map(move |n| (vec![part, n], vec![n]));
        assert_eq!(found, whole(b'a').chain(whole(b'b')).collect::<Vec<_>>());
        counts.insert(kept);
    }
    assert_eq!(counts, (1..=11).collect(), "none, some or all");
}

#[test]
fn reads_fail_once_and_a_failed_write_is_final_until_a_crash() {
    let (_, hand) = Clock::seeded(Timestamp::UNIX_EPOCH, 1);
    for call in [DiskCall::Apply, DiskCall::Sync] {
        let disk = Lossy::new(hand.fork("disk"));
        let (key, span) = (b"a".to_vec(), Span { from: b"a".to_vec(), to: b"b".to_vec() });
        disk.fail_next(DiskCall::Get);
        disk.fail_next(DiskCall::Scan);
        assert!(matches!(disk.get(&key), Err(Error::Io { action, .. }) if action == "get"));
        assert!(matches!(disk.scan(&span, Order::Ascending, 1), Err(Error::Io { action, .. }) if action == "scan"));
        assert_eq!((disk.get(&key), disk.scan(&span, Order::Ascending, 1)), (Ok(None), Ok(Vec::new())));
        disk.fail_next(call);
        let batch = Changes::from([(key.clone(), Some(Vec::new()))]);
        assert_eq!(disk.apply(&batch).is_err(), call == DiskCall::Apply);
        assert!(disk.sync().is_err() && disk.sync().is_err() && disk.apply(&batch).is_err());
        disk.crash().unwrap().sync().unwrap();
    }
}

#[test]
fn a_task_writes_after_the_delay_of_the_disk_and_nothing_shows_before() {
    run(1, async |clock, hand, disk| {
        let store = open(&disk, &clock, options());
        disk.set_sync_delay(SYNC..SYNC);
        let committed = tokio::task::spawn_local({
            let store = store.clone();
            async move { put(&store, 1).await }
        });
        settle().await;
        assert_eq!((disk.unsynced(), hand.next_due()), (1, Some(SYNC)));
        assert_eq!(store.get::<Item>("001").unwrap(), None, "it is applied and not durable");
        hand.step(SYNC);
        committed.await.unwrap().unwrap();
        assert_eq!(disk.unsynced(), 0);
        let looked = store.look(|snapshot| snapshot.count::<Item>(&Rows::of(BY_OWNER, ["me"])));
        assert_eq!(looked.now_or_never(), Some(Ok(1)), "it is read at once");
        let panicked = store.look::<()>(|_| panic!("boom")).await;
        assert!(matches!(panicked, Err(Error::Io { reason, .. }) if reason.contains("boom")));
    });
}

#[test]
fn a_closed_store_finishes_what_waits_and_lets_go_of_the_disk() {
    run(1, async |clock, hand, disk| {
        let store = open(&disk, &clock, options());
        disk.set_sync_delay(SYNC..SYNC);
        let other = store.clone();
        let waiting = tokio::task::spawn_local(async move { (put(&other, 1).await, put(&other, 2).await, other) });
        settle().await;
        store.close();
        hand.step(SYNC);
        let (first, second, other) = waiting.await.unwrap();
        assert_eq!((first, second), (Ok(()), Err(Failed::Unavailable(Error::Closed))));
        settle().await;
        assert_eq!(other.get::<Item>("001"), Err(Error::Closed));
        assert_eq!(Arc::strong_count(&disk.0), 1);
    });
}

#[test]
fn a_failed_sync_of_a_task_is_final() {
    run(1, async |clock, _, disk| {
        let fatal = Arc::new(AtomicUsize::new(0));
        let count = fatal.clone();
        let on_fatal = move |_: &Error| {
            count.fetch_add(1, SeqCst);
        };
        let store = open(&disk, &clock, Options { fatal: Arc::new(on_fatal), ..options() });
        disk.fail_next(DiskCall::Sync);
        for _ in 0..2 {
            assert!(matches!(put(&store, 1).await, Err(Failed::Unavailable(Error::Lost { .. }))));
        }
        assert_eq!((store.get::<Item>("001"), fatal.load(SeqCst)), (Ok(None), 1));
        let other = store.clone();
        store.close();
        assert_eq!(other.get::<Item>("001"), Err(Error::Closed));
    });
}

#[test]
fn each_drafted_state_is_looked_at_with_what_changed_in_it_before_it_is_durable() {
    run(1, async |clock, _, disk| {
        let looks = Arc::new(Mutex::new(Vec::new()));
        let (noted, of_disk) = (looks.clone(), disk.clone());
        let hook = move |what: &'static str, draft: &crate::Draft<'_>| {
            let all = draft.scan::<Item>(Rows::of(BY_OWNER, ["me"])).unwrap().len();
            noted.lock().unwrap().push((what, draft.changed::<Item>(), all, of_disk.unsynced()));
        };
        let store = open(&disk, &clock, Options { on_commit: Some(Arc::new(hook)), ..options() });
        let refused = store.commit("refuse", |draft| {
            draft.put(&item("never", "me", "x")).unwrap();
            Err::<(), _>("no")
        });
        let removed = store.commit("remove", |draft| draft.remove(&item("001", "me", "x")));
        let (puts, refused, removed) = futures::join!(join_all([put(&store, 1), put(&store, 2)]), refused, removed);
        assert!(puts.iter().all(Result::is_ok) && refused.is_err() && removed.is_ok());
        let looks = looks.lock().unwrap().clone();
        let ids = |id: &str| vec![id.to_owned()];
        assert_eq!(looks, [("put", ids("001"), 1, 0), ("put", ids("002"), 2, 0), ("remove", ids("001"), 1, 0)]);
    });
}

/// Five clients commit until a kill at a drawn instant, thirty times over. Returns what was there after each.
fn kills(seed: u64) -> Vec<usize> {
    let mut counts = Vec::new();
    run(seed, async |clock, hand, mut disk| {
        let draws = hand.fork("kills");
        let mut acknowledged = BTreeSet::new();
        let mut lost = 0;
        for round in 0..30 {
            disk.set_sync_delay(Duration::from_millis(1)..SYNC);
            let done = Arc::new(Mutex::new(Vec::new()));
            let (of_task, of_disk, of_daemon) = (done.clone(), disk.clone(), clock.clone());
            let daemon = tokio::task::spawn_local(async move {
                let daemon = LocalSet::new();
                let work = async move {
                    let store = open(&of_disk, &of_daemon, options());
                    let client = async |client: usize| {
                        for n in 0.. {
                            let id = round * 10_000 + client * 1000 + n;
                            put(&store, id).await.unwrap();
                            of_task.lock().unwrap().push(format!("{id:03}"));
                        }
                    };
                    join_all((0..5).map(client)).await;
                };
                daemon.run_until(work).await;
            });
            let kill = hand.running() + Duration::from_millis(200).mul_f64(draws.fraction());
            loop {
                settle().await;
                match hand.next_due().filter(|due| *due <= kill) {
                    Some(due) => hand.step_to(due),
                    None => break,
                }
            }
            daemon.abort();
            settle().await;
            assert_eq!(hand.sleeping(), 0, "nothing is left of it");
            lost += disk.unsynced();
            disk = disk.crash().unwrap();
            acknowledged.extend(done.lock().unwrap().drain(..));
            let store = open(&disk, &clock, options());
            assert_sound(&store);
            let there: BTreeSet<String> = store.all::<Item>().unwrap().into_iter().map(|item| item.id).collect();
            assert!(there.is_superset(&acknowledged), "what was acknowledged is there");
            counts.push(there.len());
            store.close();
            settle().await;
        }
        assert!(lost > 10, "kills fell between applying and syncing");
    });
    counts
}

#[test]
fn what_was_acknowledged_survives_a_kill_at_any_instant_and_one_seed_goes_one_way() {
    let runs = [1, 2, 3].map(kills);
    assert_eq!([1, 2, 3].map(kills), runs);
    assert!(runs[0] != runs[1] && runs[1] != runs[2]);
}
