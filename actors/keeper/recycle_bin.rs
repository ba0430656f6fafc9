//! The time that shares have in the recycle bin: those whose time is over are deleted for good, at intervals.
//!
//! What can't be deleted stays and is tried again each time. Why it can't be is said once, and again when it becomes something
//! else: how to get it wrong is to log a share at every interval, for as long as nobody does anything about it.

use std::collections::BTreeMap;
use std::time::Duration;

use manilad_clock::Clock;
use manilad_decisions::share::{self, Expiry};
use manilad_domain::intent::Cause;
use manilad_domain::status::Deletion;
use manilad_domain::{Fault, ShareId, Stamp};
use manilad_kit::Port;
use manilad_messages::api::Committed;
use manilad_store::{Cursor, Draft, Failed, Store};

/// Shares looked at in one commit.
const BATCH: usize = 16;

/// Looks into the recycle bin.
pub struct BinLooker {
    pub clock: Clock,
    pub store: Store,
    /// Tells the back ends what they owe.
    pub api: Port<Committed>,
    /// `check_for_expired_shares_in_recycle_bin_interval`.
    pub every: Duration,
    /// `is_deferred_deletion_enabled`.
    pub deletion: Deletion,
    /// Why a share could not be deleted, as it was told.
    pub told: BTreeMap<ShareId, String>,
}

impl BinLooker {
    /// Looks now, and after each interval.
    pub async fn look_on(mut self) {
        loop {
            self.look().await;
            self.clock.sleep(self.every).await;
        }
    }

    async fn look(&mut self) {
        let (mut removed, mut kept, mut place) = (0, BTreeMap::new(), None);
        loop {
            let expiry = match self.step(place).await {
                Ok(expiry) => expiry,
                // What was told so far stands: the rest of the bin was not seen.
                Err(failed) => {
                    tracing::debug!(%failed, "the store was not looked at for shares whose time in the recycle bin is over");
                    let told = std::mem::take(&mut self.told);
                    for (share, reason) in told {
                        kept.entry(share).or_insert(reason);
                    }
                    break;
                }
            };
            removed += expiry.removed;
            for (share, reason) in expiry.kept {
                if self.told.get(&share) != Some(&reason) {
                    tracing::warn!(%share, reason, "a share whose time in the recycle bin is over can't be deleted");
                }
                kept.insert(share, reason);
            }
            place = expiry.next;
            if place.is_none() {
                break;
            }
        }
        self.told = kept;
        if removed > 0 {
            tracing::info!(count = removed, "shares are deleted: their time in the recycle bin was over");
        }
    }

    /// Has the next few deleted whose time is over, and tells their back ends.
    async fn step(&self, after: Option<Cursor>) -> Result<Expiry, Failed<Fault>> {
        let cause = Cause { request_id: format!("req-{}", self.clock.id()), now: Stamp(self.clock.now()) };
        let deletion = self.deletion;
        let decision = move |draft: &mut Draft<'_>| share::expire(draft, after, BATCH, deletion, &cause);
        let (expiry, owed) = self.store.commit("empty the recycle bin", decision).await?;
        if !owed.is_empty()
            && let Err(untaken) = self.api.nudge(Committed(owed))
        {
            tracing::debug!(%untaken, "nobody was told of what leaves the recycle bin; back ends look by timer too");
        }
        Ok(expiry)
    }
}
