//! What is wanted, of each that can say it; and which volumes differ.

use manilad_clock::Uuid;
use manilad_domain::share::Protocol;
use manilad_ontap::Release;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::*;
use crate::tests::samples::{facts, subject, templates};

fn settings() -> Settings {
    Settings::new("array.test", "svm1", "admin", SecretString::from("s3cret"))
}

fn wanted(facts: &Facts, change: impl FnOnce(&mut Subject)) -> Wanted {
    let mut subject = subject(1);
    change(&mut subject);
    assert_eq!(subject.protocol, Protocol::Nfs);
    let names = Names::of(&templates("share_%(share_id)s"), &subject);
    Wanted::of(&settings(), facts, "svm1", &names, &subject)
}

fn with(specs: &[(&str, &str)]) -> impl FnOnce(&mut Subject) {
    let specs: Vec<_> = specs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    move |subject| subject.extra_specs.extend(specs)
}

fn volume(more: Value) -> Volume {
    let mut whole = json!({ "uuid": Uuid::from_u128(1), "name": "share_1", "state": "online" });
    whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(whole).unwrap()
}

fn aspects(wanted: &Wanted, volume: &Volume) -> Vec<Aspect> {
    wanted.differences(volume, &["kept".to_owned()]).into_iter().map(|one| one.aspect).collect()
}

#[test]
fn a_type_and_metadata_that_say_nothing_want_nothing_but_the_size_and_the_pool() {
    let plain = wanted(&facts(), |_| {});
    let aggregates = Some(vec!["aggr1".to_owned()]);
    assert_eq!(plain, Wanted { size: Some(2 << 30), aggregates, ..Wanted::default() });
    let elsewhere = volume(json!({ "aggregates": [{ "name": "aggr2" }] }));
    assert_eq!(aspects(&plain, &elsewhere), [Aspect::Pool]);
    let unreadable = wanted(&facts(), with(&[("netapp:hide_snapdir", "perhaps"), ("netapp:snapshot_policy", "daily")]));
    assert_eq!(unreadable, plain);
}

#[test]
fn metadata_go_before_the_type_and_limits_of_its_own_before_a_policy_of_others() {
    let said = wanted(&facts(), |subject| {
        subject.metadata.insert("snapshot_policy".to_owned(), "hourly".to_owned());
        with(&[("netapp:snapshot_policy", "daily"), ("netapp:hide_snapdir", "True")])(subject);
    });
    assert_eq!((said.snapshot_policy.as_deref(), said.snapshot_directory), (Some("hourly"), Some(false)));
    let own = wanted(&facts(), with(&[("qos", "True"), ("netapp:maxiops", "100")])).qos.unwrap();
    assert!(own.policy.starts_with("qos_share_") && matches!(own.made, Some(Qos::Own(_))), "{own:?}");
    let others = wanted(&facts(), with(&[("netapp:adaptive_qos_policy_group", "gold")])).qos;
    assert_eq!(others, Some(WantedQos { policy: "gold".to_owned(), made: None }));
}

#[test]
fn what_the_array_or_the_account_cannot_do_is_not_wanted() {
    let specs = [("netapp:hide_snapdir", "True"), ("netapp:adaptive_qos_policy_group", "gold")];
    let mut old = facts();
    old.identity.release = Release::new(9, 12, 1);
    assert_eq!(wanted(&old, with(&specs)).snapshot_directory, None);
    let of_svm = Facts { scope: Scope::Svm, ..facts() };
    assert_eq!(wanted(&of_svm, with(&specs)).qos, None);
}

#[test]
fn a_size_differs_beyond_what_arrays_round_and_what_managing_rounds_up() {
    let plain = wanted(&facts(), |_| {});
    let half = 1u64 << 29;
    for (size, differs) in [
        (4 * half, false),
        (5 * half - 1, false),
        (5 * half, true),
        (3 * half, false),
        (2 * half + 1, false),
        (2 * half, true),
    ] {
        let found = aspects(&plain, &volume(json!({ "size": size })));
        assert_eq!(found, if differs { vec![Aspect::Size] } else { Vec::new() }, "{size}");
    }
    let reasons = [5, 2].map(|halves| plain.differences(&volume(json!({ "size": halves * half })), &[]));
    assert!(reasons[0][0].reason.contains("more than") && reasons[1][0].reason.contains("less than"), "{reasons:?}");
}

#[test]
fn what_differs_is_told_by_aspect_and_what_is_not_known_or_not_ours_is_none() {
    let specs = [
        ("netapp:snapshot_policy", "daily"),
        ("netapp:hide_snapdir", "True"),
        ("netapp:adaptive_qos_policy_group", "gold"),
    ];
    let all = wanted(&facts(), with(&specs));
    let as_it_should_be = json!({
        "snapshot_policy": { "name": "daily" }, "snapshot_directory_access_enabled": false, "qos": { "policy": { "name": "gold" } },
    });
    assert_eq!(aspects(&all, &volume(as_it_should_be)), []);
    let other = json!({ "snapshot_policy": { "name": "none" }, "snapshot_directory_access_enabled": true });
    let mendable = [Aspect::SnapshotPolicy, Aspect::SnapshotDirectory, Aspect::Qos];
    assert_eq!(aspects(&all, &volume(other.clone())), mendable);
    let kept = json!({ "snapshot_policy": { "name": "Kept" }, "snapshot_directory_access_enabled": true });
    assert_eq!(aspects(&all, &volume(kept)), [Aspect::Qos]);
    let mut offline = other;
    offline["state"] = json!("offline");
    assert_eq!(aspects(&all, &volume(offline)), []);
    assert_eq!(aspects(&all, &volume(json!({}))), [Aspect::Qos], "what was not told is not judged");
}
