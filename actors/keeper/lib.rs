//! KeeperActor: what has to be looked after though nobody asks. User messages are removed once their stored expiry has
//! passed, share transfers end when their time is over, shares leave the recycle bin for good, and the store looks at the free space of its disk, which it otherwise
//! does as something is written only.
//!
//! A few of them at a time, so that a backlog never holds up the writer. How to get it wrong: to trust the list that was
//! read; the decision looks again.

mod recycle_bin;

use std::collections::BTreeMap;
use std::time::Duration;

use actix::fut::{ActorFutureExt, WrapFuture};
use actix::{Actor, AsyncContext, Context, Handler};
use manilad_clock::Clock;
use manilad_decisions::{message, share_transfer};
use manilad_domain::Stamp;
use manilad_domain::status::Deletion;
use manilad_kit::{Port, Raising, Ticker};
use manilad_messages::Look;
use manilad_messages::api::Committed;
use manilad_store::Store;
use recycle_bin::BinLooker;

/// Messages removed, and transfers ended, in one commit.
const BATCH: usize = 64;
/// Pause between two looks at the transfers whose time is over, and at the disk of the store.
const LOOK: Duration = Duration::from_secs(10);

/// What housekeeping is made of.
#[derive(Clone)]
pub struct KeeperContext {
    pub clock: Clock,
    pub store: Store,
    pub looks: Port<Look>,
    /// Carries what is owed to whom it concerns.
    pub api: Port<Committed>,
    /// `message_reap_interval`.
    pub reap_every: Duration,
    /// `check_for_expired_shares_in_recycle_bin_interval`.
    pub bin_every: Duration,
    /// `is_deferred_deletion_enabled`.
    pub deletion: Deletion,
}

/// Housekeeping.
pub struct KeeperActor {
    clock: Clock,
    store: Store,
    looks: Port<Look>,
    api: Port<Committed>,
    bin_every: Duration,
    deletion: Deletion,
    _ticker: Ticker,
}

impl KeeperActor {
    pub fn new(context: KeeperContext, raising: &mut Raising<Self>) -> Self {
        let KeeperContext { clock, store, looks, api, reap_every, bin_every, deletion } = context;
        raising.plug(&looks);
        let ticker = Ticker::start(&clock, reap_every, &looks, || Look);
        KeeperActor { clock, store, looks, api, bin_every, deletion, _ticker: ticker }
    }
}

/// Ends the transfers whose time is over. So the store's writer looks at the disk too, which it does before it decides
/// anything, and tells of a change by itself.
async fn end_transfers(clock: Clock, store: Store) {
    loop {
        clock.sleep(LOOK).await;
        let now = Stamp(clock.now());
        match store.commit("expire transfers", move |draft| share_transfer::expire(draft, now, BATCH)).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "share transfers ended: their time was over"),
            // Most often nothing was due; that the disk fails or is short, the store says itself.
            Err(failed) => tracing::debug!(%failed, "the store was not looked at for transfers whose time is over"),
        }
    }
}

impl Actor for KeeperActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.spawn(end_transfers(self.clock.clone(), self.store.clone()).into_actor(self));
        let (clock, store, api) = (self.clock.clone(), self.store.clone(), self.api.clone());
        let bin =
            BinLooker { clock, store, api, every: self.bin_every, deletion: self.deletion, told: BTreeMap::new() };
        ctx.spawn(bin.look_on().into_actor(self));
        self.handle(Look, ctx);
    }
}

impl Handler<Look> for KeeperActor {
    type Result = ();

    fn handle(&mut self, Look: Look, ctx: &mut Self::Context) {
        let (store, now) = (self.store.clone(), Stamp(self.clock.now()));
        let reaping =
            async move { store.commit("expire messages", move |draft| message::expire(draft, now, BATCH)).await };
        ctx.spawn(reaping.into_actor(self).map(|reaped, keeper, _| match reaped {
            Ok(0) => {}
            Ok(count) => {
                tracing::info!(count, "expired user messages were removed");
                if count == BATCH {
                    let _the_timer_looks_again = keeper.looks.nudge(Look);
                }
            }
            Err(failed) => tracing::error!(%failed, "expired user messages could not be removed"),
        }));
    }
}

#[cfg(test)]
mod tests;
