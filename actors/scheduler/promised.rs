//! What is promised on a pool: the sizes of all instances on it, and what shares there are to grow by. Source: scheduler.md §2.
//!
//! The writer keeps the sums, so a report costs the same however many shares there are.

use std::collections::BTreeMap;

use manilad_domain::pool::PoolReport;
use manilad_domain::share::promised_on;
use manilad_domain::{PoolName, Sum};
use manilad_store::{Error, Snapshot};

/// What is promised on each pool of a report, in GiB.
///
/// # Errors
/// As [`Snapshot::get`].
pub(crate) fn promised_on_all(snapshot: &Snapshot, report: &PoolReport) -> Result<BTreeMap<PoolName, f64>, Error> {
    report.pools.iter().map(|pool| Ok((pool.name.clone(), promised(snapshot, &pool.name)?))).collect()
}

/// What is promised on a pool, in GiB.
///
/// # Errors
/// As [`Snapshot::get`].
pub(crate) fn promised(snapshot: &Snapshot, pool: &PoolName) -> Result<f64, Error> {
    Ok(snapshot.get::<Sum>(&promised_on(pool))?.map_or(0.0, |sum| sum.amount as f64))
}
