//! manilad: OpenStack's shared file systems as one supervised daemon, for NetApp ONTAP.
//!
//! This crate wires the others together and is the only one that names a vendor.

pub mod archive;
pub mod array;
pub mod boot;
pub mod cli;
pub mod client;
pub mod demo;
pub mod doors;
pub mod drivers;
pub mod embedded;
pub mod explain;
pub mod face;
pub mod identity;
pub mod logs;
pub mod metrics;
pub mod networks;
pub mod policy;
pub mod register;
pub mod reload;
pub mod root;
pub mod rules;
pub mod serve;
pub mod sim;
pub mod systemd;
pub mod tls;
