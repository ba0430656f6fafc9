//! What clients say about metadata.

use manilad_domain::{Fault, Microversion};
use serde_json::Value;

use crate::body::{Body, BodyShape, Metadata, Wish};

/// `{"metadata": {…}}`
#[derive(Debug, Clone)]
pub struct Given(pub Metadata);

impl Body for Given {
    const SHAPE: BodyShape = BodyShape::of::<Self>("Given", "Metadata.", &["metadata"], |_, _| Metadata::schema());

    fn read(body: &Value, _: Microversion) -> Result<Self, Fault> {
        body.get("metadata")
            .and_then(Metadata::read)
            .map(Given)
            .ok_or_else(|| Fault::invalid(format!("Member \"metadata\" must be {}.", Metadata::EXPECTED)))
    }
}

/// As [`Given`], with fewer characters in keys: export locations are stricter than shares.
#[derive(Debug, Clone)]
pub struct PlainGiven(pub Metadata);

impl Body for PlainGiven {
    const SHAPE: BodyShape = BodyShape::of::<Self>("PlainGiven", "Metadata with plain keys.", &["metadata"], |_, _| {
        let mut metadata = Metadata::schema();
        metadata["propertyNames"]["pattern"] = "^[A-Za-z0-9_:. -]*[A-Za-z0-9_:.-][A-Za-z0-9_:. -]*$".into();
        metadata
    });

    fn read(body: &Value, version: Microversion) -> Result<Self, Fault> {
        let Given(metadata) = Given::read(body, version)?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_:. ".contains(c);
        match metadata.0.keys().find(|key| !key.chars().all(is_plain)) {
            None => Ok(PlainGiven(metadata)),
            Some(key) => Err(Fault::invalid(format!(
                "Metadata key {key:?} must be of letters, digits, blanks and the characters - _ : and . only."
            ))),
        }
    }
}
