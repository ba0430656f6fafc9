//! How ONTAP refers from one object to another: by name, uuid or both, of which only what was asked for is told.

use manilad_clock::Uuid;
use serde::Deserialize;

/// A reference to another object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Named {
    pub name: Option<String>,
    pub uuid: Option<Uuid>,
}
