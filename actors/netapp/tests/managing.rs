//! Taking over what was on the array before, and letting go of it: in how few calls, whatever goes wrong at each of them.

use std::time::Duration;

use manilad_domain::access::AccessLevel::Rw;
use manilad_domain::message::Detail;
use manilad_domain::share::Protocol;
use manilad_driver::{Cancellation, ManageInstance, Remedy, Subject, Trouble};
use manilad_ontap_sim::{Config, Profile, Release};
use serde_json::{Value, json};

use super::bench::{Bench, goes_on, run_with, settings};
use super::samples::{desired, subject};
use super::wire::Mishap;

/// How a volume was made by hand.
const MADE: &str = r#"{"name":"payroll","svm":{"name":"svm1"},"size":3758096384,"aggregates":[{"name":"aggr1"}],
    "nas":{"path":"/payroll"},"snapshot_policy":{"name":"none"},"comment":"of finance, by hand"}"#;

/// A volume that is mounted below it.
const BELOW: &str = r#"{"name":"inner","svm":{"name":"svm1"},"size":1073741824,"aggregates":[{"name":"aggr1"}],
        "nas":{"path":"/payroll/inner"}}"#;

/// The share that it is to be.
pub fn managed(protocol: Protocol) -> Subject {
    let path = if protocol == Protocol::Nfs { "10.0.0.1:/payroll" } else { r"\\10.0.0.1\wages" };
    Subject { protocol, managed_path: Some(path.to_owned()), size: 0, ..subject(1) }
}

pub fn with_volume<T>(release: Release, protocol: Protocol, test: impl AsyncFnOnce(Bench) -> T) -> T {
    with_volume_on(Config { release, ..Config::default() }, protocol, test)
}

fn with_volume_on<T>(mut config: Config, protocol: Protocol, test: impl AsyncFnOnce(Bench) -> T) -> T {
    config.svms[0].cifs_server = Some("SVM1".to_owned());
    run_with(config, settings(), async |bench| {
        bench.call("POST", "/api/storage/volumes", MADE).await;
        if protocol == Protocol::Cifs {
            let share = r#"{"name":"wages","svm":{"name":"svm1"},"path":"/payroll"}"#;
            bench.call("POST", "/api/protocols/cifs/shares", share).await;
        }
        bench.report().await.unwrap();
        bench.wire.forget_calls();
        test(bench).await
    })
}

fn volume(bench: &Bench) -> Value {
    let mut volumes = bench.volumes();
    assert_eq!(volumes.len(), 1, "{volumes:?}");
    volumes.remove(0)
}

/// The words of the mark and of others on the only volume.
fn words(bench: &Bench) -> (bool, String) {
    let all = format!("{} {}", volume(bench)["tags"], volume(bench)["comment"]);
    (all.contains(&format!("instance_id:{}", subject(1).instance)), all)
}

#[test]
fn three_calls_one_after_the_other_take_over_a_volume_and_its_size_is_rounded_up() {
    with_volume(Release::V9_14_1, Protocol::Nfs, async |bench| {
        let found = bench.manage(&managed(Protocol::Nfs)).await.unwrap();
        assert_eq!(found.size, 4);
        assert!(found.exports.iter().all(|export| export.path.contains(":/share_")), "{found:?}");
        let calls = bench.wire.calls();
        let changes: Vec<_> = calls.iter().filter(|call| !call.starts_with("GET")).collect();
        assert_eq!(changes.len(), 2, "{calls:?}");
        let looks = calls.iter().position(|call| !call.starts_with("GET")).unwrap();
        assert!(looks <= 6, "looks side by side find the volume, those that judge it go beside the policy: {calls:?}");
        let taken = volume(&bench);
        assert_eq!((&taken["size"], &taken["snapshot_policy"]), (&json!(3_758_096_384_u64), &json!("none")));
        assert_eq!(bench.rules(), []);
        assert_eq!(bench.manage(&managed(Protocol::Nfs)).await, Ok(found), "a second try finds what the first took");
    });
}

