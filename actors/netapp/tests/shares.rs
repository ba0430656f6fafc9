//! Making and removing shares.

use std::time::Duration;

use manilad_domain::message::Detail;
use manilad_domain::share::Protocol;
use manilad_driver::{Remedy, Subject, Trouble};
use manilad_ontap_sim::{Config, Fault, Release, Rule};
use serde_json::{Value, json};

use super::bench::{Bench, goes_on, run, run_on, run_with, settings};
use super::samples::subject;
use super::survey::target;
use super::wire::Mishap;

fn volume_name(subject: &Subject) -> String {
    format!("share_{}", subject.instance.to_string().replace('-', "_"))
}

fn fault(method: &str, path: &str, fault: Fault) -> Rule {
    Rule { method: Some(method.to_owned()), path: path.to_owned(), svm: None, nth: 1, count: Some(1), fault }
}

fn refuse(status: u16, code: &str, message: &str) -> Fault {
    Fault::Refuse { status, code: code.to_owned(), message: message.to_owned(), retry_after: None }
}

#[test]
fn a_share_is_a_marked_mounted_volume_that_lets_nobody_in_and_leaves_nothing_behind() {
    run(async |bench| {
        let subject = subject(1);
        let name = volume_name(&subject);
        let exports = bench.create(&subject).await.unwrap();
        let paths: Vec<_> = exports.iter().map(|export| (export.path.clone(), export.preferred)).collect();
        assert_eq!(paths, [(format!("127.0.1.1:/{name}"), true), (format!("127.0.1.2:/{name}"), false)]);
        let volumes = bench.volumes();
        assert_eq!(volumes.len(), 1);
        assert_eq!((&volumes[0]["name"], &volumes[0]["junction"]), (&json!(name), &json!(format!("/{name}"))));
        assert_eq!(volumes[0]["size"], json!(2u64 << 30));
        let tags = volumes[0]["tags"].as_array().unwrap();
        assert!(tags.contains(&json!(format!("share_id:{}", subject.share))));
        assert!(tags.contains(&json!("project:a project")));
        assert_eq!(bench.rules(), []);
        assert_eq!(volumes[0]["policy"], bench.policies()[0]["id"], "its own policy, not the default one");
        assert_eq!(bench.delete(&subject).await, Ok(()));
        bench.assert_nothing_left();
    });
}

#[test]
fn a_share_of_a_locked_type_is_a_snaplock_volume() {
    run(async |bench| {
        let mut subject = subject(1);
        for (key, value) in [
            ("netapp_snaplock_type", "enterprise"),
            ("netapp:snaplock_autocommit_period", "2hours"),
            ("netapp:snaplock_min_retention_period", "1days"),
            ("netapp:snaplock_max_retention_period", "infinite"),
            ("netapp:snaplock_default_retention_period", "min"),
        ] {
            subject.extra_specs.insert(key.to_owned(), value.to_owned());
        }
        bench.create(&subject).await.unwrap();
        let volume = bench.volumes().remove(0);
        let periods = json!({ "autocommit": "PT2H", "minimum": "P1D", "maximum": "infinite", "default": "P1D" });
        assert_eq!((&volume["snaplock"], &volume["retention"]), (&json!("enterprise"), &periods));
        bench.delete(&subject).await.unwrap();
        bench.assert_nothing_left();
    });
}

#[test]
fn a_second_creation_finds_the_first_and_tells_the_same() {
    for release in [Release::V9_12_1, Release::V9_13_1, Release::V9_14_1, Release::V9_19_1] {
        run_on(release, async |bench| {
            let first = bench.create(&subject(1)).await.unwrap();
            assert_eq!(bench.create(&subject(1)).await.unwrap(), first, "{release}");
            let bench = bench.next();
            assert_eq!(bench.create(&subject(1)).await.unwrap(), first, "{release}");
            assert_eq!((bench.volumes().len(), bench.policies().len()), (1, 1));
        });
    }
}

