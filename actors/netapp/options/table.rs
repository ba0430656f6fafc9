//! The options of a back end on NetApp ONTAP: nothing about one stands anywhere else.

use manilad_conf::Kind::{Bool, Enum, Host, List, ListOf, MultiDict, Path, Port, Regex, Secret, Str, Template};
use manilad_conf::tables::{BACKUPS, MIGRATION, REPLICAS, SERVER_MIGRATION};
use manilad_conf::{Group, Kind, Opt, between, int, opt, unset};

const FLEXGROUP_CLONES: &str = "shares from snapshots of FlexGroup volumes in other pools";
const NO_SPLIT_LIMIT: &str = "a move begins once the array tells that the split is over, however long that takes";

const NOT_ON_REST: &str = "the REST interface does not let it be chosen";

/// A name made from the id of a share.
const fn of_share(name: &'static str, preset: &'static str, meaning: &'static str) -> Opt {
    opt(name, Template { required: &["share_id"], allowed: &[] }, preset, meaning)
}

/// Seconds of patience with the array, `least` or more.
const fn patience(name: &'static str, least: i64, preset: &'static str, meaning: &'static str) -> Opt {
    opt(name, int(least), preset, meaning)
}

const EVENT: Kind = Template { required: &["share_id", "protocol"], allowed: &[] };

const LIF: Kind = Template { required: &["net_allocation_id"], allowed: &["node"] };

