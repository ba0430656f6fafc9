//! The NetApp ONTAP driver for back ends without share servers: all shares live in one SVM.
//!
//! A task observes, plans and acts, in as few calls as ONTAP allows; plans are pure functions. Names on the array
//! derive from ids, and what is made carries our mark, so that every try finds what an earlier one left behind. How to
//! get it wrong: taking a lost answer for a failure, or an object with the right name for ours.

mod access;
mod array;
mod config;
mod crew;
mod doubt;
mod driver;
mod hold;
mod housekeeping;
mod kept;
mod naming;
mod place;
mod pools;
mod server;
mod share;
mod survey;
mod task;
mod trouble;
mod wire;

#[cfg(test)]
mod tests;

pub use config::{Error, Flexgroups, Pattern, Scheme, Settings};
pub use driver::NetApp;
pub use trouble::TABLE as TROUBLES;
pub use wire::{Wire, network};
