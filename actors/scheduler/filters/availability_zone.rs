//! A pool must be in the zone asked for; if none was, in one of the share type's zones, where it has any.

use manilad_domain::message::Detail;

use crate::filters::{Asked, Judge, Reason, Rule};
use crate::pools::Candidate;

pub const RULE: Rule = Rule {
    name: "AvailabilityZoneFilter",
    detail: Detail::FilterAvailability,
    prepare: |asked| Some(Box::new(Zones::read(asked)?)),
};

enum Zones<'a> {
    One(&'a str),
    Among(&'a [String]),
}

impl<'a> Zones<'a> {
    /// `None` if any zone will do.
    fn read(asked: &Asked<'a>) -> Option<Self> {
        match (&asked.placement.availability_zone, asked.placement.type_zones.as_slice()) {
            (Some(zone), _) => Some(Zones::One(zone)),
            (None, []) => None,
            (None, zones) => Some(Zones::Among(zones)),
        }
    }
}

impl Judge for Zones<'_> {
    fn judge<'a>(&'a self, candidate: Candidate<'a>) -> Result<(), Reason<'a>> {
        let zone = candidate.service.zone.as_str();
        match self {
            Zones::One(wanted) if *wanted != zone => Err(Reason::Zone { zone, wanted }),
            Zones::Among(wanted) if !wanted.iter().any(|one| one == zone) => Err(Reason::TypeZones { zone, wanted }),
            _ => Ok(()),
        }
    }
}
