//! What a back end says of itself, and when it refuses to begin.

use std::sync::Arc;

use manilad_domain::pool::{Capacity, Pool};
use manilad_driver::{Driver, DriverContext, Remedy, Trouble};
use manilad_kit::{Fence, lab};
use manilad_ontap::{Limiters, Limits};
use manilad_ontap_sim::{Config, SvmConfig};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::bench::{run, run_with, settings};
use super::samples::{SERVICE, facts, subject};
use super::wire::Mishap;
use crate::{Mode, NetApp, Pattern, Settings, Shared, pools};

fn report(config: Config, settings: Settings) -> Result<Vec<Pool>, Trouble> {
    run_with(config, settings, async |bench| bench.report().await)
}

fn refused(config: Config, settings: Settings) -> String {
    let trouble = report(config, settings).unwrap_err();
    assert_eq!(trouble.remedy, Remedy::Again);
    trouble.reason
}

fn names(pools: &[Pool]) -> Vec<String> {
    pools.iter().map(|pool| pool.name.to_string()).collect()
}

#[test]
fn each_delegated_aggregate_that_matches_is_a_pool() {
    let pools = report(Config::default(), settings()).unwrap();
    assert_eq!(names(&pools), ["node1@alpha#aggr1", "node1@alpha#aggr2"]);
    assert_eq!(pools[0].total, Capacity::Gib(10240.0));
    assert!(pools[0].free.gib().is_some_and(|free| free > 0.0 && free <= 10240.0));
    assert!(pools[0].thin && pools[0].thick);
    let aggregates = Pattern::new(|name| Ok(name.ends_with('2')));
    let one = report(Config::default(), Settings { aggregates, ..settings() }).unwrap();
    assert_eq!(names(&one), ["node1@alpha#aggr2"]);
}

#[test]
fn a_pool_tells_what_the_schedulers_of_the_field_expect() {
    let mut changed = settings();
    changed.replication_domain = Some("here".to_owned());
    let pools = report(Config::default(), changed).unwrap();
    let capability = |key: &str| pools[0].capabilities.get(key).cloned().unwrap_or_default();
    for (key, value) in [
        ("share_backend_name", json!("svm1")),
        ("vendor_name", json!("NetApp")),
        ("driver_name", json!("NetApp_Cluster_SingleSVM")),
        ("storage_protocol", json!("NFS_CIFS")),
        ("driver_handles_share_servers", json!(false)),
        ("netapp_storage_family", json!("ontap_cluster")),
        ("netapp_cluster_name", json!("cl1")),
        ("netapp_aggregate", json!("aggr1")),
        ("netapp_flexgroup", json!(false)),
        ("netapp_disk_type", json!(["ssd"])),
        ("netapp_hybrid_aggregate", json!("false")),
        ("netapp_flexvol_encryption", json!(true)),
        ("netapp_snaplock_type", json!(["compliance", "enterprise"])),
        ("utilization", json!(50)),
        ("filter_function", json!("capabilities.utilization < 70")),
        ("goodness_function", json!("100 - capabilities.utilization")),
        ("qos", json!(true)),
        ("dedupe", json!([true, false])),
        ("compression", json!([true, false])),
        ("snapshot_support", json!(true)),
        ("create_share_from_snapshot_support", json!(true)),
        ("revert_to_snapshot_support", json!(true)),
        ("qos_type_support", json!(true)),
        ("share_replicas_migration_support", json!(false)),
        ("network_allocation_update_support", json!(false)),
        ("ipv4_support", json!(true)),
        ("ipv6_support", json!(false)),
        ("replication_domain", json!("here")),
        ("replication_type", Value::Null),
        ("encryption_support", Value::Null),
        ("netapp_is_home", Value::Null),
    ] {
        assert_eq!(capability(key), value, "{key}");
    }
    assert!(capability("netapp_raid_type").is_string());
}

#[test]
fn space_is_told_in_gib_rounded_down_and_reserves_fall_back_to_that_of_new_shares() {
    let settings = Settings { reserved_share_percentage: 10, reserved_share_extend_percentage: 3, ..settings() };
    let pools = pools::report(&settings, SERVICE, &facts()).unwrap();
    let pool = &pools[0];
    assert_eq!((pool.total, pool.free, pool.allocated), (Capacity::Gib(100.0), Capacity::Gib(60.0), 40.0));
    let reserved = [pool.reserved_percentage, pool.reserved_snapshot_percentage, pool.reserved_share_extend_percentage];
    assert_eq!(reserved, [10.0, 10.0, 3.0]);
}

