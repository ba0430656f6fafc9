//! How snapshot instances are shown.

use manilad_domain::ShareSnapshot;
use manilad_store::Shared;

use crate::view;

view! {
    /// A realisation of a snapshot, by its ids.
    SNAPSHOT_INSTANCE_BRIEF = "snapshot_instance" / "snapshot_instances" of snapshot: Shared<ShareSnapshot>, seen by viewer {
        "id"          [..] uuid   => snapshot.instance,
        "snapshot_id" [..] uuid   => snapshot.id,
        "status"      [..] string => snapshot.status,
    }

    /// A realisation of a snapshot, in full.
    SNAPSHOT_INSTANCE = "snapshot_instance" / "snapshot_instances" of snapshot: Shared<ShareSnapshot>, seen by viewer {
        "id"                [..] uuid           => snapshot.instance,
        "snapshot_id"       [..] uuid           => snapshot.id,
        "created_at"        [..] stamp          => snapshot.created_at,
        "updated_at"        [..] stamp or null  => snapshot.updated_at,
        "status"            [..] string         => snapshot.status,
        "share_id"          [..] uuid           => snapshot.share_id,
        "share_instance_id" [..] uuid           => snapshot.share_instance,
        "progress"          [..] string or null => snapshot.progress.map(|percent| format!("{percent}%")),
        "provider_location" [..] string or null => snapshot.location,
    }
}
