//! A pool must be in the zone asked for; if none was, in one of the share type's zones, where it has any. Of a share
//! network, a subnet must serve the zone of the pool; where several do, the pool must be able to stand in all of them.

use manilad_domain::message::Detail;
use manilad_domain::placement::Network;

use crate::filters::{Asked, FilterRule, Judge, Reason};
use crate::pools::Candidate;
use crate::statistics::Slot;

const SEVERAL: &str = "share_server_multiple_subnet_support";

pub const RULE: FilterRule = FilterRule {
    name: "AvailabilityZoneFilter",
    detail: Detail::FilterAvailability,
    prepare: |asked| {
        let network = asked.placement.network.as_ref();
        let zones = Zones::read(asked);
        if zones.is_none() && network.is_none() {
            return None;
        }
        Some(Box::new(Whereabouts { zones, network, several: asked.keys.find(SEVERAL) }))
    },
};

struct Whereabouts<'a> {
    /// `None` if any zone will do.
    zones: Option<Zones<'a>>,
    network: Option<&'a Network>,
    several: Option<Slot>,
}

enum Zones<'a> {
    One(&'a str),
    Among(&'a [String]),
}

impl<'a> Zones<'a> {
    fn read(asked: &Asked<'a>) -> Option<Self> {
        match (&asked.placement.availability_zone, asked.placement.type_zones.as_slice()) {
            (Some(zone), _) => Some(Zones::One(zone)),
            (None, []) => None,
            (None, zones) => Some(Zones::Among(zones)),
        }
    }
}

impl Judge for Whereabouts<'_> {
    fn judge<'a>(&'a self, candidate: Candidate<'a>) -> Result<(), Reason<'a>> {
        let zone = candidate.service.zone.as_str();
        match &self.zones {
            Some(Zones::One(requested)) if *requested != zone => return Err(Reason::Zone { zone, requested }),
            Some(Zones::Among(requested)) if !requested.iter().any(|one| one == zone) => {
                return Err(Reason::TypeZones { zone, requested });
            }
            _ => {}
        }
        let several = || self.several.and_then(|slot| candidate.stat(slot));
        let stands_in_several = || several().is_some_and(|stat| stat.scalars().iter().any(|one| one.truth));
        match self.network.map(|network| network.subnets_in(zone)) {
            Some(0) => Err(Reason::NoSubnet { zone }),
            Some(count) if count > 1 && !stands_in_several() => Err(Reason::SeveralSubnets { zone, count }),
            _ => Ok(()),
        }
    }

    fn spare(&self, _: Candidate<'_>) -> Option<f64> {
        None
    }
}
