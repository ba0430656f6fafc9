//! The routes that the API has and this daemon has not built: the one list of them.
//!
//! A request for one is answered as for any path or action that is not there, and told which one it is. The test of the
//! catalogue holds this list against the facts: it may only shrink. How to get it wrong: to leave a row here when its
//! route is built, or to list a path with a parameter before one that has a word in its place: the first that fits is told. Source: routes.tsv of the facts.

use manilad_domain::{Fault, Microversion, Span, span};

use crate::route::Method;

/// One row of the list.
pub struct Missing {
    pub method: Method,
    /// Below `/v2[/project]`, as the API's own documents name the parameters.
    pub path: &'static str,
    /// The key of the body, for `…/action`.
    pub action: Option<&'static str>,
    pub span: Span,
}

macro_rules! missing {
    ($($method:ident $path:literal $($action:literal)? [$($span:tt)*];)+) => {
        &[$(Missing {
            method: Method::$method,
            path: $path,
            action: missing!(@action $($action)?),
            span: span!([$($span)*]),
        }),+]
    };
    (@action) => { None };
    (@action $action:literal) => { Some($action) };
}

pub const MISSING: &[Missing] = missing! {
    POST "/services/ensure-shares" [2.86..];
    POST "/os-share-manage" [..=2.6];
    POST "/os-share-unmanage/{share_id}/unmanage" [..=2.6];
    POST "/shares/{share_id}/action" "soft_delete" [2.69..];
    POST "/shares/{share_id}/action" "restore" [2.69..];
    POST "/shares/{share_id}/action" "migration_start" [2.29.. experimental ..=2.95];
    POST "/shares/{share_id}/action" "migration_complete" [2.22.. experimental ..=2.95];
    POST "/shares/{share_id}/action" "migration_cancel" [2.22.. experimental ..=2.95];
    POST "/shares/{share_id}/action" "migration_get_progress" [2.22..=2.97 experimental ..=2.95];
    POST "/shares/{share_id}/action" "unmanage" [2.7..];
    POST "/shares/{share_id}/action" "revert" [2.27..];
    GET "/shares/{share_id}/migration-progress" [2.98..];
    POST "/shares/manage" [2.7..];
    POST "/snapshots" [..];
    GET "/snapshots/{snapshot_id}" [..];
    PUT "/snapshots/{snapshot_id}" [..];
    DELETE "/snapshots/{snapshot_id}" [..];
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
    GET "/snapshot-instances/{snapshot_instance_id}" [2.19..];
    POST "/snapshot-instances/{snapshot_instance_id}/action" "reset_status" [2.19..];
    GET "/snapshot-instances/{snapshot_instance_id}/export-locations" [2.32..];
    GET "/snapshot-instances/{snapshot_instance_id}/export-locations/{export_location_id}" [2.32..];
    POST "/share-servers/{share_server_id}/action" "migration_start" [2.57.. experimental];
    POST "/share-servers/{share_server_id}/action" "migration_complete" [2.57.. experimental];
    POST "/share-servers/{share_server_id}/action" "migration_cancel" [2.57.. experimental];
    POST "/share-servers/{share_server_id}/action" "migration_get_progress" [2.57.. experimental];
    POST "/share-servers/{share_server_id}/action" "migration_check" [2.57.. experimental];
    POST "/share-servers/manage" [2.49..];
    POST "/share-groups" [2.31.. experimental ..=2.54];
    GET "/share-groups/{share_group_id}" [2.31.. experimental ..=2.54];
    PUT "/share-groups/{share_group_id}" [2.31.. experimental ..=2.54];
    DELETE "/share-groups/{share_group_id}" [2.31.. experimental ..=2.54];
    POST "/share-groups/{share_group_id}/action" "reset_status" [2.31.. experimental ..=2.54];
    POST "/share-groups/{share_group_id}/action" "force_delete" [2.31.. experimental ..=2.54];
    POST "/share-group-types" [2.31.. experimental ..=2.54];
    GET "/share-group-types/default" [2.31.. experimental ..=2.54];
    GET "/share-group-types/{share_group_type_id}" [2.31.. experimental ..=2.54];
    DELETE "/share-group-types/{share_group_type_id}" [2.31.. experimental ..=2.54];
    POST "/share-group-types/{share_group_type_id}/action" "addProjectAccess" [2.31.. experimental ..=2.54];
    POST "/share-group-types/{share_group_type_id}/action" "removeProjectAccess" [2.31.. experimental ..=2.54];
    GET "/share-group-types/{share_group_type_id}/access" [2.31.. experimental ..=2.54];
    GET "/share-group-types/{share_group_type_id}/group-specs" [2.31.. experimental ..=2.54];
    POST "/share-group-types/{share_group_type_id}/group-specs" [2.31.. experimental ..=2.54];
    GET "/share-group-types/{share_group_type_id}/group-specs/{key}" [2.31.. experimental ..=2.54];
    DELETE "/share-group-types/{share_group_type_id}/group-specs/{key}" [2.31.. experimental ..=2.54];
    PUT "/share-group-types/{share_group_type_id}/group-specs/{key}" [2.31.. experimental ..=2.54];
    POST "/share-group-snapshots" [2.31.. experimental ..=2.54];
    GET "/share-group-snapshots/{share_group_snapshot_id}" [2.31.. experimental ..=2.54];
    PUT "/share-group-snapshots/{share_group_snapshot_id}" [2.31.. experimental ..=2.54];
    DELETE "/share-group-snapshots/{share_group_snapshot_id}" [2.31.. experimental ..=2.54];
    GET "/share-group-snapshots/{share_group_snapshot_id}/members" [2.31.. experimental ..=2.54];
    POST "/share-group-snapshots/{share_group_snapshot_id}/action" "reset_status" [2.31.. experimental ..=2.54];
    POST "/share-group-snapshots/{share_group_snapshot_id}/action" "force_delete" [2.31.. experimental ..=2.54];
    POST "/share-replicas" [2.11.. experimental ..=2.55];
    GET "/share-replicas/{share_replica_id}" [2.11.. experimental ..=2.55];
    DELETE "/share-replicas/{share_replica_id}" [2.11.. experimental ..=2.55];
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
    POST "/share-transfers" [2.77..];
    GET "/share-transfers/{transfer_id}" [2.77..];
    DELETE "/share-transfers/{transfer_id}" [2.77..];
    POST "/share-transfers/{transfer_id}/accept" [2.77..];
    GET "/share-replicas/{share_replica_id}/export-locations" [2.47.. experimental ..=2.55];
    GET "/share-replicas/{share_replica_id}/export-locations/{export_location_id}" [2.47.. experimental ..=2.55];
    PUT "/share-access-rules/{access_id}" [2.88..];
    POST "/share-backups" [2.80.. experimental];
    GET "/share-backups/{backup_id}" [2.80.. experimental];
    PUT "/share-backups/{backup_id}" [2.80.. experimental];
    DELETE "/share-backups/{backup_id}" [2.80.. experimental];
    POST "/share-backups/{backup_id}/action" "restore" [2.80.. experimental];
    POST "/share-backups/{backup_id}/action" "reset_status" [2.80.. experimental];
    POST "/resource-locks" [2.81..];
    GET "/resource-locks/{lock_id}" [2.81..];
    PUT "/resource-locks/{lock_id}" [2.81..];
    DELETE "/resource-locks/{lock_id}" [2.81..];
    POST "/qos-types" [2.94..];
    GET "/qos-types/{qos_type_id}" [2.94..];
    PUT "/qos-types/{qos_type_id}" [2.94..];
    DELETE "/qos-types/{qos_type_id}" [2.94..];
    POST "/qos-types/{qos_type_id}/specs" [2.94..];
    GET "/qos-types/{qos_type_id}/specs/{key}" [2.94..];
    GET "/qos-types/{qos_type_id}/specs" [2.94..];
    DELETE "/qos-types/{qos_type_id}/specs/{key}" [2.94..];
    PUT "/qos-types/{qos_type_id}/specs/{key}" [2.94..];
};

