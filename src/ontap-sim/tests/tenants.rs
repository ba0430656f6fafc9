//! SVMs that are made and deleted by REST.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};

use super::network::lif;
use super::{Lab, names};
use crate::{Config, Profile};

const SVMS: &str = "/api/svm/svms";

fn inline(name: &str, address: &str) -> Value {
    json!({
        "name": name, "ipspace.name": "ipspace_blue", "aggregates": [{"name": "aggr1"}, {"name": "aggr2"}],
        "comment": "made at once", "nsswitch": {"namemap": ["files"]},
        "nfs": {"enabled": true, "protocol": {"v3_enabled": true, "v40_enabled": true}},
        "ip_interfaces": [{
            "name": "lif1", "ip": {"address": address, "netmask": "24"}, "service_policy": "default-data-files",
            "location": {"home_node": {"name": "cl1-01"}, "broadcast_domain": {"name": "domain_blue"}},
        }],
        "routes": [{"destination": {"address": "0.0.0.0", "netmask": "0"}, "gateway": "127.10.0.254"}],
    })
}

#[tokio::test]
async fn an_svm_comes_with_all_that_stands_inline() {
    let lab = Lab::new();
    lab.tenant("blue", 100).await;
    let made = lab.done("POST", SVMS, inline("green", "127.10.0.7")).await["records"][0].clone();
    assert_eq!(made["ipspace"]["name"], "ipspace_blue");
    assert_eq!((&made["state"], &made["nfs"]["enabled"]), (&json!("running"), &json!(true)));
    let lifs = lab.get("/api/network/ip/interfaces?svm.name=green&fields=*").await;
    assert_eq!(lifs["records"][0]["location"]["home_port"]["name"], "e0c-100");
    assert_eq!(lab.get("/api/network/ip/routes?svm.name=green").await["num_records"], 1);
    let nfs = lab.get("/api/protocols/nfs/services?svm.name=green&fields=**").await["records"][0].clone();
    assert_eq!(nfs["protocol"]["v40_enabled"], true);
    let root = lab.get("/api/storage/volumes?svm.name=green&is_svm_root=true").await;
    assert_eq!(names(&root), ["green_root"]);
    let policies = lab.get("/api/protocols/nfs/export-policies?svm.name=green&fields=rules").await;
    assert_eq!((names(&policies), &policies["records"][0]["rules"]), (vec!["default"], &json!([])));
    let policies = lab.get("/api/network/ip/service-policies?svm.name=green").await;
    assert_eq!(names(&policies), ["default-data-blocks", "default-data-files", "default-management"]);
}

#[tokio::test]
async fn an_svm_whose_inline_object_is_refused_leaves_nothing() {
    let lab = Lab::new();
    lab.tenant("blue", 100).await;
    lab.done("POST", "/api/network/ip/interfaces", lif("lif1", "blue", "127.10.0.7", "e0c-100")).await;
    let before = lab.cluster.dump().unwrap();
    assert_eq!(lab.refused("POST", SVMS, inline("green", "127.10.0.7")).await, "1376963");
    let after = lab.cluster.dump().unwrap();
    for kind in ["svm", "interface", "ip_route", "volume", "export_policy", "service_policy"] {
        assert_eq!(before[kind], after[kind], "{kind}");
    }
}

#[tokio::test]
async fn names_of_svms_are_checked() {
    let lab = Lab::new();
    lab.tenant("blue", 100).await;
    let aggregates = json!([{"name": "aggr1"}]);
    for (name, code) in [
        ("blue", "13434908"),
        ("ipspace_blue", "13434908"),
        ("cl1", "13434908"),
        ("7up", "13434911"),
        ("a b", "13434911"),
        (&*"x".repeat(48), "13434911"),
    ] {
        assert_eq!(lab.refused("POST", SVMS, json!({"name": name, "aggregates": aggregates})).await, code, "{name}");
    }
    let body = json!({"name": "green", "ipspace.name": "ghost"});
    assert_eq!(lab.refused("POST", SVMS, body).await, "13434912");
    lab.done("POST", SVMS, json!({"name": format!("_{}", "x".repeat(46))})).await;
    lab.cluster.set_space_left("aggr1", 0);
    assert_eq!(lab.refused("POST", SVMS, json!({"name": "green", "aggregates": aggregates})).await, "13434914");
}

#[tokio::test]
async fn an_svm_goes_with_its_things_but_not_with_data() {
    let lab = Lab::new();
    let svm = lab.tenant("blue", 100).await;
    lab.done("POST", "/api/network/ip/interfaces", lif("lif1", "blue", "127.10.0.1", "e0c-100")).await;
    lab.done("POST", "/api/protocols/nfs/export-policies", json!({"name": "p", "svm.name": "blue"})).await;
    let volume = lab.volume("v", 100, json!({"svm.name": "blue", "nas.path": "/v"})).await;
    let at = format!("{SVMS}/{svm}");
    assert_eq!(lab.refused("DELETE", &at, Value::Null).await, "8");
    lab.done("PATCH", &format!("/api/storage/volumes/{volume}"), json!({"nas.path": ""})).await;
    lab.done("DELETE", &format!("/api/storage/volumes/{volume}"), Value::Null).await;
    lab.done("DELETE", &at, Value::Null).await;
    assert_eq!(lab.call("GET", &at, Value::Null).await.0, 404);
    let state = lab.cluster.dump().unwrap();
    for kind in ["svm", "interface", "volume", "export_policy", "service_policy"] {
        assert!(!state[kind].to_string().contains(&svm), "{kind}: {}", state[kind]);
    }
    assert!(lab.cluster.strays().is_empty());
}

