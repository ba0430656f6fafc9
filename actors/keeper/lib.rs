//! KeeperActor: what has to be looked after though nobody asks. User messages are removed once their stored expiry has
//! passed, and the store looks at the free space of its disk, which it otherwise does as something is written only.
//!
//! A few messages at a time, so that a backlog never holds up the writer. How to get it wrong: to trust the list that was
//! read; the decision looks again.

use std::convert::Infallible;
use std::time::Duration;

use actix::fut::{ActorFutureExt, WrapFuture};
use actix::{Actor, AsyncContext, Context, Handler};
use manilad_clock::Clock;
use manilad_decisions::message;
use manilad_domain::Stamp;
use manilad_kit::{Port, Raising, Ticker};
use manilad_messages::Look;
use manilad_store::Store;

/// Messages removed in one commit.
const BATCH: usize = 64;
/// Pause between two looks at the disk of the store.
const DISK_LOOK: Duration = Duration::from_secs(10);

/// Housekeeping.
pub struct KeeperActor {
    clock: Clock,
    store: Store,
    looks: Port<Look>,
    _ticker: Ticker,
}

impl KeeperActor {
    /// `every` is `message_reap_interval`.
    pub fn new(clock: Clock, store: Store, looks: &Port<Look>, every: Duration, raising: &mut Raising<Self>) -> Self {
        raising.plug(looks);
        let ticker = Ticker::start(&clock, every, looks, || Look);
        KeeperActor { clock, store, looks: looks.clone(), _ticker: ticker }
    }
}

/// Has the store's writer look at the disk, which it does before it decides anything, and tells of a change by itself.
async fn watch_disk(clock: Clock, store: Store) {
    loop {
        clock.sleep(DISK_LOOK).await;
        if let Err(failed) = store.commit("look at the disk", |_| Ok::<_, Infallible>(())).await {
            tracing::debug!(%failed, "the disk of the store was not looked at");
        }
    }
}

impl Actor for KeeperActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.spawn(watch_disk(self.clock.clone(), self.store.clone()).into_actor(self));
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
