//! A pool must have room for the size, beyond its reserve and within its over-subscription ratio.

use manilad_domain::message::Detail;

use crate::filters::{FilterRule, Judge, Reason};
use crate::pool_room::Room;
use crate::pools::Candidate;

pub const RULE: FilterRule = FilterRule {
    name: "CapacityFilter",
    detail: Detail::FilterCapacity,
    prepare: |asked| {
        let gib = asked.growth.unwrap_or(asked.placement.size) as f64;
        let for_whom = match (asked.growth, &asked.placement.origin) {
            (Some(_), _) => ForWhom::Growing,
            (None, Some(_)) => ForWhom::OfSnapshots,
            (None, None) => ForWhom::New,
        };
        Some(Box::new(Size { gib, thin: asked.is_thin(), for_whom }))
    },
};

struct Size {
    gib: f64,
    thin: bool,
    for_whom: ForWhom,
}

/// Whom the room is for. What is kept free from new shares is for those that grow, and for those that begin with a snapshot, but for
/// a reserve of their own.
enum ForWhom {
    New,
    OfSnapshots,
    Growing,
}

impl Size {
    fn room(&self, candidate: Candidate<'_>) -> Room {
        let room = candidate.entry.room;
        let reserved_percentage = match self.for_whom {
            ForWhom::New => room.reserved_percentage,
            ForWhom::OfSnapshots => room.reserved_snapshot_percentage,
            ForWhom::Growing => room.reserved_share_extend_percentage,
        };
        Room { reserved_percentage, ..room }
    }
}

impl Judge for Size {
    fn judge<'a>(&'a self, candidate: Candidate<'a>) -> Result<(), Reason<'a>> {
        self.room(candidate).fits(self.gib, self.thin).map_err(Reason::Short)
    }

    fn spare(&self, candidate: Candidate<'_>) -> Option<f64> {
        self.room(candidate).spare(self.gib, self.thin)
    }
}
