//! A step of a piece of work: whom it asks, and the decision about what is answered.
//!
//! How to get it wrong: to form it from more than one snapshot.

use std::future::Future;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use manilad_decisions::settle::{Next, Settling};
use manilad_domain::ShareServerId;
use manilad_domain::outcome::Trouble;
use manilad_driver::Cancellation;
use manilad_kit::Unanswered;
use manilad_store::{Draft, Error, Snapshot};

use crate::children::ChildPorts;
use crate::late::Late;

/// A decision that settles a piece of work.
pub type Settle = Box<dyn FnOnce(Settling, &mut Draft<'_>) -> Result<Next, Error> + Send>;

/// The decision about what was answered; or why it was not done, or not answered.
pub type Answer = Result<Result<Settle, Trouble>, Unanswered>;

/// What is to be done next about a piece of work.
pub enum Step {
    /// Somebody is asked.
    Ask(LocalBoxFuture<'static, Answer>),
    /// It ends without anybody being asked: it is done, or why it can't be.
    End(Result<(), Trouble>, Settle),
    /// Something is decided on the way, and there is more to do; or there is nothing left to do it to.
    Decide(Settle),
    /// Its share server is still being made or changed, which an intent of its own brings to an end.
    Wait(ShareServerId),
}

/// What a step is formed from.
pub struct Forming<'a> {
    pub snapshot: &'a Snapshot,
    pub ports: &'a ChildPorts,
    pub late: &'a Late,
    /// Keys of a share's metadata that say how the driver enforces rules.
    pub rule_switches: &'static [&'static str],
    pub cancellation: Cancellation,
    /// `unmanage_remove_access_rules`
    pub unmanaging_takes_rules: bool,
}

impl Step {
    /// Asks, and has `settle` decide about what is answered.
    pub(super) fn ask<T: Send + 'static>(
        asked: impl Future<Output = Result<Result<T, Trouble>, Unanswered>> + 'static,
        settle: impl FnOnce(Settling, &mut Draft<'_>, T) -> Result<Next, Error> + Send + 'static,
    ) -> Self {
        let decided = |done| -> Settle { Box::new(move |settling, draft| settle(settling, draft, done)) };
        Step::Ask(asked.map(|answer| answer.map(|said| said.map(decided))).boxed_local())
    }
}