/// What a request is told for whose path there is no row, if the API has it.
pub fn path(method: Method, segments: &[&str], version: Microversion, experimental: bool) -> Option<Fault> {
    let row = MISSING.iter().find(|row| row.method == method && row.is_asked(segments, version, experimental))?;
    Some(Fault::missing(format!("{} /v2{}{NOT_BUILT}", row.method.name(), row.path)))
}

/// What a request is told whose path has actions, but not this one, if the API has it.
pub fn action(action: &str, segments: &[&str], version: Microversion, experimental: bool) -> Option<Fault> {
    let is_asked = |row: &&Missing| row.action == Some(action) && row.is_asked(segments, version, experimental);
    let row = MISSING.iter().find(is_asked)?;
    Some(Fault::invalid(format!("Action {action} of {} /v2{}{NOT_BUILT}", row.method.name(), row.path)))
}

const NOT_BUILT: &str = " is not built in manilad; its docs/status.md says what is not.";

impl Missing {
    fn is_asked(&self, segments: &[&str], version: Microversion, experimental: bool) -> bool {
        let own = || self.path.trim_start_matches('/').split('/');
        let fits = |(own, asked): (&str, &&str)| if own.starts_with('{') { !asked.is_empty() } else { own == *asked };
        self.span.serves(version, experimental) && own().count() == segments.len() && own().zip(segments).all(fits)
    }
}
