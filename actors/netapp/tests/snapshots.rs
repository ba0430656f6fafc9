//! Snapshots: one call to take one, a second try that finds the first, and none left over whatever goes wrong.

use std::time::Duration;

use manilad_clock::Uuid;
use manilad_domain::access::AccessLevel::Rw;
use manilad_domain::message::Detail;
use manilad_driver::{Remedy, SnapshotSource, SnapshotSubject, Subject, Trouble};

use serde_json::json;

use super::bench::{Bench, goes_on, run};
use super::samples::{desired, subject};
use super::wire::Mishap;

/// A snapshot of the first share.
fn snapshot(number: u128) -> SnapshotSubject {
    SnapshotSubject {
        snapshot: Uuid::from_u128(0x5a00 + number).into(),
        location: None,
        share: subject(1),
        in_flight: false,
    }
}

fn with_share(test: impl AsyncFnOnce(Bench)) {
    run(async |bench| {
        bench.create(&subject(1)).await.unwrap();
        bench.wire.forget_calls();
        test(bench).await;
    });
}

#[test]
fn to_take_a_snapshot_is_one_call_and_a_look_before_it_in_a_new_incarnation() {
    with_share(async |bench| {
        let name = bench.take_snapshot(&snapshot(1)).await.unwrap();
        assert_eq!(bench.wire.calls().len(), 1, "{:?}", bench.wire.calls());
        assert!(name.starts_with("share_snapshot_"), "{name}");
        assert_eq!(bench.snapshot_names(), std::slice::from_ref(&name));
        assert_eq!(bench.take_snapshot(&snapshot(1)).await, Ok(name), "a second try finds what the first made");
        assert_eq!(bench.snapshot_names().len(), 1);
        let bench = bench.next();
        bench.report().await.unwrap();
        bench.wire.forget_calls();
        bench.take_snapshot(&snapshot(2)).await.unwrap();
        assert_eq!(bench.wire.calls().len(), 2, "{:?}", bench.wire.calls());
    });
}

#[test]
fn a_snapshot_is_removed_what_never_was_counts_as_gone_and_others_stay() {
    with_share(async |bench| {
        for number in [1, 2] {
            bench.take_snapshot(&snapshot(number)).await.unwrap();
        }
        for _ in 0..2 {
            bench.delete_snapshot(&snapshot(1)).await.unwrap();
        }
        assert_eq!(bench.snapshot_names().len(), 1);
        bench.delete(&subject(1)).await.unwrap();
        assert_eq!(bench.snapshot_names(), [""; 0], "they go with their volume");
        bench.delete_snapshot(&snapshot(2)).await.unwrap();
    });
}

