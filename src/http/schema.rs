//! JSON Schema, as far as the tables need it: what kinds of fields, members and parameters look like.
//!
//! A schema says what is promised, so it may never admit a value that the reader beside it refuses. Where leniency can't
//! be written down (blanks around digits, say), or need not (0 and 1 for booleans), it is narrower. One thing it can't
//! say: to JSON Schema 1.0 is an integer, to the reader it is none.

use serde_json::{Value, json};

use crate::view::Kind;

pub fn any() -> Value {
    json!({})
}

/// Holds for no value.
pub fn never() -> Value {
    json!({ "not": {} })
}

pub fn string() -> Value {
    json!({ "type": "string" })
}

/// A string of `least` to `most` characters.
pub fn text(least: usize, most: usize) -> Value {
    match least {
        0 => json!({ "type": "string", "maxLength": most }),
        _ => json!({ "type": "string", "minLength": least, "maxLength": most }),
    }
}

/// A string of 1 to `most` characters, not all of them blank.
pub fn unblank(most: usize) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": most, "pattern": "\\S" })
}

pub fn pattern(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": pattern })
}

pub fn uuid() -> Value {
    json!({ "type": "string", "format": "uuid" })
}

pub fn integer() -> Value {
    json!({ "type": "integer" })
}

pub fn between(least: i64, most: i64) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

pub fn boolean() -> Value {
    json!({ "type": "boolean" })
}

pub fn one_of(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

pub fn list(of: Value) -> Value {
    json!({ "type": "array", "items": of })
}

/// An object whose keys are free.
pub fn map(of: Value) -> Value {
    json!({ "type": "object", "additionalProperties": of })
}

/// An object with these members and no others.
pub fn closed(required: &[&str], members: impl IntoIterator<Item = (String, Value)>) -> Value {
    let mut object = open(required, members);
    object["additionalProperties"] = json!(false);
    object
}

/// An object with these members, and perhaps others.
pub fn open(required: &[&str], members: impl IntoIterator<Item = (String, Value)>) -> Value {
    let members: serde_json::Map<_, _> = members.into_iter().collect();
    let mut object = json!({ "type": "object" });
    if !members.is_empty() {
        object["properties"] = Value::Object(members);
    }
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

/// An object whose only member is `key`.
pub fn wrapped(key: &str, inner: Value) -> Value {
    closed(&[key], [(key.to_owned(), inner)])
}

pub fn either<const N: usize>(schemas: [Value; N]) -> Value {
    json!({ "anyOf": schemas.to_vec() })
}

pub fn or_null(schema: Value) -> Value {
    either([schema, json!({ "type": "null" })])
}

impl Kind {
    /// What a field of this kind holds where it is not null.
    pub fn schema(self) -> Value {
        match self {
            Kind::string => string(),
            Kind::uuid => uuid(),
            Kind::int => integer(),
            Kind::bool => boolean(),
            Kind::stamp => pattern(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$"),
            Kind::object => map(any()),
            Kind::texts => map(string()),
            Kind::specs => map(either([string(), boolean()])),
            Kind::strings => list(string()),
            Kind::links => list(link()),
            Kind::objects => list(map(any())),
        }
    }
}

/// One link, of a thing or to the next page.
pub fn link() -> Value {
    closed(&["href", "rel"], [("href".to_owned(), string()), ("rel".to_owned(), string())])
}