pub static BACK_END: Group = Group {
    name: "<back end>",
    about: "The same section with share_driver = manila.share.drivers.netapp.common.NetAppDriver, that is on NetApp ONTAP.",
    options: &[
        opt("netapp_storage_family", Enum(&["ontap_cluster"]), "ontap_cluster", "Family of the array's software.")
            .refused("there is no other"),
        unset("netapp_server_hostname", Host, "Management address of the cluster or the SVM; required."),
        unset("netapp_server_port", Port, "Its port; unset: 443, or 80 for http."),
        opt(
            "netapp_transport_type",
            Enum(&["http", "https"]),
            "https",
            "How it is spoken to; a certificate needs https.",
        ),
        opt("netapp_use_legacy_client", Bool, "true", "ZAPI instead of REST.")
            .accepted("the array is always spoken to through REST"),
        opt("netapp_ssl_cert_verify", Bool, "true", "Whether the array's certificate is checked."),
        unset(
            "netapp_ssl_cert_path",
            Str,
            "Certificates to check it with, a file or a directory; unset: the system's.",
        ),
        unset("netapp_login", Str, "Account; one of the cluster gives QoS, facts about aggregates and replication.")
            .reload(),
        unset("netapp_password", Secret, "Its password.").reload(),
        unset("netapp_private_key_file", Path, "Key for logging in with a certificate instead of a password.").reload(),
        unset("netapp_certificate_file", Path, "Certificate of this key.").reload(),
        unset("netapp_ca_certificate_file", Path, "Certificates to check the array with when logging in with one."),
        opt(
            "netapp_certificate_host_validation",
            Bool,
            "false",
            "Whether the array's certificate is checked when logging in with one (netapp_ssl_cert_verify does not count then).",
        ),
        unset("netapp_vserver", Str, "The SVM of all shares; required without share servers, ignored with them."),
        unset("netapp_cluster_name", Str, "Capability netapp_cluster_name; unset: the cluster is asked."),
        opt(
            "netapp_enabled_share_protocols",
            ListOf(&["nfs3", "nfs4.0", "nfs4.1"]),
            "nfs3,nfs4.0",
            "Versions of NFS that new SVMs serve.",
        ),
        of_share("netapp_volume_name_template", "share_%(share_id)s", "Name of a volume; - in ids becomes _."),
        opt(
            "netapp_vserver_name_template",
            Template { required: &[""], allowed: &[] },
            "os_%s",
            "Name of a share server's SVM; must be a legal DNS name for CIFS.",
        ),
        opt("netapp_lif_name_template", LIF, "os_%(net_allocation_id)s", "Name of a share server's LIF."),
        of_share("netapp_qos_policy_group_name_template", "qos_share_%(share_id)s", "Name of a share's QoS policy."),
        opt(
            "netapp_snapmirror_policy_name_svm_template",
            Template { required: &["share_server_id"], allowed: &[] },
            "snapmirror_policy_%(share_server_id)s",
            "Name of a migrating share server's SnapMirror policy.",
        )
        .not_built(SERVER_MIGRATION),
        of_share(
            "netapp_fpolicy_policy_name_template",
            "fpolicy_policy_%(share_id)s",
            "Name of a share's FPolicy policy.",
        ),
        opt(
            "netapp_fpolicy_event_name_template",
            EVENT,
            "fpolicy_event_%(protocol)s_%(share_id)s",
            "Name of a share's FPolicy event.",
        ),
        opt(
            "netapp_fpolicy_default_file_operations",
            List,
            "create,write,rename",
            "File operations that FPolicy watches where the share type names none.",
        ),
        opt("netapp_fixed_qos_policy_prefix", Str, "FIXED_QOS", "Prefix of QoS policies made for QoS types."),
        opt("netapp_adaptive_qos_policy_prefix", Str, "ADAPTIVE_QOS", "The same for adaptive ones."),
        opt("netapp_port_name_search_pattern", Regex, "(.*)", "Ports that may carry LIFs, matched at the start."),
        opt(
            "netapp_aggregate_name_search_pattern",
            Regex,
            "(.*)",
            "Aggregates offered as pools, matched at the start.",
        ),
        unset("netapp_root_volume_aggregate", Str, "Aggregate of new SVMs' root volumes.").accepted(NOT_ON_REST),
        opt("netapp_root_volume", Str, "root", "Name of new SVMs' root volumes.").accepted(NOT_ON_REST),
        opt(
            "netapp_restrict_lif_creation_per_ha_pair",
            Bool,
            "false",
            "Whether a share server is refused whose LIFs the partner node could not take over.",
        ),
        opt(
            "netapp_volume_snapshot_reserve_percent",
            between(0, 90),
            "5",
            "Part of a volume set aside for snapshots; it is taken from the share's size.",
        ),
        opt(
            "netapp_volume_snapshot_policy_exceptions",
            List,
            "ec2_backups",
            "Snapshot policies that managing a share leaves alone.",
        ),
        opt(
            "netapp_reset_snapdir_visibility",
            Enum(&["visible", "hidden", "default"]),
            "default",
            "What becomes of the snapshot directories of the shares that there are, whatever their types say, when they are ensured; they are at the start after this was changed.",
        ),
        opt(
            "netapp_delete_retention_hours",
            int(0),
            "12",
            "Hours that the deleted volumes of a new SVM can be recovered.",
        ),
        opt(
            "netapp_cached_aggregates_status_lifetime",
            int(0),
            "60",
            "Seconds that facts about aggregates are believed.",
        )
        .accepted("aggregates are looked at anew for each report"),
        opt(
            "netapp_enable_logical_space_reporting",
            Bool,
            "false",
            "Whether new SVMs and volumes count logical space; they must then be thin.",
        ),
        opt(
            "netapp_security_cert_expire_days",
            between(1, 3652),
            "365",
            "Days that the certificate of a new SVM is valid.",
        ),
        opt("netapp_cifs_aes_encryption", Bool, "false", "Whether new CIFS servers use AES with Kerberos."),
        opt("netapp_cifs_smb_signing", Bool, "false", "Whether new CIFS servers require signing."),
        opt(
            "netapp_dns_domains",
            List,
            "",
            "Search domains of new SVMs, at most 6; together with netapp_dns_nameservers.",
        ),
        opt("netapp_dns_nameservers", List, "", "Name servers of new SVMs, at most 3."),
        opt("netapp_dns_hosts", List, "", "Fixed names on new SVMs, each name:address or name,alias:address."),
        opt(
            "netapp_identity_auth_token_path",
            Str,
            "",
            "Path of tokens below the identity URL given to the array; unset: /v3/auth/tokens.",
        ),
        patience("netapp_rest_operation_timeout", 60, "60", "Seconds that a job may take."),
        unset("netapp_trace_flags", Str, "What is traced in the log: api, the calls to the array."),
        opt("netapp_api_trace_pattern", Regex, "(.*)", "URLs that api tracing tells, matched at the start."),
        opt("netapp_enable_flexgroup", Bool, "false", "Whether FlexGroup pools are offered."),
        unset(
            "netapp_flexgroup_pools",
            MultiDict,
            "FlexGroup pools as name:aggr1 aggr2; unset: one over all aggregates, placed by the cluster.",
        ),
        opt("netapp_flexgroup_pool_only", Bool, "false", "Whether plain pools are hidden."),
        patience("netapp_flexgroup_volume_online_timeout", 60, "360", "Seconds until a new FlexGroup is online."),
        patience(
            "netapp_flexgroup_aggregate_not_busy_timeout",
            60,
            "360",
            "Seconds to wait for aggregates that are busy with another FlexGroup.",
        ),
        patience(
            "netapp_delete_busy_flexgroup_snapshot_timeout",
            60,
            "360",
            "Seconds until a FlexGroup's snapshot is free of its clones.",
        )
        .not_built(FLEXGROUP_CLONES),
        opt("netapp_snapmirror_schedule", Str, "hourly", "Schedule of replicas on this back end.").not_built(REPLICAS),
        patience("netapp_snapmirror_quiesce_timeout", 0, "3600", "Seconds until a quiesced replication is aborted.")
            .not_built(REPLICAS),
        patience("netapp_snapmirror_release_timeout", 0, "3600", "Seconds that releasing a replication may take.")
            .not_built(REPLICAS),
        patience("netapp_mount_replica_timeout", 0, "3600", "Seconds until a replica can be mounted.")
            .not_built(REPLICAS),
        patience(
            "netapp_volume_move_cutover_timeout",
            0,
            "3600",
            "Seconds that the cutover of a moved volume may take.",
        )
        .not_built(MIGRATION),
        patience(
            "netapp_start_volume_move_timeout",
            0,
            "3600",
            "Seconds to wait for a clone's split before it is moved.",
        )
        .accepted(NO_SPLIT_LIMIT),
        patience("netapp_migration_cancel_timeout", 0, "3600", "Seconds that cancelling a move may take.")
            .not_built(MIGRATION),
        patience(
            "netapp_server_migration_state_change_timeout",
            0,
            "3600",
            "Seconds that a step of a share server's migration may take.",
        )
        .not_built(SERVER_MIGRATION),
        opt(
            "netapp_server_migration_check_capacity",
            Bool,
            "true",
            "Whether a migrating share server needs room for all its shares and snapshots.",
        )
        .not_built(SERVER_MIGRATION),
        opt("netapp_enabled_backup_types", List, "", "Backup types; each is a section of this name.")
            .not_built(BACKUPS),
    ],
};

