//! What is promised on the pools of a back end, in one state of the store. Source: scheduler.md §2.
//!
//! A report of pools is reckoned with by what was promised when the array was asked for it: whatever came later may not be in its figures.
//! How to get it wrong: to read this when the report has come; what was promised meanwhile would be taken for made.

use std::collections::BTreeMap;

use manilad_domain::intent::{BY_SERVICE, Verb, at_serial};
use manilad_domain::share::{MOVES_FROM, pool_of_sum, promised_by, promised_on};
use manilad_domain::{Intent, PoolName, Share, ShareTypeId, Sum};
use manilad_store::{Cursor, Error, Range, Snapshot};

/// What is promised on the pools of a back end.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Promised {
    /// GiB by pool: the sizes of all instances on it, and what shares there are to grow by.
    pub sums: BTreeMap<PoolName, i64>,
    /// What of it the array is still to give.
    pub unmade: Vec<Unmade>,
    /// Work that came to be owed later has a higher serial.
    pub last_serial: u64,
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
        let (mut unmade, mut last_serial) = (Vec::new(), 0);
        for intent in snapshot.along::<Intent>(&Range::of(BY_SERVICE, [service])) {
            let intent = intent?;
            unmade.extend(unmade_by(snapshot, &intent)?);
            last_serial = intent.serial;
        }
        Ok(Promised { sums: sums(snapshot, service)?, unmade, last_serial })
    }

    /// What has come to be promised since then and the array is still to give, in GiB by pool. Whatever was given back meanwhile
    /// hides it in the sums.
    ///
    /// # Errors
    /// As [`Snapshot::get`].
    pub fn unmade_since(&self, snapshot: &Snapshot, service: &str) -> Result<BTreeMap<PoolName, i64>, Error> {
        let later = Range::of(BY_SERVICE, [service]).after(Cursor::at([service, &at_serial(self.last_serial)]));
        let mut sums = BTreeMap::new();
        for intent in snapshot.along::<Intent>(&later) {
            if let Some(unmade) = unmade_by(snapshot, &*intent?)? {
                *sums.entry(unmade.pool).or_insert(0) += i64::try_from(unmade.size).unwrap_or(i64::MAX);
            }
        }
        Ok(sums)
    }
}

/// What is promised on each pool of a back end, in GiB; a pool on which nothing is promised is missing. The writer keeps the sums, so this
/// costs the same however many shares there are.
///
/// # Errors
/// As [`Snapshot::get`].
pub fn sums(snapshot: &Snapshot, service: &str) -> Result<BTreeMap<PoolName, i64>, Error> {
    let sums = snapshot.with_prefix::<Sum>(&promised_by(service))?.into_iter();
    Ok(sums.filter_map(|sum| Some((pool_of_sum(&sum.name)?, sum.amount))).collect())
}

/// What is promised on a pool, in GiB.
///
/// # Errors
/// As [`Snapshot::get`].
pub fn sum_on(snapshot: &Snapshot, pool: &PoolName) -> Result<i64, Error> {
    Ok(snapshot.get::<Sum>(&promised_on(pool))?.map_or(0, |sum| sum.amount))
}

/// What the array is still to give by an intent.
fn unmade_by(snapshot: &Snapshot, intent: &Intent) -> Result<Option<Unmade>, Error> {
    if let Some(resize) = &intent.arguments.resize {
        let unmade = || Unmade { pool: resize.pool.clone(), share_type: resize.share_type, size: resize.more };
        return Ok((resize.more > 0).then(unmade));
    }
    if !matches!(intent.verb, Verb::Create | Verb::Relocate) {
        return Ok(None);
    }
    let share = snapshot.get::<Share>(&intent.share.to_string())?;
    Ok(share.and_then(|share| {
        let instance = share.instance(intent.instance)?;
        // What is on its way to its pool has its room there; not so once its move was ended, from when on it spends of its time.
        if intent.verb == Verb::Relocate && instance.progress >= Some(MOVES_FROM) && intent.spent_seconds == 0 {
            return None;
        }
        let pool = instance.pool.clone()?;
        Some(Unmade { pool, share_type: share.type_id, size: share.size })
    }))
}

#[cfg(test)]
mod tests {
    use manilad_domain::status::Status;

    use super::*;
    use crate::share::samples::{cause, decide, instance, share, store};

    #[test]
    fn room_in_a_pool_is_promised_until_the_move_there_goes_on_and_again_once_it_was_ended() {
        for (progress, spent_seconds, is_promised) in [(49, 0, true), (50, 0, false), (80, 0, false), (80, 20, true)] {
            let mut moving = instance(1);
            (moving.status, moving.pool) = (Status::CreatingFromSnapshot, Some("h@b#one".parse().unwrap()));
            moving.progress = Some(progress);
            let (store, share) = (store(), share(vec![moving]));
            let intent = Intent::new(&share, &share.instances[0], Verb::Relocate, 1, &cause());
            let intent = Intent { spent_seconds, ..intent };
            decide(&store, move |draft| {
                draft.put(&intent)?;
                Ok(draft.put(&share)?)
            })
            .unwrap();
            let promised = Promised::read(&store.snapshot().unwrap(), "h@b").unwrap();
            assert_eq!(!promised.unmade.is_empty(), is_promised, "{progress} %, {spent_seconds} s");
        }
    }
}
