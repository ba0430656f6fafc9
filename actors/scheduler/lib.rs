//! Where shares go: the pools as back ends report them, and the rules that choose among them.
//!
//! The decision is pure: [`choose_pools()`] takes a request, the [`Pools`] and the [`Chain`] and gives candidates or the filter
//! that left none. How to get it wrong: keeping anything here that a restart may not lose; pools are rebuilt from
//! reports, and what is owed is in the store.

mod actor;
mod error;
mod explanation;
pub mod expression;
mod extra_spec_operators;
pub mod filters;
mod next_candidate;
mod pool_choice;
mod pool_function;
mod pool_room;
mod pools;
mod prepared_rules;
mod request;
mod rule_chain;
mod statistics;
mod unmade_shares;
pub mod weighers;

pub use actor::{SchedulerActor, SchedulerContext};
pub use error::Error;
pub use explanation::{Explanation, Finding, PoolVerdict};
pub use pool_choice::choose_pools;
pub use pool_function::judge_function;
pub use pool_room::{Room, Short};
pub use pools::{BackendState, Booking, Candidate, Entry, Pools, ReportState, Taken, Unusable};
pub use rule_chain::{Chain, Settings};
pub use statistics::{Keys, Slot, Stat};

#[cfg(test)]
mod samples;
