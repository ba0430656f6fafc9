//! A share that begins with a snapshot is made by the back end that has the snapshot, in whichever of its pools takes such shares.

use manilad_domain::message::Detail;
use manilad_domain::placement::Origin;

use crate::filters::{FilterRule, Judge, Reason};
use crate::pools::Candidate;

pub const RULE: FilterRule = FilterRule {
    name: "CreateFromSnapshotFilter",
    detail: Detail::FilterCreateFromSnapshot,
    prepare: |asked| {
        let origin = asked.placement.origin.as_ref()?;
        Some(Box::new(Reach { origin }))
    },
};

struct Reach<'a> {
    origin: &'a Origin,
}

impl Judge for Reach<'_> {
    fn judge<'a>(&'a self, candidate: Candidate<'a>) -> Result<(), Reason<'a>> {
        let (origin, entry) = (&self.origin.pool, &candidate.entry);
        match () {
            () if *origin == entry.name => Ok(()),
            () if origin.service() != entry.name.service() => Err(Reason::OtherBackend { origin }),
            () if !entry.room.takes_clones => Err(Reason::TakesNoClones { origin }),
            () => Ok(()),
        }
    }

    fn spare(&self, _: Candidate<'_>) -> Option<f64> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filters::Asked;
    use crate::samples::{pool, pools, request};

    #[test]
    fn the_pool_of_the_snapshot_will_do_and_others_of_its_back_end_that_take_such_shares() {
        let fixed = |name: &str| manilad_domain::pool::Pool { takes_clones: false, ..pool(name) };
        let all = pools(vec![fixed("h@a#of"), pool("h@a#near"), fixed("h@a#fixed"), pool("h@b#far")]);
        let origin = Some(Origin { pool: "h@a#of".parse().unwrap(), zone: None });
        let placement = manilad_domain::placement::Placement { origin, ..request() };
        let judge = (RULE.prepare)(&Asked { placement: &placement, growth: None, keys: all.keys() }).unwrap();
        let judged: Vec<(String, bool)> = all
            .candidates()
            .map(|candidate| (candidate.entry.name.pool.clone(), judge.judge(candidate).is_ok()))
            .collect();
        let expected = [("fixed", false), ("near", true), ("of", true), ("far", false)];
        assert_eq!(judged, expected.map(|(name, passes)| (name.to_owned(), passes)));
    }
}
