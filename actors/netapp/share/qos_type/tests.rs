use manilad_driver::Remedy;
use secrecy::SecretString;

use super::*;

fn settings() -> Settings {
    Settings::new("array.test", "svm1", "admin", SecretString::from("s3cret"))
}

fn desired(name: &str, specs: &[(&str, &str)]) -> DesiredQos {
    let specs = specs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    DesiredQos { name: name.to_owned(), specs: specs.collect() }
}

fn asked(specs: &[(&str, &str)]) -> TypePolicy {
    read(&settings(), "svm1", &desired("gold", specs)).unwrap().unwrap()
}

fn refusal(specs: &[(&str, &str)]) -> (Remedy, Detail, String) {
    let trouble = read(&settings(), "svm1", &desired("gold", specs)).unwrap_err();
    assert!(trouble.reason.contains("\"gold\""), "{}", trouble.reason);
    (trouble.remedy, trouble.detail, trouble.reason)
}

#[test]
fn a_fixed_qos_type_is_a_policy_of_its_svm_and_name_with_these_limits() {
    let policy = asked(&[("policy_type", "Fixed"), ("max_throughput_iops", "100"), ("min_throughput_mbps", " 5 ")]);
    assert_eq!(policy.name, "FIXED_QOS_svm1_gold");
    let limits = Terms { max_iops: Some(100), min_mbps: Some(5), ..Terms::default() };
    assert_eq!(policy.terms, TypeTerms::Fixed(Fixed { limits, is_shared: false }));
    let shared = asked(&[("policy_type", "fixed"), ("max_throughput_mbps", "7"), ("capacity_shared", "True")]);
    let limits = Terms { max_mbps: Some(7), ..Terms::default() };
    assert_eq!(shared.terms, TypeTerms::Fixed(Fixed { limits, is_shared: true }));
}

#[test]
fn an_adaptive_qos_type_says_what_is_expected_and_what_is_the_peak_and_perhaps_more() {
    let least = [("policy_type", "adaptive"), ("expected_iops", "2000"), ("peak_iops", "5000")];
    let policy = asked(&least);
    assert_eq!(policy.name, "ADAPTIVE_QOS_svm1_gold");
    let terms = Adaptive { expected_iops: 2000, peak_iops: 5000, ..Adaptive::default() };
    assert_eq!(policy.terms, TypeTerms::Adaptive(terms.clone()));
    let more = [
        ("absolute_min_iops", "75"),
        ("block_size", "8K"),
        ("expected_iops_allocation", "used_space"),
        ("peak_iops_allocation", "allocated_space"),
    ];
    let full = Adaptive {
        absolute_min_iops: Some(75),
        block_size: Some("8k".to_owned()),
        expected_iops_allocation: Some("used_space".to_owned()),
        peak_iops_allocation: Some("allocated_space".to_owned()),
        ..terms
    };
    assert_eq!(asked(&[&least[..], &more].concat()).terms, TypeTerms::Adaptive(full));
}

#[test]
fn a_qos_type_without_specs_asks_for_nothing() {
    assert_eq!(read(&settings(), "svm1", &desired("gold", &[])), Ok(None));
}

#[test]
fn a_long_name_is_cut_and_one_that_no_policy_can_have_is_refused() {
    let specs = [("policy_type", "fixed"), ("max_throughput_iops", "100")];
    let long = read(&settings(), "svm1", &desired(&"g".repeat(255), &specs)).unwrap().unwrap();
    assert_eq!(long.name, format!("FIXED_QOS_svm1_{}", "g".repeat(112)));
    for name in ["pure gold", "gold\n"] {
        let trouble = read(&settings(), "svm1", &desired(name, &specs)).unwrap_err();
        assert_eq!((trouble.remedy, trouble.detail), (Remedy::Elsewhere, Detail::FilterCapabilities), "{name:?}");
    }
}

#[test]
fn values_that_cannot_be_and_what_contradicts_itself_help_nowhere() {
    let (fixed, adaptive) = (("policy_type", "fixed"), ("policy_type", "adaptive"));
    for specs in [
        &[fixed][..],
        &[fixed, ("capacity_shared", "true")],
        &[fixed, ("max_throughput_iops", "0")],
        &[fixed, ("max_throughput_iops", "many")],
        &[fixed, ("max_throughput_iops", "1.5")],
        &[fixed, ("max_throughput_iops", "1"), ("capacity_shared", "perhaps")],
        &[fixed, ("max_throughput_iops", "1"), ("peak_iops", "5")],
        &[adaptive],
        &[adaptive, ("expected_iops", "5")],
        &[adaptive, ("peak_iops", "5")],
        &[adaptive, ("expected_iops", "5"), ("peak_iops", "5"), ("block_size", "3k")],
        &[adaptive, ("expected_iops", "5"), ("peak_iops", "5"), ("peak_iops_allocation", "all")],
        &[adaptive, ("expected_iops", "5"), ("peak_iops", "5"), ("max_throughput_iops", "5")],
    ] {
        let (remedy, detail, _) = refusal(specs);
        assert_eq!((remedy, detail), (Remedy::Never, Detail::ContradictingSpecs), "{specs:?}");
    }
}

#[test]
fn what_another_driver_may_have_is_refused_by_name() {
    for (specs, told) in [
        (&[("max_throughput_iops", "100")][..], "policy_type"),
        (&[("policy_type", "elastic")], "elastic"),
        (&[("policy_type", "fixed"), ("max_throughput_iops", "1"), ("burst", "9")], "burst"),
        (&[("policy_type", "adaptive"), ("expected_iops", "1"), ("peak_iops", "2"), ("x:y", "9")], "x:y"),
    ] {
        let (remedy, detail, reason) = refusal(specs);
        assert_eq!((remedy, detail), (Remedy::Elsewhere, Detail::FilterCapabilities), "{specs:?}");
        assert!(reason.contains(told), "{reason}");
    }
}
