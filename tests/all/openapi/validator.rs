//! A reader of JSON Schema for the words that our documents use, and no others: an unknown word fails the test that
//! meets it, so nothing is overlooked. A foreign one reads the same documents among the peers.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::Regex;
use serde_json::Value;

/// The schemas of a document.
#[derive(Clone, Copy)]
pub struct Schemas<'a>(pub &'a Value);

/// Words that say nothing of the value.
const REMARKS: &[&str] = &["description", "title", "x-policy", "x-status"];

impl<'a> Schemas<'a> {
    /// What a reference names.
    #[track_caller]
    pub fn named(self, reference: &str) -> &'a Value {
        let found = reference.strip_prefix('#').and_then(|pointer| self.0.pointer(pointer));
        found.unwrap_or_else(|| panic!("{reference} leads nowhere"))
    }

    pub fn admits(self, schema: &Value, value: &Value) -> bool {
        self.check(schema, value).is_ok()
    }

    /// # Errors
    /// The word of the schema that the value breaks.
    pub fn check(self, schema: &Value, value: &Value) -> Result<(), String> {
        for (word, told) in schema.as_object().expect("a schema is an object") {
            if !self.keeps(schema, word, told, value)? {
                return Err(format!("{value} breaks {word:?}: {told}"));
            }
        }
        Ok(())
    }

    fn keeps(self, schema: &Value, word: &str, told: &Value, value: &Value) -> Result<bool, String> {
        let text = value.as_str();
        let length = || text.map(|text| text.chars().count() as u64);
        let at_least = |count: Option<u64>| count.is_none_or(|count| count >= told.as_u64().unwrap());
        let at_most = |count: Option<u64>| count.is_none_or(|count| count <= told.as_u64().unwrap());
        let pairs = || value.as_object().into_iter().flatten();
        Ok(match word {
            "$ref" => return self.check(self.named(told.as_str().unwrap()), value).map(|()| true),
            "type" => is_of(told.as_str().unwrap(), value),
            "const" => value == told,
            "enum" => told.as_array().unwrap().contains(value),
            "minLength" => at_least(length()),
            "maxLength" => at_most(length()),
            "minProperties" => at_least(value.as_object().map(|object| object.len() as u64)),
            "maxProperties" => at_most(value.as_object().map(|object| object.len() as u64)),
            "maxItems" => at_most(value.as_array().map(|list| list.len() as u64)),
            "minimum" => value.as_i64().is_none_or(|number| number >= told.as_i64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= told.as_f64().unwrap()),
            "pattern" => text.is_none_or(|text| is_like(told.as_str().unwrap(), text)),
            "format" => text.is_none_or(|text| match told.as_str().unwrap() {
                "uuid" => uuid::Uuid::parse_str(text).is_ok(),
                other => panic!("format {other:?} is not known here"),
            }),
            "required" => value.as_object().is_none_or(|object| {
                told.as_array().unwrap().iter().all(|key| object.contains_key(key.as_str().unwrap()))
            }),
            "properties" => {
                for (key, schema) in told.as_object().unwrap() {
                    if let Some(value) = value.get(key) {
                        self.check(schema, value).map_err(|problem| format!("{key}: {problem}"))?;
                    }
                }
                true
            }
            "additionalProperties" => pairs().all(|(key, value)| {
                let is_named = schema["properties"].get(key).is_some();
                is_named || (*told != Value::Bool(false) && self.admits(told, value))
            }),
            "propertyNames" => pairs().all(|(key, _)| self.admits(told, &Value::String(key.clone()))),
            "items" => {
                for value in value.as_array().into_iter().flatten() {
                    self.check(told, value)?;
                }
                true
            }
            "anyOf" => told.as_array().unwrap().iter().any(|schema| self.admits(schema, value)),
            "oneOf" => told.as_array().unwrap().iter().filter(|schema| self.admits(schema, value)).count() == 1,
            "not" => !self.admits(told, value),
            remark if REMARKS.contains(&remark) => true,
            other => panic!("the word {other:?} is not known here"),
        })
    }
}

fn is_like(pattern: &str, text: &str) -> bool {
    thread_local!(static READ: RefCell<HashMap<String, Regex>> = RefCell::default());
    READ.with_borrow_mut(|read| {
        read.entry(pattern.to_owned()).or_insert_with(|| Regex::new(pattern).unwrap()).is_match(text)
    })
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the type {other:?} is not known here"),
    }
}

#[test]
fn a_schema_admits_what_it_says() {
    use serde_json::json;

    let document = json!({ "a": { "type": "string", "minLength": 2 } });
    let schemas = Schemas(&document);
    for (schema, right, wrong) in [
        (json!({ "$ref": "#/a" }), json!("ab"), json!("a")),
        (json!({ "type": "integer", "minimum": -1, "maximum": 2 }), json!(-1), json!(3)),
        (json!({ "type": "integer" }), json!(1), json!(1.5)),
        (
            json!({ "type": "object", "properties": { "a": { "type": "null" } }, "additionalProperties": false }),
            json!({ "a": null }),
            json!({ "b": 1 }),
        ),
        (json!({ "required": ["a"] }), json!({ "a": 1 }), json!({})),
        (json!({ "additionalProperties": { "type": "string" } }), json!({ "a": "b" }), json!({ "a": 1 })),
        (json!({ "propertyNames": { "$ref": "#/a" } }), json!({ "ab": 1 }), json!({ "a": 1 })),
        (json!({ "items": { "type": "boolean" } }), json!([true]), json!([1])),
        (json!({ "anyOf": [{ "type": "null" }, { "$ref": "#/a" }] }), json!(null), json!("a")),
        (
            json!({ "oneOf": [{ "required": ["a"] }, { "required": ["b"] }] }),
            json!({ "a": 1 }),
            json!({ "a": 1, "b": 1 }),
        ),
        (json!({ "not": { "type": "object" } }), json!([]), json!({})),
        (json!({ "enum": ["a"] }), json!("a"), json!("b")),
        (json!({ "pattern": "^a+$" }), json!("aa"), json!("ba")),
        (json!({ "format": "uuid" }), json!("5f6a9f0e-0000-4000-8000-000000000001"), json!("5f")),
        (json!({ "maxItems": 0 }), json!([]), json!([1])),
        (json!({ "minProperties": 1, "maxProperties": 1 }), json!({ "a": 1 }), json!({})),
    ] {
        assert_eq!(schemas.check(&schema, &right), Ok(()), "{schema}");
        assert!(!schemas.admits(&schema, &wrong), "{schema} admits {wrong}");
    }
}
