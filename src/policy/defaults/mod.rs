//! The default rules of the Shared File Systems service, as a table.
//!
//! Operators override these by name, and routes refer to them by name, so names and meaning are an interface: they are
//! those of the service that this one replaces, and so are the deprecated checks; rules of our own begin with `manilad:`. A rule is evaluated with the object
//! as target where there is one, and else with the caller's own project and user.

mod groups;
mod networks;
mod own;
mod service;
mod shares;
mod snapshots;
mod words;

use crate::rule::Rule;
use words::{ANY, NEW, PROJECT, rule};

/// Rules that other rules build on. `context_is_admin` also makes [`crate::Credentials::is_admin`], and
/// `context_is_host_admin` decides who sees and chooses hosts.
pub const BASE: &[Rule] = &[
    rule("context_is_admin", "role:admin", NEW, PROJECT),
    rule("context_is_host_admin", "role:admin and project_id:%(project_id)s", NEW, PROJECT),
    rule("project-admin", "role:admin and project_id:%(project_id)s", NEW, PROJECT),
    rule("project-member", "role:member and project_id:%(project_id)s", NEW, PROJECT),
    rule("project-reader", "role:reader and project_id:%(project_id)s", NEW, PROJECT),
    rule("owner-user", "user_id:%(user_id)s and project_id:%(project_id)s", NEW, PROJECT),
    rule("admin_or_service_api", "role:admin or role:service", NEW, PROJECT),
    rule("admin_or_owner", "is_admin:True or project_id:%(project_id)s", NEW, ANY),
    rule("admin_or_owner_user", "is_admin:True or project_id:%(project_id)s and user_id:%(user_id)s", NEW, ANY),
    rule("default", "rule:admin_or_owner", NEW, ANY),
    rule("admin_api", "is_admin:True", NEW, ANY),
];

/// The rules of the API, by family of resources.
pub const API: &[&[Rule]] =
    &[shares::RULES, snapshots::RULES, groups::RULES, networks::RULES, service::RULES, own::RULES];

/// All default rules.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    BASE.iter().chain(API.iter().copied().flatten())
}

/// The default rule of this name.
pub fn named(name: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.name == name)
}
