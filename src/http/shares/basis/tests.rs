//! What a new share rests on changes between the first look and the decision: what counts is how it is then.

use std::collections::BTreeSet;

use manilad_domain::fault::Kind;
use manilad_domain::status::NetworkStatus;
use manilad_domain::{ShareNetworkSubnet, Stamp};
use manilad_store::Draft;
use serde_json::json;

use super::*;
use crate::body::Body;
use crate::lab::{self, PROJECT, commit};

const ID: &str = "5f6a9f0e-0000-4000-8000-000000000001";

fn share_type() -> ShareType {
    let specs = [("driver_handles_share_servers", "True"), ("mount_point_name_support", "True")];
    ShareType {
        id: ID.parse().unwrap(),
        name: "fast".to_owned(),
        description: None,
        is_public: false,
        projects: BTreeSet::from([PROJECT.to_owned()]),
        extra_specs: specs.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        created_at: Stamp::parse("2026-01-01").unwrap(),
        updated_at: None,
    }
}

fn with_spec(key: &str, value: &str) -> ShareType {
    let mut changed = share_type();
    changed.extra_specs.insert(key.to_owned(), value.to_owned());
    changed
}

fn network() -> ShareNetwork {
    ShareNetwork { project_id: PROJECT.to_owned(), ..crate::share_networks::samples::network() }
}

fn subnet() -> ShareNetworkSubnet {
    crate::share_networks::samples::subnet(Some("nova"), 7)
}

fn zone() -> Zone {
    let created_at = Stamp::parse("2026-01-01").unwrap();
    Zone { id: ID.parse().unwrap(), name: "nova".to_owned(), created_at, updated_at: None }
}

/// Something that others do meanwhile.
type Meanwhile = fn(&mut Draft<'_>) -> Result<(), manilad_store::Error>;

#[test]
fn a_decision_reads_again_all_that_a_new_share_rests_on() {
    let cases: [(&str, Kind, Meanwhile); 9] = [
        ("the type goes", Kind::Missing, |draft| draft.remove(&share_type())),
        ("the type is renamed", Kind::Missing, |draft| draft.put(&ShareType { name: "slow".into(), ..share_type() })),
        ("the project loses the type", Kind::Missing, |draft| {
            draft.put(&ShareType { projects: BTreeSet::new(), ..share_type() })
        }),
        ("the type takes smaller ones", Kind::Invalid, |draft| {
            draft.put(&with_spec("provisioning:max_share_size", "4"))
        }),
        ("the type is of another zone", Kind::Invalid, |draft| draft.put(&with_spec("availability_zones", "az2"))),
        ("the type has no mount point names", Kind::Invalid, |draft| {
            draft.put(&with_spec("mount_point_name_support", "False"))
        }),
        ("the network goes", Kind::Missing, |draft| draft.remove(&network())),
        ("the network stops", Kind::Invalid, |draft| {
            draft.put(&ShareNetwork { status: NetworkStatus::Error, ..network() })
        }),
        ("its subnet goes", Kind::Invalid, |draft| draft.remove(&subnet())),
    ];
    for (what, kind, meanwhile) in cases {
        let call = lab::call();
        commit(&call, |draft| {
            draft.put(&share_type()).unwrap();
            draft.put(&network()).unwrap();
            draft.put(&subnet()).unwrap();
            Ok(())
        })
        .unwrap();
        let wish = json!({ "share": {
            "share_proto": "NFS", "size": 5, "share_type": "fast", "share_network_id": ID, "mount_point_name": "home",
        } });
        let wish = NewShare::read(&wish, call.version).unwrap();
        let found = Basis::read(&call, &call.face.store, &wish, Some(&zone())).unwrap();
        assert_eq!(found.share_type, Some(share_type()), "{what}");
        commit(&call, move |draft| meanwhile(draft).map_err(Fault::from)).unwrap();
        let asker = call.clone();
        let decided = commit(&call, move |draft| Basis::read(&asker, draft, &wish, Some(&zone())).map(drop));
        assert_eq!(decided.unwrap_err().kind, kind, "{what}");
    }
}
