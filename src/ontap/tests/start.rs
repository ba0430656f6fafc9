use serde_json::{Value, json};

use super::script::{Lab, Play};
use crate::{Class, Endpoint, Facts, Release, Scope};

const SVM: &str = "3f0b4e4e-0000-4000-8000-00000000000a";

fn version(major: u16, minor: u16, full: &str) -> Value {
    json!({"name": "cl1", "version": {"full": full, "generation": 9, "major": major, "minor": minor}})
}

fn forbidden() -> Value {
    json!({"error": {"code": "6", "message": "not authorized for that command"}})
}

fn records(records: Value) -> Value {
    json!({ "records": records })
}

/// Everything a healthy array answers to an account of the cluster, but for `but`.
fn array(lab: &Lab, but: &[&str]) {
    let answers = [
        ("GET /api/cluster?", version(14, 1, "NetApp Release 9.14.1P3")),
        ("GET /api/cluster/nodes", records(json!([{"name": "cl1-01"}, {"name": "cl1-02"}]))),
        ("GET /api/cluster/licensing", records(json!([{"name": "NFS"}, {"name": "snaprestore"}]))),
        ("GET /api/security/key-managers", records(json!([{"volume_encryption": {"supported": true}}]))),
        ("GET /api/private/cli/aggr?root=true", records(json!([{"aggregate": "root_01", "node": "cl1-01"}]))),
        (
            "GET /api/storage/disks",
            records(json!([
                {"effective_type": "ssd", "aggregates": [{"name": "aggr1"}]},
                {"effective_type": "sas", "aggregates": [{"name": "aggr1"}]},
                {"effective_type": "sas"},
            ])),
        ),
        (
            "GET /api/storage/aggregates",
            records(json!([
                {"name": "root_01"},
                {"name": "aggr1", "state": "online", "home_node": {"name": "cl1-01"},
                 "block_storage": {"primary": {"raid_type": "raid_dp"}, "storage_type": "ssd"},
                 "data_encryption": {"software_encryption_enabled": true},
                 "space": {"block_storage": {"size": 100, "available": 60, "used": 40}}},
            ])),
        ),
        (
            "GET /api/svm/svms?name=svm1",
            records(json!([
                {"uuid": SVM, "name": "svm1", "state": "running", "aggregates": [{"name": "aggr1", "available_size": 60}]}
            ])),
        ),
        (
            "GET /api/network/ip/interfaces?services=data_nfs%7Cdata_cifs&svm.name=svm1",
            records(json!([
                {"uuid": SVM, "name": "lif1", "ip": {"address": "10.0.0.5", "netmask": "24"}, "enabled": true,
                 "services": ["data_core", "data_nfs"], "location": {"home_node": {"name": "cl1-01"}}},
                {"uuid": SVM, "name": "lif2", "ip": {"address": "fd00::5"}, "enabled": false, "services": ["data_nfs"]},
            ])),
        ),
    ];
    for (when, body) in answers {
        if !but.iter().any(|but| when.contains(but)) {
            lab.script.json(when, 200, body);
        }
    }
}

#[tokio::test]
async fn an_account_of_the_cluster_learns_everything_in_nine_calls() {
    let lab = Lab::new();
    array(&lab, &[]);
    let facts = Facts::learn(&lab.client, Some("svm1")).await.unwrap();
    assert_eq!((facts.scope, facts.identity.release), (Scope::Cluster, Release::new(9, 14, 1)));
    assert_eq!(facts.identity.name.as_deref(), Some("cl1"));
    assert!(facts.licences.unwrap().contains("nfs") && facts.volume_encryption && facts.missing.is_empty());
    assert_eq!(facts.aggregates.keys().collect::<Vec<_>>(), ["aggr1"], "root aggregates are left out");
    let aggregate = &facts.aggregates["aggr1"];
    assert_eq!((aggregate.home_node.as_deref(), aggregate.raid_type.as_deref()), (Some("cl1-01"), Some("raid_dp")));
    assert!(aggregate.encrypted && aggregate.space.unwrap().available == 60);
    assert_eq!(facts.disk_types["aggr1"].iter().collect::<Vec<_>>(), ["sas", "ssd"]);
    assert_eq!(facts.svm.unwrap().aggregates[0].available_size, Some(60));
    let [lif1, lif2] = &facts.interfaces[..] else { panic!("two LIFs") };
    assert!(lif1.serves("data_nfs") && !lif1.serves("data_cifs") && !lif2.serves("data_nfs"));
    assert!(lif2.address.is_ipv6());
    assert_eq!(lab.script.asked().len(), 9);
}

