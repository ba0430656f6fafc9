//! A pool must report what the share type's extra specs ask for.
//!
//! Only plain keys and those in the `capabilities` scope are asked of the pool; other scopes are for drivers. How to get
//! it wrong: taking a statistic that is not reported for one that does not matter. Source: scheduler.md §4, §5.

use std::collections::BTreeMap;

use manilad_domain::extra_specs::{AVAILABILITY_ZONES, DEFAULT_QOS_TYPE, DRIVER_HANDLES_SHARE_SERVERS};
use manilad_domain::message::Detail;

use crate::extra_spec_operators::{Demand, has_operator};
use crate::filters::{Asked, BookedFigures, FilterRule, Judge, Reason, spare_after};
use crate::pools::Candidate;
use crate::statistics::{Keys, Slot, Stat};

pub const RULE: FilterRule = FilterRule {
    name: "CapabilitiesFilter",
    detail: Detail::FilterCapabilities,
    prepare: |asked| Some(Box::new(Specs::read(asked))),
};

const SCOPE: &str = "capabilities";
const STORAGE_PROTOCOL: &str = "storage_protocol";
const QOS_TYPE_SUPPORT: &str = "qos_type_support";

/// Specs that mean `<is>` when they are written without an operator.
const BOOLEANS: &[&str] = &[
    DRIVER_HANDLES_SHARE_SERVERS,
    "snapshot_support",
    "create_share_from_snapshot_support",
    "revert_to_snapshot_support",
    "mount_snapshot_support",
    "snapshot_inherit_share_access_support",
];

/// All that extra specs ask for, beyond what a request adds.
pub fn specs<'a>(extra_specs: &'a BTreeMap<String, String>, keys: &'a Keys) -> impl Judge + 'a {
    Specs::new(extra_specs, keys)
}

/// All that a share type asks for.
struct Specs<'a> {
    specs: Vec<Spec<'a>>,
    booked: BookedFigures,
}

struct Spec<'a> {
    key: &'a str,
    requested: &'a str,
    demand: Demand,
    /// `None` if no pool ever reported the name.
    slot: Option<Slot>,
    /// Names inside a nested statistic, from the outside in.
    path: Vec<&'a str>,
}

impl<'a> Specs<'a> {
    fn new(extra_specs: &'a BTreeMap<String, String>, keys: &Keys) -> Self {
        let specs = extra_specs.iter().filter_map(|(key, requested)| Spec::read(key, requested, keys)).collect();
        Specs { specs, booked: BookedFigures::of(keys) }
    }

    /// The specs of the type, and the protocol, unless the type asks for protocols itself.
    fn read(asked: &Asked<'a>) -> Self {
        let Asked { placement, keys, .. } = *asked;
        let mut specs = Specs::new(&placement.extra_specs, keys);
        if !placement.extra_specs.contains_key(STORAGE_PROTOCOL) {
            let protocol = placement.protocol.name();
            specs.specs.push(Spec::plain(STORAGE_PROTOCOL, protocol, Demand::In(protocol.to_lowercase()), keys));
        }
        specs
    }
}

impl<'a> Spec<'a> {
    fn plain(key: &'a str, requested: &'a str, demand: Demand, keys: &Keys) -> Self {
        Spec { key, requested, demand, slot: keys.find(key), path: Vec::new() }
    }

    /// `None` if the spec is not for the pool.
    fn read(key: &'a str, requested: &'a str, keys: &Keys) -> Option<Self> {
        let mut path = key.split(':');
        let name = match (path.next(), path.next()) {
            (Some(name), None) | (Some(SCOPE), Some(name)) => name,
            _ => return None,
        };
        match name {
            AVAILABILITY_ZONES => None,
            DEFAULT_QOS_TYPE => Some(Spec::plain(QOS_TYPE_SUPPORT, "true", Demand::Is(true), keys)),
            name => {
                let bare = BOOLEANS.contains(&key) && !has_operator(requested);
                let demand = if bare { Demand::read(&format!("<is> {requested}")) } else { Demand::read(requested) };
                Some(Spec { key, requested, demand, slot: keys.find(name), path: path.collect() })
            }
        }
    }

    fn stat<'b>(&self, candidate: Candidate<'b>) -> Option<&'b Stat> {
        let outer = candidate.stat(self.slot?)?;
        self.path.iter().try_fold(outer, |stat, name| stat.inner(name)).filter(|stat| !stat.is_null())
    }
}

impl Judge for Specs<'_> {
    fn judge<'a>(&'a self, candidate: Candidate<'a>) -> Result<(), Reason<'a>> {
        for spec in &self.specs {
            match spec.stat(candidate) {
                None => return Err(Reason::Missing { key: spec.key }),
                Some(stat) if !spec.demand.is_met_by(stat) => {
                    return Err(Reason::Differs { key: spec.key, requested: spec.requested, stat });
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn spare(&self, _: Candidate<'_>) -> Option<f64> {
        spare_after(self.specs.iter().filter_map(|spec| spec.slot).any(|slot| self.booked.contain(slot)))
    }
}
