//! The back end on a stage: a real store in memory, stepped time, and a driver that plays by a script.

mod crowd;
mod failure;
mod given_up;
mod kills;
mod late;
mod managed_servers;
mod network;
mod range;
mod reports;
mod servers;
mod settling;
pub(crate) mod stage;
mod supervision;
