//! ApiActor: carries what requests have committed to the mailboxes of the actors that it concerns.
//!
//! Requests commit through the store's writer, whose queue is bounded, and read the store themselves; so while this actor is
//! raised again no request fails, and what it does not carry is found by the others' timers. How to get it wrong: to be told
//! before the commit is durable.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use actix::{Actor, Context, Handler, ResponseFuture};
use manilad_decisions::{Owed, service};
use manilad_kit::Port;
use manilad_messages::Look;
use manilad_messages::api::{Committed, Pulse};
use manilad_store::{Error, Failed, Store};

/// Whom a decision may concern, by name.
#[derive(Clone)]
pub struct Recipients {
    pub scheduler: Port<Look>,
    /// By service, `host@backend`.
    pub backends: Arc<BTreeMap<String, Port<Look>>>,
}

impl Recipients {
    /// Nudges whom a decision concerns. A nudge that is not taken is not lost work: everybody looks again by timer.
    fn nudge(&self, owed: &Owed) {
        let nudged = match owed {
            Owed::Scheduler => self.scheduler.nudge(Look),
            Owed::Backend(service) => match self.backends.get(service) {
                Some(port) => port.nudge(Look),
                None => {
                    tell_unserved(service);
                    return;
                }
            },
        };
        if let Err(untaken) = nudged {
            tracing::debug!(?owed, %untaken, "a nudge was not taken; the timer will do");
        }
    }
}

/// Carries what was committed, and answers for the writer whether commits are made at all.
pub struct ApiActor {
    store: Store,
    recipients: Recipients,
}

impl ApiActor {
    pub fn new(store: Store, recipients: Recipients) -> Self {
        ApiActor { store, recipients }
    }
}

impl Actor for ApiActor {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        match service::unserved(&self.store, |host| self.recipients.backends.contains_key(host)) {
            Ok(services) => services.iter().for_each(|service| tell_unserved(service)),
            Err(error) => tracing::warn!(%error, "which back ends have pending operations can't be read"),
        }
    }
}

fn tell_unserved(service: &str) {
    tracing::warn!(service, "a back end that is not enabled here has pending operations");
}

impl Handler<Committed> for ApiActor {
    type Result = ();

    fn handle(&mut self, Committed(owed): Committed, _: &mut Self::Context) {
        owed.iter().for_each(|one| self.recipients.nudge(one));
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
