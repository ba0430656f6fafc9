//! What a pool has promised, where its driver does not tell: the sizes of all instances on it. Source: scheduler.md §2.
//!
//! The writer keeps the sums, so a report costs the same however many shares there are.

use std::collections::BTreeMap;

use manilad_domain::pool::PoolReport;
use manilad_domain::share::promised_on;
use manilad_domain::{PoolName, Sum};
use manilad_store::{Error, Store};

/// What each pool of a report has promised, in GiB, where the report does not tell and it matters.
///
/// # Errors
/// As [`Store::snapshot`].
pub(crate) fn promised(store: &Store, report: &PoolReport) -> Result<BTreeMap<PoolName, f64>, Error> {
    let untold = report.pools.iter().filter(|pool| pool.thin && pool.provisioned.is_none());
    let snapshot = store.snapshot()?;
    untold
        .map(|pool| {
            let sum = snapshot.get::<Sum>(&promised_on(&pool.name))?;
            Ok((pool.name.clone(), sum.map_or(0.0, |sum| sum.amount as f64)))
        })
        .collect()
}
