//! Metadata: what tenants note about their things, key by key. Source: resources.md §1 "Share metadata" and §4.
//!
//! What it means to merge, to replace and to remove is decided here once, for every kind of thing: [`Change`] works on
//! the entries, and knows of keys that are [`Reserved`] for administrators. A kind of thing adds a file with its routes,
//! and says how its entries are found and kept. How to get it wrong: to change entries outside the commit, where a
//! request at the same time would be lost.

pub mod body;
mod change;
pub mod exports;
mod reserved;
pub mod shares;
pub mod subnets;

pub use body::Given;
pub use change::{Change, Entries, initial};
pub use reserved::Reserved;

use manilad_domain::{Fault, Microversion};
use serde_json::{Value, json};

use crate::schema;
use crate::view::Kind;

/// The schema of [`all`].
pub fn entries(_: Microversion) -> Value {
    schema::wrapped("metadata", Kind::texts.schema())
}

/// The schema of [`one`].
pub fn entry(_: Microversion) -> Value {
    let mut one = Kind::texts.schema();
    (one["minProperties"], one["maxProperties"]) = (1.into(), 1.into());
    schema::wrapped("meta", one)
}

/// `{"metadata": {…}}`
pub fn all(entries: &Entries) -> Value {
    json!({ "metadata": entries })
}

/// `{"meta": {key: value}}`
///
/// # Errors
/// Missing when there is no such key.
pub fn one(entries: &Entries, key: &str) -> Result<Value, Fault> {
    let value = entries.get(key).ok_or_else(|| no_such(key))?;
    Ok(json!({ "meta": { key: value } }))
}

/// What a key that is not there is to who names it.
pub fn no_such(key: &str) -> Fault {
    Fault::missing(format!("MetadataItemNotFound: there is no metadata {key:?}."))
}
