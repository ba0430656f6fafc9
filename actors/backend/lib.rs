//! BackendActor: one per enabled back end, on a thread of its own.
//!
//! It looks at the open intents of its service, hands each to the driver actor whose operation it is, and commits what came
//! of it, if its epoch and the intent's serial still hold; now and then it sweeps the array. It keeps nothing that
//! matters: whatever is lost with it lies in the store. How to get it wrong: to hold two tasks of one instance at once,
//! or to commit an outcome without asking whether it is still wanted.

mod actor;
mod backlog;
mod beat;
mod children;
mod context;
mod failure;
mod late;
mod meter;
mod network;
mod operations;
mod subject;
mod sweep;
mod troubles;
mod work;

#[cfg(test)]
mod tests;

pub use actor::BackendActor;
pub use context::{BackendContext, ReportNow};
