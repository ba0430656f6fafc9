//! The options in force, as types.
//!
//! A field has the name of its option; what it means stands in [`crate::tables`]. How to get it wrong: to give a field
//! a name that no option has, which would leave it unset for ever. A test compares each type with its table.

mod backend;
mod cloud;
pub mod fields;
mod service;
mod web;

use std::path::{Path, PathBuf};

pub use backend::{Backend, BackendSection, BindingProfile, Network};
pub use cloud::{CloudService, KeyManager, KeystoneAuthtoken};
pub use service::{AuthStrategy, Latency, LogFormat, Logging, Manilad, Quota, Scheduler, Service, Shares};
pub use web::{Cors, OsloMiddleware, OsloPolicy, Ssl};

/// All options that are in force.
#[derive(Debug, Clone)]
pub struct Settings {
    pub manilad: Manilad,
    /// `[DEFAULT]`: the process and its API.
    pub service: Service,
    /// `[DEFAULT]`: shares.
    pub shares: Shares,
    /// `[DEFAULT]`: placement.
    pub scheduler: Scheduler,
    /// `[DEFAULT]`: the log.
    pub logging: Logging,
    pub quota: Quota,
    pub keystone_authtoken: KeystoneAuthtoken,
    pub oslo_policy: OsloPolicy,
    pub oslo_middleware: OsloMiddleware,
    pub cors: Cors,
    pub ssl: Ssl,
    pub neutron: CloudService,
    pub nova: CloudService,
    pub key_manager: KeyManager,
    pub barbican: CloudService,
    /// In the order of `enabled_share_backends`.
    pub backends: Vec<Backend>,
    /// Where relative names are looked for, first to last: the directories of the configuration, newest first.
    pub directories: Vec<PathBuf>,
}

impl Settings {
    /// Finds a file or directory that the configuration names, such as `policy.yaml`; `None` if it is nowhere.
    pub fn find(&self, name: &Path) -> Option<PathBuf> {
        find(&self.directories, name)
    }
}

pub(crate) fn find(directories: &[PathBuf], name: &Path) -> Option<PathBuf> {
    // Joining an absolute name gives that name.
    let here = [PathBuf::new()];
    let places = if name.is_absolute() { &here } else { directories };
    places.iter().map(|directory| directory.join(name)).find(|path| path.exists())
}

#[cfg(test)]
mod tests;
