//! Share networks, their subnets, security services and share servers.
//!
//! Columns: rule, check, deprecated check, scopes of the token.

use super::words::{
    ADMIN, ADMIN_API, ADMIN_OR_MEMBER, ADMIN_OR_READER, DEFAULT, NEW, PROJECT, PROJECT_OR_SYSTEM, rule,
};
use crate::rule::Rule;

pub(super) const RULES: &[Rule] = &[
    rule("share_network:create", ADMIN_OR_MEMBER, DEFAULT, PROJECT),
    rule("share_network:show", ADMIN_OR_READER, DEFAULT, PROJECT),
    rule("share_network:index", ADMIN_OR_READER, DEFAULT, PROJECT),
    rule("share_network:detail", ADMIN_OR_READER, DEFAULT, PROJECT),
    rule("share_network:update", ADMIN_OR_MEMBER, DEFAULT, PROJECT),
    rule("share_network:delete", ADMIN_OR_MEMBER, DEFAULT, PROJECT),
    rule("share_network:add_security_service", ADMIN_OR_MEMBER, DEFAULT, PROJECT),
    rule("share_network:add_security_service_check", ADMIN_OR_MEMBER, DEFAULT, PROJECT),
    rule("share_network:remove_security_service", ADMIN_OR_MEMBER, DEFAULT, PROJECT),
    rule("share_network:update_security_service", ADMIN_OR_MEMBER, DEFAULT, PROJECT),
    rule("share_network:update_security_service_check", ADMIN_OR_MEMBER, DEFAULT, PROJECT),
    rule("share_network:reset_status", ADMIN, ADMIN_API, PROJECT),
    rule("share_network:get_all_share_networks", ADMIN, ADMIN_API, PROJECT),
    rule("share_network:subnet_create_check", ADMIN_OR_MEMBER, DEFAULT, PROJECT),
    rule("share_network:show_network_details", ADMIN, NEW, PROJECT),
    rule("share_network_subnet:create", ADMIN_OR_MEMBER, DEFAULT, PROJECT),
    rule("share_network_subnet:delete", ADMIN_OR_MEMBER, DEFAULT, PROJECT),
    rule("share_network_subnet:show", ADMIN_OR_READER, DEFAULT, PROJECT),
    rule("share_network_subnet:index", ADMIN_OR_READER, DEFAULT, PROJECT),
    rule("share_network_subnet:update_metadata", ADMIN_OR_MEMBER, DEFAULT, PROJECT_OR_SYSTEM),
    rule("share_network_subnet:delete_metadata", ADMIN_OR_MEMBER, DEFAULT, PROJECT_OR_SYSTEM),
    rule("share_network_subnet:get_metadata", ADMIN_OR_READER, DEFAULT, PROJECT_OR_SYSTEM),
    rule("security_service:create", ADMIN_OR_MEMBER, DEFAULT, PROJECT),
    rule("security_service:show", ADMIN_OR_READER, DEFAULT, PROJECT),
    rule("security_service:detail", ADMIN_OR_READER, DEFAULT, PROJECT),
    rule("security_service:index", ADMIN_OR_READER, DEFAULT, PROJECT),
    rule("security_service:update", ADMIN_OR_MEMBER, DEFAULT, PROJECT),
    rule("security_service:delete", ADMIN_OR_MEMBER, DEFAULT, PROJECT),
    rule("security_service:get_all_security_services", ADMIN, ADMIN_API, PROJECT),
    rule("share_server:index", ADMIN, ADMIN_API, PROJECT),
    rule("share_server:show", ADMIN, ADMIN_API, PROJECT),
    rule("share_server:details", ADMIN, ADMIN_API, PROJECT),
    rule("share_server:delete", ADMIN, ADMIN_API, PROJECT),
    rule("share_server:manage_share_server", ADMIN, ADMIN_API, PROJECT),
    rule("share_server:unmanage_share_server", ADMIN, ADMIN_API, PROJECT),
    rule("share_server:reset_status", ADMIN, ADMIN_API, PROJECT),
    rule("share_server:share_server_migration_start", ADMIN, ADMIN_API, PROJECT),
    rule("share_server:share_server_migration_check", ADMIN, ADMIN_API, PROJECT),
    rule("share_server:share_server_migration_complete", ADMIN, ADMIN_API, PROJECT),
    rule("share_server:share_server_migration_cancel", ADMIN, ADMIN_API, PROJECT),
    rule("share_server:share_server_migration_get_progress", ADMIN, ADMIN_API, PROJECT),
    rule("share_server:share_server_reset_task_state", ADMIN, ADMIN_API, PROJECT),
];