#[test]
fn a_snapshot_is_not_gone_for_want_of_a_volume_that_has_another_name_now() {
    with_share(async |bench| {
        bench.take_snapshot(&snapshot(1)).await.unwrap();
        let volume = bench.volumes()[0]["uuid"].as_str().unwrap().to_owned();
        bench.patch(&format!("/api/storage/volumes/{volume}"), r#"{"name":"renamed"}"#).await;
        let trouble = bench.delete_snapshot(&snapshot(1)).await.unwrap_err();
        assert_eq!(trouble.remedy, Remedy::Never);
        assert!(trouble.reason.contains("renamed"), "{}", trouble.reason);
    });
}

#[test]
fn no_snapshot_is_taken_of_what_is_not_there() {
    run(async |bench| {
        let trouble = bench.take_snapshot(&snapshot(1)).await.unwrap_err();
        assert_eq!((trouble.remedy, trouble.detail), (Remedy::Never, Detail::VolumeAbsent));
    });
}

#[test]
fn a_snapshot_is_looked_for_by_its_name_and_the_size_of_its_volume_is_told() {
    with_share(async |bench| {
        let made = bench.take_snapshot(&snapshot(1)).await.unwrap();
        let managed = |name: &str| SnapshotSubject { location: Some(name.to_owned()), ..snapshot(7) };
        assert_eq!(bench.find_snapshot(&managed(&made)).await, Ok(Some(subject(1).size)));
        assert_eq!(bench.find_snapshot(&managed("no_such")).await, Ok(None));
        bench.delete_snapshot(&managed(&made)).await.unwrap();
        assert_eq!(bench.find_snapshot(&managed(&made)).await, Ok(None));
    });
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Flow {
    Take,
    Delete,
    Find,
}

async fn attempt(bench: &Bench, flow: Flow) -> Result<(), Trouble> {
    match flow {
        Flow::Take => bench.take_snapshot(&snapshot(1)).await.map(drop),
        Flow::Delete => bench.delete_snapshot(&snapshot(1)).await,
        Flow::Find => bench.find_snapshot(&snapshot(1)).await.map(|found| assert!(found.is_some())),
    }
}

#[test]
fn whatever_goes_wrong_at_whichever_call_the_next_try_comes_to_its_end() {
    for flow in [Flow::Take, Flow::Delete, Flow::Find] {
        for (nth, mishap, is_new) in
            (0..3).flat_map(|nth| Mishap::ALL.into_iter().flat_map(move |one| [(nth, one, false), (nth, one, true)]))
        {
            with_share(async |bench| {
                if flow != Flow::Take {
                    bench.take_snapshot(&snapshot(1)).await.unwrap();
                }
                let mut bench = bench.next();
                bench.report().await.unwrap();
                bench.wire.strike(nth, 1, mishap);
                for number in 0.. {
                    match attempt(&bench, flow).await {
                        Ok(()) => break,
                        Err(trouble) => assert!(goes_on(&trouble), "{flow:?}: {}", trouble.reason),
                    }
                    assert!(number < 40, "{flow:?} is never settled after {mishap:?} at call {nth}");
                    if is_new {
                        bench = bench.next();
                    }
                    bench.pass(Duration::from_secs(5)).await;
                }
                bench.pass(Duration::from_secs(120)).await;
                let left = usize::from(flow != Flow::Delete);
                assert_eq!(bench.snapshot_names().len(), left, "{flow:?} after {mishap:?} at call {nth}");
            });
        }
    }
}

#[test]
fn a_call_that_takes_a_snapshot_late_leaves_none_where_the_removal_is_told_of_it() {
    for in_flight in [true, false] {
        with_share(async |bench| {
            let bench = bench.next();
            bench.report().await.unwrap();
            bench.wire.strike(1, 1, Mishap::Late(Duration::from_secs(30)));
            let _it_dies = bench.take_snapshot(&snapshot(1)).await;
            assert!(bench.wire.strikes() > 0);
            bench.wire.heal();
            let bench = bench.next();
            let late = SnapshotSubject { in_flight, ..snapshot(1) };
            for number in 0.. {
                match bench.delete_snapshot(&late).await {
                    Ok(()) => break,
                    Err(trouble) => assert!(goes_on(&trouble), "{}", trouble.reason),
                }
                assert!(number < 40, "it is never settled");
                bench.pass(Duration::from_secs(5)).await;
            }
            bench.pass(Duration::from_secs(120)).await;
            assert_eq!(bench.snapshot_names().is_empty(), in_flight);
        });
    }
}

/// The first share, which is to go back to its first snapshot.
fn reverted(in_flight: bool) -> Subject {
    let source =
        SnapshotSource { instance: subject(1).instance, snapshot: snapshot(1).snapshot, location: None, pool: None };
    Subject { source: Some(source), in_flight, ..subject(1) }
}

#[test]
fn to_revert_is_one_call_and_newer_snapshots_go() {
    with_share(async |bench| {
        for number in [1, 2] {
            bench.take_snapshot(&snapshot(number)).await.unwrap();
        }
        bench.wire.forget_calls();
        bench.revert(&reverted(false)).await.unwrap();
        assert_eq!(bench.wire.calls().len(), 1, "{:?}", bench.wire.calls());
        assert_eq!(bench.snapshot_names().len(), 1);
        bench.delete_snapshot(&snapshot(1)).await.unwrap();
        let trouble = bench.revert(&reverted(false)).await.unwrap_err();
        assert_eq!(trouble.remedy, Remedy::Never);
        assert!(trouble.reason.contains("has no snapshot"), "{}", trouble.reason);
    });
}

#[test]
fn a_revert_is_not_done_while_an_earlier_call_can_still_bring_the_share_back_once_more() {
    for mishap in Mishap::ALL {
        with_share(async |bench| {
            bench.take_snapshot(&snapshot(1)).await.unwrap();
            let mut bench = bench.next();
            bench.report().await.unwrap();
            bench.wire.strike(1, 1, mishap);
            let mut failed = false;
            for number in 0.. {
                match bench.revert(&reverted(failed)).await {
                    Ok(()) => break,
                    Err(trouble) => assert!(goes_on(&trouble), "{}", trouble.reason),
                }
                assert!(number < 40, "it is never settled after {mishap:?}");
                if !failed {
                    (bench, failed) = (bench.next(), true);
                }
                bench.pass(Duration::from_secs(5)).await;
            }
            // A call that came late would take this one away.
            bench.take_snapshot(&snapshot(2)).await.unwrap();
            bench.pass(Duration::from_secs(120)).await;
            assert_eq!(bench.snapshot_names().len(), 2, "a call came late after {mishap:?}");
        });
    }
}

/// A share that begins with the first snapshot of the first one.
fn cloned(specs: &[(&str, &str)]) -> Subject {
    let source = reverted(false).source;
    let mut clone = Subject { source, ..subject(2) };
    clone.extra_specs.extend(specs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    clone
}

#[test]
fn a_share_that_begins_with_a_snapshot_is_made_in_three_calls_and_lets_nobody_in_that_its_parent_does() {
    with_share(async |bench| {
        bench.apply(&subject(1), &[desired(1, "10.0.0.1", Rw)]).await.unwrap();
        bench.take_snapshot(&snapshot(1)).await.unwrap();
        bench.wire.forget_calls();
        let exports = bench.create(&Subject { size: 3, ..cloned(&[]) }).await.unwrap();
        let calls = bench.wire.calls();
        let changes = calls.iter().filter(|call| !call.starts_with("GET")).count();
        assert_eq!((changes, exports.is_empty()), (3, false), "{calls:?}");
        let clone = bench.volumes().into_iter().find(|volume| !volume["clone"].is_null()).unwrap();
        assert_eq!((&clone["size"], clone["junction"].is_string()), (&json!(3_u64 << 30), true));
        let policy = bench.policies().into_iter().find(|policy| policy["id"] == clone["policy"]).unwrap();
        assert_eq!(policy["rules"], json!([]), "{policy}");
        assert_eq!(bench.create(&Subject { size: 3, ..cloned(&[]) }).await, Ok(exports), "a second try finds it");
    });
}

#[test]
fn a_share_that_begins_with_a_snapshot_waits_for_two_calls_one_after_the_other() {
    with_share(async |bench| {
        bench.take_snapshot(&snapshot(1)).await.unwrap();
        bench.wire.forget_calls();
        bench.wire.strike(1, 10, Mishap::LostReply);
        bench.create(&cloned(&[])).await.unwrap_err();
        let changes: Vec<_> = bench.wire.calls().into_iter().filter(|call| !call.starts_with("GET")).collect();
        assert_eq!(changes.len(), 2, "while one is not answered the other is sent: {changes:?}");
        let is_clone = |call: &String| call.starts_with("POST /api/storage/volumes");
        assert_eq!(changes.iter().filter(|call| is_clone(call)).count(), 1, "{changes:?}");
        bench.wire.heal();
        let clone = bench.volumes().into_iter().find(|volume| !volume["clone"].is_null()).unwrap();
        assert!(clone["junction"].is_null(), "nobody gets in before it is under its own policy: {clone}");
    });
}

#[test]
fn a_snapshot_that_a_share_began_with_goes_at_once_and_is_removed_when_the_share_is_detached_from_it() {
    for split_at_first in [false, true] {
        with_share(async |bench| {
            bench.take_snapshot(&snapshot(1)).await.unwrap();
            let specs: &[_] = if split_at_first { &[("netapp:split_clone_on_create", "true")] } else { &[] };
            bench.create(&cloned(specs)).await.unwrap();
            let has_clone = |bench: &Bench| bench.volumes().iter().any(|volume| !volume["clone"].is_null());
            bench.pass(Duration::from_secs(30)).await;
            assert_eq!(has_clone(&bench), !split_at_first);
            bench.delete_snapshot(&snapshot(1)).await.unwrap();
            let of_parent = |bench: &Bench| {
                let parent = bench.volumes()[0]["uuid"].clone();
                let mut snapshots = bench.objects("snapshot");
                snapshots.retain(|one| one["volume"] == parent);
                snapshots.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
            };
            let left = of_parent(&bench);
            assert!(left.iter().all(|name| name.starts_with("deleted_manila_share_snapshot_")), "{left:?}");
            for _ in 0..3 {
                bench.pass(Duration::from_secs(700)).await;
                bench.report().await.unwrap();
            }
            assert_eq!((has_clone(&bench), of_parent(&bench)), (false, Vec::new()));
            bench.delete(&subject(1)).await.unwrap();
            assert_eq!(bench.volumes().len(), 1, "the clone stays");
        });
    }
}

#[test]
fn a_clone_that_is_detached_just_when_its_snapshot_is_deleted_is_no_reason_to_give_up() {
    with_share(async |bench| {
        bench.take_snapshot(&snapshot(1)).await.unwrap();
        bench.create(&cloned(&[])).await.unwrap();
        let no_clone = r#"{"error": {"code": "2", "message": "Volume is no FlexClone volume."}}"#;
        bench.wire.answer_with("split_initiated", 400, no_clone);
        let trouble = bench.delete_snapshot(&snapshot(1)).await.unwrap_err();
        assert!(goes_on(&trouble) && trouble.reason.contains("no FlexClone"), "{}", trouble.reason);
    });
}

#[test]
fn whatever_goes_wrong_at_whichever_call_a_share_that_begins_with_a_snapshot_is_made_once() {
    for (nth, mishap) in (0..5).flat_map(|nth| Mishap::ALL.into_iter().map(move |one| (nth, one))) {
        for is_new in [false, true] {
            with_share(async |bench| {
                bench.take_snapshot(&snapshot(1)).await.unwrap();
                let mut bench = bench.next();
                bench.report().await.unwrap();
                bench.wire.strike(nth, 1, mishap);
                for number in 0.. {
                    match bench.create(&cloned(&[])).await {
                        Ok(_) => break,
                        Err(trouble) => assert!(goes_on(&trouble), "{}", trouble.reason),
                    }
                    assert!(number < 40, "it is never settled after {mishap:?} at call {nth}");
                    if is_new {
                        bench = bench.next();
                    }
                    bench.pass(Duration::from_secs(5)).await;
                }
                bench.pass(Duration::from_secs(120)).await;
                let clone = bench.volumes().into_iter().find(|volume| !volume["clone"].is_null()).unwrap();
                assert!(clone["junction"].is_string(), "{mishap:?} at call {nth}: {clone}");
                assert_eq!(bench.volumes().len(), 2);
                let policy = bench.policies().into_iter().find(|policy| policy["id"] == clone["policy"]).unwrap();
                assert_eq!(policy["rules"], json!([]), "{mishap:?} at call {nth}");
            });
        }
    }
}

#[test]
fn what_can_not_be_the_name_of_a_snapshot_is_not_there_and_counts_as_gone() {
    with_share(async |bench| {
        for name in ["a\"b", "\\", "a\nb", "ఏ*"] {
            let strange = SnapshotSubject { location: Some(name.to_owned()), ..snapshot(1) };
            assert_eq!(bench.find_snapshot(&strange).await, Ok(None), "{name:?}");
            assert_eq!(bench.delete_snapshot(&strange).await, Ok(()), "{name:?}");
        }
    });
}
