//! Looking at the array: what is told of hands that were at it, in how many calls, and what is put back after.

use manilad_domain::access::AccessLevel::{Ro, Rw};
use manilad_domain::access::AccessType;
use manilad_domain::share::Protocol;
use manilad_driver::{Condition, DesiredRule, Ensured, Remedy, Subject};
use manilad_ontap_sim::{Config, Release};

use super::bench::{Bench, run, run_on, run_with, settings};
use super::samples::{desired, subject};
use super::wire::Mishap;

async fn judged(bench: &Bench, subject: &Subject, rules: &[DesiredRule]) -> Condition {
    bench.survey().await.unwrap().judge(subject, rules)
}

pub fn target(bench: &Bench) -> String {
    format!("/api/storage/volumes/{}", bench.volumes()[0]["uuid"].as_str().unwrap())
}

#[test]
fn hands_on_the_rules_are_told_and_applying_mends_them() {
    let rules = [desired(1, "10.0.0.1", Rw), desired(2, "10.0.0.0/24", Ro)];
    let hands = [
        (r#"{"rules": []}"#, "not in force: 10.0.0.1 rw; 10.0.0.0/24 ro"),
        (
            r#"{"rules": [{"clients": [{"match": "0.0.0.0/0"}], "ro_rule": ["any"], "rw_rule": ["any"]}]}"#,
            "not in force: 10.0.0.1 rw; 10.0.0.0/24 ro. in force and not wanted: 0.0.0.0/0",
        ),
    ];
    for (by_hand, expected) in hands {
        run(async |bench| {
            bench.create(&subject(1)).await.unwrap();
            bench.apply(&subject(1), &rules).await.unwrap();
            assert_eq!(judged(&bench, &subject(1), &rules).await, Condition::Sound);
            let policy = bench.policies()[0]["id"].as_u64().unwrap();
            bench.patch(&format!("/api/protocols/nfs/export-policies/{policy}"), by_hand).await;
            assert_eq!(judged(&bench, &subject(1), &rules).await, Condition::Drifted(expected.to_owned()));
            bench.apply(&subject(1), &rules).await.unwrap();
            assert_eq!(judged(&bench, &subject(1), &rules).await, Condition::Sound);
        });
    }
}

#[test]
fn a_volume_under_another_policy_gets_its_own_back_though_we_remember_that_one() {
    run(async |bench| {
        let rules = [desired(1, "10.0.0.1", Rw)];
        bench.create(&subject(1)).await.unwrap();
        bench.apply(&subject(1), &rules).await.unwrap();
        bench.patch(&target(&bench), r#"{"nas": {"export_policy": {"name": "default"}}}"#).await;
        let condition = judged(&bench, &subject(1), &rules).await;
        assert_eq!(condition, Condition::Drifted("the volume is under export policy default".to_owned()));
        bench.apply(&subject(1), &rules).await.unwrap();
        assert_eq!(bench.volumes()[0]["policy"], bench.policies()[0]["id"]);
        assert_eq!(judged(&bench, &subject(1), &rules).await, Condition::Sound);
    });
}

#[test]
fn what_keeps_clients_from_a_volume_is_told_and_mended_where_that_can_be() {
    let name = subject(1).instance.to_string().replace('-', "_");
    let hands = [
        (r#"{"nas": {"path": ""}}"#, (true, format!("volume share_{name} is not mounted at /share_{name}"))),
        (
            r#"{"nas": {"path": "/other"}}"#,
            (true, format!("volume share_{name} is mounted at /other instead of /share_{name}")),
        ),
        (r#"{"name": "renamed"}"#, (false, format!("volume renamed has its mark, but should be called share_{name}"))),
        (r#"{"state": "offline"}"#, (true, format!("volume share_{name} is offline"))),
        (r#"{"_tags": []}"#, (false, format!("there is no volume share_{name} with our mark"))),
    ];
    for (by_hand, (can_be_mended, reason)) in hands {
        run(async |bench| {
            let made = bench.create(&subject(1)).await.unwrap();
            bench.patch(&target(&bench), by_hand).await;
            assert_eq!(judged(&bench, &subject(1), &[]).await, Condition::Missing(reason.clone()));
            let ensured = bench.ensure(&subject(1)).await;
            if can_be_mended {
                assert_eq!(ensured, Ok(Ensured { exports: made, owes_rules: false }));
                assert_eq!(judged(&bench, &subject(1), &[]).await, Condition::Sound);
            } else {
                assert_eq!(ensured.unwrap_err().remedy, Remedy::Never, "{reason}");
            }
        });
    }
}

#[test]
fn marks_are_read_on_each_release_and_only_ours_count() {
    for release in [Release::V9_12_1, Release::V9_14_1, Release::V9_19_1] {
        run_on(release, async |bench| {
            bench.create(&subject(1)).await.unwrap();
            let plain = r#"{"name": "share_plain", "svm": {"name": "svm1"}, "size": 1073741824,
                            "aggregates": [{"name": "aggr1"}], "comment": "not_instance_id:x"}"#;
            bench.call("POST", "/api/storage/volumes", plain).await;
            let policy = r#"{"name": "policy_home", "svm": {"name": "svm1"}}"#;
            bench.call("POST", "/api/protocols/nfs/export-policies", policy).await;
            let survey = bench.survey().await.unwrap();
            let marked: Vec<_> = survey.marked().iter().map(|one| (one.instance, one.what)).collect();
            let instance = subject(1).instance;
            assert_eq!(marked, [(instance, "volume"), (instance, "export policy")], "{release}");
        });
    }
}

#[test]
fn what_was_put_away_to_go_later_is_no_stray() {
    run(async |bench| {
        bench.create(&subject(1)).await.unwrap();
        bench.patch(&target(&bench), r#"{"name": "deleted_manila_share_1"}"#).await;
        let survey = bench.survey().await.unwrap();
        assert!(survey.marked().iter().all(|marked| marked.what == "export policy"), "{:?}", survey.marked());
    });
}

#[test]
fn over_smb_hands_on_the_list_and_a_share_that_is_gone_are_told() {
    let mut config = Config::default();
    config.svms[0].cifs_server = Some("SVM1".to_owned());
    run_with(config, settings(), async |bench| {
        let subject = Subject { protocol: Protocol::Cifs, ..subject(1) };
        let alice = [DesiredRule { kind: AccessType::User, ..desired(1, "alice", Ro) }];
        bench.create(&subject).await.unwrap();
        bench.apply(&subject, &alice).await.unwrap();
        assert_eq!(judged(&bench, &subject, &alice).await, Condition::Sound);
        let (svm, name) = (bench.smb_shares()[0]["svm"].clone(), bench.smb_shares()[0]["name"].clone());
        let share = format!("/api/protocols/cifs/shares/{}/{}", svm.as_str().unwrap(), name.as_str().unwrap());
        bench.call("DELETE", &format!("{share}/acls/alice/windows"), "").await;
        let condition = judged(&bench, &subject, &alice).await;
        assert_eq!(condition, Condition::Drifted("not in force: alice Read".to_owned()));
        bench.apply(&subject, &alice).await.unwrap();
        assert_eq!(judged(&bench, &subject, &alice).await, Condition::Sound);
        bench.call("DELETE", &share, "").await;
        assert!(matches!(judged(&bench, &subject, &alice).await, Condition::Missing(_)));
        assert!(bench.ensure(&subject).await.unwrap().owes_rules, "what is shared anew lets nobody in");
        assert!(matches!(judged(&bench, &subject, &alice).await, Condition::Drifted(_)));
        bench.apply(&subject, &alice).await.unwrap();
        assert_eq!(judged(&bench, &subject, &alice).await, Condition::Sound);
    });
}

#[test]
fn many_volumes_are_seen_in_four_calls_and_one_that_fails_fails_the_survey() {
    run(async |bench| {
        for number in 1..=20 {
            bench.create(&subject(number)).await.unwrap();
        }
        bench.wire.forget_calls();
        assert_eq!(bench.survey().await.unwrap().marked().len(), 40);
        assert_eq!(bench.wire.calls().len(), 4);
        for skipped in 0..4 {
            bench.wire.strike(skipped, 1_000, Mishap::Silence);
            assert!(bench.survey().await.is_err(), "after {skipped} calls");
            bench.wire.strike(0, 0, Mishap::Silence);
        }
    });
}
