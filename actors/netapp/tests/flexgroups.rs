//! FlexGroup pools, and shares that are laid over several aggregates.

use std::collections::BTreeMap;
use std::time::Duration;

use manilad_domain::pool::{Capacity, Pool};
use manilad_driver::{Remedy, Subject};
use manilad_ontap_sim::{Config, Fault, Rule};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::bench::{Bench, run_with, settings};
use super::samples::{SERVICE, facts, subject};
use crate::{Flexgroups, Settings, pools};

fn with(pools: &[(&str, &str)], only: bool) -> Settings {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect();
    let pools: BTreeMap<_, _> = pools.iter().map(|(name, all)| ((*name).to_owned(), words(all))).collect();
    let minute = Duration::from_secs(60);
    let flexgroups = Flexgroups { pools, only, not_busy_timeout: minute, ..Flexgroups::default() };
    Settings { flexgroups: Some(flexgroups), ..settings() }
}

fn run<T>(settings: Settings, test: impl AsyncFnOnce(Bench) -> T) -> T {
    run_with(Config::default(), settings, test)
}

/// A share of 800 GiB, the least that two aggregates hold.
fn large(pool: &str) -> Subject {
    Subject { size: 800, pool: format!("{SERVICE}#{pool}").parse().unwrap(), ..subject(1) }
}

fn strike(bench: &Bench, count: Option<u64>, fault: Fault) {
    bench.wire.cluster.strike(Rule {
        method: Some("POST".to_owned()),
        path: "/api/storage/volumes".to_owned(),
        svm: None,
        nth: 1,
        count,
        fault,
    });
}

fn capability(pool: &Pool, key: &str) -> Value {
    pool.capabilities.get(key).cloned().unwrap_or_default()
}

#[test]
fn a_flexgroup_pool_tells_of_all_its_aggregates() {
    let settings = with(&[("fg", "aggr1 aggr2")], false);
    let mut facts = facts();
    let second = facts.aggregates.get_mut("aggr2").unwrap();
    (second.raid_type, second.storage_type) = (Some("raid_tec".to_owned()), Some("hybrid".to_owned()));
    second.space.as_mut().unwrap().available = 10 << 30;
    facts.disk_types.insert("aggr2".to_owned(), ["fsas".to_owned()].into());
    let pools = pools::report(&settings, SERVICE, &facts).unwrap();
    let names: Vec<&str> = pools.iter().map(|pool| pool.name.pool.as_str()).collect();
    assert_eq!(names, ["aggr1", "aggr2", "fg"]);
    let fg = &pools[2];
    assert_eq!((fg.total, fg.free, fg.allocated), (Capacity::Gib(200.0), Capacity::Gib(20.0), 180.0));
    for (key, value) in [
        ("netapp_flexgroup", json!(true)),
        ("netapp_aggregate", json!("aggr1 aggr2")),
        ("netapp_raid_type", json!("raid_dp raid_tec")),
        ("netapp_disk_type", json!(["fsas", "ssd"])),
        ("netapp_hybrid_aggregate", json!("true")),
        ("netapp_aggregate_encryption", json!(false)),
        ("filter_function", json!("share.size >= 800")),
        ("goodness_function", json!("100 - capabilities.utilization")),
    ] {
        assert_eq!(capability(fg, key), value, "{key}");
    }
    assert_eq!(capability(&pools[0], "netapp_flexgroup"), json!(false));
    facts.aggregates.get_mut("aggr1").unwrap().state = Some("offline".to_owned());
    assert_eq!(pools::report(&settings, SERVICE, &facts).unwrap().len(), 1, "aggr2 alone");
}

#[test]
fn an_account_of_the_svm_tells_what_is_free_in_the_smallest_times_their_number() {
    let settings = Settings {
        flexgroups: with(&[], true).flexgroups,
        ..Settings::new("array.test", "svm1", "vsadmin", SecretString::from("password"))
    };
    run(settings, async |bench| {
        let pools = bench.report().await.unwrap();
        assert_eq!((pools.len(), pools[0].name.pool.as_str()), (1, "flexgroup_auto"));
        assert_eq!(pools[0].total, Capacity::Unknown);
        assert!(pools[0].free.gib().is_some_and(|free| free > 10240.0));
        bench.create(&large("flexgroup_auto")).await.unwrap();
        bench.delete(&large("flexgroup_auto")).await.unwrap();
        bench.assert_nothing_left();
    });
}

#[test]
fn a_share_in_a_flexgroup_pool_lies_on_all_its_aggregates_and_leaves_nothing_behind() {
    for (pools, pool) in [(&[("fg", "aggr1 aggr2")][..], "fg"), (&[], "flexgroup_auto")] {
        run(with(pools, false), async |bench| {
            let exports = bench.create(&large(pool)).await.unwrap();
            let volumes = bench.volumes();
            assert_eq!((volumes.len(), &volumes[0]["style"]), (1, &json!("flexgroup")));
            assert_eq!(volumes[0]["aggregates"].as_array().unwrap().len(), 8, "four in each");
            assert_eq!(volumes[0]["size"], json!(800u64 << 30));
            assert!(exports.len() == 2 && exports.iter().all(|export| export.preferred), "both nodes hold data");
            assert_eq!(bench.create(&large(pool)).await.unwrap(), exports, "a second try finds the first");
            bench.delete(&large(pool)).await.unwrap();
            bench.assert_nothing_left();
        });
    }
}

#[test]
fn a_flexgroup_may_take_longer_than_other_work() {
    run(with(&[], false), async |bench| {
        strike(&bench, Some(1), Fault::Delay { seconds: 120.0 });
        bench.create(&large("flexgroup_auto")).await.unwrap();
        strike(&bench, Some(1), Fault::Delay { seconds: 120.0 });
        let trouble = bench.create(&subject(2)).await.unwrap_err();
        assert_eq!(trouble.remedy, Remedy::Again, "a FlexVol has netapp_rest_operation_timeout");
    });
}

#[test]
fn busy_aggregates_are_waited_for_as_long_as_told() {
    let busy = || Fault::Refuse {
        status: 409,
        code: "13107406".to_owned(),
        message: "Another volume is being provisioned. Try the command again.".to_owned(),
        retry_after: None,
    };
    run(with(&[], false), async |bench| {
        strike(&bench, Some(8), busy());
        bench.create(&large("flexgroup_auto")).await.unwrap();
        bench.delete(&large("flexgroup_auto")).await.unwrap();
        strike(&bench, None, busy());
        let began = bench.lab.clock.running();
        let trouble = bench.create(&large("flexgroup_auto")).await.unwrap_err();
        assert_eq!(trouble.remedy, Remedy::Again);
        let waited = bench.lab.clock.running() - began;
        assert!((30..=90).contains(&waited.as_secs()), "{waited:?}");
        bench.delete(&large("flexgroup_auto")).await.unwrap();
        bench.assert_nothing_left();
    });
}