#[tokio::test]
async fn a_root_volume_goes_alone_only_when_it_is_offline_and_the_last() {
    let lab = Lab::new();
    let svm = lab.tenant("blue", 100).await;
    let root = lab.get("/api/storage/volumes?svm.name=blue&is_svm_root=true").await["records"][0].clone();
    let root = format!("/api/storage/volumes/{}", root["uuid"].as_str().unwrap());
    assert_eq!(lab.refused("DELETE", &root, Value::Null).await, "917531");
    lab.done("PATCH", &root, json!({"state": "offline"})).await;
    lab.done("DELETE", &root, Value::Null).await;
    lab.done("DELETE", &format!("{SVMS}/{svm}"), Value::Null).await;
}

#[tokio::test]
async fn an_svm_is_renamed_and_switched() {
    let lab = Lab::new();
    let svm = lab.tenant("blue", 100).await;
    let at = format!("{SVMS}/{svm}");
    let body = json!({"name": "navy", "retention_period": 1, "nsswitch": {"passwd": ["ldap", "files"]}, "aggregates": [{"name": "aggr2"}]});
    lab.done("PATCH", &at, body).await;
    let record = lab.get(&at).await;
    assert_eq!((&record["name"], &record["retention_period"]), (&json!("navy"), &json!(1)));
    assert_eq!(record["nsswitch"]["passwd"], json!(["ldap", "files"]));
    assert_eq!(record["aggregates"][0]["name"], "aggr2");
    assert_eq!(lab.refused("PATCH", &at, json!({"name": "svm1"})).await, "13434908");
    assert_eq!(lab.refused("PATCH", &at, json!({"language": "de.utf_8"})).await, "262196");
    assert_eq!(lab.refused("PATCH", &at, json!({"state": "asleep"})).await, "262197");
}

#[tokio::test]
async fn the_nfs_service_is_made_changed_and_taken_away() {
    let lab = Lab::new();
    let svm = lab.done("POST", SVMS, json!({"name": "green"})).await["records"][0]["uuid"].clone();
    let services = "/api/protocols/nfs/services";
    let at = format!("{services}/{}", svm.as_str().unwrap());
    assert_eq!(lab.call("GET", &at, Value::Null).await.0, 404);
    lab.done("POST", services, json!({"svm.uuid": svm, "enabled": true})).await;
    assert_eq!(lab.refused("POST", services, json!({"svm.uuid": svm, "enabled": true})).await, "1");
    let body = json!({
        "protocol.v3_enabled": true, "protocol.v40_enabled": false, "protocol.v41_enabled": true,
        "showmount_enabled": true, "windows.v3_ms_dos_client_enabled": true,
        "protocol.v3_features.connection_drop": false, "protocol.v3_features.ejukebox_enabled": false,
        "protocol.v41_features.pnfs_enabled": true,
    });
    lab.done("PATCH", &at, body).await;
    lab.done("PATCH", &at, json!({"transport.tcp_max_transfer_size": 1_048_576})).await;
    let record = lab.get(&at).await;
    assert_eq!(record["protocol"]["v3_features"], json!({"connection_drop": false, "ejukebox_enabled": false}));
    assert_eq!(record["transport"]["tcp_max_transfer_size"], 1_048_576);
    assert_eq!(lab.refused("PATCH", &at, json!({"transport.tcp_max_transfer_size": 5000})).await, "3277140");
    lab.done("DELETE", &at, Value::Null).await;
    lab.done("PATCH", &format!("{SVMS}/{}", svm.as_str().unwrap()), json!({"state": "stopped"})).await;
    assert_eq!(lab.refused("POST", services, json!({"svm.uuid": svm})).await, "3276916");
}

#[tokio::test]
async fn no_more_than_five_svms_are_made_at_a_time() {
    let lab = Lab::with(Config { latency: Profile::Array, ..Config::default() });
    let asking = lab.clone();
    let work = async move {
        join_all((0..7).map(|number| {
            let asking = asking.clone();
            async move {
                // The seventh asks for a name that is being made.
                let name = format!("svm_{}", number % 6);
                let target = format!("{SVMS}?return_timeout=120");
                let (status, body) = asking.call("POST", &target, json!({"name": name})).await;
                if status == 201 { "made".to_owned() } else { body["error"]["code"].as_str().unwrap().to_owned() }
            }
        }))
        .await
    };
    let (outcomes, took) = lab.timed(work).await;
    assert_eq!(outcomes, ["made", "made", "made", "made", "made", "13434894", "13434916"]);
    assert_eq!(took, Duration::from_secs(8));
}