#[tokio::test]
async fn an_account_of_an_svm_learns_its_svm_in_four_calls() {
    let lab = Lab::new();
    lab.script.json("GET /api/cluster/nodes", 403, forbidden());
    array(&lab, &["nodes", "licensing", "key-managers", "private", "disks", "storage/aggregates"]);
    let facts = Facts::learn(&lab.client, Some("svm1")).await.unwrap();
    assert_eq!((facts.scope, facts.licences.is_none(), facts.aggregates.is_empty()), (Scope::Svm, true, true));
    assert_eq!(facts.svm.unwrap().name, "svm1");
    assert_eq!(lab.script.asked().len(), 4);
}

#[tokio::test]
async fn missing_privileges_are_named_with_what_is_lost() {
    let lab = Lab::new();
    for path in ["GET /api/cluster/licensing", "GET /api/storage/disks", "GET /api/private/cli/aggr"] {
        lab.script.json(path, 403, forbidden());
    }
    array(&lab, &["licensing", "disks", "private/cli/aggr"]);
    let facts = Facts::learn(&lab.client, Some("svm1")).await.unwrap();
    let missing: Vec<_> = facts.missing.iter().map(|missing| missing.endpoint).collect();
    assert_eq!(missing, [Endpoint::Licences, Endpoint::CliAggregates, Endpoint::Disks]);
    assert!(facts.missing.iter().all(|missing| missing.why.contains("code 6") && !missing.lost.is_empty()));
}

#[tokio::test]
async fn the_release_is_read_from_the_command_line_where_the_cluster_is_closed() {
    let lab = Lab::new();
    lab.script.json("GET /api/cluster?", 403, forbidden());
    let banner = "NetApp Release 9.12.1P3: Tue Apr 04 05:06:07 UTC 2023";
    lab.script.json("GET /api/private/cli/version", 200, records(json!([{"version": banner}])));
    array(&lab, &["cluster?"]);
    let facts = Facts::learn(&lab.client, None).await.unwrap();
    assert_eq!((facts.identity.release, facts.svm), (Release::new(9, 12, 1), None));
    assert_eq!(facts.missing[0].endpoint, Endpoint::Cluster);
}

#[tokio::test]
async fn an_old_release_a_bad_login_and_a_missing_svm_are_errors() {
    let lab = Lab::new();
    lab.script.json("GET /api/cluster?", 200, version(11, 1, "NetApp Release 9.11.1"));
    let error = Facts::learn(&lab.client, None).await.unwrap_err();
    assert_eq!(error.class(), Class::Unsupported);
    assert!(error.message().contains("9.11.1: expected 9.12.1 or later"));

    let lab = Lab::new();
    lab.script.json(
        "GET /api/cluster?",
        401,
        json!({"error": {"code": "6691623", "message": "User is not authorized."}}),
    );
    assert_eq!(Facts::learn(&lab.client, None).await.unwrap_err().class(), Class::Unauthorised);

    let lab = Lab::new();
    lab.script.json("GET /api/svm/svms", 200, records(json!([])));
    array(&lab, &["svm/svms"]);
    let error = Facts::learn(&lab.client, Some("svm1")).await.unwrap_err();
    assert_eq!(error.class(), Class::Absent);
}

#[tokio::test]
async fn a_lost_answer_about_aggregates_is_an_error_and_about_disks_a_note() {
    let lab = Lab::new();
    for _ in 0..5 {
        lab.script.add("GET /api/storage/disks", Play::Lost);
    }
    array(&lab, &["disks"]);
    let facts = lab.run(Facts::learn(&lab.client, None)).await.unwrap();
    assert_eq!((facts.missing[0].endpoint, facts.aggregates.len()), (Endpoint::Disks, 1));

    for path in ["GET /api/storage/aggregates", "GET /api/private/cli/aggr"] {
        let lab = Lab::new();
        for _ in 0..5 {
            lab.script.add(path, Play::Lost);
        }
        array(&lab, &[path]);
        assert_eq!(lab.run(Facts::learn(&lab.client, None)).await.unwrap_err().class(), Class::Unknown);
    }
}

#[tokio::test]
async fn a_release_without_encryption_offers_none() {
    let lab = Lab::new();
    lab.script.json("GET /api/cluster?", 200, version(14, 1, "NetApp Release 9.14.1: Mon <1no-DARE>"));
    array(&lab, &["cluster?"]);
    assert!(!Facts::learn(&lab.client, None).await.unwrap().volume_encryption);
}
