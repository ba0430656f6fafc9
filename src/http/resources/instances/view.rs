//! How share instances are shown. What belongs to replicas, which do not exist yet, is truthfully empty.

use manilad_domain::{Instance, ShareId, ShareTypeId};

use crate::view;

/// An instance with what it has from its share.
pub struct InstanceView {
    pub share: ShareId,
    pub type_id: Option<ShareTypeId>,
    pub one: Instance,
}

const NONE: Option<&str> = None;

view! {
    /// A realisation of a share.
    INSTANCE = "share_instance" / "share_instances" of view: InstanceView, seen by viewer {
        "id"                     [..]         uuid           => view.one.id,
        "share_id"               [..]         uuid           => view.share,
        "availability_zone"      [..]         string or null => view.one.availability_zone,
        "created_at"             [..]         stamp          => view.one.created_at,
        "host"                   [..]         string         => host(&view.one),
        "status"                 [..]         string         => view.one.status.at(viewer.version),
        "share_network_id"       [..]         uuid or null   => view.one.network,
        "share_server_id"        [..]         uuid or null   => view.one.server,
        "export_location"        [2.3..=2.8]  string or null => paths(&view.one).next(),
        "export_locations"       [2.3..=2.8]  strings        => paths(&view.one).collect::<Vec<_>>(),
        "access_rules_status"    [2.10..]     string         => view.one.rules_status.name_at(viewer.version),
        "replica_state"          [2.11..]     string or null => NONE,
        "share_type_id"          [2.22..]     uuid or null   => view.type_id,
        "cast_rules_to_readonly" [2.30..]     bool           => false,
        "progress"               [2.54..]     string or null => view.one.progress.map(|percent| format!("{percent}%")),
        "updated_at"             [2.71..]     stamp or null  => view.one.updated_at,
    }
}

/// Where it lives; empty before it is placed.
fn host(one: &Instance) -> String {
    one.pool.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn paths(one: &Instance) -> impl Iterator<Item = &str> {
    one.exports.iter().map(|export| export.path.as_str())
}