#[test]
fn what_others_wrote_on_a_volume_stays_while_it_is_a_share_and_afterwards() {
    for release in [Release::V9_12_1, Release::V9_14_1] {
        with_volume(release, Protocol::Nfs, async |bench| {
            bench.manage(&managed(Protocol::Nfs)).await.unwrap();
            let (is_marked, all) = words(&bench);
            assert!(is_marked && all.contains("of finance, by hand"), "{all}");
            bench.apply(&subject(1), &[desired(1, "10.0.0.1", Rw)]).await.unwrap();
            bench.unmanage(&managed(Protocol::Nfs)).await.unwrap();
            let (is_marked, all) = words(&bench);
            assert!(!is_marked && all.contains("of finance, by hand"), "{all}");
            assert_eq!(bench.rules(), [("10.0.0.1".to_owned(), true)], "who was let in is let in still");
            assert!(bench.survey().await.unwrap().marked().is_empty(), "nothing of it is a stray");
            bench.unmanage(&managed(Protocol::Nfs)).await.unwrap();
        });
    }
}

#[test]
fn a_policy_that_an_older_call_made_once_more_goes_when_the_volume_is_let_go_of() {
    with_volume(Release::V9_14_1, Protocol::Nfs, async |bench| {
        bench.manage(&managed(Protocol::Nfs)).await.unwrap();
        let name = bench.policies()[0]["name"].as_str().unwrap().to_owned();
        bench.unmanage(&managed(Protocol::Nfs)).await.unwrap();
        let again = json!({ "name": name, "svm": { "name": "svm1" } }).to_string();
        bench.call("POST", "/api/protocols/nfs/export-policies", &again).await;
        bench.unmanage(&managed(Protocol::Nfs)).await.unwrap();
        let left = bench.policies();
        assert_eq!((left.len(), left[0]["name"] == json!(name)), (1, false), "{left:?}");
    });
}

#[test]
fn limits_of_a_share_stay_on_its_volume_under_another_name_and_those_of_one_that_was_refused_go() {
    let limited = || {
        let mut subject = managed(Protocol::Nfs);
        subject.extra_specs.extend([("qos", "true"), ("netapp:maxiops", "100")].map(|(k, v)| (k.into(), v.into())));
        subject
    };
    with_volume(Release::V9_14_1, Protocol::Nfs, async |bench| {
        bench.manage(&limited()).await.unwrap();
        bench.unmanage(&limited()).await.unwrap();
        let names: Vec<_> = bench.qos_policies().iter().map(|one| one["name"].to_string()).collect();
        assert!(names.len() == 1 && names[0].contains("unmanaged_qos_share_"), "{names:?}");
        assert!(!volume(&bench)["qos"].is_null());
        let path = format!("10.0.0.1:{}", volume(&bench)["junction"].as_str().unwrap());
        let again = Subject { instance: subject(2).instance, managed_path: Some(path), ..limited() };
        bench.manage(&again).await.unwrap();
        let names: Vec<_> = bench.qos_policies().iter().map(|one| one["name"].to_string()).collect();
        assert!(names.len() == 1 && names[0].starts_with("\"qos_share_"), "{names:?}");
    });
}

#[test]
fn a_volume_is_not_taken_or_let_go_of_while_a_removal_that_was_given_up_can_still_be_carried_out() {
    for flow in [Flow::Manage, Flow::Unmanage] {
        with_volume(Release::V9_14_1, Protocol::Nfs, async |bench| {
            bench.manage(&managed(Protocol::Nfs)).await.unwrap();
            bench.wire.strike(1, 1, Mishap::Late(Duration::from_secs(30)));
            let _given_up = bench.delete(&subject(1)).await;
            assert!(bench.wire.strikes() > 0);
            bench.wire.heal();
            let trouble = attempt(&bench, flow, &managed(Protocol::Nfs)).await.unwrap_err();
            assert!(matches!(trouble.remedy, Remedy::Wait(_)), "{flow:?}: {}", trouble.reason);
        });
    }
}

#[test]
fn what_its_share_type_does_not_say_stays_as_it_is() {
    with_volume(Release::V9_14_1, Protocol::Nfs, async |bench| {
        let uuid = volume(&bench)["uuid"].as_str().unwrap().to_owned();
        let thin = r#"{"guarantee":{"type":"none"},"_tags":["project:apollo"]}"#;
        bench.patch(&format!("/api/storage/volumes/{uuid}"), thin).await;
        bench.manage(&managed(Protocol::Nfs)).await.unwrap();
        assert_eq!(volume(&bench)["guarantee"], "none");
        bench.unmanage(&managed(Protocol::Nfs)).await.unwrap();
        assert_eq!(volume(&bench)["tags"], json!(["project:apollo"]));
    });
}

/// The names of SMB shares, and where each leads.
fn shared(bench: &Bench) -> Vec<(String, String)> {
    let text = |one: &Value, field: &str| one[field].as_str().unwrap().to_owned();
    bench.smb_shares().iter().map(|one| (text(one, "name"), text(one, "path"))).collect()
}

