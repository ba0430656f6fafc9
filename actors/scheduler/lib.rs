//! Where shares go: the pools as back ends report them, and the rules that choose among them.
//!
//! The decision is pure: [`place()`] takes a request, the [`Pools`] and the [`Chain`] and gives candidates or the filter
//! that left none. How to get it wrong: keeping anything here that a restart may not lose; pools are rebuilt from
//! reports, and what is owed is in the store.

mod actor;
mod chain;
mod error;
mod explain;
pub mod expression;
pub mod filters;
mod function;
mod next_candidate;
mod operators;
mod place;
mod pools;
mod promised;
mod ready;
mod request;
mod room;
mod stat;
mod unmade;
pub mod weighers;

pub use actor::{SchedulerActor, SchedulerContext};
pub use chain::{Chain, Settings};
pub use error::Error;
pub use explain::{Explanation, Finding, PoolVerdict};
pub use place::place;
pub use pools::{BackendState, Booking, Candidate, Entry, Pools, ReportState, Taken, Unusable};
pub use room::{Room, Short};
pub use stat::{Keys, Slot, Stat};

#[cfg(test)]
mod samples;
