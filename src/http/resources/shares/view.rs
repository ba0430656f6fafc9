//! How shares are shown. What belongs to resources that do not exist yet (groups, backups) is
//! truthfully empty.

use manilad_domain::status::Status;
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
    SHARE_BRIEF = "share" / "shares" of view: ShareView, seen by viewer {
        "id"    [..] uuid           => view.share.id,
        "name"  [..] string or null => view.share.name,
        "links" [..] links          => viewer.links("shares", view.share.id),
    }

    /// A share in full.
    SHARE = "share" / "shares" of view: ShareView, seen by viewer {
        "id"                    [..]     uuid           => view.share.id,
        "size"                  [..]     int or null    => size(&view.share),
        "availability_zone"     [..]     string or null => view.share.main_instance().and_then(|one| one.availability_zone.as_deref()),
        "created_at"            [..]     stamp          => view.share.created_at,
        "status"                [..]     string         => view.share.status_at(viewer.version),
        "name"                  [..]     string or null => view.share.name,
        "description"           [..]     string or null => view.share.description,
        "project_id"            [..]     string         => view.share.project_id,
        "snapshot_id"           [..]     uuid or null   => view.share.snapshot_id,
        "share_network_id"      [..]     uuid or null   => view.share.main_instance().and_then(|one| one.network),
        "share_proto"           [..]     string         => view.share.protocol,
        "export_location"       [..=2.8] string or null => paths(&view.share).next(),
        "export_locations"      [..=2.8] strings        => paths(&view.share).collect::<Vec<_>>(),
        "metadata"              [..]     texts          => view.share.metadata,
        "share_type"            [..=2.5] string or null => type_name(view),
        "share_type"            [2.6..]  uuid or null   => view.share.type_id,
        "share_type_name"       [2.6..]  string or null => type_name(view),
        "volume_type"           [..]     string or null => type_name(view),
        "links"                 [..]     links          => viewer.links("shares", view.share.id),
        "is_public"             [..]     bool           => view.share.is_public,
        "snapshot_support"      [2.2..]  bool           => view.share.abilities.snapshot_support,
        "task_state"            [2.5..]  string or null => view.share.task_state,
        "access_rules_status"   [2.10..] string         => view.share.rules_status().name_at(viewer.version),
        "replication_type"      [2.11..] string or null => NONE,
        "has_replicas"          [2.11..] bool           => false,
        "user_id"               [2.16..] string         => view.share.user_id,
        "create_share_from_snapshot_support" [2.24..] bool => view.share.abilities.create_share_from_snapshot_support,
        "revert_to_snapshot_support" [2.27..] bool      => view.share.abilities.revert_to_snapshot_support,
        "share_group_id"        [2.31..] uuid or null   => NONE,
        "source_share_group_snapshot_member_id" [2.31..] uuid or null => NONE,
        "mount_snapshot_support" [2.32..] bool          => view.share.abilities.mount_snapshot_support,
        "progress"              [2.54..] string or null => progress(&view.share),
        "is_soft_deleted"       [2.69..] bool           => view.share.is_soft_deleted(),
        "scheduled_to_be_deleted_at" [2.69..] stamp or null => view.share.scheduled_to_be_deleted_at,
        "source_backup_id"      [2.80..] uuid or null   => NONE,
        "encryption_key_ref"    [2.90..] uuid or null   => view.share.encryption_key,
        "snapshot_inherit_share_access_support" [2.99..] bool => view.share.abilities.snapshot_inherit_share_access_support,
        "share_server_id"       [..]     uuid or null for HostAdmin => view.share.main_instance().and_then(|one| one.server),
        "host"                  [..]     string for HostAdmin => host(&view.share),
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

/// None while nobody knows it yet, as the share is being managed.
fn size(share: &Share) -> Option<u64> {
    (share.status() != Status::ManageStarting).then_some(share.size)
}

fn type_name(view: &ShareView) -> Option<&str> {
    view.share_type.as_ref().map(|one| one.name.as_str())
}

fn progress(share: &Share) -> Option<String> {
    share.main_instance()?.progress.map(|percent| format!("{percent}%"))
}

fn host(share: &Share) -> String {
    share.main_instance().and_then(|one| one.pool.as_ref()).map(ToString::to_string).unwrap_or_default()
}
