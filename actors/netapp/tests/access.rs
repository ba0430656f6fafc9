//! Bringing the array to the rules.

use std::time::Duration;

use manilad_domain::access::AccessLevel::{Ro, Rw};
use manilad_domain::access::AccessType;
use manilad_domain::message::Detail;
use manilad_domain::share::Protocol;
use manilad_driver::{Applied, Condition, DesiredRule, Remedy, Subject};
use manilad_ontap_sim::Config;
use serde_json::json;

use super::bench::{Bench, goes_on, run, run_with, settings};
use super::samples::{desired, subject};
use super::wire::Mishap;

/// The numbers of the rules that were refused.
fn refused(applied: Applied) -> Vec<u128> {
    match applied {
        Applied::AllBut(refused) => {
            assert!(refused.iter().all(|rule| rule.detail == Detail::UnsupportedClientAccess));
            refused.iter().map(|rule| rule.id.0.as_u128()).collect()
        }
        Applied::NotYet(_) => panic!("{applied:?}"),
    }
}

fn enforced(bench: &Bench) -> Vec<String> {
    bench.rules().into_iter().map(|(client, writes)| format!("{client} {}", if writes { "rw" } else { "ro" })).collect()
}

#[test]
fn the_array_enforces_exactly_what_is_wanted() {
    run(async |bench| {
        bench.create(&subject(1)).await.unwrap();
        let rules = [desired(1, "10.0.0.0/24", Rw), desired(2, "10.0.0.9", Ro), desired(3, "fd00::/64", Rw)];
        assert_eq!(refused(bench.apply(&subject(1), &rules).await.unwrap()), [0u128; 0]);
        assert_eq!(enforced(&bench), ["10.0.0.9 ro", "10.0.0.0/24 rw", "fd00::/64 rw"]);
        bench.apply(&subject(1), &rules[2..]).await.unwrap();
        assert_eq!(enforced(&bench), ["fd00::/64 rw"]);
        bench.apply(&subject(1), &[]).await.unwrap();
        assert_eq!(enforced(&bench), [""; 0]);
    });
}

#[test]
fn what_the_protocol_does_not_know_is_refused_alone() {
    run(async |bench| {
        bench.create(&subject(1)).await.unwrap();
        let user = DesiredRule { kind: AccessType::User, ..desired(2, "alice", Rw) };
        let rules = [desired(1, "10.0.0.1", Rw), user, desired(3, "10.0.0.1/8", Rw)];
        assert_eq!(refused(bench.apply(&subject(1), &rules).await.unwrap()), [2, 3]);
        assert_eq!(enforced(&bench), ["10.0.0.1 rw"]);
    });
}