#[test]
fn what_is_not_there_is_deleted_already() {
    run(async |bench| {
        assert_eq!(bench.delete(&subject(1)).await, Ok(()));
        bench.create(&subject(1)).await.unwrap();
        bench.delete(&subject(1)).await.unwrap();
        assert_eq!(bench.delete(&subject(1)).await, Ok(()));
        bench.assert_nothing_left();
    });
}

#[test]
fn a_volume_that_has_another_name_or_is_in_another_svm_is_not_taken_for_gone() {
    for release in [Release::V9_14_1, Release::V9_12_1] {
        run_on(release, async |bench| {
            let subject = subject(1);
            bench.create(&subject).await.unwrap();
            bench.patch(&target(&bench), r#"{"name": "renamed"}"#).await;
            let bench = bench.next();
            let trouble = bench.delete(&subject).await.unwrap_err();
            assert_eq!(trouble.remedy, Remedy::Never, "{}", trouble.reason);
            for part in ["volume renamed in SVM svm1", "instance_id:", &volume_name(&subject)] {
                assert!(trouble.reason.contains(part), "{}", trouble.reason);
            }
            assert_eq!((bench.volumes().len(), bench.volumes()[0]["state"].as_str()), (1, Some("online")));
            bench.patch(&target(&bench), &json!({ "name": volume_name(&subject) }).to_string()).await;
            assert_eq!(bench.delete(&subject).await, Ok(()));
            bench.assert_nothing_left();
        });
    }
    let mut config = Config::default();
    config.svms.push(manilad_ontap_sim::SvmConfig {
        name: "svm2".to_owned(),
        lifs: Vec::new(),
        ..config.svms[0].clone()
    });
    run_with(config, settings(), async |bench| {
        bench.create(&subject(1)).await.unwrap();
        let moved = crate::Settings { mode: crate::Mode::Svm("svm2".to_owned()), ..settings() };
        let bench = bench.next_with(moved);
        let trouble = bench.delete(&subject(1)).await.unwrap_err();
        assert!(trouble.reason.contains("in SVM svm1"), "{}", trouble.reason);
        assert_eq!(bench.volumes().len(), 1);
    });
}

#[test]
fn a_policy_without_its_volume_goes_too() {
    run(async |bench| {
        bench.wire.cluster.strike(fault("POST", "/api/storage/volumes", refuse(400, "917551", "no such policy")));
        let trouble = bench.create(&subject(1)).await.unwrap_err();
        assert_eq!(trouble.remedy, Remedy::Elsewhere);
        assert_eq!(bench.policies().len(), 1);
        let bench = bench.next();
        bench.delete(&subject(1)).await.unwrap();
        bench.assert_nothing_left();
    });
}

#[test]
fn a_volume_with_the_name_but_not_the_mark_is_never_touched() {
    run(async |bench| {
        bench.create(&subject(1)).await.unwrap();
        let uuid = bench.volumes()[0]["uuid"].as_str().unwrap().to_owned();
        bench.patch(&format!("/api/storage/volumes/{uuid}"), r#"{"_tags": ["instance_id:another"]}"#).await;
        let bench = bench.next();
        let before = bench.volumes();
        let tried = [bench.create(&subject(1)).await.unwrap_err(), bench.delete(&subject(1)).await.unwrap_err()];
        for trouble in tried {
            assert_eq!(trouble.remedy, Remedy::Never);
            assert!(trouble.reason.contains("without the mark"), "{}", trouble.reason);
        }
        assert_eq!(bench.volumes(), before);
    });
}

#[test]
fn a_full_aggregate_sends_the_share_elsewhere_and_what_was_left_goes() {
    run(async |bench| {
        assert!(bench.wire.cluster.set_space_left("aggr1", 1 << 30));
        let trouble = bench.create(&subject(1)).await.unwrap_err();
        assert_eq!((trouble.remedy, trouble.detail), (Remedy::Elsewhere, Detail::FilterCapacity), "{}", trouble.reason);
        let mut next = subject(2);
        next.pool = "node1@alpha#aggr2".parse().unwrap();
        let exports = bench.create(&next).await.unwrap();
        assert!(exports[0].preferred && exports[0].path.starts_with("127.0.1.2:"));
        bench.delete(&subject(1)).await.unwrap();
        bench.delete(&next).await.unwrap();
        bench.assert_nothing_left();
    });
}

#[test]
fn a_job_that_failed_half_way_is_finished_by_the_next_try() {
    run(async |bench| {
        let busy = "Try the command again.".to_owned();
        let failed = Fault::JobFails { code: "13107406".to_owned(), message: busy, done: true };
        bench.wire.cluster.strike(fault("POST", "/api/storage/volumes", failed));
        let trouble = bench.create(&subject(1)).await.unwrap_err();
        assert_eq!(trouble.remedy, Remedy::Again, "{}", trouble.reason);
        assert_eq!(bench.create(&subject(1)).await.unwrap().len(), 2);
        assert_eq!(bench.volumes().len(), 1);
    });
}

#[test]
fn what_an_earlier_try_left_is_put_right() {
    run(async |bench| {
        bench.create(&subject(1)).await.unwrap();
        let good = bench.volumes();
        let uuid = good[0]["uuid"].as_str().unwrap().to_owned();
        let path = format!("/api/storage/volumes/{uuid}");
        bench.patch(&path, r#"{"nas": {"export_policy": {"name": "default"}}, "size": 3221225472}"#).await;
        bench.patch(&path, r#"{"state": "offline"}"#).await;
        let bench = bench.next();
        bench.create(&subject(1)).await.unwrap();
        // The number of files grew with the volume, and an array never lowers it by itself.
        let without_files = |mut volumes: Vec<Value>| {
            volumes.iter_mut().for_each(|volume| volume["files_maximum"] = Value::Null);
            volumes
        };
        assert_eq!(without_files(bench.volumes()), without_files(good));
    });
}

#[test]
fn the_type_decides_how_the_volume_is_made() {
    run(async |bench| {
        let mut subject = subject(1);
        for (key, value) in [
            ("thin_provisioning", "True"),
            ("netapp:compression", "true"),
            ("netapp:hide_snapdir", "true"),
            ("netapp:snapshot_policy", "none"),
            ("netapp:max_files", "40000"),
            ("netapp_flexvol_encryption", "true"),
        ] {
            subject.extra_specs.insert(key.to_owned(), value.to_owned());
        }
        subject.mount_point_name = Some("projects_a".to_owned());
        let exports = bench.create(&subject).await.unwrap();
        assert_eq!(exports[0].path, "127.0.1.1:/projects_a");
        let volume = &bench.volumes()[0];
        for (key, value) in [
            ("guarantee", json!("none")),
            ("dedupe", json!("background")),
            ("compression", json!("background")),
            ("snapshot_directory", json!(false)),
            ("snapshot_policy", json!("none")),
            ("files_maximum", json!(40_000)),
            ("encrypted", json!(true)),
            ("junction", json!("/projects_a")),
            ("reserve_percent", json!(5)),
        ] {
            assert_eq!(volume[key], value, "{key}");
        }
        bench.delete(&subject).await.unwrap();
        bench.assert_nothing_left();
    });
}

#[test]
fn what_is_recorded_of_a_share_is_what_serves_then_and_a_lif_that_goes_is_noticed() {
    run(async |bench| {
        bench.report().await.unwrap();
        let first = bench.create(&subject(1)).await.unwrap();
        assert!(first.len() > 1, "{first:?}");
        let address = first[0].path.split(':').next().unwrap().to_owned();
        let lif = bench.objects("interface").into_iter().find(|lif| lif["address"] == address.as_str()).unwrap();
        let uuid = lif["uuid"].as_str().unwrap();
        bench.patch(&format!("/api/network/ip/interfaces/{uuid}"), r#"{"enabled": false}"#).await;
        // Not even until the next report.
        let second = bench.create(&subject(2)).await.unwrap();
        assert!(second.iter().all(|export| !export.path.starts_with(&address)), "{second:?}");
        assert_eq!(second.len(), first.len() - 1);
        let moved = bench.moved();
        bench.report().await.unwrap();
        bench.drive(moved).await;
        let survey = bench.survey().await.unwrap();
        let observed = survey.exports(&subject(1)).unwrap();
        assert!(observed.len() == second.len() && observed.iter().all(|export| !export.path.starts_with(&address)));
        assert_eq!(bench.find_exports(&subject(1)).await, Ok(observed));
    });
}

#[test]
fn a_policy_that_is_not_there_sends_the_share_elsewhere_and_is_named() {
    run(async |bench| {
        let named = |spec: &str| {
            let mut subject = subject(1);
            subject.extra_specs.insert(spec.to_owned(), "no_such".to_owned());
            subject
        };
        for spec in ["netapp:adaptive_qos_policy_group", "netapp:snapshot_policy"] {
            if spec.ends_with("group") {
                let mut subject = named(spec);
                subject.extra_specs.insert("qos".to_owned(), "true".to_owned());
                let trouble = bench.create(&subject).await.unwrap_err();
                names_the_spec(&trouble, spec);
            } else {
                let absent = r#"{"error": {"code": "917551", "message": "Snapshot policy does not exist."}}"#;
                bench.wire.answer_with("no_such", 400, absent);
                names_the_spec(&bench.create(&named(spec)).await.unwrap_err(), spec);
                let mut subject = subject(1);
                subject.metadata.insert("snapshot_policy".to_owned(), "no_such".to_owned());
                names_the_spec(
                    &bench.create(&subject).await.unwrap_err(),
                    "snapshot_policy in the metadata of the share",
                );
            }
        }
    });
}

fn names_the_spec(trouble: &Trouble, spec: &str) {
    assert_eq!((trouble.remedy, trouble.detail), (Remedy::Elsewhere, Detail::FilterCapabilities));
    assert!(trouble.reason.contains(&format!("{spec}: \"no_such\"")), "{}", trouble.reason);
}

#[test]
fn a_mount_point_that_is_taken_sends_the_share_elsewhere() {
    run(async |bench| {
        let named = |number| Subject { mount_point_name: Some("taken".to_owned()), ..subject(number) };
        bench.create(&named(1)).await.unwrap();
        let trouble = bench.create(&named(2)).await.unwrap_err();
        assert_eq!(trouble.remedy, Remedy::Elsewhere);
        bench.delete(&named(2)).await.unwrap();
        assert_eq!(bench.volumes().len(), 1);
    });
}

#[test]
fn a_creation_that_may_still_land_is_not_gone() {
    for call in 0..2 {
        run(async |bench| {
            bench.report().await.unwrap();
            bench.wire.strike(call, 1, Mishap::Late(Duration::from_secs(20)));
            assert!(bench.create(&subject(1)).await.is_err());
            assert!(bench.delete(&subject(1)).await.is_err_and(|trouble| goes_on(&trouble)));
            deleted_in_the_end(&bench, Duration::from_secs(5)).await;
        });
    }
}

#[test]
fn a_creation_that_was_under_way_when_the_daemon_ended_comes_to_nothing() {
    run(async |bench| {
        bench.report().await.unwrap();
        bench.wire.strike(1, 1, Mishap::Late(Duration::from_secs(20)));
        assert!(bench.create(&subject(1)).await.is_err());
        let bench = bench.next();
        deleted_in_the_end(&bench, Duration::from_secs(5)).await;
    });
}

/// Deletes until that is done; then nothing is left, and nothing comes.
async fn deleted_in_the_end(bench: &Bench, pause: Duration) {
    for _ in 0..60 {
        if bench.delete(&subject(1)).await.is_ok() {
            bench.assert_nothing_left();
            bench.pass(Duration::from_secs(300)).await;
            return bench.assert_nothing_left();
        }
        bench.pass(pause).await;
    }
    panic!("it is never deleted");
}

#[test]
fn nothing_is_gone_while_the_svm_is_not_to_be_seen() {
    let settings = crate::Settings { login: Some("vsadmin".to_owned()), ..settings() };
    run_with(Config::default(), settings, async |bench| {
        bench.report().await.unwrap();
        bench.wire.curse("/api/svm/svms", Mishap::Busy);
        assert!(bench.delete(&subject(1)).await.is_err_and(|trouble| trouble.remedy == Remedy::Again));
    });
}

#[test]
fn a_young_share_goes_for_good_if_its_type_says_so() {
    run(async |bench| {
        let mut young = subject(1);
        young.extra_specs.insert("netapp:force_delete_time_minutes".to_owned(), "10".to_owned());
        bench.create(&young).await.unwrap();
        bench.pass(Duration::from_secs(60)).await;
        bench.delete(&young).await.unwrap();
        assert_eq!(bench.recovery_queue(), 0);
        bench.create(&young).await.unwrap();
        bench.pass(Duration::from_secs(660)).await;
        bench.delete(&young).await.unwrap();
        assert_eq!(bench.recovery_queue(), 1);
        bench.assert_nothing_left();
    });
}

#[test]
fn a_share_over_smb_lets_nobody_in_either() {
    let mut config = Config::default();
    config.svms[0].cifs_server = Some("SVM1".to_owned());
    run_with(config, settings(), async |bench| {
        let subject = Subject { protocol: Protocol::Cifs, ..subject(1) };
        let exports = bench.create(&subject).await.unwrap();
        assert_eq!(exports[0].path, format!(r"\\127.0.1.1\{}", volume_name(&subject)));
        assert_eq!(bench.create(&subject).await, Ok(exports));
        assert_eq!(bench.volumes()[0]["security_style"], json!("ntfs"));
        assert_eq!(bench.smb_shares()[0]["acls"], json!([]));
        bench.delete(&subject).await.unwrap();
        bench.assert_nothing_left();
    });
}

#[test]
fn the_smb_share_of_somebody_else_with_the_name_that_was_asked_for_stays() {
    let mut config = Config::default();
    config.svms[0].cifs_server = Some("SVM1".to_owned());
    run_with(config, settings(), async |bench| {
        let named = |number| Subject {
            protocol: Protocol::Cifs,
            mount_point_name: Some("projects".to_owned()),
            ..subject(number)
        };
        bench.create(&named(1)).await.unwrap();
        bench.create(&named(2)).await.unwrap_err();
        bench.delete(&named(2)).await.unwrap();
        assert_eq!(bench.smb_shares().len(), 1, "that of the first");
        bench.delete(&named(1)).await.unwrap();
        bench.assert_nothing_left();
    });
}

#[test]
fn a_policy_that_came_late_under_its_name_goes_too_though_the_answer_to_the_first_removal_was_lost() {
    run(async |bench| {
        let subject = subject(1);
        bench.create(&subject).await.unwrap();
        let policy = bench.policies()[0]["name"].clone();
        bench.wire.curse("export-policies", Mishap::LostReply);
        bench.delete(&subject).await.unwrap_err();
        assert_eq!(bench.policies().len(), 0);
        bench.wire.heal();
        // A call of its creation, whose answer was lost then, is carried out now.
        let body = json!({ "name": policy, "svm": { "name": "svm1" } });
        bench.call("POST", "/api/protocols/nfs/export-policies", &body.to_string()).await;
        assert_eq!(bench.policies().len(), 1);
        bench.pass(Duration::from_secs(300)).await;
        bench.delete(&subject).await.unwrap();
        bench.assert_nothing_left();
    });
}

#[test]
fn a_volume_that_comes_between_the_look_by_name_and_the_look_by_mark_is_looked_for_again_and_not_called_moved() {
    run(async |bench| {
        let subject = subject(1);
        bench.create(&subject).await.unwrap();
        let bench = bench.next();
        // As the look by name found it when it was not there yet.
        bench.wire.answer_with("/volumes?name=share_", 200, r#"{"records": [], "num_records": 0}"#);
        for trouble in [bench.delete(&subject).await.unwrap_err(), bench.rescue(&subject).await.unwrap_err()] {
            assert!(goes_on(&trouble), "{trouble:?}");
        }
        bench.wire.heal();
        bench.delete(&subject).await.unwrap();
        bench.assert_nothing_left();
    });
}
