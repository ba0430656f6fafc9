//! What a pool has promised, where its driver does not tell: the sizes of all instances on it. Source: scheduler.md §2.

use std::collections::BTreeMap;

use manilad_domain::pool::PoolReport;
use manilad_domain::share::index::BY_HOST;
use manilad_domain::{PoolName, Share};
use manilad_store::{Error, Range, Store};

/// The pools of a report that don't tell, and on which it matters.
pub(crate) fn untold(report: &PoolReport) -> Vec<PoolName> {
    let untold = report.pools.iter().filter(|pool| pool.thin && pool.provisioned.is_none());
    untold.map(|pool| pool.name.clone()).collect()
}

/// What each of these pools has promised, in GiB.
///
/// # Errors
/// As [`Store::look`].
pub(crate) async fn promised(store: Store, pools: Vec<PoolName>) -> Result<BTreeMap<PoolName, f64>, Error> {
    store
        .look(move |snapshot| {
            let mut sums = BTreeMap::new();
            for pool in pools {
                let mut sum = 0u64;
                for share in snapshot.along::<Share>(&Range::of(BY_HOST, [pool.service(), pool.pool.clone()])) {
                    let share = share?;
                    let here = share.instances.iter().filter(|instance| instance.pool.as_ref() == Some(&pool)).count();
                    sum = sum.saturating_add(share.size.saturating_mul(here as u64));
                }
                sums.insert(pool, sum as f64);
            }
            Ok(sums)
        })
        .await
}