/// Has the array refuse each list in which `client` is.
fn dislike(bench: &Bench, client: &str, names_it: bool) {
    let message = if names_it { format!("Invalid clientmatch \\\"{client}\\\".") } else { "Invalid.".to_owned() };
    let body = format!(r#"{{"error": {{"code": "1704039", "message": "{message}"}}}}"#);
    bench.wire.answer_with(&format!("\"match\":\"{client}\""), 400, &body);
}

#[test]
fn only_the_rule_at_fault_is_refused_and_a_deny_does_not_wait_for_it() {
    for names_it in [true, false] {
        run(async |bench| {
            bench.create(&subject(1)).await.unwrap();
            let old: Vec<_> = (1..=6).map(|number| desired(number, &format!("10.0.0.{number}"), Rw)).collect();
            bench.apply(&subject(1), &old).await.unwrap();
            dislike(&bench, "10.0.1.3", names_it);
            dislike(&bench, "10.0.1.8", names_it);
            bench.wire.forget_calls();
            let new = (1..=9).map(|number| desired(10 + number, &format!("10.0.1.{number}"), Ro));
            let rules: Vec<_> = old[..5].iter().cloned().chain(new).collect();
            let mut culprits = refused(bench.apply(&subject(1), &rules).await.unwrap());
            culprits.sort_unstable();
            assert_eq!(culprits, [13, 18]);
            assert_eq!(enforced(&bench).len(), 5 + 7);
            assert!(!enforced(&bench).contains(&"10.0.0.6 rw".to_owned()), "the denied one");
            let calls = bench.wire.calls().len();
            assert!(calls <= if names_it { 8 } else { 20 }, "{calls} calls");
        });
    }
}

#[test]
fn more_rules_at_fault_than_one_task_finds_are_found_one_task_after_the_other_and_no_good_one_is_refused() {
    run(async |bench| {
        bench.create(&subject(1)).await.unwrap();
        let mut rules: Vec<_> = (1..=80).map(|number| desired(number, &format!("10.0.1.{number}"), Ro)).collect();
        (1..=70).for_each(|number| dislike(&bench, &format!("10.0.1.{number}"), true));
        let mut culprits = Vec::new();
        loop {
            let (found, is_whole) = match bench.apply(&subject(1), &rules).await.unwrap() {
                Applied::NotYet(refused) => (refused, false),
                Applied::AllBut(refused) => (refused, true),
            };
            assert!(is_whole || !found.is_empty(), "no end");
            rules.retain(|rule| found.iter().all(|one| one.id != rule.id));
            culprits.extend(found.iter().map(|one| one.id.0.as_u128()));
            if is_whole {
                break;
            }
        }
        culprits.sort_unstable();
        assert!(culprits.into_iter().eq(1..=70));
        assert_eq!(enforced(&bench).len(), 10);
    });
}

#[test]
fn an_array_that_refuses_what_it_enforces_already_is_trouble() {
    run(async |bench| {
        bench.create(&subject(1)).await.unwrap();
        bench.apply(&subject(1), &[desired(1, "10.0.0.1", Rw)]).await.unwrap();
        dislike(&bench, "10.0.0.1", true);
        let trouble = bench.apply(&subject(1), &[desired(1, "10.0.0.1", Rw)]).await.unwrap_err();
        assert!(trouble.reason.contains("1704039"), "{}", trouble.reason);
        assert_eq!(enforced(&bench), ["10.0.0.1 rw"]);
    });
}

#[test]
fn a_policy_that_was_removed_or_replaced_behind_our_back_is_put_back() {
    run(async |bench| {
        bench.create(&subject(1)).await.unwrap();
        let uuid = bench.volumes()[0]["uuid"].as_str().unwrap().to_owned();
        let own = bench.policies()[0]["id"].as_u64().unwrap();
        let to_default = r#"{"nas": {"export_policy": {"name": "default"}}}"#;
        bench.patch(&format!("/api/storage/volumes/{uuid}"), to_default).await;
        bench.call("DELETE", &format!("/api/protocols/nfs/export-policies/{own}"), "").await;
        assert!(bench.policies().is_empty());
        bench.apply(&subject(1), &[desired(1, "10.0.0.1", Rw)]).await.unwrap();
        assert_eq!(enforced(&bench), ["10.0.0.1 rw"]);
        assert_eq!(bench.volumes()[0]["policy"], bench.policies()[0]["id"]);
        bench.delete(&subject(1)).await.unwrap();
        bench.assert_nothing_left();
    });
}

#[test]
fn rules_for_a_volume_that_is_not_there_are_trouble() {
    run(async |bench| {
        let trouble = bench.apply(&subject(1), &[desired(1, "10.0.0.1", Rw)]).await.unwrap_err();
        assert_eq!(trouble.remedy, Remedy::Absent);
        bench.assert_nothing_left();
    });
}

#[test]
fn a_late_call_does_not_bring_back_what_was_denied() {
    run(async |bench| {
        bench.create(&subject(1)).await.unwrap();
        let (first, second) = ([desired(1, "10.0.0.1", Rw)], [desired(2, "10.0.0.2", Rw)]);
        bench.wire.strike(0, 1, Mishap::Late(Duration::from_secs(20)));
        assert!(bench.apply(&subject(1), &first).await.is_err());
        let trouble = bench.apply(&subject(1), &second).await.unwrap_err();
        assert!(trouble.reason.contains("in force"), "{}", trouble.reason);
        assert_eq!(enforced(&bench), ["10.0.0.2 rw"], "in force at once");
        bench.pass(Duration::from_secs(30)).await;
        assert_eq!(enforced(&bench), ["10.0.0.1 rw"], "the late call has landed");
        assert!(bench.apply(&subject(1), &second).await.is_err());
        bench.pass(Duration::from_secs(60)).await;
        bench.apply(&subject(1), &second).await.unwrap();
        assert_eq!(enforced(&bench), ["10.0.0.2 rw"]);
    });
}

#[test]
fn a_late_call_for_the_same_rules_does_no_harm_and_holds_nobody_up() {
    run(async |bench| {
        bench.create(&subject(1)).await.unwrap();
        let rules = [desired(1, "10.0.0.1", Rw)];
        bench.wire.strike(0, 1, Mishap::Late(Duration::from_secs(20)));
        assert!(bench.apply(&subject(1), &rules).await.is_err());
        bench.apply(&subject(1), &rules).await.unwrap();
    });
}

#[test]
fn over_smb_users_are_let_in_and_shut_out_one_by_one() {
    let mut config = Config::default();
    config.svms[0].cifs_server = Some("SVM1".to_owned());
    run_with(config, settings(), async |bench| {
        let subject = Subject { protocol: Protocol::Cifs, ..subject(1) };
        let user = |number, to: &str, level| DesiredRule { kind: AccessType::User, ..desired(number, to, level) };
        let acl = |bench: &Bench| {
            let acls = bench.smb_shares()[0]["acls"].clone();
            let mut entries: Vec<String> = acls
                .as_array()
                .unwrap()
                .iter()
                .map(|ace| format!("{} {}", ace["user_or_group"], ace["permission"]).replace('"', ""))
                .collect();
            entries.sort();
            entries
        };
        bench.create(&subject).await.unwrap();
        let rules = [user(1, "alice", Rw), user(2, "bob", Ro), desired(3, "10.0.0.1", Rw)];
        assert_eq!(refused(bench.apply(&subject, &rules).await.unwrap()), [3]);
        assert_eq!(acl(&bench), ["alice full_control", "bob read"]);
        bench.apply(&subject, &[user(2, "BOB", Rw)]).await.unwrap();
        assert_eq!(acl(&bench), ["bob full_control"]);
        bench.apply(&subject, &[]).await.unwrap();
        assert_eq!(bench.smb_shares()[0]["acls"], json!([]));
    });
}

#[test]
fn over_smb_a_new_share_lets_nobody_in_whatever_the_array_adds_by_itself() {
    let mut config = Config::default();
    config.svms[0].cifs_server = Some("SVM1".to_owned());
    run_with(config, settings(), async |bench| {
        bench.report().await.unwrap();
        for nth in 1..6 {
            let subject = Subject { protocol: Protocol::Cifs, ..subject(nth) };
            bench.wire.strike(usize::try_from(nth).unwrap(), 1, Mishap::LostReply);
            let mut tries = 0;
            while bench.create(&subject).await.is_err() {
                let lists: Vec<_> = bench.smb_shares().into_iter().map(|share| share["acls"].clone()).collect();
                let lets_in = |list: &serde_json::Value| {
                    list.as_array().unwrap().iter().any(|ace| ace["permission"] != "no_access")
                };
                assert!(!lists.iter().any(lets_in), "at no instant: {lists:?}");
                tries += 1;
                assert!(tries < 5);
            }
            assert!(bench.smb_shares().iter().all(|share| share["acls"] == json!([])));
        }
        bench
            .call(
                "POST",
                "/api/storage/volumes",
                r#"{"name": "v", "size": 1073741824, "svm.name": "svm1",
            "aggregates": [{"name": "aggr1"}], "nas": {"path": "/v"}}"#,
            )
            .await;
        let plain = r#"{"name": "plain", "path": "/v", "svm": {"name": "svm1"}, "acls": []}"#;
        bench.call("POST", "/api/protocols/cifs/shares", plain).await;
        let share = bench.smb_shares().into_iter().find(|share| share["name"] == "plain").unwrap();
        assert_eq!(share["acls"][0]["user_or_group"], "Everyone", "this array adds one by itself");
    });
}

