//! Space: what volumes take, what is refused for the lack of it, and that the sums are always right.

use manilad_nfs3::Usage;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Lab, volume};
use crate::{AggregateConfig, Config};

const VOLUMES: &str = "/api/storage/volumes";
const GIB: u64 = 1 << 30;

fn small() -> Config {
    let aggregate = |name: &str, node: &str| AggregateConfig {
        name: name.to_owned(),
        node: node.to_owned(),
        size: 4 * GIB,
        disk_type: "ssd".to_owned(),
    };
    Config { aggregates: vec![aggregate("aggr1", "cl1-01"), aggregate("aggr2", "cl1-02")], ..Config::default() }
}

#[tokio::test]
async fn a_guarantee_takes_its_space_at_creation_and_none_by_use() {
    let lab = Lab::with(small());
    let before = lab.available("aggr1").await;
    lab.volume("thick", 1024, json!({})).await;
    let thin = lab.volume("thin", 1024, json!({"guarantee.type": "none", "nas.path": "/thin"})).await;
    assert_eq!(lab.available("aggr1").await, before - GIB);
    let lif = lab.cluster.lifs()[0];
    let exports = lab.cluster.exports();
    let mounted = exports.volume_at(lif, "/thin", lif).unwrap();
    exports.used(mounted.id, Usage { bytes: 300 << 20, files: 1 });
    assert_eq!(lab.available("aggr1").await, before - GIB - (300 << 20));
    let space = lab.get(&format!("{VOLUMES}/{thin}?fields=space")).await["space"].clone();
    assert_eq!(space["used"], 300 << 20);
    assert_eq!(space["available"], mounted.size - (300 << 20));
    assert_eq!(mounted.size, GIB - GIB / 100 * 5, "the snapshot reserve is not usable");
    assert_eq!(lab.refused("PATCH", &format!("{VOLUMES}/{thin}"), json!({"space.size": 200 << 20})).await, "917534");
    lab.done("PATCH", &format!("{VOLUMES}/{thin}"), json!({"size": "400MB"})).await;
}

#[tokio::test]
async fn a_full_aggregate_fails_the_job_with_the_text_that_clients_know() {
    let lab = Lab::with(small());
    let (status, body) = lab.call("POST", VOLUMES, volume("big", 5 * 1024, json!({}))).await;
    assert_eq!(status, 202, "the lack is found when the job runs");
    let job = lab.get(body["job"]["_links"]["self"]["href"].as_str().unwrap()).await;
    assert_eq!((job["state"].as_str(), job["code"].as_u64()), (Some("failure"), Some(460770)));
    assert_eq!(job["error"]["code"], "460770");
    assert!(job["error"]["message"].as_str().unwrap().contains("not enough space in aggregate \"aggr1\""));
    lab.volume("thin", 5 * 1024, json!({"guarantee.type": "none"})).await;
    let uuid = lab.volume("v", 3 * 1024, json!({})).await;
    assert_eq!(lab.refused("PATCH", &format!("{VOLUMES}/{uuid}"), json!({"size": 5 * GIB})).await, "460770");
    assert_eq!(lab.get(&format!("{VOLUMES}/{uuid}")).await["size"], 3 * GIB);
}

#[tokio::test]
async fn space_can_vanish_behind_a_clients_back() {
    let lab = Lab::with(small());
    assert!(lab.cluster.set_space_left("aggr1", 500 << 20));
    assert_eq!(lab.available("aggr1").await, 500 << 20);
    assert_eq!(lab.refused("POST", VOLUMES, volume("v", 1024, json!({}))).await, "460770");
    assert!(lab.cluster.set_space_left("aggr1", u64::MAX));
    lab.volume("v", 1024, json!({})).await;
    assert!(!lab.cluster.set_space_left("aggr9", 0));
}

#[tokio::test]
async fn a_node_holds_no_more_volumes_than_its_limit() {
    let mut config = small();
    config.limits.volumes_per_node = 2;
    let lab = Lab::with(config);
    lab.volume("v", 20, json!({})).await;
    assert_eq!(lab.refused("POST", VOLUMES, volume("w", 20, json!({}))).await, "13107245");
    lab.done("POST", VOLUMES, volume("w", 20, json!({"aggregates": [{"name": "aggr2"}]}))).await;
}

