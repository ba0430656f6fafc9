//! Rules of what only this daemon has: routes, and keys of metadata that it reserves. They begin with `manilad:`, which no
//! rule of Manila does.
//!
//! Columns: rule, check, deprecated check, scopes of the token.

use super::words::{ADMIN, NEW, PROJECT, PROJECT_OR_SYSTEM, rule};
use crate::rule::Rule;

pub(super) const RULES: &[Rule] = &[
    rule("manilad:explain_placement", ADMIN, NEW, PROJECT),
    rule("manilad:update_admin_only_subnet_metadata", ADMIN, NEW, PROJECT_OR_SYSTEM),
];
