//! Instances that change their size: one call, the limits that go by the GiB, and what ONTAP refuses.

use std::time::Duration;

use manilad_domain::message::Detail;
use manilad_driver::{Remedy, Subject};
use manilad_ontap_sim::{Fault, Rule};
use serde_json::json;

use super::bench::{Bench, goes_on, run};
use super::samples::subject;
use super::wire::Mishap;

fn sized(gib: u64, of: &Subject) -> Subject {
    Subject { size: gib, ..of.clone() }
}

fn with(specs: &[(&str, &str)]) -> Subject {
    let mut subject = subject(1);
    subject.extra_specs.extend(specs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    subject
}

fn is_sized(bench: &Bench, gib: u64) {
    assert_eq!(bench.volumes()[0]["size"], json!(gib << 30));
}

#[test]
fn to_grow_or_to_shrink_is_one_call_and_a_look_before_it_in_a_new_incarnation() {
    run(async |bench| {
        let share = subject(1);
        bench.create(&share).await.unwrap();
        for gib in [5, 3] {
            bench.wire.forget_calls();
            bench.resize(&sized(gib, &share)).await.unwrap();
            assert_eq!(bench.wire.calls().len(), 1, "{:?}", bench.wire.calls());
            is_sized(&bench, gib);
        }
        let bench = bench.next();
        bench.report().await.unwrap();
        bench.wire.forget_calls();
        bench.resize(&sized(4, &share)).await.unwrap();
        let calls = bench.wire.calls();
        assert!(calls.len() == 2 && calls[0].starts_with("GET ") && calls[1].starts_with("PATCH "), "{calls:?}");
        is_sized(&bench, 4);
    });
}

#[test]
fn limits_by_the_gib_and_the_number_of_files_follow_the_size_and_fixed_limits_cost_no_call() {
    run(async |bench| {
        let specs = [("qos", "<is> True"), ("netapp:maxiopspergib", "100"), ("netapp:max_files_multiplier", "2")];
        let share = with(&specs);
        bench.create(&share).await.unwrap();
        let files = |bench: &Bench| bench.volumes()[0]["files_maximum"].as_u64().unwrap();
        let before = files(&bench);
        bench.wire.forget_calls();
        bench.resize(&sized(6, &share)).await.unwrap();
        assert_eq!(bench.wire.calls().len(), 3);
        assert_eq!(bench.qos_policies()[0]["terms"]["fixed"]["max_throughput_iops"], 600);
        assert!(files(&bench) > before * 29 / 10, "{} after {before}", files(&bench));
    });
    run(async |bench| {
        let share = with(&[("qos", "<is> True"), ("netapp:maxiops", "100")]);
        bench.create(&share).await.unwrap();
        bench.wire.forget_calls();
        bench.resize(&sized(6, &share)).await.unwrap();
        assert_eq!(bench.wire.calls().len(), 1);
    });
}

#[test]
fn limits_that_the_array_refuses_hinder_no_change_of_the_size() {
    let share = with(&[("qos", "<is> True"), ("netapp:maxiopspergib", "100")]);
    run(async |bench| {
        bench.create(&share).await.unwrap();
        let (method, path) = (Some("PATCH".to_owned()), "/api/storage/qos/policies/*".to_owned());
        let fault = Fault::Refuse { status: 400, code: "8454323".into(), message: "no".into(), retry_after: None };
        bench.wire.cluster.strike(Rule { method, path, svm: None, nth: 1, count: Some(1), fault });
        bench.resize(&sized(6, &share)).await.unwrap();
        is_sized(&bench, 6);
        assert_eq!(bench.qos_policies()[0]["terms"]["fixed"]["max_throughput_iops"], 200, "as before");
    });
}

#[test]
fn a_share_shrinks_though_it_has_more_files_than_the_smaller_size_is_given() {
    run(async |bench| {
        // 124 files for 2 GiB, and 62 for 1, which are fewer than a volume begins with.
        let share = with(&[("netapp:max_files_multiplier", "0.002")]);
        bench.create(&share).await.unwrap();
        bench.wire.forget_calls();
        bench.resize(&sized(1, &share)).await.unwrap();
        assert_eq!(bench.wire.calls().len(), 2, "{:?}", bench.wire.calls());
        is_sized(&bench, 1);
        assert_eq!(bench.volumes()[0]["files_maximum"], 124);
    });
}

#[test]
fn a_type_that_cannot_be_read_any_more_or_has_lost_its_limits_hinders_no_change_of_the_size() {
    let share = with(&[("qos", "<is> True"), ("netapp:maxiopspergib", "100"), ("netapp:max_files_multiplier", "2")]);
    for changed in [with(&[("thin_provisioning", "perhaps"), ("qos", "<is> True")]), subject(1)] {
        run(async |bench| {
            bench.create(&share).await.unwrap();
            for gib in [6, 4] {
                bench.wire.forget_calls();
                bench.resize(&sized(gib, &changed)).await.unwrap();
                assert_eq!(bench.wire.calls().len(), 1, "{:?}", bench.wire.calls());
                is_sized(&bench, gib);
                let limit = bench.qos_policies()[0]["terms"]["fixed"]["max_throughput_iops"].clone();
                assert_eq!(limit, 200, "the limits of the creation");
            }
        });
    }
}

#[test]
fn whatever_goes_wrong_at_a_call_the_next_try_brings_it_to_the_size() {
    let share = with(&[("qos", "<is> True"), ("netapp:maxiopspergib", "100")]);
    for nth in 0..3 {
        for mishap in Mishap::ALL {
            run(async |bench| {
                bench.create(&share).await.unwrap();
                bench.wire.strike(nth, 1, mishap);
                for number in 1.. {
                    match bench.resize(&sized(6, &share)).await {
                        Ok(()) => break,
                        Err(trouble) => {
                            assert!(goes_on(&trouble) && number < 20, "{nth} {mishap:?}: {}", trouble.reason)
                        }
                    }
                    bench.pass(Duration::from_secs(5)).await;
                }
                is_sized(&bench, 6);
                assert_eq!(bench.qos_policies()[0]["terms"]["fixed"]["max_throughput_iops"], 600);
            });
        }
    }
}

/// To 6 GiB, where the calls from the `nth` on are carried out late, and then to 4.
fn is_resized_twice(share: Subject, nth: usize, check: impl Fn(&Bench)) {
    run(async |bench| {
        bench.create(&share).await.unwrap();
        bench.wire.strike(nth, 9, Mishap::Late(Duration::from_secs(30)));
        bench.resize(&sized(6, &share)).await.unwrap_err();
        bench.wire.heal();
        let trouble = bench.resize(&sized(4, &share)).await.unwrap_err();
        let Remedy::Wait(left) = trouble.remedy else { panic!("{trouble:?}") };
        bench.pass(left + Duration::from_secs(1)).await;
        bench.resize(&sized(4, &share)).await.unwrap();
        bench.pass(Duration::from_secs(120)).await;
        check(&bench);
    });
}

#[test]
fn a_call_for_another_size_that_may_still_be_carried_out_is_waited_for() {
    is_resized_twice(subject(1), 0, |bench| is_sized(bench, 4));
}

#[test]
fn a_call_for_other_limits_that_may_still_be_carried_out_is_waited_for_too() {
    let share = with(&[("qos", "<is> True"), ("netapp:maxiopspergib", "100")]);
    // After the change of the volume and a look at the policy.
    is_resized_twice(share, 2, |bench| {
        assert_eq!(bench.qos_policies()[0]["terms"]["fixed"]["max_throughput_iops"], 400);
    });
}

#[test]
fn a_volume_that_is_gone_or_a_strangers_is_never_made_nor_touched() {
    run(async |bench| {
        let trouble = bench.resize(&subject(1)).await.unwrap_err();
        assert_eq!((trouble.remedy, trouble.detail), (Remedy::Never, Detail::VolumeAbsent));
        assert_eq!(bench.volumes().len(), 0);
    });
}

#[test]
fn what_ontap_does_not_take_for_the_size_of_a_volume_is_told_as_data_that_does_not_fit() {
    run(async |bench| {
        let share = subject(1);
        bench.create(&share).await.unwrap();
        let (method, path) = (Some("PATCH".to_owned()), "/api/storage/volumes/*".to_owned());
        let (code, message) = ("917534".to_owned(), "too small".to_owned());
        let fault = Fault::Refuse { status: 400, code, message, retry_after: None };
        bench.wire.cluster.strike(Rule { method, path, svm: None, nth: 1, count: Some(1), fault });
        let trouble = bench.resize(&sized(1, &share)).await.unwrap_err();
        assert_eq!(
            (trouble.remedy, trouble.detail),
            (Remedy::Never, Detail::DriverRefusedShrink),
            "{}",
            trouble.reason
        );
        is_sized(&bench, 2);
    });
}

#[test]
fn a_repair_of_an_earlier_creation_that_may_still_be_carried_out_does_not_undo_the_size() {
    run(async |bench| {
        let share = subject(1);
        bench.create(&share).await.unwrap();
        let volume = format!("/api/storage/volumes/{}", bench.volumes()[0]["uuid"].as_str().unwrap());
        let size = |gib: u64| json!({"size": gib << 30}).to_string();
        bench.patch(&volume, &size(3)).await;
        let late = Duration::from_secs(30);
        bench.wire.curse(&volume, Mishap::Late(late));
        bench.create(&share).await.unwrap_err();
        bench.wire.heal();
        bench.patch(&volume, &size(share.size)).await;
        bench.create(&share).await.unwrap();
        let trouble = bench.resize(&sized(6, &share)).await.unwrap_err();
        let Remedy::Wait(left) = trouble.remedy else { panic!("{trouble:?}") };
        bench.pass(left + Duration::from_secs(1)).await;
        bench.resize(&sized(6, &share)).await.unwrap();
        bench.pass(late).await;
        is_sized(&bench, 6);
    });
}

#[test]
fn a_refusal_says_that_the_size_is_as_it_was_only_once_no_call_for_another_can_be_carried_out_any_more() {
    for (gib, code, message, detail) in [
        (1, "917534", "too small", Detail::DriverRefusedShrink),
        (6, "460770", "there is not enough space in aggregate \"aggr1\"", Detail::FilterCapacity),
    ] {
        run(async |bench| {
            let share = subject(1);
            bench.create(&share).await.unwrap();
            bench.wire.strike(0, 1, Mishap::LostCall);
            bench.resize(&sized(gib, &share)).await.unwrap_err();
            bench.wire.heal();
            let (method, path) = (Some("PATCH".to_owned()), "/api/storage/volumes/*".to_owned());
            let (code, message) = (code.to_owned(), message.to_owned());
            let fault = Fault::Refuse { status: 400, code, message, retry_after: None };
            bench.wire.cluster.strike(Rule { method, path, svm: None, nth: 1, count: Some(2), fault });
            let trouble = bench.resize(&sized(gib, &share)).await.unwrap_err();
            let Remedy::Wait(left) = trouble.remedy else { panic!("{trouble:?}") };
            bench.pass(left + Duration::from_secs(1)).await;
            let trouble = bench.resize(&sized(gib, &share)).await.unwrap_err();
            assert_eq!(trouble.detail, detail, "{}", trouble.reason);
            is_sized(&bench, 2);
        });
    }
}
