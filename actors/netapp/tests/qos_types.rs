//! Shares whose type names a QoS type: they name one policy of their SVM, which is made when the first of them is, follows
//! the QoS type, and goes with none of them.

use std::time::Duration;

use manilad_domain::message::Detail;
use manilad_domain::share::Protocol;
use manilad_driver::{DesiredQos, Remedy, Subject};
use manilad_ontap_sim::Config;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::bench::{Bench, run, run_with, settings};
use super::samples::subject;
use super::wire::Mishap;
use crate::Settings;

const FIXED: &[(&str, &str)] = &[("policy_type", "fixed"), ("max_throughput_iops", "100")];
const ADAPTIVE: &[(&str, &str)] = &[("policy_type", "adaptive"), ("expected_iops", "2000"), ("peak_iops", "5000")];
const NAME: &str = "FIXED_QOS_svm1_gold";

fn of_type(number: u128, specs: &[(&str, &str)]) -> Subject {
    let specs = specs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let mut subject = subject(number);
    subject.extra_specs.insert("default_qos_type".to_owned(), "gold".to_owned());
    Subject { qos: Some(DesiredQos { name: "gold".to_owned(), specs }), ..subject }
}

fn plus<'a>(specs: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [specs, more].concat()
}

/// The only policy.
fn policy(bench: &Bench) -> Value {
    let mut policies = bench.qos_policies();
    assert_eq!(policies.len(), 1, "{policies:?}");
    policies.remove(0)
}

#[test]
fn shares_of_a_qos_type_name_one_policy_which_stays_when_they_go() {
    for protocol in Protocol::ALL {
        let mut config = Config::default();
        config.svms[0].cifs_server = Some("SVM1".to_owned());
        run_with(config, settings(), async |bench| {
            let [first, second] = [1, 2].map(|number| Subject { protocol, ..of_type(number, FIXED) });
            let made = bench.create(&first).await.unwrap();
            bench.create(&second).await.unwrap();
            let one = policy(&bench);
            assert_eq!((&one["name"], &one["terms"]["fixed"]["max_throughput_iops"]), (&json!(NAME), &json!(100)));
            assert_eq!(one["terms"]["fixed"]["capacity_shared"], false);
            assert!(bench.volumes().iter().all(|volume| volume["qos"] == one["uuid"]), "{:?}", bench.volumes());
            assert_eq!(bench.create(&first).await.unwrap(), made, "a second try finds the first");
            for share in [first, second] {
                bench.delete(&share).await.unwrap();
            }
            assert_eq!(policy(&bench)["name"], NAME);
            assert!(bench.volumes().is_empty());
        });
    }
}

#[test]
fn the_policy_that_is_there_costs_one_look() {
    run(async |bench| {
        bench.create(&of_type(1, FIXED)).await.unwrap();
        bench.wire.forget_calls();
        bench.create(&of_type(2, FIXED)).await.unwrap();
        let calls = bench.wire.calls();
        let of_qos: Vec<_> = calls.iter().filter(|call| call.contains("/storage/qos/")).collect();
        assert!(of_qos.len() == 1 && of_qos[0].contains("GET"), "{calls:?}");
    });
}

#[test]
fn the_next_share_brings_what_the_qos_type_says_by_then_and_a_limit_that_went_goes() {
    run(async |bench| {
        bench.create(&of_type(1, FIXED)).await.unwrap();
        let other = [("policy_type", "fixed"), ("max_throughput_mbps", "7")];
        bench.create(&of_type(2, &other)).await.unwrap();
        let fixed = &policy(&bench)["terms"]["fixed"];
        assert_eq!((&fixed["max_throughput_iops"], &fixed["max_throughput_mbps"]), (&json!(0), &json!(7)));
    });
}

#[test]
fn an_adaptive_qos_type_has_a_policy_of_its_own_name_and_keeps_what_it_does_not_say() {
    run(async |bench| {
        bench.create(&of_type(1, &plus(ADAPTIVE, &[("block_size", "8k")]))).await.unwrap();
        let adaptive = |bench: &Bench| policy(bench)["terms"]["adaptive"].clone();
        assert_eq!(policy(&bench)["name"], "ADAPTIVE_QOS_svm1_gold");
        assert_eq!((&adaptive(&bench)["expected_iops"], &adaptive(&bench)["block_size"]), (&json!(2000), &json!("8k")));
        bench.create(&of_type(2, &plus(ADAPTIVE, &[("absolute_min_iops", "75")]))).await.unwrap();
        let now = adaptive(&bench);
        assert_eq!((&now["absolute_min_iops"], &now["block_size"]), (&json!(75), &json!("8k")));
        bench.create(&of_type(3, FIXED)).await.unwrap();
        assert_eq!(bench.qos_policies().len(), 2, "another kind has another name");
    });
}

