//! Volumes that the array does not let go of: the share goes, and they follow when their clones have gone.

use std::time::Duration;

use manilad_domain::access::AccessLevel;
use manilad_ontap_sim::{Fault, Rule};

use super::bench::{Bench, run};
use super::samples::{desired, subject};

/// As if the volume had clones, for so many attempts to remove it.
fn clone_it(bench: &Bench, count: u64) {
    let fault = Fault::Refuse {
        status: 400,
        code: "524615".to_owned(),
        message: "Volume has clones.".to_owned(),
        retry_after: None,
    };
    let (method, path) = (Some("DELETE".to_owned()), "/api/storage/volumes/*".to_owned());
    bench.wire.cluster.strike(Rule { method, path, svm: None, nth: 1, count: Some(count), fault });
}

async fn after_a_while(bench: &Bench) {
    bench.pass(Duration::from_secs(600)).await;
    bench.report().await.unwrap();
}

#[test]
fn a_volume_with_clones_is_put_away_and_goes_when_they_have_gone() {
    run(async |bench| {
        let subject = subject(1);
        bench.create(&subject).await.unwrap();
        bench.apply(&subject, &[desired(1, "10.0.0.1", AccessLevel::Rw)]).await.unwrap();
        clone_it(&bench, 2);
        assert_eq!(bench.delete(&subject).await, Ok(()));
        let (volumes, policies) = (bench.volumes(), bench.policies());
        let name = |thing: &serde_json::Value| thing["name"].as_str().unwrap().to_owned();
        assert!(volumes.iter().all(|volume| name(volume).starts_with("deleted_manila_share_")), "{volumes:?}");
        assert!(volumes.iter().all(|volume| volume["state"] == "offline"), "{volumes:?}");
        assert!(policies.iter().all(|policy| name(policy).starts_with("deleted_manila_policy_")), "{policies:?}");
        assert_eq!(bench.delete(&subject).await, Ok(()), "it can be asked for again");
        after_a_while(&bench).await;
        assert_eq!((bench.volumes().len(), bench.policies().len()), (1, 1), "the clones are still there");
        after_a_while(&bench).await;
        bench.assert_nothing_left();
    });
}

#[test]
fn what_only_has_such_a_name_stays() {
    run(async |bench| {
        let (volumes, policies) = ("/api/storage/volumes", "/api/protocols/nfs/export-policies");
        let name = "deleted_manila_keep_me";
        let volume = |svm: &str, name: &str, tags: &str| {
            format!(
                r#"{{"name": "{name}", "size": 1073741824, "svm.name": "{svm}", "aggregates": [{{"name": "aggr1"}}], "_tags": [{tags}]}}"#
            )
        };
        let marked = r#""instance_id:00000000-0000-0000-0000-000012340001""#;
        bench.call("POST", volumes, &volume("svm1", name, "")).await;
        bench.call("POST", "/api/svm/svms", r#"{"name": "svm_of_others", "aggregates": [{"name": "aggr1"}]}"#).await;
        bench.call("POST", volumes, &volume("svm_of_others", "deleted_manila_share_1", marked)).await;
        let named = |svm: &str, name: &str| format!(r#"{{"name": "{name}", "svm.name": "{svm}"}}"#);
        let ours = "deleted_manila_policy_00000000_0000_0000_0000_000012340001";
        bench.call("POST", policies, &named("svm1", name)).await;
        bench.call("POST", policies, &named("svm_of_others", ours)).await;
        let limit = r#", "fixed": {"max_throughput_iops": 100}}"#;
        let qos = |svm: &str, name: &str| named(svm, name).replace('}', limit);
        let of_share = "deleted_manila_qos_share_00000000_0000_0000_0000_000012340001";
        bench.call("POST", "/api/storage/qos/policies", &qos("svm1", name)).await;
        bench.call("POST", "/api/storage/qos/policies", &qos("svm_of_others", of_share)).await;
        bench.call("POST", "/api/storage/qos/policies", &qos("svm1", of_share)).await;
        let named = |all: Vec<serde_json::Value>| {
            let mut names: Vec<_> = all.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
            names.sort();
            names
        };
        bench.report().await.unwrap();
        after_a_while(&bench).await;
        assert_eq!(named(bench.volumes()), [name, "deleted_manila_share_1"]);
        let mut kept = bench.policies();
        kept.retain(|policy| policy["name"].as_str().unwrap().starts_with("deleted_manila_"));
        assert_eq!(named(kept), [name, ours]);
        assert_eq!(named(bench.qos_policies()), [name, of_share], "that of the SVM of others");
    });
}

#[test]
fn a_removal_that_ended_after_the_volume_was_put_away_goes_on() {
    run(async |bench| {
        let subject = subject(1);
        bench.create(&subject).await.unwrap();
        clone_it(&bench, 1);
        let fault = Fault::Refuse { status: 503, code: "7".to_owned(), message: "Busy.".to_owned(), retry_after: None };
        let (method, path) = (Some("PATCH".to_owned()), "/api/protocols/nfs/export-policies/*".to_owned());
        bench.wire.cluster.strike(Rule { method, path, svm: None, nth: 1, count: None, fault });
        assert!(bench.delete(&subject).await.is_err());
        let bench = bench.next();
        bench.wire.cluster.heal();
        assert_eq!(bench.delete(&subject).await, Ok(()));
        after_a_while(&bench).await;
        bench.assert_nothing_left();
    });
}
