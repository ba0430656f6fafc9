//! Room for thick shares that are still to be made, or to grow, where they have their place: the array's own figures can't know
//! of it.
//!
//! A thin share takes no space by being made, and what is promised to it counts elsewhere. How to get it wrong: to believe
//! the free space that a report tells while shares of that size wait to be made. One that is made and not yet settled counts
//! twice until the next report; that errs on the safe side.

use std::collections::BTreeMap;

use manilad_domain::intent::{BY_SERVICE, Verb};
use manilad_domain::pool::{Capacity, PoolReport};
use manilad_domain::{Intent, PoolName, Share, ShareType, ShareTypeId};
use manilad_store::{Error, Range, Snapshot};

use crate::filters;

/// Takes the sizes of what the back end is still to make off the free space that it reports.
///
/// # Errors
/// As [`Snapshot::get`].
pub(crate) fn deduct(snapshot: &Snapshot, report: &mut PoolReport) -> Result<(), Error> {
    let unmade = unmade(snapshot, report)?;
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
        let Some((pool, share_type, size)) = promise(snapshot, &*intent?)? else { continue };
        let is_thin = match (thin.get(&pool), share_type) {
            (Some(true), Some(id)) => match may_be_thin.get(&id) {
                Some(cached) => *cached,
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
            *sizes.entry(pool).or_insert(0.0) += size as f64;
        }
    }
    Ok(sizes)
}

/// What the array is still to give to an instance: where, to a share of which type, and how many GiB.
fn promise(snapshot: &Snapshot, intent: &Intent) -> Result<Option<(PoolName, Option<ShareTypeId>, u64)>, Error> {
    if let Some(resize) = &intent.resize {
        return Ok((resize.more > 0).then(|| (resize.pool.clone(), resize.share_type, resize.more)));
    }
    if intent.verb != Verb::Create {
        return Ok(None);
    }
    let share = snapshot.get::<Share>(&intent.share.to_string())?;
    Ok(share.and_then(|share| {
        let pool = share.instance(intent.instance)?.pool.clone()?;
        Some((pool, share.type_id, share.size))
    }))
}