pub static BACKUP_TYPE: Group = Group {
    name: "<backup type>",
    about: "A kind of backup: a section for each name in netapp_enabled_backup_types.",
    options: &[
        unset("netapp_backup_backend_section_name", Str, "Required: the back end that receives the backups.")
            .not_built(BACKUPS),
        unset("netapp_backup_vserver", Str, "SVM that receives them; unset: that back end's, or one per share server.")
            .not_built(BACKUPS),
        unset("netapp_backup_volume", Str, "Volume that receives them; unset: one per share.").not_built(BACKUPS),
        opt("netapp_snapmirror_job_timeout", int(0), "1800", "Seconds that a first transfer or a release may take.")
            .not_built(BACKUPS),
    ],
};

const ACTIVE_IQ_WEIGHER: &str = "NetAppAIQWeigher";

pub static ACTIVE_IQ: Group = Group {
    name: "netapp_active_iq",
    about: "The Active IQ server that NetAppAIQWeigher asks.",
    options: &[
        unset("aiq_hostname", Host, "Its address; unset: the weigher gives every pool the same weight.")
            .not_built(ACTIVE_IQ_WEIGHER),
        unset("aiq_port", Port, "Its port; unset: 443, or 80 for http.").not_built(ACTIVE_IQ_WEIGHER),
        opt("aiq_transport_type", Enum(&["http", "https"]), "https", "How it is spoken to.")
            .not_built(ACTIVE_IQ_WEIGHER),
        opt("aiq_ssl_verify", Bool, "false", "Whether its certificate is checked.").not_built(ACTIVE_IQ_WEIGHER),
        unset("aiq_ssl_cert_path", Str, "Certificates to check it with; unset: the system's.")
            .not_built(ACTIVE_IQ_WEIGHER),
        unset("aiq_username", Str, "User there.").not_built(ACTIVE_IQ_WEIGHER),
        unset("aiq_password", Secret, "Password of this user.").not_built(ACTIVE_IQ_WEIGHER),
        opt("aiq_eval_method", between(0, 2), "0", "0: by index, 1: by normalised value, 2: by literal value.")
            .not_built(ACTIVE_IQ_WEIGHER),
        opt(
            "aiq_priority_order",
            ListOf(&["ops", "latency", "volume_count", "size"]),
            "ops,latency,volume_count,size",
            "What counts, most important first.",
        )
        .not_built(ACTIVE_IQ_WEIGHER),
    ],
};
