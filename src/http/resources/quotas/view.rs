//! How limits are shown: one value for each key that the version knows, in the table's order.

use manilad_domain::Microversion;
use manilad_domain::quota::{Key, QuotaScope};
use serde_json::{Map, Value, json};

use crate::schema;

/// The schema of what [`set`] makes. A share type has not all of the keys.
fn schema_of(wrapper: &str, with_id: bool, version: Microversion, of: fn() -> Value) -> Value {
    let keys = || QuotaScope::Project.keys(version);
    let required = keys().filter(|key| key.is_of_types()).map(Key::name).chain(with_id.then_some("id"));
    let id = with_id.then(|| ("id".to_owned(), schema::string()));
    let members = keys().map(|key| (key.name().to_owned(), of())).chain(id);
    schema::wrapped(wrapper, schema::closed(&required.collect::<Vec<_>>(), members))
}

pub fn named(version: Microversion) -> Value {
    schema_of("quota_set", true, version, schema::integer)
}

pub fn unnamed(version: Microversion) -> Value {
    schema_of("quota_set", false, version, schema::integer)
}

pub fn detailed(version: Microversion) -> Value {
    schema_of("quota_set", true, version, || {
        let names = ["limit", "in_use", "reserved"];
        schema::closed(&names, names.map(|name| (name.to_owned(), schema::integer())))
    })
}

pub fn class(version: Microversion) -> Value {
    schema_of("quota_class_set", true, version, schema::integer)
}

pub fn unnamed_class(version: Microversion) -> Value {
    schema_of("quota_class_set", false, version, schema::integer)
}

/// `{wrapper: {"id": …, key: …}}`; what was just set is shown without its id.
pub fn set(
    wrapper: &str,
    id: Option<&str>,
    scope: &QuotaScope,
    version: Microversion,
    value: impl Fn(Key) -> Value,
) -> Value {
    let id = id.map(|id| ("id".to_owned(), json!(id)));
    let keys = scope.keys(version).map(|key| (key.name().to_owned(), value(key)));
    json!({ wrapper: id.into_iter().chain(keys).collect::<Map<_, _>>() })
}
