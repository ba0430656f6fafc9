//! ApiActor: commands enter here and are committed, and whom they concern is nudged.
//!
//! Reads never pass through it. The HTTP server belongs to the root, so raising the actor again drops no connection. How to
//! get it wrong: to answer before the commit is durable, or to nudge before it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use actix::{Actor, Context, Handler, ResponseFuture};
use manilad_domain::Fault;
use manilad_kit::Port;
use manilad_messages::Look;
use manilad_messages::api::{Decide, Decided, Owed, Pulse};
use manilad_store::{Error, Failed, Store};

/// Whom a decision may concern, by name.
#[derive(Clone)]
pub struct Doors {
    pub scheduler: Port<Look>,
    /// By service, `host@backend`.
    pub backends: Arc<BTreeMap<String, Port<Look>>>,
}

impl Doors {
    /// Nudges whom a decision concerns. A nudge that is not taken is not lost work: everybody looks again by timer.
    fn nudge(&self, owed: &Owed) {
        let nudged = match owed {
            Owed::Scheduler => self.scheduler.nudge(Look),
            Owed::Backend(service) => match self.backends.get(service) {
                Some(port) => port.nudge(Look),
                None => {
                    tracing::warn!(service, "work is owed by a back end that is not enabled here");
                    return;
                }
            },
        };
        if let Err(untaken) = nudged {
            tracing::debug!(?owed, %untaken, "a nudge was not taken; the timer will do");
        }
    }
}

/// Commits decisions.
pub struct ApiActor {
    store: Store,
    doors: Doors,
}

impl ApiActor {
    pub fn new(store: Store, doors: Doors) -> Self {
        ApiActor { store, doors }
    }
}

impl Actor for ApiActor {
    type Context = Context<Self>;
}

impl Handler<Decide> for ApiActor {
    type Result = ResponseFuture<<Decide as actix::Message>::Result>;

    fn handle(&mut self, Decide { what, decision }: Decide, _: &mut Self::Context) -> Self::Result {
        let (store, doors) = (self.store.clone(), self.doors.clone());
        Box::pin(async move {
            let Decided { answer, owed } = store.commit(what, decision).await.map_err(Fault::from)?;
            owed.iter().for_each(|one| doors.nudge(one));
            Ok(answer)
        })
    }
}

impl Handler<Pulse> for ApiActor {
    type Result = ResponseFuture<<Pulse as actix::Message>::Result>;

    fn handle(&mut self, _: Pulse, _: &mut Self::Context) -> Self::Result {
        let store = self.store.clone();
        Box::pin(async move {
            match store.commit("sign of life", |_| Ok::<_, Infallible>(())).await {
                Ok(()) => Ok(()),
                Err(Failed::Unavailable(error)) => Err(error),
                Err(Failed::Panicked(words)) => Err(Error::io("decide nothing", words)),
                Err(Failed::Refused(never)) => match never {},
            }
        })
    }
}

#[cfg(test)]
mod tests;
