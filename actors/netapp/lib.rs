//! The NetApp ONTAP driver: all shares of a back end live in one SVM, or those of each share network in one of its own.
//!
//! A task observes, plans and acts, in as few calls as ONTAP allows; plans are pure functions. Names on the array
//! derive from ids, and what is made carries our mark, so that every try finds what an earlier one left behind. How to
//! get it wrong: taking a lost answer for a failure, or an object with the right name for ours.

mod access;
mod array;
mod cancellation;
mod config;
mod connection;
mod driver;
mod fpolicy;
mod housekeeping;
mod in_flight;
mod key_cache;
mod lifs;
mod mode;
mod naming;
mod options;
mod place;
mod pools;
mod running;
mod seat;
mod server;
mod session;
mod share;
mod shared;
mod snapshot;
mod squash;
mod survey;
mod task;
mod trouble;
mod value;
mod wire;

#[cfg(test)]
mod tests;

pub use config::Settings;
pub use driver::NetAppMaker;
pub use options::{TABLE, table};
pub use trouble::TABLE as TROUBLES;
pub use value::Error;
pub use wire::Wire;

#[cfg(test)]
use {
    config::Flexgroups,
    driver::NetApp,
    mode::{Mode, Servers},
    shared::Shared,
    value::Pattern,
};
