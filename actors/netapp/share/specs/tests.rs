use manilad_driver::Remedy;
use proptest::prelude::*;

use super::*;
use crate::tests::samples::askable;

fn specs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn asked(pairs: &[(&str, &str)]) -> Requested {
    read(&specs(pairs)).unwrap()
}

fn remedy(pairs: &[(&str, &str)]) -> Option<Remedy> {
    read(&specs(pairs)).err().map(|trouble| trouble.remedy)
}

#[test]
fn without_specs_a_share_is_thick_and_all_else_is_left_to_the_array() {
    assert_eq!(asked(&[]), Requested::default());
    assert_eq!(asked(&[("netapp_disk_type", "ssd"), ("anything", "at all")]), Requested::default());
}

#[test]
fn each_spec_does_what_it_says() {
    assert!(asked(&[("netapp:thin_provisioned", "TRUE")]).thin);
    assert_eq!(asked(&[("netapp:dedup", "true")]).dedupe, Some(true));
    assert_eq!(asked(&[("netapp:hide_snapdir", "true")]).hide_snapshots, Some(true));
    assert!(asked(&[("netapp_flexvol_encryption", "true")]).encrypted);
    assert_eq!(asked(&[("netapp:snapshot_policy", "daily")]).snapshot_policy.as_deref(), Some("daily"));
    assert_eq!(asked(&[("netapp:language", "utf8mb4")]).language.as_deref(), Some("utf8mb4"));
    assert_eq!(asked(&[("netapp:efficiency_policy", "auto")]).efficiency_policy.as_deref(), Some("auto"));
    assert_eq!(asked(&[("netapp:adaptive_qos_policy_group", "gold")]).adaptive_qos.as_deref(), Some("gold"));
    assert_eq!(asked(&[("netapp:max_files", "50000")]).files_maximum(1), Some(50_000));
    assert_eq!(asked(&[("netapp:max_files_multiplier", "2")]).files_maximum(10), Some(622_438));
    assert_eq!(asked(&[("netapp:max_files_multiplier", "8")]).files_maximum(100_000), Some(MOST_FILES));
    assert_eq!(asked(&[]).files_maximum(10), None);
}

#[test]
fn a_plain_spec_overrides_the_drivers_own() {
    let both = [("netapp:thin_provisioned", "false"), ("thin_provisioning", "<is> True")];
    assert!(asked(&both).thin);
    assert_eq!(asked(&[("netapp:dedup", "true"), ("dedupe", "False")]).dedupe, Some(false));
}

#[test]
fn compression_brings_dedupe_with_it_and_will_not_go_without() {
    assert_eq!(asked(&[("compression", "true")]).dedupe, Some(true));
    assert_eq!(asked(&[("compression", "false")]).dedupe, None);
    assert_eq!(remedy(&[("compression", "true"), ("dedupe", "false")]), Some(Remedy::Never));
}

#[test]
fn wrong_and_contradicting_values_help_nowhere() {
    for pairs in [
        &[("netapp:thin_provisioned", "perhaps")][..],
        &[("netapp:max_files", "-1")],
        &[("netapp:max_files", "many")],
        &[("netapp:max_files_multiplier", "0")],
        &[("netapp:max_files_multiplier", "8.1")],
        &[("netapp:max_files_multiplier", "NaN")],
        &[("netapp:snapshot_policy", " ")],
        &[("netapp:language", "zz")],
        &[(FORCE_DELETE_MINUTES, "soon")],
        &[("qos", "perhaps")],
        &[("netapp:max_files", "5"), ("netapp:max_files_multiplier", "2")],
        &[("netapp_flexvol_encryption", "true"), ("netapp_aggregate_encryption", "true")],
        &[("netapp:adaptive_qos_policy_group", "gold"), ("replication_type", "dr")],
        &[("netapp:fpolicy_extensions_to_include", " , ")],
        &[("netapp:fpolicy_extensions_to_include", "exe"), ("netapp:fpolicy_file_operations", "create,truncate")],
        &[("netapp:fpolicy_extensions_to_include", "exe"), ("replication_type", "dr")],
    ] {
        let trouble = read(&specs(pairs)).unwrap_err();
        assert_eq!((trouble.remedy, trouble.detail), (Remedy::Never, Detail::ContradictingSpecs), "{pairs:?}");
    }
}

