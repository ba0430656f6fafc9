//! `[DEFAULT]`, the part about shares: what the API accepts, and the rhythm of the work on them.

use super::{BACKUPS, GROUPS, MIGRATION, NO_COPYING, REPLICAS, SERVER_MIGRATION};
use crate::opt::Kind::{Bool, Dict, DictOfLists, Float, List, ListOf, Str};
use crate::opt::{Group, between, int, opt, unset};

const PROTOCOLS: &[&str] = &["NFS", "CIFS", "GLUSTERFS", "HDFS", "CEPHFS", "MAPRFS", "LUSTRE"];

const MOUNT: &str = "mount -vt %(proto)s %(options)s %(export)s %(path)s";

const NAMED_BY_BACKEND: &str = "names on the array come from the templates of the back end";

const NO_HOOKS: &str = "Python hooks can't run here";

const NO_GENERIC: &str = "backups are made by the array";

const OWN_KEYS: &str = "keys of transfers have 16 hexadecimal digits, and a salt each";

const METADATA_UPDATES: &str = "changes of metadata that reach the array";

const USED_SIZE: &str = "collecting the used size of shares";

pub static SHARES: Group = Group {
    name: "DEFAULT",
    about: "Shares: what the API accepts, and the rhythm of the work on them.",
    options: &[
        unset("default_share_type", Str, "Type of a share whose request names none.").reload(),
        unset("default_share_group_type", Str, "Type of a share group whose request names none.").not_built(GROUPS),
        opt("enabled_share_protocols", ListOf(PROTOCOLS), "NFS,CIFS", "Protocols a share may be asked for.").reload(),
        opt(
            "use_scheduler_creating_share_from_snapshot",
            Bool,
            "false",
            "Whether a share from a snapshot may be placed elsewhere than its parent: in another pool of the same back end.",
        )
        .reload(),
        opt(
            "default_mount_point_prefix",
            Str,
            "{project_id}_",
            "Prefix of mount_point_name where the share type sets none.",
        )
        .reload(),
        opt(
            "is_deferred_deletion_enabled",
            Bool,
            "false",
            "Whether what is deleted is gone for its owner at once, quota included, though its back end has still to let go of it.",
        ),
        opt(
            "periodic_deferred_delete_interval",
            int(1),
            "300",
            "The longest pause, in seconds, between tries of a deferred deletion that fails.",
        ),
        opt("soft_deleted_share_retention_time", int(0), "604800", "Seconds that a share stays in the recycle bin."),
        opt("check_for_expired_shares_in_recycle_bin_interval", int(1), "3600", "Seconds between looks into the bin."),
        opt("transfer_retention_time", int(0), "300", "Seconds until a transfer that nobody accepts expires."),
        opt("check_for_expired_transfers", int(1), "300", "Seconds between looks for expired transfers.")
            .accepted("they are looked for every 10 s"),
        opt("share_transfer_salt_length", between(8, 255), "8", "Length of a transfer's salt, in characters.")
            .accepted(OWN_KEYS),
        opt("share_transfer_key_length", between(16, 255), "16", "Length of a transfer's auth_key, in characters.")
            .accepted(OWN_KEYS),
        opt("message_ttl", int(0), "2592000", "Seconds that a user message is kept."),
        opt("message_reap_interval", int(1), "86400", "Seconds between removals of expired user messages."),
        opt(
            "admin_only_metadata",
            List,
            "__affinity_same_host,__affinity_different_host,__managed_at",
            "Metadata keys of a share that only administrators may change.",
        )
        .reload(),
        opt(
            "admin_only_el_metadata",
            List,
            "preferred",
            "Metadata keys of an export location that only administrators may change.",
        )
        .reload(),
        opt("driver_updatable_metadata", List, "", "Metadata keys of a share whose change reaches the array.")
            .not_built(METADATA_UPDATES),
        opt("driver_updatable_subnet_metadata", List, "", "The same for subnets of share networks.")
            .not_built(METADATA_UPDATES),
        opt(
            "update_shares_status_on_ensure",
            Bool,
            "true",
            "Whether shares show status ensuring while they are brought to what they should be on the array, and can't be changed meanwhile.",
        ),
        opt(
            "delete_share_server_with_last_share",
            Bool,
            "false",
            "Whether a share server goes together with its last share.",
        ),
        opt("automatic_share_server_cleanup", Bool, "true", "Whether unused share servers are removed."),
        opt(
            "unused_share_server_cleanup_interval",
            between(10, 720),
            "10",
            "Minutes after which an unused share server is removed.",
        ),
        opt("unmanage_remove_access_rules", Bool, "false", "Whether unmanaging a share takes its rules off the array."),
        opt("replica_state_update_interval", int(1), "300", "Seconds between looks at the state of replicas.")
            .not_built(REPLICAS),
        opt(
            "migration_driver_continue_update_interval",
            int(1),
            "60",
            "Seconds between looks at migrations of shares.",
        )
        .not_built(MIGRATION),
        opt(
            "server_migration_driver_continue_update_interval",
            int(1),
            "900",
            "Seconds between looks at migrations of share servers.",
        )
        .not_built(SERVER_MIGRATION),
        opt(
            "server_migration_extend_neutron_network",
            Bool,
            "false",
            "Whether the network is bound at the destination while a share server migrates.",
        )
        .not_built(SERVER_MIGRATION),
        opt("share_usage_size_update_interval", int(1), "300", "Seconds between looks at the used size of shares.")
            .not_built(USED_SIZE),
        opt("enable_gathering_share_usage_size", Bool, "false", "Whether the used size of shares is collected.")
            .not_built(USED_SIZE),
        opt("driver_backup_continue_update_interval", int(1), "60", "Seconds between looks at backups.")
            .not_built(BACKUPS),
        opt("driver_restore_continue_update_interval", int(1), "60", "Seconds between looks at restores.")
            .not_built(BACKUPS),
        opt(
            "share_service_inithost_offload",
            Bool,
            "false",
            "Compare shares with the array in the background at start.",
        )
        .accepted("the start never waits for the array"),
        opt("share_name_template", Str, "share-%s", "Name of a share for drivers.").accepted(NAMED_BY_BACKEND),
        opt("share_snapshot_name_template", Str, "share-snapshot-%s", "The same for snapshots.")
            .accepted(NAMED_BY_BACKEND),
        opt("share_backup_name_template", Str, "share-backup-%s", "The same for backups.").accepted(NAMED_BY_BACKEND),
        opt("backup_driver", Str, "manila.data.drivers.nfs.NFSBackupDriver", "Class of generic backups.")
            .accepted(NO_GENERIC),
        opt("data_manager_backup_supported_share_protocols", List, "NFS", "Protocols of generic backups.")
            .accepted(NO_GENERIC),
        unset("backup_mount_export", Str, "Export that receives generic backups.").accepted(NO_GENERIC),
        opt("backup_mount_proto", Str, "nfs", "Protocol of that export.").accepted(NO_GENERIC),
        opt("backup_mount_options", Str, "", "Options of its mount.").accepted(NO_GENERIC),
        opt("backup_mount_template", Str, MOUNT, "Command that mounts it.").accepted(NO_GENERIC),
        opt("backup_unmount_template", Str, "umount -v %(path)s", "Command that unmounts it.").accepted(NO_GENERIC),
        opt("backup_mount_tmp_location", Str, "/tmp/", "Where it is mounted.").accepted(NO_GENERIC),
        opt("backup_share_mount_template", Str, MOUNT, "Command that mounts the share.").accepted(NO_GENERIC),
        opt("backup_share_unmount_template", Str, "umount -v %(path)s", "Command that unmounts it.")
            .accepted(NO_GENERIC),
        opt("backup_ignore_files", List, "lost+found", "Files that are no part of a backup.").accepted(NO_GENERIC),
        opt("backup_protocol_access_mapping", DictOfLists, "ip:[nfs]", "Kind of rule per protocol.")
            .accepted(NO_GENERIC),
        opt("backup_continue_update_interval", int(0), "10", "Seconds between looks at them.").accepted(NO_GENERIC),
        opt("restore_continue_update_interval", int(0), "10", "Seconds between looks at restores.")
            .accepted(NO_GENERIC),
        opt("migration_wait_access_rules_timeout", int(0), "180", "Patience with rules while copying.")
            .accepted(NO_COPYING),
        opt("migration_create_delete_share_timeout", int(0), "300", "Patience with the copy's share.")
            .accepted(NO_COPYING),
        opt("data_access_wait_access_rules_timeout", int(0), "180", "Patience with rules while copying.")
            .accepted(NO_COPYING),
        unset("data_node_access_ips", List, "Addresses of the copying machine.").accepted(NO_COPYING),
        unset("data_node_access_cert", Str, "Its certificate.").accepted(NO_COPYING),
        unset("data_node_access_admin_user", Str, "Its user.").accepted(NO_COPYING),
        unset("data_node_mount_options", Dict, "Its mount options per protocol.").accepted(NO_COPYING),
        opt("mount_tmp_location", Str, "/tmp/", "Where it mounts.").accepted(NO_COPYING),
        opt("check_hash", Bool, "false", "Compare hashes of copied files.").accepted(NO_COPYING),
        unset("hook_drivers", List, "Classes called around operations.").refused(NO_HOOKS),
        opt("enable_pre_hooks", Bool, "false", "Call them before.").accepted(NO_HOOKS),
        opt("enable_post_hooks", Bool, "false", "Call them after.").accepted(NO_HOOKS),
        opt("enable_periodic_hooks", Bool, "false", "Call them from time to time.").accepted(NO_HOOKS),
        opt("suppress_pre_hooks_errors", Bool, "false", "Ignore errors before.").accepted(NO_HOOKS),
        opt("suppress_post_hooks_errors", Bool, "false", "Ignore errors after.").accepted(NO_HOOKS),
        opt("periodic_hooks_interval", Float { min: 0.0 }, "300.0", "Seconds between calls.").accepted(NO_HOOKS),
    ],
};
