//! What each microversion changed: one row per version, in our own words, for the docs and for the test that every row
//! is witnessed by an edge of a table. Source: microversions.md.

use crate::microversion::Microversion;

/// One microversion and what it changed on the wire.
#[derive(Debug, Clone, Copy)]
pub struct VersionChange {
    pub version: Microversion,
    pub what: &'static str,
}

const fn change(version: &str, what: &'static str) -> VersionChange {
    VersionChange { version: Microversion::written(version), what }
}

/// Every microversion, oldest first.
pub const HISTORY: &[VersionChange] = &[
    change("2.0", "the base: URLs and actions with the os- prefix, export locations in the share's body"),
    change("2.1", "availability_zone of a new share; we honour it at every version, as the reference does"),
    change("2.2", "a share tells snapshot_support"),
    change("2.3", "share instances"),
    change("2.4", "consistency groups, which later versions took away again"),
    change("2.5", "a share tells task_state"),
    change("2.6", "share_type of a share is the type's id; share_type_name is new"),
    change("2.7", "URLs and actions lose the os- prefix"),
    change("2.8", "is_public is honoured when a share is managed"),
    change("2.9", "export locations leave the share's body and get routes of their own"),
    change("2.10", "shares and instances tell access_rules_status"),
    change("2.11", "share replicas; a share tells replication_type and has_replicas"),
    change("2.12", "snapshots can be managed and unmanaged; provider_location"),
    change("2.13", "access type cephx"),
    change("2.14", "an export location tells preferred"),
    change("2.15", "share migration, in a form that later versions replaced"),
    change("2.16", "a share tells user_id"),
    change("2.17", "a snapshot tells user_id and project_id"),
    change("2.18", "a share network tells gateway"),
    change("2.19", "snapshot instances"),
    change("2.20", "a share network tells mtu"),
    change("2.21", "an access rule tells access_key"),
    change("2.22", "share migration in two phases; a share instance tells share_type_id"),
    change("2.23", "pools can be filtered by share type"),
    change("2.24", "create_share_from_snapshot_support; snapshot_support is no longer implied by a type"),
    change("2.25", "quota sets in detail"),
    change("2.26", "a share network no longer tells nova_net_id"),
    change("2.27", "revert to snapshot"),
    change("2.28", "each access rule has a state of its own; out_of_sync becomes syncing"),
    change("2.29", "migration_start in its present form"),
    change("2.30", "cast_rules_to_readonly of instances and replicas"),
    change("2.31", "share groups"),
    change("2.32", "mountable snapshots"),
    change("2.33", "an access rule tells created_at and updated_at"),
    change("2.34", "a share group tells availability_zone and consistent_snapshot_support"),
    change("2.35", "filters by export location"),
    change("2.36", "filters that match part of a name or description"),
    change("2.37", "user messages"),
    change("2.38", "IPv6 in access rules"),
    change("2.39", "quotas by share type"),
    change("2.40", "quotas of share groups"),
    change("2.41", "a share type tells description"),
    change("2.42", "with_count in the short list of shares"),
    change("2.43", "share types can be filtered by extra specs"),
    change("2.44", "a security service tells ou"),
    change("2.45", "access rules get routes of their own, and metadata; action access_list goes"),
    change("2.46", "types tell is_default"),
    change("2.47", "export locations of replicas"),
    change("2.48", "a type's availability zones bind new shares"),
    change("2.49", "share servers can be managed"),
    change("2.50", "share types can be changed"),
    change("2.51", "share network subnets"),
    change("2.52", "messages can be filtered by time"),
    change("2.53", "quotas of replicas"),
    change("2.54", "shares and instances tell progress; creating_from_snapshot is told apart"),
    change("2.55", "share groups are no longer experimental"),
    change("2.56", "share replicas are no longer experimental"),
    change("2.57", "share server migration"),
    change("2.58", "limits tell share groups"),
    change("2.59", "migration progress tells details"),
    change("2.60", "URLs without a project; we serve both forms at every version, as the reference does"),
    change("2.61", "a type's size limits bind new shares; we apply them at every version, as the reference does"),
    change("2.62", "quota per_share_gigabytes"),
    change("2.63", "security services of a network in use can change"),
    change("2.64", "extend by force"),
    change("2.65", "scheduler hints same_host and different_host"),
    change("2.66", "group types can be filtered by group specs"),
    change("2.67", "scheduler hint only_host"),
    change("2.68", "metadata that only administrators may set"),
    change("2.69", "the recycle bin"),
    change("2.70", "several subnets per zone; networks in use can grow"),
    change("2.71", "a share instance tells updated_at"),
    change("2.72", "a replica can be in a network of its own"),
    change("2.73", "snapshots have metadata"),
    change("2.74", "access can be changed although an instance is in error"),
    change("2.75", "promotion can wait for a quiet replica"),
    change("2.76", "a security service tells default_ad_site"),
    change("2.77", "share transfers"),
    change("2.78", "subnets have metadata"),
    change("2.79", "with_count in the list of snapshots"),
    change("2.80", "share backups"),
    change("2.81", "resource locks"),
    change("2.82", "access rules can be locked and hidden; their filters are checked"),
    change("2.83", "a service tells why it is disabled"),
    change("2.84", "mount point names"),
    change("2.85", "a backup tells its type"),
    change("2.86", "ensure-shares; a service tells ensuring"),
    change("2.87", "export locations have metadata"),
    change("2.88", "the level of an access rule can be changed"),
    change("2.89", "changes of subnet metadata reach the back end"),
    change("2.90", "encryption keys of tenants"),
    change("2.91", "a backup can be restored into another share"),
    change("2.92", "a mount point name for a managed share"),
    change("2.93", "services can be filtered by ensuring"),
    change("2.94", "QoS types"),
    change("2.95", "replicas have metadata"),
    change("2.96", "share migration is no longer experimental"),
    change("2.97", "shares can be filtered by availability zone"),
    change("2.98", "migration progress is read with GET"),
    change("2.99", "snapshot_inherit_share_access_support"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_history_has_one_row_per_microversion_in_order() {
        assert!(HISTORY.iter().map(|change| change.version).eq(Microversion::all()));
    }
}
