use manilad_ontap::volume::{Snaplock, Style};
use serde_json::json;

use super::*;

/// A volume that can be taken over, with what is said besides.
fn volume(more: serde_json::Value) -> Volume {
    let mut wire = json!({
        "uuid": "3f0b4e4e-0000-4000-8000-000000000001", "name": "payroll", "type": "rw", "style": "flexvol",
        "aggregates": [{ "name": "aggr1" }], "encryption": { "enabled": false },
    });
    wire.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(wire).unwrap()
}

fn place() -> Place {
    Place { name: "aggr1".into(), style: Style::Flexvol, aggregates: vec!["aggr1".into()], is_automatic: false }
}

#[test]
fn a_volume_is_refused_for_what_it_can_not_become_and_told_why() {
    let plain = New::default();
    let encrypted = New { encrypted: Some(true), ..New::default() };
    let (autocommit, minimum, maximum, default) = (None, None, None, None);
    let snaplock = Some(Snaplock { kind: "enterprise", autocommit, minimum, maximum, default });
    let kept = New { snaplock, ..New::default() };
    let spoken = New { language: Some("ar".into()), ..New::default() };
    for (more, desired, expected) in [
        (json!({}), &plain, None),
        (json!({ "type": "dp" }), &plain, Some("it is of type \"dp\", not rw")),
        (json!({ "style": "flexgroup" }), &plain, Some("it is a flexgroup")),
        (json!({ "aggregates": [{ "name": "aggr1" }, { "name": "aggr2" }] }), &plain, Some("it is on aggregate aggr2")),
        (json!({}), &encrypted, Some("asks for encryption")),
        (json!({ "encryption": { "enabled": true } }), &encrypted, None),
        (json!({ "encryption": { "enabled": true } }), &plain, None),
        (json!({}), &kept, Some("asks for SnapLock")),
        (json!({}), &spoken, Some("asks for language ar")),
    ] {
        let judged = judge(&volume(more.clone()), desired, &place());
        let is_as_expected = match (&judged, expected) {
            (Ok(()), None) => true,
            (Err(reason), Some(words)) => {
                reason.starts_with("volume payroll can't be managed: ") && reason.contains(words)
            }
            _ => false,
        };
        assert!(is_as_expected, "{more}: {judged:?}, expected {expected:?}");
    }
}

#[test]
fn a_path_names_a_junction_over_nfs_and_an_smb_share_over_smb() {
    let read = |path: &str, protocol| Asked::read(path, protocol).map_err(|_| ());
    let junction = |path: &str| Ok(Asked::Junction(path.to_owned()));
    assert_eq!(read("10.0.0.1:/payroll/", Protocol::Nfs), junction("/payroll"));
    assert_eq!(read("[fd00::1]:/a/b", Protocol::Nfs), junction("/a/b"));
    assert_eq!(read(r"\\10.0.0.1\wages", Protocol::Cifs), Ok(Asked::Share("wages".to_owned())));
    for (path, protocol) in [
        (r"\\10.0.0.1\wages", Protocol::Nfs),
        ("10.0.0.1:/payroll", Protocol::Cifs),
        ("10.0.0.1:/", Protocol::Nfs),
        ("", Protocol::Nfs),
        ("", Protocol::Cifs),
    ] {
        assert_eq!(read(path, protocol), Err(()), "{path:?}");
    }
}
