//! The service itself: zones, messages, quotas, pools, services.
//!
//! Columns: rule, check, deprecated check, scopes of the token.

use super::words::{ADMIN, ADMIN_API, ADMIN_OR_MEMBER, ADMIN_OR_READER, DEFAULT, PROJECT, rule};
use crate::rule::Rule;

pub(super) const RULES: &[Rule] = &[
    rule("availability_zone:index", ADMIN_OR_READER, DEFAULT, PROJECT),
    rule("message:get", ADMIN_OR_READER, DEFAULT, PROJECT),
    rule("message:get_all", ADMIN_OR_READER, DEFAULT, PROJECT),
    rule("message:delete", ADMIN_OR_MEMBER, DEFAULT, PROJECT),
    rule("quota_class_set:update", ADMIN, ADMIN_API, PROJECT),
    rule("quota_class_set:show", ADMIN_OR_READER, DEFAULT, PROJECT),
    rule("quota_set:update", ADMIN, ADMIN_API, PROJECT),
    rule("quota_set:show", ADMIN_OR_READER, DEFAULT, PROJECT),
    rule("quota_set:delete", ADMIN, ADMIN_API, PROJECT),
    rule("scheduler_stats:pools:index", ADMIN, ADMIN_API, PROJECT),
    rule("scheduler_stats:pools:detail", ADMIN, ADMIN_API, PROJECT),
    rule("service:index", ADMIN, ADMIN_API, PROJECT),
    rule("service:update", ADMIN, ADMIN_API, PROJECT),
    rule("service:ensure_shares", ADMIN, ADMIN_API, PROJECT),
];