#[derive(Debug, Clone)]
enum Step {
    Create(u8, u64, bool),
    Resize(u8, u64),
    Guarantee(u8, bool),
    Delete(u8, bool),
    Use(u8, u64),
    Move(u8),
    Hours(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = 0u8..5;
    prop::collection::vec(
        prop_oneof![
            (name.clone(), 10u64..2500, any::<bool>()).prop_map(|(name, mib, thin)| Step::Create(name, mib, thin)),
            (name.clone(), 10u64..2500).prop_map(|(name, mib)| Step::Resize(name, mib)),
            (name.clone(), any::<bool>()).prop_map(|(name, thin)| Step::Guarantee(name, thin)),
            (name.clone(), any::<bool>()).prop_map(|(name, force)| Step::Delete(name, force)),
            (name.clone(), 0u64..100).prop_map(|(name, percent)| Step::Use(name, percent)),
            name.prop_map(Step::Move),
            (1u8..13).prop_map(Step::Hours),
        ],
        1..25,
    )
}

async fn play(lab: &Lab, step: &Step) {
    let volume_of = |name: &u8| format!("v{name}");
    let over = |name: &u8| format!("{VOLUMES}?name=v{name}&return_timeout=120");
    let guarantee = |thin: &bool| if *thin { "none" } else { "volume" };
    match step {
        Step::Create(name, mib, thin) => {
            let path = format!("/{}", volume_of(name));
            let body = volume(&volume_of(name), *mib, json!({"guarantee.type": guarantee(thin), "nas.path": path}));
            lab.call("POST", VOLUMES, body).await;
        }
        Step::Resize(name, mib) => drop(lab.call("PATCH", &over(name), json!({"size": mib << 20})).await),
        Step::Guarantee(name, thin) => {
            drop(lab.call("PATCH", &over(name), json!({"guarantee.type": guarantee(thin)})).await);
        }
        Step::Delete(name, force) => {
            lab.call("PATCH", &over(name), json!({"nas.path": ""})).await;
            lab.call("DELETE", &format!("{}&force={force}", over(name)), Value::Null).await;
        }
        Step::Use(name, percent) => {
            let lif = lab.cluster.lifs()[0];
            let exports = lab.cluster.exports();
            if let Some(mounted) = exports.volume_at(lif, &format!("/v{name}"), lif) {
                exports.used(mounted.id, Usage { bytes: mounted.size / 100 * percent, files: 1 });
            }
        }
        Step::Move(name) => {
            drop(lab.call("PATCH", &over(name), json!({"movement.destination_aggregate.name": "aggr2"})).await);
        }
        Step::Hours(hours) => lab.hand.step(std::time::Duration::from_secs(u64::from(*hours) * 3600)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn space_balances_whatever_is_done(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let lab = Lab::with(small());
            for step in &steps {
                play(&lab, step).await;
                let aggregates = lab.get("/api/storage/aggregates?fields=space").await;
                let dump = lab.cluster.dump().unwrap();
                for aggregate in aggregates["records"].as_array().unwrap() {
                    let space = &aggregate["space"]["block_storage"];
                    let figure = |name: &str| space[name].as_u64().unwrap();
                    assert_eq!(figure("used") + figure("available"), figure("size"), "{step:?}");
                    let here = |volume: &&Value| volume["aggregates"][0] == aggregate["uuid"];
                    let taken = |volume: &Value| {
                        let figure = |name: &str| volume[name].as_u64().unwrap();
                        if volume["guarantee"] == "none" { figure("used") } else { figure("size") }
                    };
                    let volumes = dump["volume"].as_object().unwrap();
                    let sum: u64 = volumes.values().filter(here).map(taken).sum();
                    let thick: u64 = volumes.values().filter(here).filter(|volume| volume["guarantee"] != "none").map(taken).sum();
                    assert_eq!(figure("used"), sum.min(figure("size")), "{step:?}");
                    assert!(thick <= figure("size"), "guarantees are never oversubscribed: {step:?}");
                }
            }
        });
    }
}
