//! A request understood: method, path keys, query arguments, body, and on whose behalf.
//!
//! An `Ask` is plain data, so that a job can keep it and run it later, after a restart too. How to get it wrong:
//! clients send query strings raw, so `+` is both a space (form encoding) and the sign of a time zone.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::Release;
use crate::rest::code::{Code, FIELD_TWICE, INVALID, Refusal};
use crate::rest::field::Kind;
use crate::rest::json;
use crate::rest::query::Condition;

/// The verbs of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    Get,
    Post,
    Patch,
    Delete,
}

impl Method {
    pub fn parse(text: &str) -> Option<Self> {
        [Method::Get, Method::Post, Method::Patch, Method::Delete].into_iter().find(|method| method.name() == text)
    }

    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

/// Arguments that any request may carry, whatever the noun.
pub const GENERAL: &[&str] = &[
    "fields",
    "max_records",
    "order_by",
    "return_timeout",
    "return_records",
    "offset",
    "start.key",
    "query",
    "query_fields",
    "ignore_unknown_fields",
    "continue_on_failure",
    "serial_records",
    "pretty",
];

/// A request understood.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ask {
    pub method: Method,
    /// The path without a trailing slash, still encoded.
    pub path: String,
    /// What stands in the places of `{…}` in the path, by field name.
    pub keys: BTreeMap<String, String>,
    pub arguments: Vec<(String, String)>,
    pub body: Value,
    /// The SVM to which the request is confined, by its account or by tunnelling.
    pub svm: Option<Uuid>,
    pub release: Release,
    /// Whether the client wants HAL links.
    pub links: bool,
    /// The uuid that a new object gets.
    pub id: Uuid,
}

