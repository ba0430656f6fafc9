//! How ONTAP's REST API reads requests and shows records, whatever the noun.

pub mod ask;
pub mod attributes;
pub mod body;
pub mod bytes;
pub mod code;
pub mod documented;
pub mod field;
pub mod fields;
pub mod json;
pub mod made;
pub mod noun;
pub mod page;
pub mod query;
pub mod route;
pub mod subnet;
