//! What a write made or touched, named by its keys.

use std::collections::BTreeMap;

use uuid::Uuid;

/// What a write made or touched, by the keys of its noun. Several after a bulk request.
pub type Made = Vec<BTreeMap<String, String>>;

/// The keys of one thing that was made, by its uuid.
pub fn made(uuid: Uuid) -> Made {
    vec![[("uuid".to_owned(), uuid.to_string())].into()]
}