#[test]
fn with_all_squash_writers_become_nobody_and_find_a_directory_of_their_own() {
    run(async |bench| {
        let squashed = |on: &str| {
            let mut subject = subject(1);
            subject.metadata.insert("all_squash".to_owned(), on.to_owned());
            subject
        };
        let rules = [desired(1, "10.0.0.1", Rw), desired(2, "10.0.0.2", Ro)];
        let in_force = |bench: &Bench| {
            let summary = |rule: &serde_json::Value| {
                ["ro_rule", "rw_rule", "superuser", "anonymous_user"].map(|field| match &rule[field] {
                    serde_json::Value::Array(all) => all[0].as_str().unwrap().to_owned(),
                    other => other.as_str().map_or_else(|| other.to_string(), str::to_owned),
                })
            };
            bench.policies()[0]["rules"].as_array().unwrap().iter().map(summary).collect::<Vec<_>>()
        };
        bench.create(&squashed("true")).await.unwrap();
        assert_eq!((&bench.volumes()[0]["uid"], &bench.volumes()[0]["gid"]), (&json!(65534), &json!(65534)));
        bench.wire.forget_calls();
        bench.apply(&squashed("true"), &rules).await.unwrap();
        assert_eq!(bench.wire.calls().len(), 1, "the usual case stays one call");
        let nobody = ["none", "none", "none", "65534"];
        assert_eq!(in_force(&bench), [nobody, ["sys", "never", "sys", "65534"]]);
        let judged = bench.survey().await.unwrap().judge(&squashed("true"), &rules);
        assert_eq!(judged, Condition::Sound);
        let judged = bench.survey().await.unwrap().judge(&subject(1), &rules);
        assert!(matches!(judged, Condition::Drifted(_)), "a change of the metadata is found");
        bench.apply(&subject(1), &rules).await.unwrap();
        assert_eq!(in_force(&bench)[0], ["sys", "sys", "sys", "65534"]);
        assert_eq!(refused(bench.apply(&squashed("perhaps"), &rules).await.unwrap()), [1]);
        assert_eq!(in_force(&bench), [["sys", "never", "sys", "65534"]]);
        bench.delete(&subject(1)).await.unwrap();
        bench.create(&subject(2)).await.unwrap();
        let later = Subject { metadata: squashed("true").metadata, ..subject(2) };
        let bench = bench.next();
        bench.apply(&later, &rules).await.unwrap();
        assert_eq!(
            (&bench.volumes()[0]["uid"], in_force(&bench)[0].clone()),
            (&json!(65534), nobody.map(str::to_owned))
        );
    });
}