#[test]
fn over_smb_the_share_of_a_volume_becomes_one_that_lets_nobody_in_and_so_does_its_export_policy() {
    with_volume(Release::V9_14_1, Protocol::Cifs, async |bench| {
        let open = r#"{"name":"open","svm":{"name":"svm1"},"rules":[{"clients":[{"match":"0.0.0.0/0"}],
            "ro_rule":["any"],"rw_rule":["any"],"superuser":["any"]}]}"#;
        bench.call("POST", "/api/protocols/nfs/export-policies", open).await;
        let uuid = volume(&bench)["uuid"].as_str().unwrap().to_owned();
        bench.patch(&format!("/api/storage/volumes/{uuid}"), r#"{"nas":{"export_policy":{"name":"open"}}}"#).await;
        let found = bench.manage(&managed(Protocol::Cifs)).await.unwrap();
        let path = volume(&bench)["junction"].as_str().unwrap().to_owned();
        assert!(found.exports.iter().all(|one| one.path.ends_with(&path.replace('/', r"\"))), "{found:?} of {path}");
        assert_eq!(shared(&bench), [(path[1..].to_owned(), path)]);
        assert_eq!(bench.smb_shares()[0]["acls"], json!([]));
        assert!(words(&bench).0);
        let default = bench.policies().into_iter().find(|one| one["id"] == volume(&bench)["policy"]);
        assert!(default.is_none_or(|one| one["name"] == "default"), "who got in over NFS does not any more");
        assert_eq!(bench.manage(&managed(Protocol::Cifs)).await, Ok(found), "a second try finds what the first took");
    });
}

#[test]
fn a_volume_that_came_to_the_path_after_an_earlier_try_is_left_there_with_the_share_that_leads_to_it() {
    for protocol in [Protocol::Nfs, Protocol::Cifs] {
        with_volume(Release::V9_14_1, protocol, async |bench| {
            bench.manage(&managed(protocol)).await.unwrap();
            bench.call("POST", "/api/storage/volumes", &MADE.replace("payroll\",\"svm", "next\",\"svm")).await;
            let share = r#"{"name":"wages","svm":{"name":"svm1"},"path":"/payroll"}"#;
            if protocol == Protocol::Cifs {
                bench.call("POST", "/api/protocols/cifs/shares", share).await;
            }
            bench.manage(&managed(protocol)).await.unwrap();
            let next = bench.volumes().into_iter().find(|one| one["junction"] == "/payroll").expect("it stays");
            assert!(!next["tags"].to_string().contains("instance_id"), "{next}");
            let is_left = shared(&bench).contains(&("wages".to_owned(), "/payroll".to_owned()));
            assert_eq!(is_left, protocol == Protocol::Cifs);
        });
    }
}

#[test]
fn an_smb_share_that_is_not_there_or_leads_to_no_whole_volume_is_refused_by_name() {
    for (path, words) in [
        (r"\\10.0.0.1\EVERYthing", "leads to the root of SVM svm1"),
        (r"\\10.0.0.1\other", "no SMB share of SVM svm1 is called other"),
        (r"\\10.0.0.1\everything", "leads to the root of SVM svm1"),
        (r"\\10.0.0.1\nowhere", "no volume is mounted at /payroll/inner"),
        (r"\\10.0.0.1\wages\dir", r"expected \\address\share"),
        ("10.0.0.1:/payroll", r"expected \\address\share"),
    ] {
        with_volume(Release::V9_14_1, Protocol::Cifs, async |bench| {
            bench.call("POST", "/api/storage/volumes", BELOW).await;
            let share = r#"{"name":"nowhere","svm":{"name":"svm1"},"path":"/payroll/inner"}"#;
            bench.call("POST", "/api/protocols/cifs/shares", share).await;
            let root = r#"{"name":"everything","svm":{"name":"svm1"},"path":"/"}"#;
            bench.call("POST", "/api/protocols/cifs/shares", root).await;
            let inner = bench.volumes().into_iter().find(|one| one["name"] == "inner").unwrap();
            let uuid = inner["uuid"].as_str().unwrap();
            bench.patch(&format!("/api/storage/volumes/{uuid}"), r#"{"nas":{"path":""}}"#).await;
            let before = (bench.volumes(), shared(&bench));
            let subject = Subject { managed_path: Some(path.to_owned()), ..managed(Protocol::Cifs) };
            let trouble = bench.manage(&subject).await.unwrap_err();
            assert!(!goes_on(&trouble) && trouble.reason.contains(words), "{path}: {}", trouble.reason);
            assert_eq!((bench.volumes(), shared(&bench)), before);
        });
    }
}

#[test]
fn a_volume_that_can_not_be_the_share_is_refused_and_stays_as_it_is() {
    let refused = |prepare: &'static [(&str, &str, &str)], change: fn(&mut Subject)| {
        with_volume(Release::V9_14_1, Protocol::Nfs, async |bench| {
            for (method, target, body) in prepare {
                bench.call(method, target, body).await;
            }
            let before = bench.volumes();
            let mut subject = managed(Protocol::Nfs);
            change(&mut subject);
            let trouble = bench.manage(&subject).await.unwrap_err();
            assert!(!goes_on(&trouble), "{}", trouble.reason);
            assert_eq!(bench.volumes(), before);
            bench.unmanage(&subject).await.unwrap();
            assert_eq!((bench.volumes(), bench.policies().len()), (before, 0));
            trouble
        })
    };
    let says = |trouble: &Trouble, words: &str| assert!(trouble.reason.contains(words), "{}", trouble.reason);
    says(&refused(&[("POST", "/api/storage/volumes", BELOW)], |_| {}), "other volumes are mounted below it");
    let gone = refused(&[], |one| one.managed_path = Some("10.0.0.1:/other".to_owned()));
    assert_eq!((gone.detail, gone.remedy), (Detail::VolumeAbsent, Remedy::Never));
    for bad in ["payroll", "10.0.0.1:/", "10.0.0.1:payroll"] {
        let path: fn(&mut Subject) = match bad {
            "payroll" => |one| one.managed_path = Some("payroll".to_owned()),
            "10.0.0.1:/" => |one| one.managed_path = Some("10.0.0.1:/".to_owned()),
            _ => |one| one.managed_path = Some("10.0.0.1:payroll".to_owned()),
        };
        says(&refused(&[], path), "expected address:/path");
    }
    says(&refused(&[], |one| one.pool.pool = "aggr2".to_owned()), "not part of pool aggr2");
    says(&refused(&[], |one| drop(one.extra_specs.insert("netapp:language".into(), "ar".into()))), "language");
}

#[test]
fn a_volume_of_another_instance_is_not_taken() {
    with_volume(Release::V9_14_1, Protocol::Nfs, async |bench| {
        bench.manage(&managed(Protocol::Nfs)).await.unwrap();
        let path = volume(&bench)["junction"].as_str().unwrap().to_owned();
        let other = Subject { managed_path: Some(format!("10.0.0.1:{path}")), size: 0, ..subject(2) };
        let trouble = bench.manage(&other).await.unwrap_err();
        assert!(trouble.reason.contains("carries the mark of share instance"), "{}", trouble.reason);
        assert!(words(&bench).0);
    });
}

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Flow {
    Manage,
    Unmanage,
}

async fn attempt(bench: &Bench, flow: Flow, subject: &Subject) -> Result<(), Trouble> {
    match flow {
        Flow::Manage => bench.manage(subject).await.map(|found| assert_eq!(found.size, 4)),
        Flow::Unmanage => bench.unmanage(subject).await,
    }
}

fn try_out(flow: Flow, protocol: Protocol, nth: usize, mishap: Mishap, is_new: bool) {
    with_volume(Release::V9_14_1, protocol, async |bench| {
        let mut wanted = managed(protocol);
        if flow == Flow::Unmanage {
            bench.manage(&wanted).await.unwrap();
        }
        let mut bench = bench.next();
        bench.report().await.unwrap();
        bench.wire.strike(nth, 1, mishap);
        for number in 0.. {
            match attempt(&bench, flow, &wanted).await {
                Ok(()) => break,
                Err(trouble) => assert!(goes_on(&trouble), "{flow:?}: {}", trouble.reason),
            }
            assert!(number < 40, "{flow:?} is never settled after {mishap:?} at call {nth}");
            if is_new && !wanted.in_flight {
                bench = bench.next();
                wanted.in_flight = true;
            }
            bench.pass(Duration::from_secs(5)).await;
        }
        if flow == Flow::Unmanage {
            // A call that came late would take this away.
            let marked = r#"{"_tags":["instance_id:of_another"]}"#;
            let uuid = volume(&bench)["uuid"].as_str().unwrap().to_owned();
            bench.patch(&format!("/api/storage/volumes/{uuid}"), marked).await;
        }
        bench.pass(Duration::from_secs(120)).await;
        let (is_marked, all) = words(&bench);
        assert_eq!(is_marked, flow == Flow::Manage, "{flow:?} after {mishap:?} at call {nth}: {all}");
        assert!(flow == Flow::Manage || all.contains("of_another"), "{mishap:?} at call {nth}: {all}");
        let (policies, shares) = (bench.policies().len(), bench.smb_shares().len());
        let expected = if protocol == Protocol::Nfs { (1, 0) } else { (0, 1) };
        assert_eq!((policies, shares), expected, "{flow:?} after {mishap:?} at call {nth}");
    });
}

fn every_call_and_mishap(flow: Flow, protocol: Protocol, calls: usize) {
    for (nth, mishap) in (1..=calls).flat_map(|nth| Mishap::ALL.into_iter().map(move |mishap| (nth, mishap))) {
        for is_new in [false, true] {
            try_out(flow, protocol, nth, mishap, is_new);
        }
    }
}

#[test]
fn a_volume_is_taken_over_whatever_goes_wrong_at_any_call() {
    every_call_and_mishap(Flow::Manage, Protocol::Nfs, 9);
}

#[test]
fn a_volume_is_taken_over_over_smb_whatever_goes_wrong_at_any_call() {
    every_call_and_mishap(Flow::Manage, Protocol::Cifs, 13);
}

#[test]
fn a_volume_is_let_go_of_whatever_goes_wrong_at_any_call() {
    every_call_and_mishap(Flow::Unmanage, Protocol::Nfs, 4);
    every_call_and_mishap(Flow::Unmanage, Protocol::Cifs, 3);
}

#[test]
fn a_removal_that_takes_the_place_of_letting_go_leaves_what_was_let_go_of_and_removes_what_was_not() {
    for protocol in [Protocol::Nfs, Protocol::Cifs] {
        for was_let_go in [true, false] {
            with_volume(Release::V9_14_1, protocol, async |bench| {
                bench.manage(&managed(protocol)).await.unwrap();
                if was_let_go {
                    bench.unmanage(&managed(protocol)).await.unwrap();
                    let trouble = bench.delete(&Subject { size: 4, ..managed(protocol) }).await.unwrap_err();
                    assert!(trouble.reason.contains("without the mark"), "{}", trouble.reason);
                }
                bench.delete(&Subject { size: 4, may_be_let_go: true, ..managed(protocol) }).await.unwrap();
                assert_eq!(bench.volumes().len(), usize::from(was_let_go), "{protocol:?}");
                assert!(bench.survey().await.unwrap().marked().is_empty(), "nothing of it is a stray");
            });
        }
    }
}

#[test]
fn an_smb_share_of_what_was_let_go_of_already_is_left_with_it() {
    with_volume(Release::V9_14_1, Protocol::Cifs, async |bench| {
        bench.manage(&managed(Protocol::Cifs)).await.unwrap();
        bench.unmanage(&managed(Protocol::Cifs)).await.unwrap();
        let before = shared(&bench);
        bench.delete(&Subject { size: 4, may_be_let_go: true, ..managed(Protocol::Cifs) }).await.unwrap();
        assert_eq!((shared(&bench), before.len()), (before, 1));
    });
}

#[test]
fn of_two_shares_that_are_to_be_one_volume_by_different_names_one_gets_it_and_the_other_goes_without_harm() {
    // Calls take their time, so that both look before either acts.
    let slow = Config { latency: Profile::Array, ..Config::default() };
    with_volume_on(slow, Protocol::Cifs, async |bench| {
        let share = r#"{"name":"salaries","svm":{"name":"svm1"},"path":"/payroll"}"#;
        bench.call("POST", "/api/protocols/cifs/shares", share).await;
        let path = Some(r"\\10.0.0.1\salaries".to_owned());
        let all = [
            managed(Protocol::Cifs),
            Subject { managed_path: path, ..Subject { size: 0, protocol: Protocol::Cifs, ..subject(2) } },
        ];
        let asked = all.each_ref().map(|one| {
            bench.shares.manage.ask(ManageInstance { subject: one.clone(), cancellation: Cancellation::never() })
        });
        let answers = bench.drive(futures::future::join_all(asked)).await;
        let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        let winner = answers.iter().position(Result::is_ok).expect("one of them gets it");
        let loser = 1 - winner;
        let refusal = answers[loser].as_ref().unwrap_err();
        assert!(goes_on(refusal) && refusal.reason.contains("was taken over"), "{}", refusal.reason);
        let trouble = bench.manage(&all[loser]).await.unwrap_err();
        assert_eq!(trouble.remedy, Remedy::Never, "{}", trouble.reason);
        bench
            .delete(&Subject { size: 4, ..all[loser].clone() })
            .await
            .unwrap_or_else(|trouble| assert!(trouble.reason.contains("mark")));
        let tags = volume(&bench)["tags"].to_string();
        assert!(tags.contains(&all[winner].instance.to_string()), "{tags}");
    });
}

#[test]
fn where_another_smb_share_has_its_name_already_a_volume_is_left_as_it_is() {
    with_volume(Release::V9_14_1, Protocol::Cifs, async |bench| {
        bench.call("POST", "/api/protocols/cifs/shares", r#"{"name":"taken","svm":{"name":"svm1"},"path":"/"}"#).await;
        let before = shared(&bench);
        let subject = Subject { mount_point_name: Some("taken".to_owned()), ..managed(Protocol::Cifs) };
        let trouble = bench.manage(&subject).await.unwrap_err();
        assert!(trouble.reason.contains("taken"), "{}", trouble.reason);
        assert_eq!((words(&bench).0, volume(&bench)["junction"].as_str()), (false, Some("/payroll")));
        assert_eq!(shared(&bench), before);
    });
}

#[test]
fn where_its_rules_are_to_go_nobody_is_let_in_once_it_is_let_go_of() {
    with_volume(Release::V9_14_1, Protocol::Nfs, async |bench| {
        bench.manage(&managed(Protocol::Nfs)).await.unwrap();
        let subject = Subject { size: 4, loses_rules: true, ..managed(Protocol::Nfs) };
        bench.apply(&subject, &[desired(1, "10.0.0.1", Rw)]).await.unwrap();
        bench.unmanage(&subject).await.unwrap();
        let (is_marked, _) = words(&bench);
        let policy = volume(&bench)["policy"].clone();
        let of_volume = bench.policies().into_iter().find(|one| one["id"] == policy).expect("the volume is under one");
        assert_eq!((is_marked, &of_volume["rules"]), (false, &json!([])), "{of_volume}");
        bench.unmanage(&subject).await.unwrap();
        assert_eq!(volume(&bench)["policy"], policy, "what is let go of already is not touched");
    });
}

#[test]
fn what_is_not_shared_any_more_has_no_rules_to_lose() {
    let mut config = Config::default();
    config.svms[0].cifs_server = Some("SVM1".to_owned());
    run_with(config, settings(), async |bench| {
        let over_smb = Subject { protocol: Protocol::Cifs, loses_rules: true, ..subject(1) };
        bench.create(&over_smb).await.unwrap();
        let share = bench.smb_shares().remove(0);
        let path = format!(
            "/api/protocols/cifs/shares/{}/{}",
            share["svm"].as_str().unwrap(),
            share["name"].as_str().unwrap()
        );
        bench.call("DELETE", &path, "").await;
        bench.unmanage(&over_smb).await.unwrap();
        assert!(!words(&bench).0);
    });
}

#[test]
fn where_fpolicy_has_no_room_nothing_of_the_volume_is_changed() {
    with_volume(Release::V9_14_1, Protocol::Nfs, async |bench| {
        bench.pass(Duration::from_secs(120)).await;
        let svm = bench.objects("svm").iter().find(|one| one["name"] == "svm1").unwrap()["uuid"].clone();
        let target = format!("/api/protocols/fpolicy/{}", svm.as_str().unwrap());
        bench.call("POST", &format!("{target}/events"), r#"{"name":"e","protocol":"nfsv3"}"#).await;
        for number in 1..=10 {
            let policy = json!({ "name": format!("p{number}"), "events": [{ "name": "e" }], "priority": number,
                                 "scope": { "include_volumes": ["of_others"], "include_extension": ["exe"] } });
            bench.call("POST", &format!("{target}/policies"), &policy.to_string()).await;
        }
        let before = volume(&bench);
        let spec = ("netapp:fpolicy_extensions_to_include".to_owned(), "exe".to_owned());
        let wish = Subject { extra_specs: [spec].into(), ..managed(Protocol::Nfs) };
        let refused = bench.manage(&wish).await.unwrap_err();
        assert!(refused.reason.contains("10 FPolicy policies"), "{}", refused.reason);
        assert_eq!(volume(&bench), before);
    });
}
