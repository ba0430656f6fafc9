//! QoS types: what administrators want throughput to be held to, under a name that share types refer to.
//!
//! What the specs mean is the driver's affair; here they are kept as they were given. A QoS type keeps its name, so that name
//! stands for it on the array and in share types. How to get it wrong: to turn a number into a string on the way; who wrote
//! one reads one. Source: resources.md §19.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::extra_specs;
use crate::fault::Fault;
use crate::ids::QosTypeId;
use crate::record::{Index, Record, Row};
use crate::stamp::Stamp;

/// Bytes that keys and values of one QoS type may have together: it is one stored value, whose size has a bound.
const MOST_BYTES: usize = 64 << 10;

/// By key.
pub type QosSpecs = BTreeMap<String, Value>;

/// A kind of service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QosType {
    pub id: QosTypeId,
    pub name: String,
    pub description: Option<String>,
    pub specs: QosSpecs,
    pub created_at: Stamp,
    pub updated_at: Option<Stamp>,
}

/// Rows by which QoS types are found.
pub mod index {
    use super::Index;

    /// name.
    pub const BY_NAME: Index = Index("name");
    /// created_at: the list in its order.
    pub const BY_CREATION: Index = Index("created");
}

impl Record for QosType {
    const KIND: &'static str = "qos_type";

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn rows(&self) -> Vec<Row> {
        vec![index::BY_NAME.row([self.name.clone()]), index::BY_CREATION.row([self.created_at.text()])]
    }
}

impl QosType {
    /// The specs as words, as drivers read them.
    pub fn words(&self) -> BTreeMap<String, String> {
        self.specs.iter().map(|(key, value)| (key.clone(), word(value))).collect()
    }
}

/// A value as a word: a boolean as extra specs have it, and what is nested as JSON.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        other => other.to_string(),
    }
}

/// Checks specs: each key as that of an extra spec, strings of 1 to 255 characters, and how much it is in all.
///
/// # Errors
/// Invalid, telling the key and what was expected.
pub fn check(specs: &QosSpecs) -> Result<(), Fault> {
    let mut bytes = 0;
    for (key, value) in specs {
        extra_specs::check_key(key)?;
        let fits = match value {
            Value::String(text) => (1..=255).contains(&text.chars().count()),
            Value::Bool(_) | Value::Number(_) | Value::Object(_) => true,
            Value::Null | Value::Array(_) => false,
        };
        if !fits {
            return Err(Fault::invalid(format!(
                "Spec {key} must be a string of 1 to 255 characters, a boolean, a number or an object."
            )));
        }
        bytes += key.len() + word(value).len();
    }
    match bytes > MOST_BYTES {
        true => Err(Fault::invalid(format!("The specs of a QoS type may have {MOST_BYTES} bytes together."))),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn specs(value: Value) -> QosSpecs {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn specs_are_strings_booleans_numbers_and_objects_of_any_and_have_a_bound_together() {
        for good in [
            json!({}),
            json!({ "policy_type": "adaptive", "peak_iops": 5000, "x:y": true, "n": { "a": { "b": [1] } } }),
            json!({ "k".repeat(255): "v".repeat(255) }),
        ] {
            assert_eq!(check(&specs(good.clone())), Ok(()), "{good}");
        }
        for bad in [
            json!({ "k": "" }),
            json!({ "k": "v".repeat(256) }),
            json!({ "k": null }),
            json!({ "k": [] }),
            json!({ "a b": "v" }),
            json!({ "": "v" }),
            json!({ "k".repeat(256): "v" }),
            json!({ "k": { "n": "v".repeat(MOST_BYTES) } }),
        ] {
            assert!(check(&specs(bad.clone())).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_driver_reads_words_whatever_was_given() {
        let one = QosType {
            id: uuid::Uuid::nil().into(),
            name: "gold".to_owned(),
            description: None,
            specs: specs(json!({ "a": "x", "b": true, "c": false, "d": 5000, "e": { "f": "g" } })),
            created_at: manilad_clock::Timestamp::UNIX_EPOCH.into(),
            updated_at: None,
        };
        let words = [("a", "x"), ("b", "True"), ("c", "False"), ("d", "5000"), ("e", r#"{"f":"g"}"#)];
        assert_eq!(one.words(), words.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
        let read: QosType = serde_json::from_str(&serde_json::to_string(&one).unwrap()).unwrap();
        assert_eq!(read, one, "a number is read back as a number");
    }
}
