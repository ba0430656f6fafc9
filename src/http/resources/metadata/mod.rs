//! Metadata: what tenants note about their things, key by key. Source: resources.md §1 "Share metadata" and §4.
//!
//! What it means to merge, to replace and to remove is the same for every kind of thing: a [`MetadataChange`] of its entries,
//! some keys of which are [`Reserved`] for administrators. A kind of thing adds a file with its routes, and a decision
//! that changes its entries. How to get it wrong: to let a change through without asking who may touch its keys.

pub mod body;
pub mod exports;
mod reserved;
pub mod shares;
pub mod snapshots;
pub mod subnets;

pub use body::Given;
pub use reserved::{Reserved, initial};

use manilad_domain::metadata::no_such;
pub use manilad_domain::metadata::{Entries, MetadataChange};
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
