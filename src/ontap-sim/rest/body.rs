//! Bodies are forgiven much: nested objects and flat dotted keys in any mixture, numbers and booleans as text.
//!
//! A body is brought to one nested form and each leaf is checked against the noun's table of fields. How to get it
//! wrong: silently dropping a key; an unknown one is 262179, one that can't be set in this operation 262196.

use serde_json::{Map, Value, json};

use crate::Release;
use crate::rest::bytes::whole_bytes;
use crate::rest::code::{BAD_JSON, FIELD_TWICE, NOT_SETTABLE, Refusal};
use crate::rest::field::{Field, Kind, within};
use crate::rest::noun::Noun;
use crate::rest::{documented, json};

/// Deepest nesting that is read; no documented body comes near it.
const DEEPEST: usize = 16;

/// Reads a body. Nothing at all is an empty object.
pub fn parse(bytes: &[u8]) -> Result<Value, Refusal> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(json!({}));
    }
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|problem| Refusal::new(BAD_JSON, format!("Failed to parse the JSON body: {problem}.")))?;
    match nested(value, 0)? {
        object @ Value::Object(_) => Ok(object),
        _ => Err(Refusal::new(BAD_JSON, "The JSON body must be an object.")),
    }
}

/// The value with dotted keys turned into nested objects. Nulls mean "not given".
fn nested(value: Value, depth: usize) -> Result<Value, Refusal> {
    let too_deep = || Refusal::new(BAD_JSON, "The JSON body is nested too deeply.");
    if depth > DEEPEST {
        return Err(too_deep());
    }
    Ok(match value {
        Value::Object(map) => {
            let mut whole = Map::new();
            for (key, value) in map.into_iter().filter(|(_, value)| !value.is_null()) {
                let steps = key.split('.').count();
                if depth + steps > DEEPEST {
                    return Err(too_deep());
                }
                json::put(&mut whole, &key, nested(value, depth + steps)?).map_err(|()| {
                    Refusal::new(FIELD_TWICE, format!("Field \"{key}\" was specified twice.")).at(key.as_str())
                })?;
            }
            Value::Object(whole)
        }
        Value::Array(members) => {
            Value::Array(members.into_iter().map(|member| nested(member, depth + 1)).collect::<Result<_, _>>()?)
        }
        other => other,
    })
}

/// Checks every leaf against the fields that `settable` lets through and brings it to the kind of its field.
pub fn checked(
    body: Value,
    noun: &Noun,
    release: Release,
    lenient: bool,
    settable: fn(&Field) -> bool,
) -> Result<Value, Refusal> {
    let check = Check { noun, release, lenient, settable };
    Ok(check.value(body, "")?.unwrap_or_else(|| json!({})))
}

struct Check<'a> {
    noun: &'a Noun,
    release: Release,
    /// `ignore_unknown_fields=true`
    lenient: bool,
    settable: fn(&Field) -> bool,
}

impl Check<'_> {
    fn value(&self, value: Value, path: &str) -> Result<Option<Value>, Refusal> {
        match value {
            Value::Object(map) => {
                let mut kept = Map::new();
                for (key, value) in map {
                    // HAL clients send back the links they were given.
                    if key == "_links" {
                        continue;
                    }
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    if let Some(value) = self.value(value, &path)? {
                        kept.insert(key, value);
                    }
                }
                Ok(Some(Value::Object(kept)))
            }
            Value::Array(members) if members.is_empty() && self.may_be_emptied(path) => Ok(Some(Value::Array(members))),
            Value::Array(members) => {
                let kept: Vec<Value> = members
                    .into_iter()
                    .filter_map(|member| self.value(member, path).transpose())
                    .collect::<Result<_, _>>()?;
                Ok(Some(Value::Array(kept)))
            }
            leaf => self.leaf(leaf, path),
        }
    }

    /// Whether something at or below the path can be set.
    fn may_be_emptied(&self, path: &str) -> bool {
        let mut all = self.noun.fields.iter().chain(documented::of(self.noun.instance));
        all.any(|field| field.since <= self.release && within(field.name, path) && (self.settable)(field))
    }

    fn leaf(&self, value: Value, path: &str) -> Result<Option<Value>, Refusal> {
        let name = format!("{path}.name");
        match self.noun.field(path, self.release) {
            // An object is named by its name alone.
            None if value.is_string() && self.noun.field(&name, self.release).is_some() => {
                Ok(self.leaf(value, &name)?.map(|name| json!({"name": name})))
            }
            None if self.lenient => Ok(None),
            None => Err(Refusal::unexpected(path)),
            Some(field) if (self.settable)(field) && !self.noun.is_other_name(path, self.release) => {
                coerced(value, field).map(Some)
            }
            Some(_) => {
                let message = format!("Field \"{path}\" cannot be set in this operation");
                Err(Refusal::new(NOT_SETTABLE, message).at(path))
            }
        }
    }
}

