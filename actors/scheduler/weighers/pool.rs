//! A pool whose back end has a share server for the request already is better than one where a server is to be made.

use manilad_domain::placement::Network;

use crate::pools::Candidate;
use crate::weighers::{Weigh, WeigherRule};

pub const RULE: WeigherRule = WeigherRule {
    name: "PoolWeigher",
    multiplier: |multipliers| multipliers.pool,
    prepare: |asked| Box::new(Settled { network: asked.placement.network.as_ref() }),
};

struct Settled<'a> {
    network: Option<&'a Network>,
}

impl Weigh for Settled<'_> {
    fn weight(&self, candidate: Candidate<'_>) -> Option<f64> {
        let (pool, zone) = (&candidate.entry.name, &candidate.service.zone);
        let has_server = |network: &Network| network.has_server(pool, zone);
        Some(f64::from(u8::from(self.network.is_some_and(has_server))))
    }
}

#[cfg(test)]
mod tests {
    use manilad_domain::placement::Placement;

    use super::*;
    use crate::filters::Asked;
    use crate::samples::{in_network, pool, pools, request, subnet_id};

    fn weights(placement: &Placement) -> Vec<f64> {
        let all = pools(vec![pool("h@a#p"), pool("h@a#q"), pool("h@b#p")]);
        let weigh = (RULE.prepare)(&Asked { placement, growth: None, keys: all.keys() });
        all.candidates().map(|candidate| weigh.weight(candidate).unwrap()).collect()
    }

    #[test]
    fn pools_of_a_back_end_with_a_server_in_just_the_subnets_of_its_zone_count_one() {
        assert_eq!(weights(&request()), [0.0; 3]);
        let with = |zones: &[Option<&str>], server: &[u128]| {
            let mut asked = in_network(zones);
            let stands = server.iter().map(|number| subnet_id(*number)).collect();
            asked.network.as_mut().unwrap().servers.push(("h@a".to_owned(), stands));
            weights(&asked)
        };
        assert_eq!(weights(&in_network(&[None])), [0.0; 3]);
        assert_eq!(with(&[None], &[0]), [1.0, 1.0, 0.0]);
        assert_eq!(with(&[None, Some("nova")], &[1]), [1.0, 1.0, 0.0]);
        assert_eq!(with(&[None, Some("nova")], &[0]), [0.0; 3], "the default does not serve this zone");
        assert_eq!(with(&[None, None], &[0]), [0.0; 3], "it stands in one of two");
        assert_eq!(with(&[None], &[0, 1]), [0.0; 3], "it stands in one that is gone");
    }
}
