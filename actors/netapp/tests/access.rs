//! Bringing the array to the rules.

use std::time::Duration;

use manilad_domain::access::AccessLevel::{Ro, Rw};
use manilad_domain::access::AccessType;
use manilad_domain::message::Detail;
use manilad_domain::share::Protocol;
use manilad_messages::driver::{Remedy, Settled, Subject, WantedRule};
use manilad_ontap_sim::Config;
use serde_json::json;

use super::bench::{Bench, run, run_with, settings};
use super::samples::{subject, wanted};
use super::wire::Mishap;

/// The numbers of the rules that were refused.
fn refused(settled: Settled) -> Vec<u128> {
    match settled {
        Settled::Applied { refused } => {
            assert!(refused.iter().all(|rule| rule.detail == Detail::UnsupportedClientAccess));
            refused.iter().map(|rule| rule.id.0.as_u128()).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn enforced(bench: &Bench) -> Vec<String> {
    bench.rules().into_iter().map(|(client, writes)| format!("{client} {}", if writes { "rw" } else { "ro" })).collect()
}

#[test]
fn the_array_enforces_exactly_what_is_wanted() {
    run(async |bench| {
        bench.create(&subject(1)).await.unwrap();
        let rules = [wanted(1, "10.0.0.0/24", Rw), wanted(2, "10.0.0.9", Ro), wanted(3, "fd00::/64", Rw)];
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
        let user = WantedRule { kind: AccessType::User, ..wanted(2, "alice", Rw) };
        let rules = [wanted(1, "10.0.0.1", Rw), user, wanted(3, "10.0.0.1/8", Rw)];
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
            let old: Vec<_> = (1..=6).map(|number| wanted(number, &format!("10.0.0.{number}"), Rw)).collect();
            bench.apply(&subject(1), &old).await.unwrap();
            dislike(&bench, "10.0.1.3", names_it);
            dislike(&bench, "10.0.1.8", names_it);
            bench.wire.forget_calls();
            let new = (1..=9).map(|number| wanted(10 + number, &format!("10.0.1.{number}"), Ro));
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
fn an_array_that_refuses_what_it_enforces_already_is_trouble() {
    run(async |bench| {
        bench.create(&subject(1)).await.unwrap();
        bench.apply(&subject(1), &[wanted(1, "10.0.0.1", Rw)]).await.unwrap();
        dislike(&bench, "10.0.0.1", true);
        let trouble = bench.apply(&subject(1), &[wanted(1, "10.0.0.1", Rw)]).await.unwrap_err();
        assert!(trouble.told.contains("1704039"), "{}", trouble.told);
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
        bench.apply(&subject(1), &[wanted(1, "10.0.0.1", Rw)]).await.unwrap();
        assert_eq!(enforced(&bench), ["10.0.0.1 rw"]);
        assert_eq!(bench.volumes()[0]["policy"], bench.policies()[0]["id"]);
        bench.delete(&subject(1)).await.unwrap();
        bench.assert_nothing_left();
    });
}

#[test]
fn rules_for_a_volume_that_is_not_there_are_trouble() {
    run(async |bench| {
        let trouble = bench.apply(&subject(1), &[wanted(1, "10.0.0.1", Rw)]).await.unwrap_err();
        assert_eq!(trouble.remedy, Remedy::Again);
        bench.assert_nothing_left();
    });
}

#[test]
fn a_late_call_does_not_bring_back_what_was_denied() {
    run(async |bench| {
        bench.create(&subject(1)).await.unwrap();
        let (first, second) = ([wanted(1, "10.0.0.1", Rw)], [wanted(2, "10.0.0.2", Rw)]);
        bench.wire.strike(0, 1, Mishap::Late(Duration::from_secs(20)));
        assert!(bench.apply(&subject(1), &first).await.is_err());
        let trouble = bench.apply(&subject(1), &second).await.unwrap_err();
        assert!(trouble.told.contains("in force"), "{}", trouble.told);
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
        let rules = [wanted(1, "10.0.0.1", Rw)];
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
        let user = |number, to: &str, level| WantedRule { kind: AccessType::User, ..wanted(number, to, level) };
        let acl = |bench: &Bench| {
            let acls = bench.smb_shares()[0]["acls"].clone();
            let mut told: Vec<String> = acls
                .as_array()
                .unwrap()
                .iter()
                .map(|ace| format!("{} {}", ace["user_or_group"], ace["permission"]).replace('"', ""))
                .collect();
            told.sort();
            told
        };
        bench.create(&subject).await.unwrap();
        let rules = [user(1, "alice", Rw), user(2, "bob", Ro), wanted(3, "10.0.0.1", Rw)];
        assert_eq!(refused(bench.apply(&subject, &rules).await.unwrap()), [3]);
        assert_eq!(acl(&bench), ["alice full_control", "bob read"]);
        bench.apply(&subject, &[user(2, "BOB", Rw)]).await.unwrap();
        assert_eq!(acl(&bench), ["bob full_control"]);
        bench.apply(&subject, &[]).await.unwrap();
        assert_eq!(bench.smb_shares()[0]["acls"], json!([]));
    });
}

#[test]
fn over_smb_too_a_late_call_does_not_let_in_who_was_denied() {
    let mut config = Config::default();
    config.svms[0].cifs_server = Some("SVM1".to_owned());
    run_with(config, settings(), async |bench| {
        let subject = Subject { protocol: Protocol::Cifs, ..subject(1) };
        let alice = WantedRule { kind: AccessType::User, ..wanted(1, "alice", Rw) };
        bench.create(&subject).await.unwrap();
        bench.wire.strike(1, 1, Mishap::Late(Duration::from_secs(20)));
        assert!(bench.apply(&subject, &[alice]).await.is_err());
        assert!(bench.apply(&subject, &[]).await.is_err_and(|trouble| trouble.remedy == Remedy::Again));
        bench.pass(Duration::from_secs(90)).await;
        assert_eq!(bench.smb_shares()[0]["acls"].as_array().unwrap().len(), 1, "the late call has landed");
        bench.apply(&subject, &[]).await.unwrap();
        assert_eq!(bench.smb_shares()[0]["acls"], json!([]));
    });
}