impl Ask {
    pub fn argument(&self, name: &str) -> Option<&str> {
        self.arguments.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A boolean argument. Refuses what is no boolean (262197).
    pub fn switch(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.argument(name) {
            None => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(text) => Err(Refusal::value(text, name, "boolean")),
        }
    }

    /// A whole number within bounds (else 262197).
    pub fn number(&self, name: &str, low: u64, high: u64) -> Result<Option<u64>, Refusal> {
        self.argument(name)
            .map(|text| {
                let number = text.parse().ok().filter(|number| (low..=high).contains(number));
                number.ok_or_else(|| Refusal::value(text, name, &format!("integer {low}..{high}")))
            })
            .transpose()
    }

    /// How long the server may wait before it answers, in seconds. `None` when not given.
    pub fn return_timeout(&self) -> Result<Option<u64>, Refusal> {
        self.number("return_timeout", 0, 120)
    }

    /// Refuses arguments that are neither general nor `known`.
    pub fn only(&self, names: &[&str]) -> Result<(), Refusal> {
        let stranger = self
            .arguments
            .iter()
            .map(|(name, _)| name.as_str())
            .find(|name| !GENERAL.contains(name) && !names.contains(name));
        match stranger {
            Some(name) if self.switch("ignore_unknown_fields")? != Some(true) => Err(Refusal::unexpected(name)),
            _ => Ok(()),
        }
    }

    /// The one value that records must have in this field, if the request is so plain. Saves rendering all others.
    pub fn wants(&self, field: &str) -> Option<String> {
        if let Some(key) = self.keys.get(field).filter(|key| *key != "*") {
            return Some(key.clone());
        }
        let condition = Condition::parse(field, Kind::Text, self.argument(field)?).ok()?;
        condition.literal().map(str::to_owned)
    }

    /// What a query says of a text field, to rule out objects before they are made into records.
    pub fn sieve(&self, field: &str) -> Sieve {
        let query = self.argument(field);
        Sieve(query.and_then(|query| Condition::parse(field, Kind::Text, query).ok()))
    }

    /// The object that the body names at `path` by `name`, `uuid` or both, which must agree. `None` when it names none;
    /// what is not `found` is refused with `code`.
    pub fn names(
        &self,
        path: &str,
        code: Code,
        named: impl Fn(&str) -> Option<Uuid>,
        exists: impl Fn(&Uuid) -> bool,
    ) -> Result<Option<Uuid>, Refusal> {
        let found = |key: &str, find: &dyn Fn(&str) -> Option<Uuid>| {
            let field = format!("{path}.{key}");
            let refuse = |text| Refusal::new(code, format!("The specified \"{field}\" \"{text}\" does not exist."));
            self.text(&field).map(|text| find(text).ok_or_else(|| refuse(text).at(&field))).transpose()
        };
        let by_name = found("name", &named)?;
        let by_uuid = found("uuid", &|text| text.parse().ok().filter(&exists))?;
        match (by_name, by_uuid) {
            (Some(one), Some(other)) if one != other => {
                Err(Refusal::new(INVALID, format!("\"{path}.name\" and \"{path}.uuid\" do not match.")).at(path))
            }
            (one, other) => Ok(one.or(other)),
        }
    }

    /// The uuid of the instance that the request's path names.
    pub fn key(&self) -> Option<Uuid> {
        self.keys.get("uuid").and_then(|uuid| uuid.parse().ok())
    }

    pub fn text(&self, path: &str) -> Option<&str> {
        json::get(&self.body, path).and_then(Value::as_str)
    }

    pub fn whole(&self, path: &str) -> Option<u64> {
        json::get(&self.body, path).and_then(Value::as_u64)
    }

    pub fn flag(&self, path: &str) -> Option<bool> {
        json::get(&self.body, path).and_then(Value::as_bool)
    }

    pub fn has(&self, path: &str) -> bool {
        json::get(&self.body, path).is_some()
    }

    /// All texts at the path, through arrays. `None` when nothing was given there.
    pub fn texts(&self, path: &str) -> Option<Vec<String>> {
        let whole = path.split('.').next().and_then(|first| json::get(&self.body, first))?;
        match json::values(&self.body, path) {
            none if none.is_empty() && !json::get(&self.body, path).is_some_and(Value::is_array) => {
                whole.as_array().filter(|members| members.is_empty()).map(|_| Vec::new())
            }
            values => Some(values.into_iter().map(json::text).collect()),
        }
    }
}

/// Lets through what a query on one field may choose.
pub struct Sieve(Option<Condition>);

impl Sieve {
    pub fn passes(&self, value: &str) -> bool {
        self.0.as_ref().is_none_or(|condition| condition.holds_at(&Value::from(value), ""))
    }
}

/// Splits a raw query string into decoded arguments. A field given twice is refused (262188).
pub fn arguments(query: &str) -> Result<Vec<(String, String)>, Refusal> {
    let mut arguments: Vec<(String, String)> = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let (name, value) = (decoded(name), decoded(&spaced(value)));
        if arguments.iter().any(|(earlier, _)| *earlier == name) {
            return Err(Refusal::new(FIELD_TWICE, format!("Field \"{name}\" was specified twice.")).at(name));
        }
        arguments.push((name, value));
    }
    Ok(arguments)
}

pub fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// `+` as a space, except between digits: there it is the sign of a time zone.
fn spaced(value: &str) -> String {
    let bytes = value.as_bytes();
    let digit = |place: Option<usize>| place.and_then(|place| bytes.get(place)).is_some_and(u8::is_ascii_digit);
    value
        .char_indices()
        .map(|(place, letter)| match letter {
            '+' if !(digit(place.checked_sub(1)) && digit(Some(place + 1))) => ' ',
            other => other,
        })
        .collect()
}

/// What must not stand as it is in a path segment or a query value.
const RESERVED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\');

pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_and_encoded_query_strings_read_alike() {
        let raw = arguments("name=a|b*&create_time=>2024-01-01T00:00:00+01:00&order_by=name+desc").unwrap();
        let encoded =
            arguments("name=a%7Cb%2A&create_time=%3E2024-01-01T00%3A00%3A00%2B01%3A00&order_by=name%20desc").unwrap();
        assert_eq!(raw, encoded);
        assert_eq!(raw[1].1, ">2024-01-01T00:00:00+01:00");
        assert_eq!(raw[2].1, "name desc");
    }

    #[test]
    fn an_argument_given_twice_is_refused() {
        assert_eq!(arguments("a=1&a=2").unwrap_err().code, "262188");
    }
}
