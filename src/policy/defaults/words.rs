//! The words of the tables of rules: checks, deprecated checks and scopes that many rules share.
//!
//! How to get it wrong: to change a check for the sake of one rule; every rule that names it has it.

use crate::rule::{Rule, Scope};

pub(super) const ADMIN: &str = "rule:context_is_admin";
pub(super) const ADMIN_OR_MEMBER: &str = "rule:context_is_admin or rule:project-member";
pub(super) const ADMIN_OR_READER: &str = "rule:context_is_admin or rule:project-reader";
pub(super) const ADMIN_OR_SERVICE: &str = "rule:admin_or_service_api";
pub(super) const SERVICE_OR_READER: &str = "rule:admin_or_service_api or rule:project-reader";
pub(super) const SERVICE_OR_MEMBER: &str = "rule:admin_or_service_api or rule:project-member";
pub(super) const OWNER_OR_SERVICE: &str = "rule:owner-user or rule:admin_or_service_api";

/// No deprecated check: the rule is as new as its check.
pub(super) const NEW: Option<&str> = None;
pub(super) const ALWAYS: Option<&str> = Some("");
pub(super) const DEFAULT: Option<&str> = Some("rule:default");
pub(super) const ADMIN_API: Option<&str> = Some("rule:admin_api");
pub(super) const ADMIN_OR_OWNER: Option<&str> = Some("rule:admin_or_owner");
pub(super) const ADMIN_OR_OWNER_USER: Option<&str> = Some("rule:admin_or_owner_user");

pub(super) const ANY: &[Scope] = &[];
pub(super) const PROJECT: &[Scope] = &[Scope::Project];
pub(super) const PROJECT_OR_SYSTEM: &[Scope] = &[Scope::Project, Scope::System];

pub(super) const fn rule(
    name: &'static str,
    check: &'static str,
    deprecated: Option<&'static str>,
    scopes: &'static [Scope],
) -> Rule {
    Rule { name, check, deprecated, scopes }
}
