//! `[quota]`: what a project may have where nobody set it anything else.

use super::BUILT_IN;
use crate::opt::Kind::Str;
use crate::opt::{Group, Opt, between, int, opt};

/// -1 is unlimited.
const fn limit(name: &'static str, preset: &'static str, meaning: &'static str) -> Opt {
    opt(name, between(-1, 2_147_483_647), preset, meaning).reload()
}

pub static QUOTA: Group = Group {
    name: "quota",
    about: "What a project may have unless it was given a quota of its own; -1 is unlimited.",
    options: &[
        limit("shares", "50", "Shares.").was(&[("DEFAULT", "quota_shares")]),
        limit("gigabytes", "1000", "Size of all shares, in GiB.").was(&[("DEFAULT", "quota_gigabytes")]),
        limit("per_share_gigabytes", "-1", "Size of one share, in GiB.")
            .was(&[("DEFAULT", "quota_per_share_gigabytes")]),
        limit("snapshots", "50", "Snapshots.").was(&[("DEFAULT", "quota_snapshots")]),
        limit("snapshot_gigabytes", "1000", "Size of all snapshots, in GiB.")
            .was(&[("DEFAULT", "quota_snapshot_gigabytes")]),
        limit("share_networks", "10", "Share networks.").was(&[("DEFAULT", "quota_share_networks")]),
        limit("share_replicas", "100", "Replicas.").was(&[("DEFAULT", "quota_share_replicas")]),
        limit("replica_gigabytes", "1000", "Size of all replicas, in GiB.")
            .was(&[("DEFAULT", "quota_replica_gigabytes")]),
        limit("share_groups", "50", "Share groups.").was(&[("DEFAULT", "quota_share_groups")]),
        limit("share_group_snapshots", "50", "Snapshots of share groups.")
            .was(&[("DEFAULT", "quota_share_group_snapshots")]),
        limit("backups", "10", "Backups.").was(&[("DEFAULT", "quota_backups")]),
        limit("backup_gigabytes", "1000", "Size of all backups, in GiB.").was(&[("DEFAULT", "quota_backup_gigabytes")]),
        limit("encryption_keys", "100", "Different encryption keys in use."),
        opt("reservation_expire", int(0), "86400", "Seconds until an unfinished reservation is dropped.")
            .was(&[("DEFAULT", "reservation_expire")])
            .accepted("a reservation ends with the work that it is for"),
        opt("until_refresh", int(0), "0", "Reservations between recounts.")
            .was(&[("DEFAULT", "until_refresh")])
            .accepted("usage never differs from the records"),
        opt("max_age", int(0), "0", "Seconds between recounts.")
            .was(&[("DEFAULT", "max_age")])
            .accepted("usage never differs from the records"),
        opt("driver", Str, "manila.quota.DbQuotaDriver", "Class of this part.")
            .was(&[("DEFAULT", "quota_driver")])
            .refused(BUILT_IN),
    ],
};
