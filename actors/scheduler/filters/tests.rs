use manilad_domain::placement::Placement;
use manilad_domain::pool::{Capacity, Pool};
use serde_json::{Value, json};

mod hints;

use super::*;
use crate::pools::Pools;
use crate::samples::{asking, in_network, pool, pools, request, with};

/// What one filter says of one pool, in words.
fn says(filter: &str, placement: &Placement, all: &Pools) -> Result<(), String> {
    let Some(judge) = (named(filter).unwrap().prepare)(&Asked { placement, growth: None, keys: all.keys() }) else {
        return Ok(());
    };
    judge.judge(all.candidates().next().unwrap()).map_err(|reason| reason.to_string())
}

fn takes(filter: &str, placement: &Placement, pool: Pool) -> bool {
    says(filter, placement, &pools(vec![pool])).is_ok()
}

#[test]
fn every_filter_is_found_by_its_name_and_tells_the_tenant_its_detail() {
    let names: Vec<_> = RULES.iter().map(|rule| (rule.name, detail(rule.name).id())).collect();
    assert_eq!(
        names,
        [
            ("OnlyHostFilter", "002"),
            ("AvailabilityZoneFilter", "007"),
            ("CapacityFilter", "009"),
            ("CapabilitiesFilter", "008"),
            ("DriverFilter", "010"),
            ("ShareReplicationFilter", "014"),
            ("CreateFromSnapshotFilter", "016"),
            ("AffinityFilter", "002"),
            ("AntiAffinityFilter", "002"),
            ("JsonFilter", "002"),
            ("RetryFilter", "002"),
            ("IgnoreAttemptedHostsFilter", "002"),
        ]
    );
    assert_eq!(detail("ConsistentSnapshotFilter"), Detail::NoValidHost);
}

#[test]
fn a_filter_that_is_not_asked_anything_lets_every_pool_pass() {
    let (none, placement) = (Pools::default(), request());
    let asked = Asked { placement: &placement, growth: None, keys: none.keys() };
    let judging = RULES.iter().filter(|rule| (rule.prepare)(&asked).is_some()).map(|rule| rule.name);
    assert_eq!(judging.collect::<Vec<_>>(), ["CapacityFilter", "CapabilitiesFilter", "DriverFilter"]);
}

#[test]
fn a_zone_that_was_asked_for_outranks_the_zones_of_the_type() {
    let zones = |zone: Option<&str>, of_type: &[&str]| Placement {
        availability_zone: zone.map(str::to_owned),
        type_zones: of_type.iter().map(|zone| (*zone).to_owned()).collect(),
        ..request()
    };
    for (asked, fits) in [
        (zones(None, &[]), true),
        (zones(Some("nova"), &[]), true),
        (zones(Some("az2"), &[]), false),
        (zones(None, &["az2", "nova"]), true),
        (zones(None, &["az2", "az3"]), false),
        (zones(Some("nova"), &["az2"]), true),
        (zones(Some("az2"), &["nova"]), false),
        (zones(Some("Nova"), &[]), false),
    ] {
        assert_eq!(takes("AvailabilityZoneFilter", &asked, pool("h@b#p")), fits, "{asked:?}");
    }
    let why = says("AvailabilityZoneFilter", &zones(None, &["az2", "az3"]), &pools(vec![pool("h@b#p")]));
    assert_eq!(why, Err("is in zone nova, not in any of az2, az3".to_owned()));
}