#[test]
fn over_smb_too_a_late_call_does_not_let_in_who_was_denied() {
    let mut config = Config::default();
    config.svms[0].cifs_server = Some("SVM1".to_owned());
    run_with(config, settings(), async |bench| {
        let subject = Subject { protocol: Protocol::Cifs, ..subject(1) };
        let alice = DesiredRule { kind: AccessType::User, ..desired(1, "alice", Rw) };
        bench.create(&subject).await.unwrap();
        bench.wire.strike(1, 1, Mishap::Late(Duration::from_secs(20)));
        assert!(bench.apply(&subject, &[alice]).await.is_err());
        assert!(bench.apply(&subject, &[]).await.is_err_and(|trouble| goes_on(&trouble)));
        bench.pass(Duration::from_secs(90)).await;
        assert_eq!(bench.smb_shares()[0]["acls"].as_array().unwrap().len(), 1, "the late call has landed");
        bench.apply(&subject, &[]).await.unwrap();
        assert_eq!(bench.smb_shares()[0]["acls"], json!([]));
    });
}

/// Removes the only volume by hand, and its share over SMB.
async fn lose_volume(bench: &Bench) {
    for share in bench.smb_shares() {
        let (svm, name) = (share["svm"].as_str().unwrap(), share["name"].as_str().unwrap());
        bench.call("DELETE", &format!("/api/protocols/cifs/shares/{svm}/{name}"), "").await;
    }
    let volume = format!("/api/storage/volumes/{}", bench.volumes()[0]["uuid"].as_str().unwrap());
    bench.patch(&volume, r#"{"nas": {"path": ""}}"#).await;
    bench.call("DELETE", &volume, "").await;
    assert!(bench.volumes().is_empty());
}

#[test]
fn rules_of_a_volume_that_the_array_says_is_not_there_end_at_once_and_it_is_named() {
    for protocol in [Protocol::Nfs, Protocol::Cifs] {
        let mut config = Config::default();
        config.svms[0].cifs_server = Some("SVM1".to_owned());
        run_with(config, settings(), async |bench| {
            let subject = Subject { protocol, ..subject(1) };
            let rule = match protocol {
                Protocol::Nfs => desired(1, "10.0.0.1", Rw),
                Protocol::Cifs => DesiredRule { kind: AccessType::User, ..desired(1, "alice", Rw) },
            };
            bench.create(&subject).await.unwrap();
            lose_volume(&bench).await;
            let bench = bench.next();
            for rules in [&[rule][..], &[]] {
                let trouble = bench.apply(&subject, rules).await.unwrap_err();
                assert_eq!((trouble.remedy, trouble.detail), (Remedy::Absent, Detail::VolumeAbsent), "{protocol:?}");
                assert!(trouble.reason.contains("there is no volume share_"), "{}", trouble.reason);
            }
        });
    }
}

#[test]
fn what_the_array_does_not_say_is_no_absence_and_what_may_still_be_made_is_waited_for() {
    run(async |bench| {
        bench.create(&subject(1)).await.unwrap();
        lose_volume(&bench).await;
        let bench = bench.next();
        let rules = [desired(1, "10.0.0.1", Rw)];
        bench.wire.curse("storage/volumes", Mishap::Unavailable);
        assert_eq!(bench.apply(&subject(1), &rules).await.unwrap_err().remedy, Remedy::Again);
        bench.wire.heal();
        let in_flight = Subject { in_flight: true, ..subject(1) };
        let remedy = bench.apply(&in_flight, &rules).await.unwrap_err().remedy;
        assert!(matches!(remedy, Remedy::Wait(_)), "{remedy:?}");
        bench.pass(Duration::from_secs(90)).await;
        assert_eq!(bench.apply(&in_flight, &rules).await.unwrap_err().remedy, Remedy::Absent);
    });
}
