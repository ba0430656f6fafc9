//! The face of the daemon, as clients of Manila know it: every status, body and header of the built resources, over
//! real HTTP. Source: errors.md, resources.md, microversions.md and policy.md of the facts, and recorded exchanges.

mod access;
mod authorisation;
pub mod cloud;
mod deferred_deletion;
mod discovery;
mod exports;
mod faults;
mod golden;
mod history;
mod hostile;
mod listing;
mod locks;
mod negotiation;
mod operators;
mod paging;
mod qos_types;
mod recycle_bin;
mod replay;
mod shares;
mod snapshots;
mod states;
mod tenants;
pub mod things;
mod transfers;
mod types;
mod unbuilt;
pub mod wire;
