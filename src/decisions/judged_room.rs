//! Whether a pool still has the room that the scheduler judged it to have.
//!
//! The scheduler judges outside of the writer, so two of its answers may rest on the same room. Each tells up to which sum of
//! promises it holds, and the writer keeps that sum. How to get it wrong: to compare after a promise of one's own is drafted.

use manilad_domain::pool::Ceiling;
use manilad_domain::share::promised_on;
use manilad_domain::{PoolName, Sum};
use manilad_store::{Draft, Error};

/// Whether more is promised on the pool by now than a judgement allows.
///
/// # Errors
/// As [`Draft::get`].
pub fn is_outdated(draft: &Draft<'_>, pool: &PoolName, ceiling: Ceiling) -> Result<bool, Error> {
    let Ceiling(Some(ceiling)) = ceiling else { return Ok(false) };
    let promised: Option<Sum> = draft.get(&promised_on(pool))?;
    Ok(promised.map_or(0, |sum| sum.amount) > ceiling)
}
