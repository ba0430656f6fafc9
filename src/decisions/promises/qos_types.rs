//! What administrators ask of QoS types while shares come and go, and what holds of all of them, whatever was decided: no two
//! have one name, and none goes that a share is bound to.

use manilad_domain::QosType;
use manilad_domain::extra_specs::DEFAULT_QOS_TYPE;

use super::decision::Decision;
use super::*;
use crate::{qos_type, share_type};

const NAMES: [&str; 2] = ["fast", "slow"];
/// A spec.
const KEY: &str = "policy_type";

/// `which` counts round where there are several.
#[derive(Debug, Clone, Copy)]
pub enum QosRequest {
    Create {
        name: usize,
    },
    Describe {
        which: usize,
        says: bool,
    },
    Delete {
        which: usize,
    },
    SetSpec {
        which: usize,
    },
    RemoveSpec {
        which: usize,
    },
    /// A share type names it, or names none any more.
    Refer {
        share_type: usize,
        name: Option<usize>,
    },
}

pub fn qos_request() -> impl Strategy<Value = QosRequest> {
    use QosRequest::{Create, Delete, Describe, Refer, RemoveSpec, SetSpec};
    let (which, name) = (|| 0usize..3, || 0..NAMES.len());
    prop_oneof![
        4 => name().prop_map(|name| Create { name }),
        1 => (which(), any::<bool>()).prop_map(|(which, says)| Describe { which, says }),
        3 => which().prop_map(|which| Delete { which }),
        1 => which().prop_map(|which| SetSpec { which }),
        1 => which().prop_map(|which| RemoveSpec { which }),
        4 => (which(), prop::option::of(name())).prop_map(|(share_type, name)| Refer { share_type, name }),
    ]
}

pub fn qos_type(id: Uuid, name: usize, now: Stamp) -> QosType {
    QosType {
        id: id.into(),
        name: NAMES[name].to_owned(),
        description: None,
        specs: [(KEY.to_owned(), "fixed".into())].into(),
        created_at: now,
        updated_at: None,
    }
}

impl World {
    /// The decision of a request; none where there is nothing that it could be about.
    pub fn qos_decision(&self, request: QosRequest, seed: Uuid) -> Option<Decision> {
        let now = self.now;
        let id = |which| self.nth::<QosType>(which).map(|one| one.id);
        Some(match request {
            QosRequest::Create { name } => {
                let one = qos_type(seed, name, now);
                Decision::asked(move |draft| qos_type::create(draft, one))
            }
            QosRequest::Describe { which, says } => {
                let (id, description) = (id(which)?, says.then(|| Some("d".to_owned())));
                Decision::asked(move |draft| qos_type::describe(draft, id, description, now))
            }
            QosRequest::Delete { which } => {
                let id = id(which)?;
                Decision::asked(move |draft| qos_type::delete(draft, id)).then(move |after| {
                    assert!(after.shares.values().all(|share| share.qos_type_id != Some(id)), "a share is bound to it");
                })
            }
            QosRequest::SetSpec { which } => {
                let (id, specs) = (id(which)?, [(KEY.to_owned(), "adaptive".into())].into());
                Decision::asked(move |draft| qos_type::set_specs(draft, id, specs, now))
            }
            QosRequest::RemoveSpec { which } => {
                let id = id(which)?;
                Decision::asked(move |draft| qos_type::remove_spec(draft, id, KEY, now))
            }
            QosRequest::Refer { share_type, name } => {
                let id = self.nth::<ShareType>(share_type)?.id;
                match name {
                    Some(name) => {
                        let specs = [(DEFAULT_QOS_TYPE.to_owned(), NAMES[name].to_owned())].into();
                        Decision::asked(move |draft| share_type::set_extra_specs(draft, id, specs, now))
                    }
                    None => Decision::asked(move |draft| {
                        share_type::remove_extra_spec(draft, id, DEFAULT_QOS_TYPE, &[], now)
                    }),
                }
            }
        })
    }

    /// What holds of QoS types, whatever was decided.
    pub fn keep_qos_types(&self) {
        let all: BTreeMap<_, _> = self.store.all::<QosType>().unwrap().into_iter().map(|one| (one.id, one)).collect();
        let names: BTreeSet<_> = all.values().map(|one| &one.name).collect();
        assert_eq!(names.len(), all.len(), "two QoS types have one name");
        for share in self.store.all::<Share>().unwrap() {
            assert!(share.qos_type_id.is_none_or(|id| all.contains_key(&id)), "the QoS type of {share:?} is gone");
        }
    }

    /// Removes all QoS types, once no share is left.
    pub fn remove_qos_types(&self) {
        let now = self.now;
        for share_type in self.store.all::<ShareType>().unwrap() {
            if share_type.default_qos_type().is_some() {
                self.ask(move |draft| share_type::remove_extra_spec(draft, share_type.id, DEFAULT_QOS_TYPE, &[], now));
            }
        }
        for one in self.store.all::<QosType>().unwrap() {
            self.ask(move |draft| qos_type::delete(draft, one.id));
        }
    }
}
