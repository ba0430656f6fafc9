//! Bringing back what a share type and metadata say: what hands changed is seen in a survey and mended, what is refused stays, and what
//! nobody asked for is left alone.

use manilad_driver::{Aspect, Condition, Difference, Remedy, Subject};
use manilad_ontap_sim::{Fault, Rule};
use serde_json::json;

use super::bench::{Bench, goes_on, run, run_with, settings};
use super::samples::subject;
use super::survey::target;
use super::wire::Mishap;
use crate::Settings;

fn with(specs: &[(&str, &str)]) -> Subject {
    let mut subject = subject(1);
    subject.extra_specs.extend(specs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    subject
}

async fn differences(bench: &Bench, subject: &Subject) -> Vec<Difference> {
    bench.survey().await.unwrap().differences(subject)
}

async fn aspects(bench: &Bench, subject: &Subject) -> Vec<Aspect> {
    differences(bench, subject).await.into_iter().map(|one| one.aspect).collect()
}

const MENDABLE: [Aspect; 3] = [Aspect::SnapshotPolicy, Aspect::SnapshotDirectory, Aspect::Qos];

/// A type that says all that can be brought back.
fn specified() -> Subject {
    with(&[
        ("netapp:snapshot_policy", "none"),
        ("netapp:hide_snapdir", "True"),
        ("qos", "True"),
        ("netapp:maxiops", "100"),
    ])
}

const BY_HAND: &str = r#"{"snapshot_policy": {"name": "default"}, "snapshot_directory_access_enabled": true,
                          "qos": {"policy": {"name": "none"}}}"#;

#[test]
fn hands_on_what_the_type_says_are_told_and_undone() {
    run(async |bench| {
        let made = bench.create(&specified()).await.unwrap();
        assert_eq!(aspects(&bench, &specified()).await, []);
        bench.patch(&target(&bench), BY_HAND).await;
        assert_eq!(aspects(&bench, &specified()).await, MENDABLE);
        assert_eq!(bench.ensure(&specified()).await.unwrap().exports, made);
        assert_eq!(aspects(&bench, &specified()).await, []);
        assert_eq!(bench.volumes()[0]["qos"], bench.qos_policies()[0]["uuid"]);
        bench.delete(&specified()).await.unwrap();
        bench.assert_nothing_left();
    });
}

#[test]
fn what_the_type_says_nothing_about_is_its_administrators() {
    run(async |bench| {
        bench.create(&subject(1)).await.unwrap();
        bench
            .patch(
                &target(&bench),
                r#"{"snapshot_policy": {"name": "none"}, "snapshot_directory_access_enabled": false}"#,
            )
            .await;
        assert_eq!(aspects(&bench, &subject(1)).await, []);
        bench.wire.forget_calls();
        bench.ensure(&subject(1)).await.unwrap();
        assert!(bench.wire.calls().iter().all(|call| call.starts_with("GET")), "{:?}", bench.wire.calls());
        assert_eq!(bench.volumes()[0]["snapshot_policy"], "none");
    });
}

#[test]
fn a_snapshot_policy_that_managing_keeps_is_kept_here_too() {
    let keeping = Settings { kept_snapshot_policies: vec!["default".to_owned()], ..settings() };
    run_with(manilad_ontap_sim::Config::default(), keeping, async |bench| {
        bench.create(&specified()).await.unwrap();
        bench.patch(&target(&bench), BY_HAND).await;
        assert_eq!(aspects(&bench, &specified()).await, [Aspect::Qos]);
        bench.ensure(&specified()).await.unwrap();
        assert_eq!(bench.volumes()[0]["snapshot_policy"], "default");
    });
}

#[test]
fn where_an_option_says_how_visible_snapshots_are_it_goes_before_the_type_and_the_sweep_has_no_say_in_it() {
    let showing = Settings { snapshot_directory: Some(true), ..settings() };
    run_with(manilad_ontap_sim::Config::default(), showing, async |bench| {
        bench.create(&specified()).await.unwrap();
        assert_eq!(bench.volumes()[0]["snapshot_directory"], false, "new shares are as their type says");
        assert_eq!(aspects(&bench, &specified()).await, []);
        bench.ensure(&specified()).await.unwrap();
        assert_eq!(bench.volumes()[0]["snapshot_directory"], true);
        assert_eq!(aspects(&bench, &specified()).await, []);
    });
}

#[test]
fn a_size_is_told_either_way_and_never_touched() {
    run(async |bench| {
        bench.create(&subject(1)).await.unwrap();
        for (gib, word) in [(5u64, "more"), (1, "less")] {
            bench.patch(&target(&bench), &json!({ "space": { "size": gib << 30 } }).to_string()).await;
            let told = differences(&bench, &subject(1)).await;
            assert!(told.len() == 1 && told[0].aspect == Aspect::Size && told[0].reason.contains(word), "{told:?}");
            bench.ensure(&subject(1)).await.unwrap();
            assert_eq!(bench.volumes()[0]["size"], gib << 30);
        }
    });
}

