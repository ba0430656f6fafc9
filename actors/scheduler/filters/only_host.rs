//! Where a host administrator names the only pool that will do, it must be that one. Others' word was dropped before.

use manilad_domain::PoolName;
use manilad_domain::message::Detail;

use crate::filters::{FilterRule, Judge, Reason};
use crate::pools::Candidate;

pub const RULE: FilterRule = FilterRule {
    name: "OnlyHostFilter",
    detail: Detail::NoValidHost,
    prepare: |asked| {
        let requested = asked.placement.only_host.as_deref()?;
        Some(Box::new(Only { requested, pool: requested.parse().ok() }))
    },
};

struct Only<'a> {
    requested: &'a str,
    /// `None` if what is wanted is no name of a pool.
    pool: Option<PoolName>,
}

impl Judge for Only<'_> {
    fn judge<'a>(&'a self, candidate: Candidate<'a>) -> Result<(), Reason<'a>> {
        let is_it = self.pool.as_ref() == Some(&candidate.entry.name);
        if is_it { Ok(()) } else { Err(Reason::NotThatPool { requested: self.requested }) }
    }

    fn spare(&self, _: Candidate<'_>) -> Option<f64> {
        None
    }
}