fn coerced(value: Value, field: &Field) -> Result<Value, Refusal> {
    let text = json::text(&value);
    let fitting = match (field.kind, &value) {
        (Kind::Text | Kind::Time, Value::String(_)) => Some(value),
        (Kind::Text, Value::Number(_) | Value::Bool(_)) => Some(json!(text)),
        (Kind::Flag, Value::Bool(_)) => Some(value),
        (Kind::Flag, Value::String(_)) if text.eq_ignore_ascii_case("true") => Some(json!(true)),
        (Kind::Flag, Value::String(_)) if text.eq_ignore_ascii_case("false") => Some(json!(false)),
        (Kind::Integer, _) => text.trim().parse::<i64>().ok().map(Value::from),
        (Kind::Size, _) => whole_bytes(&text).map(Value::from),
        _ => None,
    };
    fitting.ok_or_else(|| Refusal::value(&text, field.name, field.kind.word()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nouns::volume::VOLUME;

    fn posted(body: &str) -> Result<Value, Refusal> {
        checked(parse(body.as_bytes())?, &VOLUME, Release::V9_14_1, false, |field| field.posted)
    }

    #[test]
    fn dotted_nested_and_mixed_keys_say_the_same() {
        let expected = json!({"svm": {"name": "svm1"}, "nas": {"path": "/a", "export_policy": {"name": "p"}}});
        for body in [
            r#"{"svm.name": "svm1", "nas.path": "/a", "nas.export_policy.name": "p"}"#,
            r#"{"svm": {"name": "svm1"}, "nas": {"path": "/a", "export_policy.name": "p"}}"#,
            r#"{"svm.name": "svm1", "nas": {"path": "/a"}, "nas.export_policy": {"name": "p"}, "comment": null}"#,
        ] {
            assert_eq!(posted(body).unwrap(), expected, "{body}");
        }
    }

    #[test]
    fn numbers_and_booleans_may_come_as_text_and_sizes_with_units() {
        let body = r#"{"size": "1GB", "space.snapshot.reserve_percent": "5", "encryption.enabled": "True"}"#;
        let expected =
            json!({"size": 1 << 30, "space": {"snapshot": {"reserve_percent": 5}}, "encryption": {"enabled": true}});
        assert_eq!(posted(body).unwrap(), expected);
    }

    #[test]
    fn what_is_wrong_with_a_body_is_told_by_its_code() {
        for (body, code) in [
            (r#"{"sise": 1}"#, "262179"),
            (r#"{"nas": {"pat": "/a"}}"#, "262179"),
            (r#"{"uuid": "x"}"#, "262196"),
            (r#"{"size": "much"}"#, "262197"),
            (r#"{"encryption.enabled": "maybe"}"#, "262197"),
            (r#"{"nas.path": "/a", "nas": {"path": "/b"}}"#, "262188"),
            (r#"{"size": 1"#, "262199"),
            (r#"[1]"#, "262199"),
        ] {
            assert_eq!(posted(body).unwrap_err().code, code, "{body}");
        }
    }

    #[test]
    fn an_empty_body_is_an_empty_object() {
        assert_eq!(parse(b" \n").unwrap(), json!({}));
    }

    #[test]
    fn nesting_without_end_is_refused() {
        let body = format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100));
        assert_eq!(parse(body.as_bytes()).unwrap_err().code, "262199");
        let dotted = format!("{{\"{}a\": 1}}", "a.".repeat(50_000));
        assert_eq!(posted(&dotted).unwrap_err().code, "262199");
    }
}
