//! Room for thick shares that have their place and are still to be made: the array's own figures can't know of it.
//!
//! A thin share takes no space by being made, and what is promised to it counts elsewhere. How to get it wrong: to believe
//! the free space that a report tells while shares of that size wait to be made. One that is made and not yet settled counts
//! twice until the next report; that errs on the safe side.

use std::collections::BTreeMap;

use manilad_domain::intent::{BY_SERVICE, Verb};
use manilad_domain::pool::{Capacity, PoolReport};
use manilad_domain::{Intent, PoolName, Share, ShareType, ShareTypeId};
use manilad_store::{Error, Range, Snapshot, Store};

use crate::filters;

/// Takes the sizes of what the back end is still to make off the free space that it reports.
///
/// # Errors
/// As [`Store::snapshot`].
pub(crate) fn deduct(store: &Store, report: &mut PoolReport) -> Result<(), Error> {
    let unmade = unmade(&store.snapshot()?, report)?;
    for pool in &mut report.pools {
        if let (Capacity::Gib(free), Some(size)) = (&mut pool.free, unmade.get(&pool.name)) {
            *free -= size;
        }
    }
    Ok(())
}

/// GiB, by pool.
fn unmade(snapshot: &Snapshot, report: &PoolReport) -> Result<BTreeMap<PoolName, f64>, Error> {
    let thin: BTreeMap<&PoolName, bool> = report.pools.iter().map(|pool| (&pool.name, pool.thin)).collect();
    let (mut sizes, mut may_be_thin) = (BTreeMap::new(), BTreeMap::<ShareTypeId, bool>::new());
    for intent in snapshot.along::<Intent>(&Range::of(BY_SERVICE, [report.service.clone()])) {
        let intent = intent?;
        if intent.verb != Verb::Create {
            continue;
        }
        let Some(share) = snapshot.get::<Share>(&intent.share.to_string())? else { continue };
        let Some(pool) = share.instance(intent.instance).and_then(|instance| instance.pool.as_ref()) else { continue };
        let is_thin = match (thin.get(pool), share.type_id) {
            (Some(true), Some(id)) => match may_be_thin.get(&id) {
                Some(known) => *known,
                None => {
                    let kind = snapshot.get::<ShareType>(&id.to_string())?;
                    let read = kind.is_none_or(|kind| filters::may_be_thin(&kind.extra_specs));
                    may_be_thin.insert(id, read);
                    read
                }
            },
            _ => false,
        };
        if !is_thin {
            *sizes.entry(pool.clone()).or_insert(0.0) += share.size as f64;
        }
    }
    Ok(sizes)
}