#[test]
fn a_pool_must_be_in_a_zone_that_the_network_serves_and_stand_in_all_its_subnets() {
    let several = |yes: bool| with(pool("h@b#p"), "share_server_multiple_subnet_support", yes);
    let (nova, az2) = (Some("nova"), Some("az2"));
    for (subnets, one, many) in [
        ([].as_slice(), false, false),
        (&[None], true, true),
        (&[nova], true, true),
        (&[az2], false, false),
        (&[az2, None], true, true),
        (&[nova, nova], false, true),
        (&[None, None], false, true),
        (&[nova, None, None], true, true),
        (&[nova, az2, az2], true, true),
    ] {
        let asked = in_network(subnets);
        let fits = |pool| takes("AvailabilityZoneFilter", &asked, pool);
        assert_eq!((fits(several(false)), fits(several(true))), (one, many), "{subnets:?}");
        assert_eq!(fits(pool("h@b#p")), one, "what does not tell can't: {subnets:?}");
    }
    let elsewhere = Placement { availability_zone: Some("az3".to_owned()), ..in_network(&[None]) };
    assert!(!takes("AvailabilityZoneFilter", &elsewhere, pool("h@b#p")));
    let why = |asked: &Placement| says("AvailabilityZoneFilter", asked, &pools(vec![pool("h@b#p")])).unwrap_err();
    assert_eq!(why(&in_network(&[az2])), "is in zone nova, which no subnet of the share network serves");
    let crowded = "can't stand in all 2 subnets that the share network has for zone nova";
    assert_eq!(why(&in_network(&[None, None])), crowded);
}

#[test]
fn a_share_is_thin_unless_its_type_says_otherwise() {
    let thin = || Pool { thin: true, free: Capacity::Gib(5.0), ..pool("h@b#p") };
    for (spec, fits) in [("True", true), ("<is> True", true), ("False", false), ("<is> false", false), ("odd", false)] {
        for key in ["thin_provisioning", "capabilities:thin_provisioning"] {
            assert_eq!(takes("CapacityFilter", &asking(key, spec), thin()), fits, "{key}={spec}");
        }
    }
    assert!(takes("CapacityFilter", &request(), thin()), "10 GiB thin in 5 GiB");
    assert!(!takes("CapacityFilter", &request(), Pool { thin: false, ..thin() }));
}

fn capable(key: &str, spec: &str, pool: Pool) -> bool {
    takes("CapabilitiesFilter", &asking(key, spec), pool)
}

#[test]
fn extra_specs_are_asked_of_the_pool_by_scope() {
    let fast = || with(pool("h@b#p"), "speed", "fast");
    assert!(capable("speed", "Fast", fast()) && capable("capabilities:speed", "fast", fast()));
    assert!(!capable("speed", "slow", fast()) && !capable("capabilities:speed", "slow", fast()));
    assert!(!capable("colour", "red", fast()), "what nobody reports can't be met");
    assert!(capable("netapp:speed", "slow", fast()), "a driver's scope is not asked of the pool");
    assert!(capable("availability_zones", "az9", fast()) && capable("capabilities:availability_zones", "az9", fast()));
    assert!(!capable("speed", "fast", with(pool("h@b#p"), "speed", Value::Null)));
}

#[test]
fn nested_statistics_are_reached_by_their_path() {
    let grouped = || with(pool("h@b#p"), "share_group_stats", json!({"consistent_snapshot_support": "host"}));
    assert!(capable("capabilities:share_group_stats:consistent_snapshot_support", "host", grouped()));
    assert!(!capable("capabilities:share_group_stats:consistent_snapshot_support", "pool", grouped()));
    assert!(!capable("capabilities:share_group_stats:other", "host", grouped()));
    assert!(!capable("capabilities:vendor_name:other", "NetApp", grouped()));
    assert!(!capable("capabilities:share_group_stats", "host", grouped()));
}

#[test]
fn booleans_that_manila_knows_are_read_as_such() {
    assert!(capable("snapshot_support", "yes", with(pool("h@b#p"), "snapshot_support", json!(["True", "False"]))));
    assert!(!capable("odd_support", "yes", with(pool("h@b#p"), "odd_support", json!(["True", "False"]))));
    assert!(capable("snapshot_support", "<in> ru", with(pool("h@b#p"), "snapshot_support", true)), "own operator");
    assert!(capable("dedupe", "True", with(pool("h@b#p"), "dedupe", json!([true, false]))));
    assert!(!capable("dedupe", "True", pool("h@b#p")), "absent is false");
    assert!(capable("snapshot_support", "True", pool("h@b#p")), "absent is true");
    assert!(!capable("driver_handles_share_servers", "True", pool("h@b#p")));
}