#[test]
fn what_the_array_refuses_does_not_keep_the_rest_from_being_brought_back() {
    run(async |bench| {
        let asked =
            Subject { metadata: [("snapshot_policy".to_owned(), "nobody_has_it".to_owned())].into(), ..specified() };
        bench.create(&specified()).await.unwrap();
        bench.patch(&target(&bench), BY_HAND).await;
        bench.patch(&target(&bench), r#"{"state": "offline"}"#).await;
        let path = format!("/{}", bench.volumes()[0]["name"].as_str().unwrap());
        bench.ensure(&asked).await.unwrap();
        let volume = bench.volumes()[0].clone();
        assert_eq!((&volume["state"], &volume["junction"]), (&json!("online"), &json!(path)));
        assert_eq!(aspects(&bench, &asked).await, [Aspect::SnapshotPolicy]);
        assert_eq!(bench.survey().await.unwrap().judge(&asked, &[]), Condition::Sound);
    });
}

#[test]
fn a_qos_policy_that_is_gone_is_made_again_and_goes_with_the_share_though_the_volume_never_came_to_name_it() {
    run(async |bench| {
        bench.create(&specified()).await.unwrap();
        bench.patch(&target(&bench), r#"{"qos": {"policy": {"name": "none"}}}"#).await;
        let policy = bench.qos_policies()[0]["uuid"].as_str().unwrap().to_owned();
        bench.call("DELETE", &format!("/api/storage/qos/policies/{policy}"), "").await;
        let refusal =
            Fault::Refuse { status: 400, code: "917534".to_owned(), message: "not so".to_owned(), retry_after: None };
        let (method, path) = (Some("PATCH".to_owned()), "/api/storage/volumes/*".to_owned());
        bench.wire.cluster.strike(Rule { method, path, svm: None, nth: 1, count: Some(1), fault: refusal });
        let _done_or_not = bench.ensure(&specified()).await;
        assert_eq!(bench.qos_policies().len(), 1);
        bench.ensure(&specified()).await.unwrap();
        assert_eq!(bench.volumes()[0]["qos"], bench.qos_policies()[0]["uuid"]);
        bench.delete(&specified()).await.unwrap();
        bench.assert_nothing_left();
    });
}

#[test]
fn whatever_befalls_a_call_a_later_try_brings_everything_back() {
    for mishap in [Mishap::LostReply, Mishap::LostCall, Mishap::Panic, Mishap::Late(std::time::Duration::from_secs(30))]
    {
        for nth in 0..12 {
            run(async |bench| {
                bench.create(&specified()).await.unwrap();
                bench.patch(&target(&bench), BY_HAND).await;
                bench.patch(&target(&bench), r#"{"state": "offline"}"#).await;
                bench.wire.strike(nth, 1, mishap);
                let mut tries = 0;
                while let Err(trouble) = bench.ensure(&specified()).await {
                    bench.wire.heal();
                    assert!(goes_on(&trouble), "{mishap:?} of call {nth}: {trouble:?}");
                    if let Remedy::Wait(left) = trouble.remedy {
                        bench.pass(left + std::time::Duration::from_secs(2)).await;
                    }
                    tries += 1;
                    assert!(tries < 10, "{mishap:?} of call {nth}: {trouble:?}");
                }
                bench.wire.heal();
                assert_eq!(aspects(&bench, &specified()).await, [], "{mishap:?} of call {nth}");
                assert_eq!(bench.survey().await.unwrap().judge(&specified(), &[]), Condition::Sound);
                if let Err(trouble) = bench.delete(&specified()).await {
                    let Remedy::Wait(left) = trouble.remedy else { panic!("{mishap:?} of call {nth}: {trouble:?}") };
                    bench.pass(left + std::time::Duration::from_secs(2)).await;
                    bench.delete(&specified()).await.unwrap();
                }
                bench.assert_nothing_left();
            });
        }
    }
}

#[test]
fn limits_that_the_type_says_otherwise_by_now_are_given_to_the_policy_of_the_share() {
    run(async |bench| {
        bench.create(&specified()).await.unwrap();
        let mut edited = specified();
        edited.extra_specs.insert("netapp:maxiops".to_owned(), "250".to_owned());
        for _ in 0..2 {
            bench.ensure(&edited).await.unwrap();
            assert_eq!(bench.qos_policies()[0]["terms"]["fixed"]["max_throughput_iops"], 250);
        }
        assert_eq!(bench.qos_policies().len(), 1);
        bench.delete(&edited).await.unwrap();
        bench.assert_nothing_left();
    });
}

#[test]
fn the_policy_of_a_share_goes_where_its_type_names_another_by_now() {
    run(async |bench| {
        bench.create(&specified()).await.unwrap();
        let made = r#"{"name":"gold","svm":{"name":"svm1"},"adaptive":{"expected_iops":100,"peak_iops":200}}"#;
        bench.call("POST", "/api/storage/qos/policies", made).await;
        let edited = with(&[("netapp:adaptive_qos_policy_group", "gold")]);
        bench.ensure(&edited).await.unwrap();
        let names: Vec<_> = bench.qos_policies().iter().map(|policy| policy["name"].clone()).collect();
        assert_eq!(names, ["gold"]);
        bench.delete(&edited).await.unwrap();
        assert_eq!(bench.volumes(), Vec::<serde_json::Value>::new());
    });
}

#[test]
fn a_share_that_is_as_it_should_be_is_looked_at_in_three_calls() {
    run(async |bench| {
        bench.create(&specified()).await.unwrap();
        bench.wire.forget_calls();
        bench.ensure(&specified()).await.unwrap();
        let calls = bench.wire.calls();
        assert!(calls.len() <= 3 && calls.iter().all(|call| call.starts_with("GET")), "{calls:?}");
    });
}
