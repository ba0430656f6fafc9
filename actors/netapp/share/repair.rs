//! From a volume as it is found to what its instance is to have: pure.
//!
//! How to get it wrong: to take a clone for complete because it is there; it is made with the settings of its parent, and mounted nowhere.

use manilad_ontap::volume::{Change, New};

use super::found::Found;

/// What an earlier try left undone, or a hand has changed since. Where the volume lives is taken as it is: it may have been moved.
pub fn repair(found: &Found, desired: &New) -> Change {
    let unless = |same: bool, value: &Option<String>| value.clone().filter(|_| !same);
    let is_clone = desired.clone.is_some();
    let change = Change {
        state: found.state.as_deref().is_some_and(|state| state != "online").then_some("online"),
        size: (found.size != Some(desired.size)).then_some(desired.size),
        path: unless(found.path == desired.path, &desired.path),
        qos_policy: unless(found.qos == desired.qos_policy, &desired.qos_policy),
        export_policy: unless(found.policy.0 == desired.export_policy, &desired.export_policy),
        // A larger clone has as many files as its parent until it is told.
        files_maximum: desired.files_maximum.filter(|_| is_clone && found.size != Some(desired.size)),
        ..Change::default()
    };
    match is_clone && found.path.is_none() {
        // Until it is mounted it has the settings of its parent, which its own type and metadata may say otherwise.
        true => Change {
            snapshot_policy: desired.snapshot_policy.clone(),
            snapshot_directory: desired.snapshot_directory,
            dedupe: desired.dedupe,
            compression: desired.compression,
            efficiency_policy: desired.efficiency_policy.clone(),
            ..change
        },
        false => change,
    }
}

#[cfg(test)]
mod tests {
    use manilad_ontap::volume::CloneOf;

    use super::*;
    use crate::tests::samples::found as good;

    fn desired() -> New {
        New {
            size: 1 << 30,
            path: Some("/share_1".to_owned()),
            export_policy: Some("policy_1".to_owned()),
            qos_policy: Some("qos_1".to_owned()),
            snapshot_policy: Some("daily".to_owned()),
            ..New::default()
        }
    }

    #[test]
    fn only_what_is_wrong_is_repaired_and_a_moved_volume_is_taken_as_it_is() {
        assert_eq!(repair(&good(), &desired()), Change::default());
        let moved = Found { aggregates: vec!["aggr2".to_owned()], ..good() };
        assert_eq!(repair(&moved, &desired()), Change::default());
        let unmounted = Found { path: None, ..good() };
        let expected = Change { path: Some("/share_1".to_owned()), ..Change::default() };
        assert_eq!(repair(&unmounted, &desired()), expected);
    }

    #[test]
    fn a_clone_is_given_its_own_settings_when_it_is_mounted() {
        let clone = CloneOf { volume: "share_0".to_owned(), snapshot: "s".to_owned() };
        let desired = New { clone: Some(clone), ..desired() };
        let fresh = Found { path: None, size: None, ..good() };
        assert_eq!(repair(&fresh, &desired).snapshot_policy.as_deref(), Some("daily"));
        assert_eq!(repair(&good(), &desired), Change::default());
    }
}
