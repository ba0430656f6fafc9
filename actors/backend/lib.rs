//! BackendActor: one per enabled back end, on a thread of its own.
//!
//! It looks at the open intents of its service, hands each to the driver actor whose noun it is, and commits what came
//! of it, if its epoch and the intent's serial still hold; now and then it sweeps the array. It keeps nothing that
//! matters: whatever is lost with it lies in the store. How to get it wrong: to hold two tasks of one instance at once,
//! or to commit an outcome without asking whether it is still wanted.

mod actor;
mod backlog;
mod beat;
mod late;
mod meter;
mod network;
mod outcome;
mod part;
mod patience;
mod sweep;
mod task;
mod troubles;
mod work;

#[cfg(test)]
mod tests;

pub use actor::{BackendActor, Duties, ReportNow};
