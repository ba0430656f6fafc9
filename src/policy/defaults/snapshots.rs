//! Snapshots, their instances and export locations.
//!
//! Columns: rule, check, deprecated check, scopes of the token.

use super::words::{ADMIN, ADMIN_API, ADMIN_OR_MEMBER, ADMIN_OR_READER, DEFAULT, PROJECT, rule};
use crate::rule::Rule;

pub(super) const RULES: &[Rule] = &[
    rule("share_snapshot:get_snapshot", ADMIN_OR_READER, DEFAULT, PROJECT),
    rule("share_snapshot:get_all_snapshots", ADMIN_OR_READER, DEFAULT, PROJECT),
    rule("share_snapshot:list_all_projects", ADMIN, ADMIN_API, PROJECT),
    rule("share_snapshot:force_delete", ADMIN, ADMIN_API, PROJECT),
    rule("share_snapshot:manage_snapshot", ADMIN, ADMIN_API, PROJECT),
    rule("share_snapshot:unmanage_snapshot", ADMIN, ADMIN_API, PROJECT),
    rule("share_snapshot:reset_status", ADMIN, ADMIN_API, PROJECT),
    rule("share_snapshot:access_list", ADMIN_OR_READER, DEFAULT, PROJECT),
    rule("share_snapshot:allow_access", ADMIN_OR_MEMBER, DEFAULT, PROJECT),
    rule("share_snapshot:deny_access", ADMIN_OR_MEMBER, DEFAULT, PROJECT),
    rule("share_snapshot:update_metadata", ADMIN_OR_MEMBER, DEFAULT, PROJECT),
    rule("share_snapshot:delete_metadata", ADMIN_OR_MEMBER, DEFAULT, PROJECT),
    rule("share_snapshot:get_metadata", ADMIN_OR_READER, DEFAULT, PROJECT),
    rule("share_snapshot:list_snapshots_in_deferred_deletion_states", ADMIN, ADMIN_API, PROJECT),
    rule("share_snapshot_export_location:index", ADMIN_OR_READER, DEFAULT, PROJECT),
    rule("share_snapshot_export_location:show", ADMIN_OR_READER, DEFAULT, PROJECT),
    rule("share_snapshot_instance:show", ADMIN, ADMIN_API, PROJECT),
    rule("share_snapshot_instance:index", ADMIN, ADMIN_API, PROJECT),
    rule("share_snapshot_instance:detail", ADMIN, ADMIN_API, PROJECT),
    rule("share_snapshot_instance:reset_status", ADMIN, ADMIN_API, PROJECT),
    rule("share_snapshot_instance_export_location:index", ADMIN, ADMIN_API, PROJECT),
    rule("share_snapshot_instance_export_location:show", ADMIN, ADMIN_API, PROJECT),
];
