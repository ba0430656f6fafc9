//! manilad: OpenStack's shared file systems as one supervised daemon.
//!
//! This crate wires the others together and is the only one that names a vendor.

pub mod boot;
pub mod commands;
pub mod logs;
pub mod metrics;
pub mod output;
pub mod root;
pub mod serve;
