//! What a new share rests on changes between the first look and the decision: what counts is how it is then.

use std::collections::{BTreeMap, BTreeSet};

use manilad_domain::extra_specs::DEFAULT_QOS_TYPE;
use manilad_domain::fault::Kind;
use manilad_domain::hints::Hints;
use manilad_domain::quota::Limits;
use manilad_domain::share::Protocol;
use manilad_domain::status::NetworkStatus;
use manilad_domain::subnet::Segment;
use manilad_store::Draft;

use super::*;
use crate::share::samples::{decide, now, of_administrator, store};

const ID: &str = "5f6a9f0e-0000-4000-8000-000000000001";
const PROJECT: &str = "p";

fn share_type() -> ShareType {
    let specs =
        [("driver_handles_share_servers", "True"), ("mount_point_name_support", "True"), (DEFAULT_QOS_TYPE, "gold")];
    ShareType {
        id: ID.parse().unwrap(),
        name: "fast".to_owned(),
        description: None,
        is_public: false,
        projects: BTreeSet::from([PROJECT.to_owned()]),
        extra_specs: specs.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        created_at: now(),
        updated_at: None,
    }
}

fn with_spec(key: &str, value: &str) -> ShareType {
    let mut changed = share_type();
    changed.extra_specs.insert(key.to_owned(), value.to_owned());
    changed
}

fn qos_type() -> QosType {
    QosType {
        id: ID.parse().unwrap(),
        name: "gold".to_owned(),
        description: None,
        specs: [].into(),
        created_at: now(),
        updated_at: None,
    }
}

fn network() -> ShareNetwork {
    ShareNetwork {
        id: ID.parse().unwrap(),
        project_id: PROJECT.to_owned(),
        user_id: "u".to_owned(),
        name: None,
        description: None,
        status: NetworkStatus::Active,
        security_services: [].into(),
        created_at: now(),
        updated_at: None,
    }
}

fn subnet() -> ShareNetworkSubnet {
    ShareNetworkSubnet {
        id: ID.parse().unwrap(),
        share_network_id: ID.parse().unwrap(),
        availability_zone: Some("nova".to_owned()),
        neutron: None,
        segment: Segment::default(),
        metadata: BTreeMap::new(),
        confirmed: Default::default(),
        created_at: now(),
        updated_at: None,
    }
}

fn asked() -> NewShare {
    NewShare {
        id: ID.parse().unwrap(),
        instance: ID.parse().unwrap(),
        project_id: PROJECT.to_owned(),
        user_id: "u".to_owned(),
        name: None,
        description: None,
        protocol: Protocol::Nfs,
        size: Some(5),
        is_public: false,
        metadata: BTreeMap::new(),
        share_type: Some("fast".to_owned()),
        volume_type: None,
        network: Some(ID.to_owned()),
        zone: Some(zone()),
        snapshot: None,
        mount_point_name: Some("home".to_owned()),
        encryption_key: None,
        hints: Hints::default(),
    }
}

fn read(source: &impl Source) -> Result<Basis, Fault> {
    let limits = Limits::by(|_| -1);
    let context = Context { mount_point_prefix: "{project_id}_", is_admin: false, ..of_administrator(&limits) };
    Basis::read(source, &asked(), &context)
}

fn zone() -> Zone {
    Zone { id: ID.parse().unwrap(), name: "nova".to_owned(), created_at: now(), updated_at: None }
}

/// Something that others do meanwhile.
type Meanwhile = fn(&mut Draft<'_>) -> Result<(), manilad_store::Error>;

#[test]
fn a_decision_reads_again_all_that_a_new_share_rests_on() {
    let cases: [(&str, Kind, Meanwhile); 11] = [
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
        ("the type names a QoS type that is not there", Kind::Invalid, |draft| {
            draft.put(&with_spec(DEFAULT_QOS_TYPE, "silver"))
        }),
        ("the QoS type goes", Kind::Invalid, |draft| draft.remove(&qos_type())),
        ("the network goes", Kind::Missing, |draft| draft.remove(&network())),
        ("the network stops", Kind::Invalid, |draft| {
            draft.put(&ShareNetwork { status: NetworkStatus::Error, ..network() })
        }),
        ("its subnet goes", Kind::Invalid, |draft| draft.remove(&subnet())),
    ];
    for (what, kind, meanwhile) in cases {
        let store = store();
        decide(&store, |draft| {
            draft.put(&share_type())?;
            draft.put(&qos_type())?;
            draft.put(&network())?;
            draft.put(&subnet())?;
            Ok(())
        })
        .unwrap();
        assert_eq!(read(&store).unwrap().share_type, Some(share_type()), "{what}");
        decide(&store, move |draft| meanwhile(draft).map_err(Fault::from)).unwrap();
        let decided = decide(&store, |draft| read(draft).map(drop));
        assert_eq!(decided.unwrap_err().kind, kind, "{what}");
    }
}
