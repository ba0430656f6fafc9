//! A back end's section: what any driver has.

use super::NO_COPYING;
use crate::opt::Kind::{Bool, DictOfLists, Float, List, Str};
use crate::opt::{Group, between, int, opt, unset};

const PERCENT: crate::opt::Kind = between(0, 100);

pub static BACKEND_SECTION: Group = Group {
    name: "<back end>",
    about: "A back end: a section for each name in enabled_share_backends.",
    options: &[
        unset(
            "share_driver",
            Str,
            "Required: the driver, by its name in Manila; one that the daemon does not have is refused.",
        ),
        unset("share_backend_name", Str, "Capability share_backend_name; unset: the name of the section."),
        unset(
            "driver_handles_share_servers",
            Bool,
            "Required. true: each share network gets a share server of its own; false: there are no share servers.",
        ),
        unset("backend_availability_zone", Str, "Its availability zone; unset: storage_availability_zone."),
        unset(
            "replication_domain",
            Str,
            "Told as a capability of its pools: back ends of equal domain could replicate among each other. No replicas are built.",
        ),
        opt("reserved_share_percentage", PERCENT, "0", "Part of a pool's capacity that new shares leave free."),
        opt(
            "reserved_share_from_snapshot_percentage",
            PERCENT,
            "0",
            "The same for shares from snapshots; 0 means as for new shares.",
        ),
        opt("reserved_share_extend_percentage", PERCENT, "0", "The same for growing shares."),
        opt(
            "max_over_subscription_ratio",
            Float { min: 1.0 },
            "20.0",
            "How much capacity may be promised, as a multiple of what is there.",
        ),
        unset("filter_function", Str, "Expression that decides whether a pool is a candidate."),
        unset("goodness_function", Str, "Expression that ranks a pool, 0 to 100."),
        opt("max_shares_per_share_server", int(-1), "-1", "Share instances per share server; -1 is any number."),
        opt("max_share_server_size", int(-1), "-1", "Shares and snapshots per share server, in GiB; -1 is any size."),
        unset("network_config_group", Str, "Section of the network options; unset: this one."),
        unset("admin_network_config_group", Str, "Section of the network options of a second, administrative network."),
        opt("protocol_access_mapping", DictOfLists, "ip:[nfs],user:[cifs]", "Kind of rule per protocol.")
            .accepted(NO_COPYING),
        opt("migration_ignore_files", List, "lost+found", "Files left out of copies.").accepted(NO_COPYING),
        opt("share_mount_template", Str, "mount -vt %(proto)s %(options)s %(export)s %(path)s", "Command that mounts.")
            .accepted(NO_COPYING),
        opt("share_unmount_template", Str, "umount -v %(path)s", "Command that unmounts.").accepted(NO_COPYING),
        opt("num_shell_tries", int(0), "3", "Attempts at a command.").accepted("the daemon runs no commands"),
    ],
};
