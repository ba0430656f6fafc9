//! Every route of the API, built or not, with its microversions.
//!
//! Data that does not change when something is built. How to get it wrong: to write a row from what is built here; a test compares
//! the table with the facts. Source: routes.tsv of the facts.

use manilad_domain::{Span, span};

use crate::route::Method;

/// One route of the API.
#[derive(Debug)]
pub struct ApiRoute {
    pub method: Method,
    /// Below `/v2[/project]`, as the API's own documents name the parameters.
    pub path: &'static str,
    /// The key of the body, for `…/action`.
    pub action: Option<&'static str>,
    pub span: Span,
}

macro_rules! api {
    ($($method:ident $path:literal $($action:literal)? [$($span:tt)*];)+) => {
        &[$(ApiRoute {
            method: Method::$method,
            path: $path,
            action: api!(@action $($action)?),
            span: span!([$($span)*]),
        }),+]
    };
    (@action) => { None };
    (@action $action:literal) => { Some($action) };
}

pub const API: &[ApiRoute] = api! {
    GET "/os-availability-zone" [..=2.6];
    GET "/availability-zones" [2.7..];
    GET "/os-services" [..=2.6];
    PUT "/os-services/{verb}" [..=2.6];
    GET "/services" [2.7..];
    PUT "/services/{verb}" [2.7..];
    POST "/services/ensure-shares" [2.86..];
    GET "/os-quota-sets/{project_id}" [..=2.6];
    PUT "/os-quota-sets/{project_id}" [..=2.6];
    DELETE "/os-quota-sets/{project_id}" [..=2.6];
    GET "/os-quota-sets/{project_id}/defaults" [..=2.6];
    GET "/quota-sets/{project_id}" [2.7..];
    PUT "/quota-sets/{project_id}" [2.7..];
    DELETE "/quota-sets/{project_id}" [2.7..];
    GET "/quota-sets/{project_id}/defaults" [2.7..];
    GET "/quota-sets/{project_id}/detail" [2.25..];
    GET "/os-quota-class-sets/{class_name}" [..=2.6];
    PUT "/os-quota-class-sets/{class_name}" [..=2.6];
    GET "/quota-class-sets/{class_name}" [2.7..];
    PUT "/quota-class-sets/{class_name}" [2.7..];
    POST "/os-share-manage" [..=2.6];
    POST "/os-share-unmanage/{share_id}/unmanage" [..=2.6];
    GET "/shares" [..];
    POST "/shares" [..];
    GET "/shares/{share_id}" [..];
    PUT "/shares/{share_id}" [..];
    DELETE "/shares/{share_id}" [..];
    GET "/shares/detail" [..];
    POST "/shares/{share_id}/action" "os-reset_status" [..=2.6];
    POST "/shares/{share_id}/action" "reset_status" [2.7..];
    POST "/shares/{share_id}/action" "os-force_delete" [..=2.6];
    POST "/shares/{share_id}/action" "force_delete" [2.7..];
    POST "/shares/{share_id}/action" "soft_delete" [2.69..];
    POST "/shares/{share_id}/action" "restore" [2.69..];
    POST "/shares/{share_id}/action" "migration_start" [2.29.. experimental ..=2.95];
    POST "/shares/{share_id}/action" "migration_complete" [2.22.. experimental ..=2.95];
    POST "/shares/{share_id}/action" "migration_cancel" [2.22.. experimental ..=2.95];
    POST "/shares/{share_id}/action" "migration_get_progress" [2.22..=2.97 experimental ..=2.95];
    POST "/shares/{share_id}/action" "reset_task_state" [2.22.. experimental ..=2.95];
    POST "/shares/{share_id}/action" "os-allow_access" [..=2.6];
    POST "/shares/{share_id}/action" "allow_access" [2.7..];
    POST "/shares/{share_id}/action" "os-deny_access" [..=2.6];
    POST "/shares/{share_id}/action" "deny_access" [2.7..];
    POST "/shares/{share_id}/action" "os-access_list" [..=2.6];
    POST "/shares/{share_id}/action" "access_list" [2.7..=2.44];
    POST "/shares/{share_id}/action" "os-extend" [..=2.6];
    POST "/shares/{share_id}/action" "extend" [2.7..];
    POST "/shares/{share_id}/action" "os-shrink" [..=2.6];
    POST "/shares/{share_id}/action" "shrink" [2.7..];
    POST "/shares/{share_id}/action" "unmanage" [2.7..];
    POST "/shares/{share_id}/action" "revert" [2.27..];
    GET "/shares/{share_id}/migration-progress" [2.98..];
    POST "/shares/manage" [2.7..];
    POST "/shares/{share_id}/metadata" [..];
    PUT "/shares/{share_id}/metadata" [..];
    POST "/shares/{share_id}/metadata/{key}" [..];
    GET "/shares/{share_id}/metadata" [..];
    GET "/shares/{share_id}/metadata/{key}" [..];
    DELETE "/shares/{share_id}/metadata/{key}" [..];
    GET "/share_instances" [2.3..];
    GET "/share_instances/{share_instance_id}" [2.3..];
    POST "/share_instances/{share_instance_id}/action" "os-reset_status" [2.3..=2.6];
    POST "/share_instances/{share_instance_id}/action" "reset_status" [2.7..];
    POST "/share_instances/{share_instance_id}/action" "os-force_delete" [2.3..=2.6];
    POST "/share_instances/{share_instance_id}/action" "force_delete" [2.7..];
    GET "/share_instances/{share_instance_id}/export_locations" [2.9..];
    GET "/share_instances/{share_instance_id}/export_locations/{export_location_id}" [2.9..];
    GET "/shares/{share_id}/instances" [2.3..];
    GET "/shares/{share_id}/export_locations" [2.9..];
    GET "/shares/{share_id}/export_locations/{export_location_id}" [2.9..];
    POST "/shares/{share_id}/export_locations/{export_location_id}/metadata" [2.87..];
    PUT "/shares/{share_id}/export_locations/{export_location_id}/metadata" [2.87..];
    POST "/shares/{share_id}/export_locations/{export_location_id}/metadata/{key}" [2.87..];
    GET "/shares/{share_id}/export_locations/{export_location_id}/metadata" [2.87..];
    GET "/shares/{share_id}/export_locations/{export_location_id}/metadata/{key}" [2.87..];
    DELETE "/shares/{share_id}/export_locations/{export_location_id}/metadata/{key}" [2.87..];
    GET "/snapshots" [..];
    POST "/snapshots" [..];
    GET "/snapshots/{snapshot_id}" [..];
    PUT "/snapshots/{snapshot_id}" [..];
    DELETE "/snapshots/{snapshot_id}" [..];
    GET "/snapshots/detail" [..];
    POST "/snapshots/{snapshot_id}/action" "os-reset_status" [..=2.6];
    POST "/snapshots/{snapshot_id}/action" "reset_status" [2.7..];
    POST "/snapshots/{snapshot_id}/action" "os-force_delete" [..=2.6];
    POST "/snapshots/{snapshot_id}/action" "force_delete" [2.7..];
    POST "/snapshots/{snapshot_id}/action" "unmanage" [2.12..];
    POST "/snapshots/{snapshot_id}/action" "allow_access" [2.32..];
    POST "/snapshots/{snapshot_id}/action" "deny_access" [2.32..];
    POST "/snapshots/{snapshot_id}/metadata" [2.73..];
    PUT "/snapshots/{snapshot_id}/metadata" [2.73..];
    POST "/snapshots/{snapshot_id}/metadata/{key}" [2.73..];
    GET "/snapshots/{snapshot_id}/metadata" [2.73..];
    GET "/snapshots/{snapshot_id}/metadata/{key}" [2.73..];
    DELETE "/snapshots/{snapshot_id}/metadata/{key}" [2.73..];
    POST "/snapshots/manage" [2.12..];
    GET "/snapshots/{snapshot_id}/access-list" [2.32..];
    GET "/snapshots/{snapshot_id}/export-locations" [2.32..];
    GET "/snapshots/{snapshot_id}/export-locations/{export_location_id}" [2.32..];
    GET "/snapshot-instances" [2.19..];
    GET "/snapshot-instances/{snapshot_instance_id}" [2.19..];
    GET "/snapshot-instances/detail" [2.19..];
    POST "/snapshot-instances/{snapshot_instance_id}/action" "reset_status" [2.19..];
    GET "/snapshot-instances/{snapshot_instance_id}/export-locations" [2.32..];
    GET "/snapshot-instances/{snapshot_instance_id}/export-locations/{export_location_id}" [2.32..];
    GET "/limits" [..];
    GET "/security-services" [..];
    POST "/security-services" [..];
    GET "/security-services/{security_service_id}" [..];
    PUT "/security-services/{security_service_id}" [..];
    DELETE "/security-services/{security_service_id}" [..];
    GET "/security-services/detail" [..];
    GET "/share-networks" [..];
    POST "/share-networks" [..];
    GET "/share-networks/{share_network_id}" [..];
    PUT "/share-networks/{share_network_id}" [..];
    DELETE "/share-networks/{share_network_id}" [..];
    GET "/share-networks/detail" [..];
    POST "/share-networks/{share_network_id}/action" "add_security_service" [..];
    POST "/share-networks/{share_network_id}/action" "remove_security_service" [..];
    POST "/share-networks/{share_network_id}/action" "update_security_service" [2.63..];
    POST "/share-networks/{share_network_id}/action" "update_security_service_check" [2.63..];
    POST "/share-networks/{share_network_id}/action" "add_security_service_check" [2.63..];
    POST "/share-networks/{share_network_id}/action" "share_network_subnet_create_check" [2.70..];
    POST "/share-networks/{share_network_id}/action" "reset_status" [2.63..];
    POST "/share-networks/{share_network_id}/subnets" [2.51..];
    DELETE "/share-networks/{share_network_id}/subnets/{share_network_subnet_id}" [2.51..];
    GET "/share-networks/{share_network_id}/subnets/{share_network_subnet_id}" [2.51..];
    GET "/share-networks/{share_network_id}/subnets" [2.51..];
    POST "/share-networks/{share_network_id}/subnets/{share_network_subnet_id}/metadata" [2.78..];
    PUT "/share-networks/{share_network_id}/subnets/{share_network_subnet_id}/metadata" [2.78..];
    POST "/share-networks/{share_network_id}/subnets/{share_network_subnet_id}/metadata/{key}" [2.78..];
    GET "/share-networks/{share_network_id}/subnets/{share_network_subnet_id}/metadata" [2.78..];
    GET "/share-networks/{share_network_id}/subnets/{share_network_subnet_id}/metadata/{key}" [2.78..];
    DELETE "/share-networks/{share_network_id}/subnets/{share_network_subnet_id}/metadata/{key}" [2.78..];
    GET "/share-servers" [..];
    GET "/share-servers/{share_server_id}" [..];
    DELETE "/share-servers/{share_server_id}" [..];
    POST "/share-servers/{share_server_id}/action" "reset_status" [2.49..];
    POST "/share-servers/{share_server_id}/action" "unmanage" [2.49..];
    POST "/share-servers/{share_server_id}/action" "migration_start" [2.57.. experimental];
    POST "/share-servers/{share_server_id}/action" "migration_complete" [2.57.. experimental];
    POST "/share-servers/{share_server_id}/action" "migration_cancel" [2.57.. experimental];
    POST "/share-servers/{share_server_id}/action" "migration_get_progress" [2.57.. experimental];
    POST "/share-servers/{share_server_id}/action" "reset_task_state" [2.57.. experimental];
    POST "/share-servers/{share_server_id}/action" "migration_check" [2.57.. experimental];
    GET "/share-servers/{share_server_id}/details" [..];
    POST "/share-servers/manage" [2.49..];
    GET "/types" [..];
    POST "/types" [..];
    GET "/types/{type_id}" [..];
    PUT "/types/{type_id}" [2.50..];
    DELETE "/types/{type_id}" [..];
    GET "/types/default" [..];
    POST "/types/{type_id}/action" "addProjectAccess" [..];
    POST "/types/{type_id}/action" "removeProjectAccess" [..];
    GET "/types/{type_id}/os-share-type-access" [..];
    GET "/types/{type_id}/share_type_access" [..];
    GET "/types/{type_id}/extra_specs" [..];
    POST "/types/{type_id}/extra_specs" [..];
    GET "/types/{type_id}/extra_specs/{key}" [..];
    PUT "/types/{type_id}/extra_specs/{key}" [..];
    DELETE "/types/{type_id}/extra_specs/{key}" [..];
    GET "/scheduler-stats/pools" [..];
    GET "/scheduler-stats/pools/detail" [..];
    GET "/share-groups" [2.31.. experimental ..=2.54];
    POST "/share-groups" [2.31.. experimental ..=2.54];
    GET "/share-groups/{share_group_id}" [2.31.. experimental ..=2.54];
    PUT "/share-groups/{share_group_id}" [2.31.. experimental ..=2.54];
    DELETE "/share-groups/{share_group_id}" [2.31.. experimental ..=2.54];
    GET "/share-groups/detail" [2.31.. experimental ..=2.54];
    POST "/share-groups/{share_group_id}/action" "reset_status" [2.31.. experimental ..=2.54];
    POST "/share-groups/{share_group_id}/action" "force_delete" [2.31.. experimental ..=2.54];
    GET "/share-group-types" [2.31.. experimental ..=2.54];
    POST "/share-group-types" [2.31.. experimental ..=2.54];
    GET "/share-group-types/{share_group_type_id}" [2.31.. experimental ..=2.54];
    DELETE "/share-group-types/{share_group_type_id}" [2.31.. experimental ..=2.54];
    GET "/share-group-types/default" [2.31.. experimental ..=2.54];
    POST "/share-group-types/{share_group_type_id}/action" "addProjectAccess" [2.31.. experimental ..=2.54];
    POST "/share-group-types/{share_group_type_id}/action" "removeProjectAccess" [2.31.. experimental ..=2.54];
    GET "/share-group-types/{share_group_type_id}/access" [2.31.. experimental ..=2.54];
    GET "/share-group-types/{share_group_type_id}/group-specs" [2.31.. experimental ..=2.54];
    POST "/share-group-types/{share_group_type_id}/group-specs" [2.31.. experimental ..=2.54];
    GET "/share-group-types/{share_group_type_id}/group-specs/{key}" [2.31.. experimental ..=2.54];
    DELETE "/share-group-types/{share_group_type_id}/group-specs/{key}" [2.31.. experimental ..=2.54];
    PUT "/share-group-types/{share_group_type_id}/group-specs/{key}" [2.31.. experimental ..=2.54];
    GET "/share-group-snapshots" [2.31.. experimental ..=2.54];
    POST "/share-group-snapshots" [2.31.. experimental ..=2.54];
    GET "/share-group-snapshots/{share_group_snapshot_id}" [2.31.. experimental ..=2.54];
    PUT "/share-group-snapshots/{share_group_snapshot_id}" [2.31.. experimental ..=2.54];
    DELETE "/share-group-snapshots/{share_group_snapshot_id}" [2.31.. experimental ..=2.54];
    GET "/share-group-snapshots/detail" [2.31.. experimental ..=2.54];
    GET "/share-group-snapshots/{share_group_snapshot_id}/members" [2.31.. experimental ..=2.54];
    POST "/share-group-snapshots/{share_group_snapshot_id}/action" "reset_status" [2.31.. experimental ..=2.54];
    POST "/share-group-snapshots/{share_group_snapshot_id}/action" "force_delete" [2.31.. experimental ..=2.54];
    GET "/share-replicas" [2.11.. experimental ..=2.55];
    POST "/share-replicas" [2.11.. experimental ..=2.55];
    GET "/share-replicas/{share_replica_id}" [2.11.. experimental ..=2.55];
    DELETE "/share-replicas/{share_replica_id}" [2.11.. experimental ..=2.55];
    GET "/share-replicas/detail" [2.11.. experimental ..=2.55];
    POST "/share-replicas/{share_replica_id}/action" "promote" [2.11.. experimental ..=2.55];
    POST "/share-replicas/{share_replica_id}/action" "reset_status" [2.11.. experimental ..=2.55];
    POST "/share-replicas/{share_replica_id}/action" "force_delete" [2.11.. experimental ..=2.55];
    POST "/share-replicas/{share_replica_id}/action" "reset_replica_state" [2.11.. experimental ..=2.55];
    POST "/share-replicas/{share_replica_id}/action" "resync" [2.11.. experimental ..=2.55];
    POST "/share-replicas/{share_replica_id}/metadata" [2.95..];
    PUT "/share-replicas/{share_replica_id}/metadata" [2.95..];
    POST "/share-replicas/{share_replica_id}/metadata/{key}" [2.95..];
    GET "/share-replicas/{share_replica_id}/metadata" [2.95..];
    GET "/share-replicas/{share_replica_id}/metadata/{key}" [2.95..];
    DELETE "/share-replicas/{share_replica_id}/metadata/{key}" [2.95..];
    GET "/share-transfers" [2.77..];
    POST "/share-transfers" [2.77..];
    GET "/share-transfers/{transfer_id}" [2.77..];
    DELETE "/share-transfers/{transfer_id}" [2.77..];
    GET "/share-transfers/detail" [2.77..];
    POST "/share-transfers/{transfer_id}/accept" [2.77..];
    GET "/share-replicas/{share_replica_id}/export-locations" [2.47.. experimental ..=2.55];
    GET "/share-replicas/{share_replica_id}/export-locations/{export_location_id}" [2.47.. experimental ..=2.55];
    GET "/messages" [2.37..];
    GET "/messages/{message_id}" [2.37..];
    DELETE "/messages/{message_id}" [2.37..];
    GET "/share-access-rules" [2.45..];
    GET "/share-access-rules/{access_id}" [2.45..];
    PUT "/share-access-rules/{access_id}" [2.88..];
    PUT "/share-access-rules/{access_id}/metadata" [2.45..];
    DELETE "/share-access-rules/{access_id}/metadata/{key}" [2.45..];
    GET "/share-backups" [2.80.. experimental];
    POST "/share-backups" [2.80.. experimental];
    GET "/share-backups/{backup_id}" [2.80.. experimental];
    PUT "/share-backups/{backup_id}" [2.80.. experimental];
    DELETE "/share-backups/{backup_id}" [2.80.. experimental];
    GET "/share-backups/detail" [2.80.. experimental];
    POST "/share-backups/{backup_id}/action" "restore" [2.80.. experimental];
    POST "/share-backups/{backup_id}/action" "reset_status" [2.80.. experimental];
    GET "/resource-locks" [2.81..];
    POST "/resource-locks" [2.81..];
    GET "/resource-locks/{lock_id}" [2.81..];
    PUT "/resource-locks/{lock_id}" [2.81..];
    DELETE "/resource-locks/{lock_id}" [2.81..];
    GET "/qos-types" [2.94..];
    POST "/qos-types" [2.94..];
    GET "/qos-types/{qos_type_id}" [2.94..];
    PUT "/qos-types/{qos_type_id}" [2.94..];
    DELETE "/qos-types/{qos_type_id}" [2.94..];
    POST "/qos-types/{qos_type_id}/specs" [2.94..];
    GET "/qos-types/{qos_type_id}/specs/{key}" [2.94..];
    GET "/qos-types/{qos_type_id}/specs" [2.94..];
    DELETE "/qos-types/{qos_type_id}/specs/{key}" [2.94..];
    PUT "/qos-types/{qos_type_id}/specs/{key}" [2.94..];
    GET "/extensions" [..];
    GET "/extensions/{alias}" [..];
};
