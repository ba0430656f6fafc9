//! How shares are shown. What belongs to resources that do not exist yet (snapshots, groups, backups) is
//! truthfully empty.

use manilad_domain::{Share, ShareType};
use manilad_store::Shared;

use crate::view;

/// A share with its type, whose name may have changed since the share was made.
pub struct ShareView {
    pub share: Shared<Share>,
    pub share_type: Option<Shared<ShareType>>,
}

const NONE: Option<&str> = None;

view! {
    /// A share by name.
    SHARE_BRIEF = "share" / "shares" of seen: ShareView, seen by viewer {
        "id"    [..] uuid           => seen.share.id,
        "name"  [..] string or null => seen.share.name,
        "links" [..] links          => viewer.links("shares", seen.share.id),
    }

    /// A share in full.
    SHARE = "share" / "shares" of seen: ShareView, seen by viewer {
        "id"                    [..]     uuid           => seen.share.id,
        "size"                  [..]     int or null    => seen.share.size,
        "availability_zone"     [..]     string or null => seen.share.main_instance().and_then(|one| one.availability_zone.as_deref()),
        "created_at"            [..]     stamp          => seen.share.created_at,
        "status"                [..]     string         => seen.share.status_at(viewer.version),
        "name"                  [..]     string or null => seen.share.name,
        "description"           [..]     string or null => seen.share.description,
        "project_id"            [..]     string         => seen.share.project_id,
        "snapshot_id"           [..]     uuid or null   => NONE,
        "share_network_id"      [..]     uuid or null   => seen.share.main_instance().and_then(|one| one.network),
        "share_proto"           [..]     string         => seen.share.protocol,
        "export_location"       [..=2.8] string or null => paths(&seen.share).next(),
        "export_locations"      [..=2.8] strings        => paths(&seen.share).collect::<Vec<_>>(),
        "metadata"              [..]     texts          => seen.share.metadata,
        "share_type"            [..=2.5] string or null => type_name(seen),
        "share_type"            [2.6..]  uuid or null   => seen.share.type_id,
        "share_type_name"       [2.6..]  string or null => type_name(seen),
        "volume_type"           [..]     string or null => type_name(seen),
        "links"                 [..]     links          => viewer.links("shares", seen.share.id),
        "is_public"             [..]     bool           => seen.share.is_public,
        "snapshot_support"      [2.2..]  bool           => seen.share.abilities.snapshot_support,
        "task_state"            [2.5..]  string or null => seen.share.task_state,
        "access_rules_status"   [2.10..] string         => seen.share.rules_status().name_at(viewer.version),
        "replication_type"      [2.11..] string or null => NONE,
        "has_replicas"          [2.11..] bool           => false,
        "user_id"               [2.16..] string         => seen.share.user_id,
        "create_share_from_snapshot_support" [2.24..] bool => seen.share.abilities.create_share_from_snapshot_support,
        "revert_to_snapshot_support" [2.27..] bool      => seen.share.abilities.revert_to_snapshot_support,
        "share_group_id"        [2.31..] uuid or null   => NONE,
        "source_share_group_snapshot_member_id" [2.31..] uuid or null => NONE,
        "mount_snapshot_support" [2.32..] bool          => seen.share.abilities.mount_snapshot_support,
        "progress"              [2.54..] string or null => progress(&seen.share),
        "is_soft_deleted"       [2.69..] bool           => false,
        "scheduled_to_be_deleted_at" [2.69..] stamp or null => NONE,
        "source_backup_id"      [2.80..] uuid or null   => NONE,
        "encryption_key_ref"    [2.90..] uuid or null   => NONE,
        "snapshot_inherit_share_access_support" [2.99..] bool => seen.share.abilities.snapshot_inherit_share_access_support,
        "share_server_id"       [..]     uuid or null for HostAdmin => seen.share.main_instance().and_then(|one| one.server),
        "host"                  [..]     string for HostAdmin => host(&seen.share),
    }
}

/// The paths that tenants may mount, the preferred ones first.
fn paths(share: &Share) -> impl Iterator<Item = &str> {
    share
        .main_instance()
        .into_iter()
        .flat_map(|one| &one.exports)
        .filter(|export| !export.is_admin_only)
        .map(|one| one.path.as_str())
}

fn type_name(seen: &ShareView) -> Option<&str> {
    seen.share_type.as_ref().map(|one| one.name.as_str())
}

fn progress(share: &Share) -> Option<String> {
    share.main_instance()?.progress.map(|percent| format!("{percent}%"))
}

fn host(share: &Share) -> String {
    share.main_instance().and_then(|one| one.pool.as_ref()).map(ToString::to_string).unwrap_or_default()
}
