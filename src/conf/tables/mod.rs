//! Every option there is, section by section; those of drivers stand with them, in tables of the same kind.
//!
//! Reading, `conf/manila.conf` and the tests walk these tables; nothing about an option stands anywhere else. A
//! section may be told in several groups, each of which fills a type of its own in [`crate::settings`].

mod backend_section;
mod cloud;
mod identity;
mod manilad;
mod network;
mod quota;
mod scheduler;
mod service;
mod shares;
mod web;

use crate::driver::DriverTable;
use crate::opt::{Group, Opt};

pub use backend_section::BACKEND_SECTION;
pub use cloud::{BARBICAN, COORDINATION, DATABASE, KEY_MANAGER, NEUTRON, NOVA};
pub use identity::KEYSTONE_AUTHTOKEN;
pub use manilad::MANILAD;
pub use network::{BINDING_PROFILE, NETWORK};
pub use quota::QUOTA;
pub use scheduler::SCHEDULER;
pub use service::{LOGGING, SERVICE};
pub use shares::SHARES;
pub use web::{API, CORS, OSLO_MIDDLEWARE, OSLO_POLICY, SSL};

/// The sections with a fixed name.
pub static FIXED: &[&Group] = &[
    &MANILAD,
    &SERVICE,
    &SHARES,
    &SCHEDULER,
    &LOGGING,
    &QUOTA,
    &KEYSTONE_AUTHTOKEN,
    &OSLO_POLICY,
    &OSLO_MIDDLEWARE,
    &CORS,
    &API,
    &SSL,
    &DATABASE,
    &COORDINATION,
    &NEUTRON,
    &NOVA,
    &KEY_MANAGER,
    &BARBICAN,
];

/// Those of which nothing is used.
pub(crate) static UNUSED: &[&Group] = &[&DATABASE, &COORDINATION, &API];

/// The sections with a fixed name, with those that drivers have.
pub fn fixed(drivers: &[&'static DriverTable]) -> Vec<&'static Group> {
    FIXED.iter().chain(drivers.iter().flat_map(|driver| driver.unused)).copied().collect()
}

/// The groups of sections that an operator names: what a back end has, then the sections it points to.
pub fn named(drivers: &[&'static DriverTable]) -> Vec<&'static Group> {
    let options = drivers.iter().map(|driver| driver.options);
    let pointed = drivers.iter().flat_map(|driver| driver.named).copied();
    [&BACKEND_SECTION].into_iter().chain(options).chain([&NETWORK, &BINDING_PROFILE]).chain(pointed).collect()
}

/// Every group.
pub fn groups(drivers: &[&'static DriverTable]) -> Vec<&'static Group> {
    fixed(drivers).into_iter().chain(named(drivers)).collect()
}

/// Sections of other software's options that such files hold; they are left alone. A final `*` stands for anything.
pub const FOREIGN: &[(&str, &str)] = &[
    ("oslo_messaging_*", "there is no message bus on one host"),
    ("oslo_concurrency", "locks are mailboxes here"),
    ("oslo_reports", "the daemon reports through its own interfaces"),
    ("healthcheck", "health is a built-in route"),
    ("profiler", "traces are the daemon's own"),
    ("cinder", "the daemon asks no volume service"),
    ("glance", "the daemon asks no image service"),
    ("keystone", "the daemon finds identity through [keystone_authtoken]"),
    ("service_user", "the daemon passes no user's token on"),
];

pub(crate) const BUILT_IN: &str = "this part is built in and can't be replaced";
pub(crate) const NO_BUS: &str = "there is no message bus on one host";
pub(crate) const NO_COPYING: &str = "the daemon copies no data through itself: the array does";
pub(crate) const LOG_STREAM: &str = "the log is one stream on standard error; the service manager keeps it";

/// Parts that are not built, and have options in several groups, drivers' among them.
pub(crate) const GROUPS: &str = "share groups";
pub const REPLICAS: &str = "replicas";
pub const MIGRATION: &str = "migration of shares";
pub const SERVER_MIGRATION: &str = "migration of share servers";
pub const BACKUPS: &str = "backups";

/// Every option, with its group.
pub fn all(drivers: &[&'static DriverTable]) -> impl Iterator<Item = (&'static Group, &'static Opt)> {
    groups(drivers).into_iter().flat_map(|group| group.options.iter().map(move |option| (group, option)))
}

/// Whether `section` belongs to other software.
pub fn is_foreign(section: &str) -> bool {
    FOREIGN.iter().any(|(name, _)| match name.strip_suffix('*') {
        Some(start) => section.starts_with(start),
        None => section == *name,
    })
}
