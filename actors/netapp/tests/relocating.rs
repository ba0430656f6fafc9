//! A share that begins with a snapshot in another pool: it is made beside that, split, moved, and is served when it has arrived; and
//! however often a call goes wrong, it is one volume in its pool, or none.

use std::time::Duration;

use manilad_clock::Uuid;
use manilad_domain::PoolName;
use manilad_domain::message::Detail;
use manilad_domain::share::Protocol;
use manilad_driver::{Created, Export, Remedy, SnapshotSource, SnapshotSubject, Subject, Trouble};
use manilad_ontap_sim::{Config, Profile};
use serde_json::{Value, json};

use super::bench::{Bench, goes_on, run, run_with, settings};
use super::samples::subject;
use super::wire::Mishap;
use crate::config::{Flexgroups, Settings};

fn snapshot() -> SnapshotSubject {
    SnapshotSubject { snapshot: Uuid::from_u128(0x5a01).into(), location: None, share: subject(1), in_flight: false }
}

/// A share that is to be on the pool, and begins with the snapshot.
fn cloned_to(pool: &str) -> Subject {
    let origin = subject(1);
    let source = SnapshotSource {
        instance: origin.instance,
        snapshot: snapshot().snapshot,
        location: None,
        pool: Some(origin.pool.pool.clone()),
    };
    let pool = PoolName { pool: pool.to_owned(), ..origin.pool };
    Subject { source: Some(source), pool, ..subject(2) }
}

fn moved() -> Subject {
    cloned_to("aggr2")
}

/// On an array that takes its time.
fn run_slowly(test: impl AsyncFnOnce(Bench)) {
    run_with(Config { latency: Profile::Array, ..Config::default() }, settings(), test);
}

/// With a share, and a snapshot of it.
async fn prepare(bench: &Bench) {
    bench.create(&subject(1)).await.unwrap();
    bench.take_snapshot(&snapshot()).await.unwrap();
    bench.wire.forget_calls();
}

/// Looks until it has arrived, by these incarnations; how far it was at each look.
async fn until_arrived(bench: &Bench, subject: &Subject) -> (Vec<Export>, Vec<u8>) {
    let mut seen = Vec::new();
    for _ in 0..60 {
        match bench.relocate(subject).await {
            Ok(exports) => return (exports, seen),
            Err(Trouble { remedy: Remedy::UnderWay { percent, begins: false }, .. }) => seen.push(percent),
            Err(trouble) => assert!(goes_on(&trouble), "{}", trouble.reason),
        }
        bench.pass(Duration::from_secs(2)).await;
    }
    panic!("it never arrives");
}

/// Looks until the array moves it.
async fn until_moved(bench: &Bench) {
    for _ in 0..60 {
        if !volume(bench).0["movement"].is_null() {
            return;
        }
        let trouble = bench.relocate(&moved()).await.unwrap_err();
        assert!(goes_on(&trouble), "{}", trouble.reason);
        bench.pass(Duration::from_secs(2)).await;
    }
    panic!("it is never moved");
}

/// The volume of the second share, and the aggregates by name.
fn volume(bench: &Bench) -> (Value, Vec<(String, Value)>) {
    let volumes = bench.volumes();
    assert_eq!(volumes.len(), 2, "{volumes:#?}");
    let aggregates = bench.objects("aggregate").into_iter();
    let aggregates = aggregates.map(|one| (one["name"].as_str().unwrap().to_owned(), one["uuid"].clone())).collect();
    (volumes.into_iter().nth(1).unwrap(), aggregates)
}

#[track_caller]
fn assert_is_in(bench: &Bench, pool: &str) {
    let (volume, aggregates) = volume(bench);
    let uuid = &aggregates.iter().find(|(name, _)| name == pool).unwrap().1;
    assert_eq!(volume["aggregates"], json!([uuid]), "{volume:#}");
    assert!(volume["junction"].is_string() && volume["clone"].is_null(), "{volume:#}");
}

#[test]
fn a_clone_is_split_and_moved_to_its_pool_and_tells_how_far_it_is() {
    run_slowly(async |bench| {
        prepare(&bench).await;
        let Created { is_elsewhere, .. } = bench.created(&moved()).await.unwrap();
        assert!(is_elsewhere, "it is beside the snapshot");
        bench.wire.forget_calls();
        let (exports, seen) = until_arrived(&bench, &moved()).await;
        assert!(!exports.is_empty());
        assert!(seen.is_sorted() && seen[0] < 20 && *seen.last().unwrap() > 80, "{seen:?}");
        let calls = bench.wire.calls();
        let changes = calls.iter().filter(|call| !call.starts_with("GET")).count();
        assert_eq!(changes, 2, "it is split once and moved once: {calls:#?}");
        let looks = calls.iter().filter(|call| call.starts_with("GET /api/storage/volumes")).count();
        assert_eq!(looks, seen.len() + 3, "each look is one call, those that begin something too: {calls:#?}");
        assert_is_in(&bench, "aggr2");
        assert_eq!(
            bench.created(&moved()).await.map(|created| created.is_elsewhere),
            Ok(false),
            "a second try finds it"
        );
        bench.delete(&moved()).await.unwrap();
        bench.delete(&subject(1)).await.unwrap();
        bench.assert_nothing_left();
    });
}