#[test]
fn what_is_not_built_is_refused_in_clear_words() {
    for (key, value) in [("netapp:udp_max_xfer_size", "32768"), ("netapp:tcp_max_xfer_size", "65536")] {
        let trouble = read(&specs(&[(key, value)])).unwrap_err();
        assert_eq!((trouble.remedy, trouble.detail), (Remedy::Elsewhere, Detail::FilterCapabilities), "{key}");
        assert!(trouble.reason.contains(key), "{}", trouble.reason);
    }
    assert_eq!(remedy(&[("qos", "false")]), None);
}

#[test]
fn a_type_limits_throughput_once_above_and_once_below() {
    let both = asked(&[("qos", "<is> True"), ("netapp:maxiopspergib", "100"), ("netapp:miniops", "50")]);
    let terms = both.throughput.terms(5);
    assert_eq!((terms.max_iops, terms.min_iops, terms.max_mbps), (Some(500), Some(50), None));
    for pairs in [
        &[("qos", "true")][..],
        &[("netapp:maxiops", "100")],
        &[("qos", "true"), ("netapp:maxiops", "0")],
        &[("qos", "true"), ("netapp:maxbps", "1.5")],
        &[("qos", "true"), ("netapp:maxiops", "100"), ("netapp:maxbps", "100")],
        &[("qos", "true"), ("netapp:minbps", "100"), ("netapp:minbpspergib", "100")],
        &[("qos", "true"), ("netapp:maxiops", "100"), ("netapp:adaptive_qos_policy_group", "gold")],
    ] {
        assert_eq!(remedy(pairs), Some(Remedy::Never), "{pairs:?}");
    }
    assert!(limits_throughput(&specs(&[("qos", "true"), ("netapp:maxbps", "5")])));
    assert!(!limits_throughput(&specs(&[("qos", "true")])) && !limits_throughput(&specs(&[])));
}

#[test]
fn a_share_leaves_its_fpolicy_policy_whatever_else_its_type_says_by_now() {
    let by_now = [("netapp:fpolicy_extensions_to_include", "exe"), ("dedupe", "perhaps")];
    assert!(read(&specs(&by_now)).is_err() && asks_for_screening(&specs(&by_now)));
    assert!(!asks_for_screening(&specs(&[("dedupe", "true")])));
}

#[test]
fn a_share_may_go_for_good_only_if_its_type_says_for_how_long() {
    let minutes = |value| force_delete_minutes(&specs(&[(FORCE_DELETE_MINUTES, value)]));
    assert_eq!((minutes("30"), minutes("0"), minutes("soon")), (Some(30), None, None));
    assert_eq!(force_delete_minutes(&specs(&[])), None);
}

#[test]
fn whatever_can_be_asked_for_is_done_or_refused_or_told_to_have_no_effect() {
    for (key, comes_of_it) in askable("spec") {
        let row = TABLE.iter().find(|row| row.0 == key).map(|row| &row.1);
        let warnings = without_effect(&specs(&[(key, "1")]), &BTreeMap::new());
        let found = match row {
            Some(Missing(_)) if warnings.is_empty() => "refused",
            Some(_) if warnings.is_empty() => "done",
            None if warnings.is_empty() && crate::pools::is_reported(key) => "pool",
            _ => "unheeded",
        };
        assert_eq!(found, comes_of_it, "{key}: {warnings:?}");
    }
    for (key, comes_of_it) in askable("share") {
        let warnings = without_effect(&BTreeMap::new(), &specs(&[(key, "1")]));
        let found = match warnings.as_slice() {
            [] if [SNAPSHOT_POLICY_KEY, crate::squash::KEY].contains(&key) => "done",
            [warning] if warning.contains(key) => "warned",
            _ => "unheeded",
        };
        assert_eq!(found, comes_of_it, "{key}: {warnings:?}");
    }
    for (key, _) in TABLE {
        assert!(askable("spec").iter().any(|(fact, _)| fact == key), "{key} is not among the facts");
    }
}

#[test]
fn a_spec_of_this_driver_that_is_not_there_is_told_and_others_are_not_its_business() {
    let warnings = without_effect(
        &specs(&[("netapp:thinprovisioned", "true"), ("other:spec", "1"), ("plain", "1")]),
        &specs(&[("a", "b")]),
    );
    assert_eq!(warnings, ["extra spec netapp:thinprovisioned: this driver has no such spec"]);
}

#[test]
fn no_spec_has_two_rows() {
    for (key, _) in TABLE {
        assert_eq!(TABLE.iter().filter(|(other, _)| other == key).count(), 1, "{key}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_of_any_spec_is_read_or_refused(row in 0..TABLE.len(), value in ".*") {
        let _ = read(&specs(&[(TABLE[row].0, &value)]));
    }
}