#[test]
fn what_a_policy_is_for_good_is_not_changed_and_the_share_is_refused() {
    run(async |bench| {
        bench.create(&of_type(1, FIXED)).await.unwrap();
        let trouble = bench.create(&of_type(2, &plus(FIXED, &[("capacity_shared", "true")]))).await.unwrap_err();
        assert_eq!((trouble.remedy, trouble.detail), (Remedy::Elsewhere, Detail::FilterCapabilities));
        assert!(trouble.reason.contains(NAME) && trouble.reason.contains("\"gold\""), "{}", trouble.reason);
        assert_eq!(bench.volumes().len(), 1);
    });
}

#[test]
fn a_creation_that_ends_after_the_policy_is_taken_up() {
    run(async |bench| {
        bench.report().await.unwrap();
        for (number, mishap) in [Mishap::LostReply, Mishap::LostCall, Mishap::Panic].into_iter().enumerate() {
            let share = of_type(10 + number as u128, &plus(FIXED, &[("min_throughput_iops", "1")]));
            // The export policy, the QoS policy, the volume; a look is repeated at once.
            for nth in [0, 2, 3] {
                bench.wire.strike(nth, 1, mishap);
                assert!(bench.create(&share).await.is_err(), "{mishap:?} {nth}");
                bench.wire.heal();
                bench.create(&share).await.unwrap();
                assert_eq!(policy(&bench)["terms"]["fixed"]["min_throughput_iops"], 1);
                // A call that panicked may have waited for its place before it was sent.
                bench.pass(Duration::from_secs(110)).await;
                bench.delete(&share).await.unwrap();
                // So that the next one makes it, or changes it.
                let before = of_type(20 + 10 * number as u128 + nth as u128, FIXED);
                bench.create(&before).await.unwrap();
                bench.delete(&before).await.unwrap();
            }
        }
        assert!(bench.volumes().is_empty());
    });
}

#[test]
fn a_qos_type_goes_with_no_other_limit_of_throughput_and_an_adaptive_one_not_with_replication() {
    run(async |bench| {
        let (limits, group) =
            (&[("qos", "true"), ("netapp:maxiops", "5")][..], &[("netapp:adaptive_qos_policy_group", "g")][..]);
        for (specs, more) in [(FIXED, limits), (FIXED, group), (ADAPTIVE, &[("replication_type", "dr")])] {
            let mut share = of_type(1, specs);
            share.extra_specs.extend(more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
            let trouble = bench.create(&share).await.unwrap_err();
            assert_eq!((trouble.remedy, trouble.detail), (Remedy::Never, Detail::ContradictingSpecs), "{more:?}");
        }
        bench.assert_nothing_left();
    });
}

#[test]
fn a_qos_type_without_specs_limits_nothing_and_its_share_is_made() {
    run(async |bench| {
        bench.create(&of_type(1, &[])).await.unwrap();
        assert!(bench.qos_policies().is_empty() && bench.volumes()[0]["qos"].is_null());
    });
}

#[test]
fn an_account_of_the_svm_makes_no_share_of_a_qos_type() {
    let settings = Settings::new("array.test", "svm1", "vsadmin", SecretString::from("password"));
    run_with(Config::default(), settings, async |bench| {
        let trouble = bench.create(&of_type(1, FIXED)).await.unwrap_err();
        assert_eq!(trouble.remedy, Remedy::Elsewhere);
        bench.assert_nothing_left();
    });
}

#[test]
fn a_share_of_a_qos_type_grows_and_its_policy_stays_as_it_is() {
    run(async |bench| {
        let share = of_type(1, FIXED);
        bench.create(&share).await.unwrap();
        let before = policy(&bench);
        bench.resize(&Subject { size: 6, qos: None, ..share.clone() }).await.unwrap();
        assert!(bench.rescue(&Subject { qos: None, ..share }).await.unwrap().is_some());
        assert_eq!(policy(&bench), before);
    });
}