#[test]
fn in_the_pool_of_its_snapshot_it_is_not_moved() {
    run(async |bench| {
        prepare(&bench).await;
        let created = bench.created(&cloned_to("aggr1")).await.unwrap();
        assert!(!created.is_elsewhere);
        assert_eq!(volume(&bench).0["movement"], Value::Null);
    });
}

#[test]
fn a_pool_that_volumes_can_not_be_moved_to_is_refused_before_anything_is_made() {
    let flexgroups = |settings: Settings| Settings { flexgroups: Some(Flexgroups::default()), ..settings };
    for (pool, told) in [("flexgroup_auto", "FlexGroup"), ("aggr9", "no pool")] {
        run_with(Config::default(), flexgroups(settings()), async |bench| {
            prepare(&bench).await;
            let trouble = bench.created(&cloned_to(pool)).await.unwrap_err();
            assert_eq!(trouble.remedy, Remedy::Elsewhere);
            assert!(trouble.reason.contains(told), "{}", trouble.reason);
            assert_eq!(bench.volumes().len(), 1);
        });
    }
}

#[test]
fn a_pool_that_has_no_room_any_more_ends_it_and_says_so() {
    run_slowly(async |bench| {
        prepare(&bench).await;
        bench.created(&moved()).await.unwrap();
        assert!(bench.wire.cluster.set_space_left("aggr2", 0));
        for _ in 0..20 {
            match bench.relocate(&moved()).await.unwrap_err() {
                trouble if goes_on(&trouble) => bench.pass(Duration::from_secs(5)).await,
                trouble => {
                    return assert_eq!((trouble.remedy, trouble.detail), (Remedy::Elsewhere, Detail::FilterCapacity));
                }
            }
        }
        panic!("it waits for ever");
    });
}

