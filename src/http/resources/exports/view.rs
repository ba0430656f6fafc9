//! How export locations are shown.

use manilad_domain::InstanceId;
use manilad_domain::share::ExportLocation;

use crate::view;

/// A location with the instance it belongs to.
pub struct ExportView {
    pub export: ExportLocation,
    pub instance: InstanceId,
}

view! {
    /// A path under which a share can be mounted.
    EXPORT = "export_location" / "export_locations" of view: ExportView, seen by viewer {
        "id"                [..]     uuid           => view.export.id,
        "path"              [..]     string         => view.export.path,
        "preferred"         [2.14..] bool           => view.export.is_preferred(),
        "metadata"          [2.87..] texts          => view.export.metadata,
        "share_instance_id" [..]     uuid for Admin => view.instance,
        "is_admin_only"     [..]     bool for Admin => view.export.is_admin_only,
        "created_at"        [..]     stamp for Single => view.export.created_at,
        "updated_at"        [..]     stamp for Single => view.export.changed_at(),
    }
}
