//! KeeperActor: what has had its time. Today that is user messages; each is removed once its stored expiry has passed.
//!
//! A few at a time, so that a backlog never holds up the writer. How to get it wrong: to trust the list that was read;
//! the decision looks again.

use std::time::Duration;

use actix::fut::{ActorFutureExt, WrapFuture};
use actix::{Actor, AsyncContext, Context, Handler};
use manilad_clock::Clock;
use manilad_domain::Stamp;
use manilad_domain::message::{UserMessage, index};
use manilad_kit::{Port, Raising, Ticker};
use manilad_messages::Look;
use manilad_store::{Error, Range, Store};

/// Messages removed in one commit.
const BATCH: usize = 64;

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

impl Actor for KeeperActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.handle(Look, ctx);
    }
}

impl Handler<Look> for KeeperActor {
    type Result = ();

    fn handle(&mut self, Look: Look, ctx: &mut Self::Context) {
        let (store, now) = (self.store.clone(), Stamp(self.clock.now()));
        let reaping = async move { store.commit("expire messages", move |draft| expire(draft, now)).await };
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

/// Removes up to [`BATCH`] expired messages; tells how many.
fn expire(draft: &mut manilad_store::Draft<'_>, now: Stamp) -> Result<usize, Error> {
    let oldest: Vec<UserMessage> = draft.scan(Range::all(index::BY_EXPIRY).limit(BATCH))?;
    let expired: Vec<_> = oldest.into_iter().filter(|message| message.expires_at <= now).collect();
    for message in &expired {
        draft.remove(message)?;
    }
    Ok(expired.len())
}

#[cfg(test)]
mod tests;
