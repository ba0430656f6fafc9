//! A pool that has failed to make this share is not asked again. Manila has this rule under two names.

use manilad_domain::PoolName;
use manilad_domain::message::Detail;

use crate::filters::{Asked, FilterRule, Judge, Reason};
use crate::pools::Candidate;

pub const RETRY: FilterRule = FilterRule { name: "RetryFilter", detail: Detail::NoValidHost, prepare: read };
pub const IGNORE: FilterRule =
    FilterRule { name: "IgnoreAttemptedHostsFilter", detail: Detail::NoValidHost, prepare: read };

fn read<'a>(asked: &Asked<'a>) -> Option<Box<dyn Judge + 'a>> {
    let attempted = asked.placement.attempted.as_slice();
    (!attempted.is_empty()).then(|| Box::new(Untried(attempted)) as Box<dyn Judge>)
}

struct Untried<'a>(&'a [PoolName]);

impl Judge for Untried<'_> {
    fn judge<'a>(&'a self, candidate: Candidate<'a>) -> Result<(), Reason<'a>> {
        if self.0.contains(&candidate.entry.name) { Err(Reason::Attempted) } else { Ok(()) }
    }

    fn spare(&self, _: Candidate<'_>) -> Option<f64> {
        None
    }
}
