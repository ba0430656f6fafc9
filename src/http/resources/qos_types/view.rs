//! How QoS types are shown, to everybody alike.

use manilad_domain::QosType;
use manilad_store::Shared;

use crate::view;

view! {
    /// A QoS type; lists show it in full.
    QOS_TYPE = "qos_type" / "qos_types" of one: Shared<QosType>, seen by viewer {
        "id"          [..] uuid           => one.id,
        "name"        [..] string         => one.name,
        "description" [..] string or null => one.description,
        "specs"       [..] object         => one.specs,
        "created_at"  [..] stamp          => one.created_at,
        "updated_at"  [..] stamp or null  => one.updated_at,
    }
}
