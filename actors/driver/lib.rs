//! What a driver offers: for each incarnation of a back end a crew that reports pools and raises one actor per noun.
//!
//! The back end knows nouns, not the vendor's types. A driver lives on the back end's own thread and never touches the
//! store. How to get it wrong: to keep state that matters across incarnations in the [`Driver`]; a new crew begins by
//! looking at the array.

#[cfg(feature = "suite")]
#[allow(clippy::expect_used, clippy::panic, reason = "a suite is only run by tests")]
pub mod suite;

use std::rc::Rc;

use futures::future::LocalBoxFuture;
use manilad_clock::Clock;
use manilad_domain::pool::Pool;
use manilad_kit::{Fence, Life, Port, Vitals};
use manilad_messages::driver::{Noun, Settle, Trouble};

/// A driver of one configured back end. Shared between threads; holds configuration only.
pub trait Driver: Send + Sync + 'static {
    /// Begins an incarnation on the current thread. Cheap: the array is first asked by the crew.
    fn arrive(&self, arrival: Arrival) -> Rc<dyn Crew>;
}

/// What an incarnation begins with.
#[derive(Clone)]
pub struct Arrival {
    pub clock: Clock,
    /// To be checked before each call to the array: a replaced incarnation must not act any more.
    pub fence: Fence,
    /// `host@backend`, as pools are named and logs are marked.
    pub service: String,
}

/// One incarnation at work.
pub trait Crew {
    /// What the pools are like now. The first report also checks that the array can serve at all.
    ///
    /// # Errors
    /// Why the back end can't work; it counts as down until a report succeeds.
    fn report(&self) -> LocalBoxFuture<'static, Result<Vec<Pool>, Trouble>>;

    /// Raises one incarnation of the actor for a noun, fed from `port`.
    fn raise(&self, noun: Noun, vitals: &Vitals, port: &Port<Settle>) -> Life;
}
