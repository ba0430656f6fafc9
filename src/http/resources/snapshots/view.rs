//! How snapshots are shown.

use manilad_domain::ShareSnapshot;
use manilad_store::Shared;

use crate::view;

view! {
    /// A snapshot by name.
    SNAPSHOT_BRIEF = "snapshot" / "snapshots" of snapshot: Shared<ShareSnapshot>, seen by viewer {
        "id"    [..] uuid           => snapshot.id,
        "name"  [..] string or null => snapshot.name,
        "links" [..] links          => viewer.links("snapshots", snapshot.id),
    }

    /// A snapshot in full.
    SNAPSHOT = "snapshot" / "snapshots" of snapshot: Shared<ShareSnapshot>, seen by viewer {
        "id"          [..]     uuid           => snapshot.id,
        "share_id"    [..]     uuid           => snapshot.share_id,
        "share_size"  [..]     int            => snapshot.share_size,
        "created_at"  [..]     stamp          => snapshot.created_at,
        "status"      [..]     string         => snapshot.status,
        "name"        [..]     string or null => snapshot.name,
        "description" [..]     string or null => snapshot.description,
        "size"        [..]     int or null    => snapshot.size,
        "share_proto" [..]     string         => snapshot.protocol,
        "links"       [..]     links          => viewer.links("snapshots", snapshot.id),
        "provider_location" [2.12..] string or null for Admin => snapshot.location,
        "user_id"     [2.17..] string         => snapshot.user_id,
        "project_id"  [2.17..] string         => snapshot.project_id,
        "metadata"    [2.73..] texts          => snapshot.metadata,
    }
}