#[test]
fn an_aggregate_that_is_not_online_is_no_pool() {
    let mut facts = facts();
    facts.aggregates.get_mut("aggr2").unwrap().state = Some("offline".to_owned());
    assert_eq!(names(&pools::report(&settings(), SERVICE, &facts).unwrap()), ["node1@alpha#aggr1"]);
}

#[test]
fn an_account_of_the_svm_serves_too_with_less_to_tell() {
    let settings = Settings::new("array.test", "svm1", "vsadmin", SecretString::from("password"));
    run_with(Config::default(), settings, async |bench| {
        let pools = bench.report().await.unwrap();
        assert_eq!(names(&pools), ["node1@alpha#aggr1", "node1@alpha#aggr2"]);
        assert_eq!(pools[0].total, Capacity::Unknown);
        assert!(pools[0].free.gib().is_some_and(|free| free > 0.0));
        assert_eq!(pools[0].capabilities["qos"], json!(false));
        bench.create(&subject(1)).await.unwrap();
        assert_eq!(bench.volumes().len(), 1);
        bench.delete(&subject(1)).await.unwrap();
        bench.assert_nothing_left();
    });
}

#[test]
fn what_can_never_serve_is_refused_in_clear_words() {
    let strange = Settings { mode: Mode::Svm("svm9".to_owned()), ..settings() };
    assert!(refused(Config::default(), strange).contains("svm9"));
    let nothing = Settings { aggregates: Pattern::new(|_| Ok(false)), ..settings() };
    assert!(refused(Config::default(), nothing).contains("aggr1, aggr2"));
    let costly = Settings { aggregates: Pattern::new(|_| Err("too many steps".to_owned())), ..settings() };
    assert!(refused(Config::default(), costly).contains("too many steps"));
    let svm = SvmConfig { lifs: Vec::new(), ..SvmConfig::named("svm1", ["127.0.1.1", "127.0.1.2"]) };
    assert!(refused(Config { svms: vec![svm], ..Config::default() }, settings()).contains("LIF"));
    let wrong = Settings { password: Some(SecretString::from("wrong")), ..settings() };
    let reason = refused(Config::default(), wrong);
    assert!(reason.contains("401") && !reason.contains("wrong"), "{reason}");
}

#[test]
fn an_svm_that_does_not_run_or_has_no_aggregates_can_not_serve() {
    let reason = |change: fn(&mut manilad_ontap::svm::Svm)| {
        let mut facts = facts();
        facts.svm.iter_mut().for_each(change);
        pools::report(&settings(), SERVICE, &facts).unwrap_err().reason
    };
    assert_eq!(reason(|svm| svm.state = Some("stopped".to_owned())), "SVM svm1 is stopped");
    assert_eq!(reason(|svm| svm.aggregates.clear()), "no aggregate is delegated to SVM svm1");
}

#[test]
fn a_back_end_whose_array_is_away_is_down_until_it_is_there() {
    run(async |bench| {
        bench.wire.strike(0, usize::MAX >> 1, Mishap::NoConnection);
        assert!(bench.report().await.is_err());
        assert!(bench.create(&subject(1)).await.is_err_and(|trouble| trouble.remedy == Remedy::Again));
        bench.wire.heal();
        bench.report().await.unwrap();
        bench.create(&subject(1)).await.unwrap();
    });
}

#[test]
fn a_report_that_fails_leaves_tasks_with_the_last_facts() {
    run(async |bench| {
        bench.report().await.unwrap();
        bench.wire.curse("/api/svm/svms", Mishap::Busy);
        assert!(bench.report().await.is_err());
        bench.create(&subject(1)).await.unwrap();
    });
}

#[test]
fn a_wire_that_can_not_be_laid_is_told_by_the_report() {
    lab::run(async |lab| {
        let limiters = Limiters::new(lab.clock.clone(), Limits::default());
        let wire = Arc::new(|_: &Settings, _: &manilad_clock::Clock| Err("no such certificate".to_owned()));
        let driver = NetApp::new(settings(), Shared::new(limiters), wire).unwrap();
        let context = DriverContext { clock: lab.clock.clone(), fence: Fence::new(), service: SERVICE.to_owned() };
        let trouble = driver.start(context).report().await.unwrap_err();
        assert!(trouble.reason.contains("no such certificate"));
    });
}
