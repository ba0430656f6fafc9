//! A share whose type asks for replication needs a pool in a replication domain, from its first instance on.

use manilad_domain::extra_specs::REPLICATION_TYPE;
use manilad_domain::message::Detail;

use crate::filters::{FilterRule, Judge, Reason};
use crate::pools::Candidate;
use crate::statistics::Slot;

pub const RULE: FilterRule = FilterRule {
    name: "ShareReplicationFilter",
    detail: Detail::FilterReplication,
    prepare: |asked| {
        asked.placement.extra_specs.get(REPLICATION_TYPE)?;
        Some(Box::new(Domain { slot: asked.keys.find(REPLICATION_DOMAIN) }))
    },
};

const REPLICATION_DOMAIN: &str = "replication_domain";

struct Domain {
    slot: Option<Slot>,
}

impl Judge for Domain {
    fn judge<'a>(&'a self, candidate: Candidate<'a>) -> Result<(), Reason<'a>> {
        let has_one = self.slot.and_then(|slot| candidate.stat(slot)).is_some();
        if has_one { Ok(()) } else { Err(Reason::Missing { key: REPLICATION_DOMAIN }) }
    }

    fn spare(&self, _: Candidate<'_>) -> Option<f64> {
        None
    }
}
