//! Shares whose type limits their throughput: a QoS policy of their own, which comes and goes with them.

use std::time::Duration;

use manilad_domain::share::Protocol;
use manilad_driver::{Remedy, Subject};
use manilad_ontap_sim::{Config, Fault, Rule};
use secrecy::SecretString;
use serde_json::json;

use super::bench::{Bench, run, run_with, settings};
use super::samples::subject;
use super::wire::Mishap;
use crate::Settings;

fn limited(more: &[(&str, &str)]) -> Subject {
    let mut subject = subject(1);
    let specs = [("qos", "<is> True"), ("netapp:maxiopspergib", "100")];
    let specs = specs.iter().chain(more).map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    subject.extra_specs.extend(specs);
    subject
}

fn name(subject: &Subject) -> String {
    format!("qos_share_{}", subject.instance.to_string().replace('-', "_"))
}

fn strike(bench: &Bench, method: &str, path: &str, fault: Fault) {
    let (method, path) = (Some(method.to_owned()), path.to_owned());
    bench.wire.cluster.strike(Rule { method, path, svm: None, nth: 1, count: Some(1), fault });
}

#[test]
fn a_limited_share_has_a_policy_of_its_own_and_leaves_none_behind() {
    for protocol in Protocol::ALL {
        let mut config = Config::default();
        config.svms[0].cifs_server = Some("SVM1".to_owned());
        run_with(config, settings(), async |bench| {
            let subject = Subject { protocol, ..limited(&[("netapp:minbps", "1048577")]) };
            let made = bench.create(&subject).await.unwrap();
            let policies = bench.qos_policies();
            assert_eq!((policies.len(), &policies[0]["name"]), (1, &json!(name(&subject))));
            let fixed = &policies[0]["terms"]["fixed"];
            let expected = (&json!(200), &json!(0), &json!(2));
            let got = (&fixed["max_throughput_iops"], &fixed["max_throughput_mbps"], &fixed["min_throughput_mbps"]);
            assert_eq!(got, expected, "100 for each of 2 GiB, bytes rounded up to MiB");
            assert_eq!(bench.volumes()[0]["qos"], policies[0]["uuid"]);
            assert_eq!(bench.create(&subject).await.unwrap(), made, "a second try finds the first");
            assert_eq!(bench.qos_policies().len(), 1);
            bench.delete(&subject).await.unwrap();
            bench.assert_nothing_left();
        });
    }
}

#[test]
fn a_policy_goes_though_its_type_asks_for_none_any_more_and_we_are_another_incarnation() {
    run(async |bench| {
        bench.create(&limited(&[])).await.unwrap();
        bench.delete(&subject(1)).await.unwrap();
        bench.assert_nothing_left();
        bench.create(&limited(&[])).await.unwrap();
        let bench = bench.next();
        bench.delete(&subject(1)).await.unwrap();
        bench.assert_nothing_left();
    });
}

#[test]
fn a_creation_that_ends_after_the_policy_is_taken_up_or_taken_away() {
    run(async |bench| {
        bench.report().await.unwrap();
        for mishap in [Mishap::LostReply, Mishap::LostCall, Mishap::Panic] {
            for nth in [1, 2] {
                bench.wire.strike(nth, 1, mishap);
                assert!(bench.create(&limited(&[])).await.is_err(), "{mishap:?}");
                bench.wire.heal();
                bench.create(&limited(&[("netapp:minbps", "1")])).await.unwrap();
                assert_eq!(bench.qos_policies()[0]["terms"]["fixed"]["min_throughput_mbps"], 1, "the terms of today");
                // A call that panicked may have waited for its place before it was sent.
                bench.pass(Duration::from_secs(110)).await;
                bench.delete(&limited(&[])).await.unwrap();
                bench.assert_nothing_left();
            }
        }
        bench.wire.strike(2, 1, Mishap::LostCall);
        assert!(bench.create(&limited(&[])).await.is_err());
        bench.wire.heal();
        bench.pass(Duration::from_secs(90)).await;
        bench.delete(&limited(&[])).await.unwrap();
        bench.assert_nothing_left();
    });
}

#[test]
fn a_policy_that_the_array_holds_on_to_is_put_away_and_goes_later() {
    run(async |bench| {
        let subject = limited(&[]);
        bench.create(&subject).await.unwrap();
        let refuse = Fault::Refuse {
            status: 409,
            code: "460770".to_owned(),
            message: "QoS policy is in use.".to_owned(),
            retry_after: None,
        };
        strike(&bench, "DELETE", "/api/storage/qos/policies/*", refuse);
        assert_eq!(bench.delete(&subject).await, Ok(()));
        let name = json!(format!("deleted_manila_{}", name(&subject)));
        assert_eq!(bench.qos_policies()[0]["name"], name);
        bench.report().await.unwrap();
        assert_eq!(bench.qos_policies().len(), 1, "it is not time yet");
        bench.pass(Duration::from_secs(600)).await;
        bench.report().await.unwrap();
        bench.assert_nothing_left();
    });
}

#[test]
fn an_account_of_the_svm_makes_no_policies() {
    let settings = Settings::new("array.test", "svm1", "vsadmin", SecretString::from("password"));
    run_with(Config::default(), settings, async |bench| {
        let trouble = bench.create(&limited(&[])).await.unwrap_err();
        assert_eq!(trouble.remedy, Remedy::Elsewhere);
        bench.assert_nothing_left();
    });
}

#[test]
fn an_account_of_the_svm_leaves_the_limits_of_what_another_account_made_alone() {
    run(async |bench| {
        let share = limited(&[]);
        bench.create(&share).await.unwrap();
        let made = bench.qos_policies();
        let own = Settings::new("array.test", "svm1", "vsadmin", SecretString::from("password"));
        let bench = bench.next_with(own);
        bench.report().await.unwrap();
        bench.wire.forget_calls();
        bench.resize(&Subject { size: 6, ..share.clone() }).await.unwrap();
        assert_eq!(bench.volumes()[0]["size"], json!(6u64 << 30));
        assert!(bench.rescue(&share).await.unwrap().is_some());
        assert_eq!(bench.volumes()[0]["size"], json!(share.size << 30));
        assert_eq!(bench.qos_policies(), made);
        let calls = bench.wire.calls();
        assert!(!calls.iter().any(|call| call.contains("/storage/qos/")), "{calls:?}");
    });
}
