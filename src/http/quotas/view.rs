//! How limits are shown: one value for each key that the version knows, in the table's order.

use manilad_domain::Microversion;
use manilad_domain::quota::{Key, Scope};
use serde_json::{Map, Value, json};

/// `{wrapper: {"id": …, key: …}}`; what was just set is shown without its id.
pub fn set(
    wrapper: &str,
    id: Option<&str>,
    scope: &Scope,
    version: Microversion,
    value: impl Fn(Key) -> Value,
) -> Value {
    let id = id.map(|id| ("id".to_owned(), json!(id)));
    let keys = scope.keys(version).map(|key| (key.name().to_owned(), value(key)));
    json!({ wrapper: id.into_iter().chain(keys).collect::<Map<_, _>>() })
}