#[test]
fn a_move_that_was_ended_is_begun_again_and_costs_of_the_time_that_there_is() {
    run_slowly(async |bench| {
        prepare(&bench).await;
        bench.created(&moved()).await.unwrap();
        until_moved(&bench).await;
        let uuid = volume(&bench).0["uuid"].as_str().unwrap().to_owned();
        bench.patch(&format!("/api/storage/volumes/{uuid}"), r#"{"movement.state":"aborted"}"#).await;
        let trouble = bench.relocate(&moved()).await.unwrap_err();
        assert_eq!(trouble.remedy, Remedy::Again);
        assert!(trouble.reason.contains("was aborted"), "{}", trouble.reason);
        until_arrived(&bench, &moved()).await;
        assert_is_in(&bench, "aggr2");
    });
}

#[test]
fn a_move_that_is_paused_on_the_array_costs_of_the_time_that_there_is_and_says_so() {
    run_slowly(async |bench| {
        prepare(&bench).await;
        bench.created(&moved()).await.unwrap();
        until_moved(&bench).await;
        let path = format!("/api/storage/volumes/{}", volume(&bench).0["uuid"].as_str().unwrap());
        bench.patch(&path, r#"{"movement.state":"paused"}"#).await;
        for _ in 0..3 {
            let trouble = bench.relocate(&moved()).await.unwrap_err();
            assert_eq!(trouble.remedy, Remedy::Again);
            assert!(trouble.reason.contains("is paused on the array"), "{}", trouble.reason);
            bench.pass(Duration::from_secs(60)).await;
        }
        bench.patch(&path, r#"{"movement.state":"replicating"}"#).await;
        until_arrived(&bench, &moved()).await;
        assert_is_in(&bench, "aggr2");
    });
}

#[test]
fn what_a_hand_changed_on_the_way_is_put_right_before_it_is_available() {
    for change in [r#"{"nas.path":""}"#, r#"{"nas.export_policy.name":"default"}"#, r#"{"size":2200000000}"#] {
        run_slowly(async |bench| {
            prepare(&bench).await;
            bench.created(&moved()).await.unwrap();
            until_moved(&bench).await;
            let before = volume(&bench).0;
            let path = format!("/api/storage/volumes/{}", before["uuid"].as_str().unwrap());
            bench.patch(&path, change).await;
            until_arrived(&bench, &moved()).await;
            assert_is_in(&bench, "aggr2");
            let after = volume(&bench).0;
            for field in ["junction", "policy", "size"] {
                assert_eq!(after[field], before[field], "{change}");
            }
        });
    }
}

#[test]
fn a_move_that_an_earlier_call_has_done_is_no_reason_to_give_up() {
    run_slowly(async |bench| {
        prepare(&bench).await;
        bench.created(&moved()).await.unwrap();
        let same =
            r#"{"error": {"code": "918265", "message": "must be different from the one that the volume is in"}}"#;
        bench.wire.answer_with("destination_aggregate", 400, same);
        for _ in 0..60 {
            let trouble = bench.relocate(&moved()).await.unwrap_err();
            assert!(goes_on(&trouble), "{}", trouble.reason);
            if trouble.reason.contains("must be different") {
                return;
            }
            bench.pass(Duration::from_secs(2)).await;
        }
        panic!("it is never moved");
    });
}

#[test]
fn without_room_beside_the_snapshot_it_is_told_that_nothing_can_begin_with_that() {
    run_slowly(async |bench| {
        prepare(&bench).await;
        assert!(bench.wire.cluster.set_space_left("aggr1", 0));
        let trouble = bench.created(&moved()).await.unwrap_err();
        assert_eq!((trouble.remedy, trouble.detail), (Remedy::Elsewhere, Detail::DriverFailedCreatingFromSnap));
        assert!(trouble.reason.contains("in pool aggr1, where the snapshot is"), "{}", trouble.reason);
    });
}

#[test]
fn a_split_that_does_not_hold_and_a_last_step_that_waits_are_seen_to_and_cost_of_the_time_that_there_is() {
    run_slowly(async |bench| {
        prepare(&bench).await;
        bench.created(&moved()).await.unwrap();
        let uuid = volume(&bench).0["uuid"].as_str().unwrap().to_owned();
        for _ in 0..3 {
            let trouble = bench.relocate(&moved()).await.unwrap_err();
            assert_eq!(trouble.remedy, Remedy::UnderWay { percent: 0, begins: true }, "{}", trouble.reason);
            bench.patch(&format!("/api/storage/volumes/{uuid}"), r#"{"clone.split_initiated":false}"#).await;
        }
        until_moved(&bench).await;
        bench.patch(&format!("/api/storage/volumes/{uuid}"), r#"{"movement.state":"cutover_wait"}"#).await;
        bench.pass(Duration::from_secs(60)).await;
        let trouble = bench.relocate(&moved()).await.unwrap_err();
        assert!(trouble.reason.contains("is told to do its last step"), "{}", trouble.reason);
        until_arrived(&bench, &moved()).await;
        assert_is_in(&bench, "aggr2");
    });
}

#[test]
fn a_share_that_is_removed_while_it_is_split_goes() {
    run_slowly(async |bench| {
        prepare(&bench).await;
        bench.created(&moved()).await.unwrap();
        bench.relocate(&moved()).await.unwrap_err();
        let trouble = bench.delete(&moved()).await.unwrap_err();
        assert_eq!(trouble.remedy, Remedy::Again);
        assert!(trouble.reason.contains("the split of volume"), "{}", trouble.reason);
        bench.delete(&moved()).await.unwrap();
    });
}

#[test]
fn a_share_that_is_removed_while_it_is_moved_goes() {
    run_slowly(async |bench| {
        prepare(&bench).await;
        bench.created(&moved()).await.unwrap();
        until_moved(&bench).await;
        let trouble = bench.delete(&moved()).await.unwrap_err();
        assert_eq!(trouble.remedy, Remedy::Again);
        assert!(trouble.reason.contains("was ended"), "{}", trouble.reason);
        bench.delete(&moved()).await.unwrap();
        bench.delete(&subject(1)).await.unwrap();
        bench.assert_nothing_left();
    });
}

#[test]
fn whatever_goes_wrong_at_whichever_call_it_is_one_volume_in_its_pool() {
    for protocol in [Protocol::Nfs, Protocol::Cifs] {
        let share = |subject: Subject| Subject { protocol, ..subject };
        let mut config = Config { latency: Profile::Array, ..Config::default() };
        config.svms[0].cifs_server = Some("SVM1".to_owned());
        for (nth, mishap) in (0..12).flat_map(|nth| Mishap::ALL.into_iter().map(move |one| (nth, one))) {
            run_with(config.clone(), settings(), async |mut bench| {
                bench.create(&share(subject(1))).await.unwrap();
                bench.take_snapshot(&SnapshotSubject { share: share(subject(1)), ..snapshot() }).await.unwrap();
                bench.created(&share(moved())).await.unwrap();
                bench.wire.strike(nth, 1, mishap);
                for number in 0.. {
                    let had_struck = bench.wire.strikes() > 0;
                    match bench.relocate(&share(moved())).await {
                        Ok(_) => break,
                        Err(trouble) => assert!(goes_on(&trouble), "{mishap:?} at call {nth}: {}", trouble.reason),
                    }
                    assert!(number < 60, "it is never settled after {mishap:?} at call {nth}");
                    if !had_struck && bench.wire.strikes() > 0 {
                        bench = bench.next();
                    }
                    bench.pass(Duration::from_secs(5)).await;
                }
                bench.pass(Duration::from_secs(120)).await;
                assert_is_in(&bench, "aggr2");
            });
        }
    }
}
