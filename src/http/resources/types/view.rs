//! How share types are shown. Tenants see only the extra specs that Manila itself gives a meaning.

use std::collections::BTreeMap;

use manilad_domain::{ShareType, extra_specs};
use manilad_store::Shared;
use serde_json::{Map, Value, json};

use crate::view;
use crate::view::Viewer;

/// A type, and whether it is the configured default.
pub struct ShareTypeView {
    pub one: Shared<ShareType>,
    pub is_default: bool,
}

view! {
    /// A share type; the object stands under both of its names.
    TYPE = "volume_type" | "share_type" / "volume_types" | "share_types" of view: ShareTypeView, seen by viewer {
        "id"                             [..]     uuid           => view.one.id,
        "name"                           [..]     string         => view.one.name,
        "extra_specs"                    [..]     specs          => visible_specs(&view.one, viewer),
        "required_extra_specs"           [..]     texts          => required_specs(&view.one),
        "os-share-type-access:is_public" [..=2.6] bool           => view.one.is_public,
        "share_type_access:is_public"    [2.7..]  bool           => view.one.is_public,
        "description"                    [2.41..] string or null => view.one.description,
        "is_default"                     [2.46..] bool           => view.is_default,
    }
}

fn required_specs(one: &ShareType) -> BTreeMap<&str, &str> {
    let key = extra_specs::DRIVER_HANDLES_SHARE_SERVERS;
    one.extra_specs.get(key).map(|value| (key, value.as_str())).into_iter().collect()
}

/// Flags that tenants see as false from the given version on when a type does not set them.
const FILLED_IN: &[(&str, &str)] = &[
    ("snapshot_support", "2.24"),
    ("create_share_from_snapshot_support", "2.24"),
    ("revert_to_snapshot_support", "2.24"),
    ("mount_snapshot_support", "2.24"),
    ("snapshot_inherit_share_access_support", "2.99"),
];

fn visible_specs(one: &ShareType, viewer: &Viewer) -> Map<String, Value> {
    let is_visible = |key: &str| viewer.is_admin || extra_specs::is_visible_to_tenants(key);
    let mut specs: Map<String, Value> = one
        .extra_specs
        .iter()
        .filter(|(key, _)| is_visible(key))
        .map(|(key, value)| (key.clone(), json!(value)))
        .collect();
    if !viewer.is_admin {
        for (key, since) in FILLED_IN {
            if viewer.version >= manilad_domain::Microversion::written(since) && !specs.contains_key(*key) {
                specs.insert((*key).to_owned(), json!(false));
            }
        }
    }
    specs
}
