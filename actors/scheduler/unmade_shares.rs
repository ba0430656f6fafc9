//! Room for thick shares that are still to be made, or to grow, where they have their place: the array's own figures can't know
//! of it.
//!
//! A thin share takes no space by being made, and what is promised to it counts elsewhere. How to get it wrong: to believe
//! the free space that a report tells while shares of that size wait to be made. One that is made before the array has been asked, and
//! not yet settled then, counts twice until the next report; that errs on the safe side.

use std::collections::BTreeMap;

use manilad_decisions::promised_capacity::Unmade;
use manilad_domain::pool::{Capacity, PoolReport};
use manilad_domain::{PoolName, ShareType, ShareTypeId};
use manilad_store::{Error, Snapshot};

use crate::filters;

/// Takes what the back end was still to make when it was asked for a report off the free space that it reports.
///
/// # Errors
/// As [`Snapshot::get`].
pub(crate) fn deduct(snapshot: &Snapshot, report: &mut PoolReport, unmade: &[Unmade]) -> Result<(), Error> {
    let sizes = thick(snapshot, report, unmade)?;
    for pool in &mut report.pools {
        if let (Capacity::Gib(free), Some(size)) = (&mut pool.free, sizes.get(&pool.name)) {
            *free -= size;
        }
    }
    Ok(())
}

/// GiB for shares that are not thin, by pool.
fn thick<'a>(
    snapshot: &Snapshot,
    report: &PoolReport,
    unmade: &'a [Unmade],
) -> Result<BTreeMap<&'a PoolName, f64>, Error> {
    let thin: BTreeMap<&PoolName, bool> = report.pools.iter().map(|pool| (&pool.name, pool.thin)).collect();
    let (mut sizes, mut may_be_thin) = (BTreeMap::new(), BTreeMap::<ShareTypeId, bool>::new());
    for Unmade { pool, share_type, size } in unmade {
        let is_thin = match (thin.get(pool), share_type) {
            (Some(true), Some(id)) => match may_be_thin.get(id) {
                Some(cached) => *cached,
                None => {
                    let kind = snapshot.get::<ShareType>(&id.to_string())?;
                    let read = kind.is_none_or(|kind| filters::may_be_thin(&kind.extra_specs));
                    may_be_thin.insert(*id, read);
                    read
                }
            },
            _ => false,
        };
        if !is_thin {
            *sizes.entry(pool).or_insert(0.0) += *size as f64;
        }
    }
    Ok(sizes)
}
