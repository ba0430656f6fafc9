//! What is promised on the pools of a back end, in one state of the store. Source: scheduler.md §2.
//!
//! A report of pools is reckoned with by what was promised when the array was asked for it: whatever came later may not be in its figures.
//! How to get it wrong: to read this when the report has come; what was promised meanwhile would be taken for made.

use std::collections::BTreeMap;

use manilad_domain::intent::{BY_SERVICE, Verb};
use manilad_domain::share::{pool_of_sum, promised_by};
use manilad_domain::{Intent, PoolName, Share, ShareTypeId, Sum};
use manilad_store::{Error, Range, Snapshot};

/// What is promised on the pools of a back end.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Promised {
    /// GiB by pool: the sizes of all instances on it, and what shares there are to grow by.
    pub sums: BTreeMap<PoolName, i64>,
    /// What of it the array is still to give.
    pub unmade: Vec<Unmade>,
}

/// Room that the array is still to give to a share.
#[derive(Debug, Clone, PartialEq)]
pub struct Unmade {
    pub pool: PoolName,
    pub share_type: Option<ShareTypeId>,
    /// GiB.
    pub size: u64,
}

impl Promised {
    /// Of the back end `service`, `host@backend`.
    ///
    /// # Errors
    /// As [`Snapshot::get`].
    pub fn read(snapshot: &Snapshot, service: &str) -> Result<Self, Error> {
        let sums = snapshot.with_prefix::<Sum>(&promised_by(service))?.into_iter();
        let sums = sums.filter_map(|sum| Some((pool_of_sum(&sum.name)?, sum.amount))).collect();
        let owed = Range::of(BY_SERVICE, [service]);
        let intents = snapshot.along::<Intent>(&owed);
        let unmade = intents.filter_map(|intent| intent.and_then(|intent| unmade(snapshot, &intent)).transpose());
        Ok(Promised { sums, unmade: unmade.collect::<Result<_, _>>()? })
    }
}

/// What the array is still to give by an intent.
fn unmade(snapshot: &Snapshot, intent: &Intent) -> Result<Option<Unmade>, Error> {
    if let Some(resize) = &intent.resize {
        let unmade = || Unmade { pool: resize.pool.clone(), share_type: resize.share_type, size: resize.more };
        return Ok((resize.more > 0).then(unmade));
    }
    if intent.verb != Verb::Create {
        return Ok(None);
    }
    let share = snapshot.get::<Share>(&intent.share.to_string())?;
    Ok(share.and_then(|share| {
        let pool = share.instance(intent.instance)?.pool.clone()?;
        Some(Unmade { pool, share_type: share.type_id, size: share.size })
    }))
}
