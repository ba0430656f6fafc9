//! The driver against a simulated cluster, and what these tests share.

mod access;
mod actors;
mod bench;
mod calls;
mod cancelled;
mod ensure;
mod flexgroups;
mod housekeeping;
mod late;
mod managing;
mod mishaps;
mod qos;
mod qos_types;
mod relocating;
mod rescue;
mod resize;
mod screening;
mod servers;
mod shares;
mod snapshots;
mod start;
mod suite;
mod survey;
mod wire;

pub mod samples;
pub mod server_samples;
