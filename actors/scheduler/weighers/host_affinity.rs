//! A share that begins with a snapshot is the better off the nearer it is to that. Source: scheduler.md §6.

use manilad_domain::placement::Origin;

use crate::pools::Candidate;
use crate::weighers::{Weigh, WeigherRule};

pub const RULE: WeigherRule = WeigherRule {
    name: "HostAffinityWeigher",
    multiplier: |_| 1.0,
    prepare: |asked| Box::new(Nearness { origin: asked.placement.origin.as_ref() }),
};

struct Nearness<'a> {
    origin: Option<&'a Origin>,
}

impl Weigh for Nearness<'_> {
    fn weight(&self, candidate: Candidate<'_>) -> Option<f64> {
        Some(nearness(self.origin, candidate))
    }
}

/// How near a pool is to where a share begins; 0 for all where it begins nowhere.
pub fn nearness(origin: Option<&Origin>, candidate: Candidate<'_>) -> f64 {
    let (pool, zone) = (&candidate.entry.name, candidate.service.zone.as_str());
    match origin {
        None => 0.0,
        Some(origin) if origin.pool == *pool => 100.0,
        Some(origin) if origin.pool.service() == pool.service() => 75.0,
        Some(origin) if origin.zone.as_deref() == Some(zone) => 50.0,
        Some(_) => 25.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filters::Asked;
    use crate::samples::{pool, pools, request};

    #[test]
    fn nearer_pools_weigh_more_and_all_alike_where_no_snapshot_is_begun_with() {
        let all = pools(vec![pool("h@a#p"), pool("h@a#q"), pool("h@b#p")]);
        let weights = |origin: Option<Origin>| {
            let mut placement = request();
            placement.origin = origin;
            let weigh = (RULE.prepare)(&Asked { placement: &placement, growth: None, keys: all.keys() });
            all.candidates().map(|candidate| weigh.weight(candidate).unwrap()).collect::<Vec<_>>()
        };
        let from = |zone: &str| Some(Origin { pool: "h@a#q".parse().unwrap(), zone: Some(zone.to_owned()) });
        assert_eq!(weights(None), [0.0; 3]);
        assert_eq!(weights(from("nova")), [75.0, 100.0, 50.0]);
        assert_eq!(weights(from("other")), [75.0, 100.0, 25.0]);
    }
}