#[test]
fn figures_of_the_report_can_be_asked_for() {
    for (key, spec, met) in [
        ("pool_name", "p", true),
        ("pool_name", "q", false),
        ("total_capacity_gb", ">= 100", true),
        ("free_capacity_gb", ">= 50.5", false),
        ("max_over_subscription_ratio", "== 20", true),
        ("thin_provisioning", "<is> True", false),
        ("thin_provisioning", "False", true),
    ] {
        assert_eq!(capable(key, spec, pool("h@b#p")), met, "{key}={spec}");
    }
    let both = Pool { thin: true, ..pool("h@b#p") };
    assert!(capable("thin_provisioning", "True", both.clone()) && capable("thin_provisioning", "False", both));
}

#[test]
fn the_protocol_is_asked_for_unless_the_type_does_it() {
    let cifs = || with(pool("h@b#p"), "storage_protocol", "CIFS");
    assert!(takes("CapabilitiesFilter", &request(), pool("h@b#p")));
    assert!(!takes("CapabilitiesFilter", &request(), cifs()));
    assert!(capable("storage_protocol", "<in> CIFS", cifs()));
    assert!(takes("CapabilitiesFilter", &request(), with(pool("h@b#p"), "storage_protocol", json!(["CIFS", "NFS"]))));
}

#[test]
fn a_default_qos_type_needs_a_pool_that_supports_qos_types() {
    assert!(!capable("default_qos_type", "gold", pool("h@b#p")));
    assert!(!capable("default_qos_type", "gold", with(pool("h@b#p"), "qos_type_support", false)));
    assert!(capable("default_qos_type", "gold", with(pool("h@b#p"), "qos_type_support", true)));
}

#[test]
fn encryption_is_compared_with_the_list_of_the_pool() {
    let servers = || with(pool("h@b#p"), "encryption_support", json!(["share_server"]));
    assert!(capable("encryption_support", "share_server", servers()));
    assert!(!capable("encryption_support", "share", servers()));
    assert!(!capable("encryption_support", "share", pool("h@b#p")));
}

#[test]
fn the_pools_own_function_decides() {
    let own = |function: &str| with(with(pool("h@b#p"), "utilization", 80), "filter_function", function);
    for (function, fits) in [
        ("stats.utilization < 90", true),
        ("capabilities.utilization < 70", false),
        ("share.size <= 10 and share.share_proto == 'NFS'", true),
        ("extra.driver_handles_share_servers == 'False'", true),
        ("stats.vendor_name == 'NetApp'", true),
        ("stats.free_capacity_gb - share.size >= 40", true),
        ("1", false),
        ("'text'", false),
        ("stats.nothing == 1", false),
        ("share.nothing == 1", false),
        ("stats.replication_type == 1", false),
        ("extra.nothing == 1", false),
        ("utilization < 90", false),
        ("stats.utilization <", false),
    ] {
        assert_eq!(takes("DriverFilter", &request(), own(function)), fits, "{function}");
    }
    assert!(takes("DriverFilter", &request(), pool("h@b#p")), "unset passes");
    let why = says("DriverFilter", &request(), &pools(vec![own("stats.utilization <")]));
    let expected =
        "its filter_function has no answer: at byte 19: expected a number, a text, a name or (, found the end";
    assert_eq!(why, Err(expected.to_owned()));
}

#[test]
fn a_replicated_share_needs_a_replication_domain() {
    let in_domain = || with(pool("h@b#p"), "replication_domain", "d");
    let replicated = asking("replication_type", "dr");
    assert!(takes("ShareReplicationFilter", &request(), pool("h@b#p")));
    assert!(takes("ShareReplicationFilter", &replicated, in_domain()));
    assert!(!takes("ShareReplicationFilter", &replicated, pool("h@b#p")));
    assert!(!takes("ShareReplicationFilter", &replicated, with(pool("h@b#p"), "replication_domain", Value::Null)));
}
