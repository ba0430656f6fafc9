//! Pool statistics, parsed once when they are reported, so that a request compares and never parses.
//!
//! A statistic is found by its slot, not by its name: [`Keys`] gives each name that was ever reported a number. Pools of
//! one report share the values that they have in common. How to get it wrong: parsing or copying JSON per request.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use manilad_domain::extra_specs;
use serde_json::Value;

/// Where each pool keeps the statistic of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot(pub usize);

/// The names of all statistics, in the order in which they were first heard.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    slots: HashMap<String, Slot>,
    names: Vec<String>,
}

impl Keys {
    pub fn find(&self, name: &str) -> Option<Slot> {
        self.slots.get(name).copied()
    }

    /// The slot of `name`, a new one if need be.
    pub fn slot(&mut self, name: &str) -> Slot {
        self.find(name).unwrap_or_else(|| {
            let slot = Slot(self.names.len());
            self.names.push(name.to_owned());
            self.slots.insert(name.to_owned(), slot);
            slot
        })
    }

    /// All names; a slot is the position in this list.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

/// One reported value.
#[derive(Debug, Clone, PartialEq)]
pub struct Stat {
    raw: Value,
    form: Form,
}

#[derive(Debug, Clone, PartialEq)]
enum Form {
    Null,
    One(Scalar),
    /// A list stands for each of its elements.
    Many(Vec<Scalar>),
    Nested(BTreeMap<String, Stat>),
}

/// A value that extra specs are compared with, in every reading they ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// In lower case.
    pub text: String,
    pub number: Option<f64>,
    /// Set if the value itself is a boolean; a text such as `true` is not.
    pub boolean: Option<bool>,
    /// What the value means where a boolean is asked for: texts that don't read as one are false.
    pub truth: bool,
}

impl Scalar {
    fn of(value: &Value) -> Option<Self> {
        let text = match value {
            Value::Bool(yes) => yes.to_string(),
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.to_lowercase(),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        let number = value.as_f64().or_else(|| read_number(&text));
        let truth = extra_specs::boolean(&text).unwrap_or(false);
        Some(Scalar { text, number, boolean: value.as_bool(), truth })
    }
}

/// Reads a number as extra specs and statistics write it.
pub fn read_number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| !number.is_nan())
}

impl Stat {
    pub fn new(raw: Value) -> Self {
        let form = match &raw {
            Value::Null => Form::Null,
            Value::Array(list) => Form::Many(list.iter().filter_map(Scalar::of).collect()),
            Value::Object(map) => {
                Form::Nested(map.iter().map(|(key, value)| (key.clone(), Stat::new(value.clone()))).collect())
            }
            scalar => Scalar::of(scalar).map_or(Form::Null, Form::One),
        };
        Stat { raw, form }
    }

    pub fn raw(&self) -> &Value {
        &self.raw
    }

    pub fn is_null(&self) -> bool {
        self.form == Form::Null
    }

    /// The value, or each element of the list. Nothing for null and for nested statistics.
    pub fn scalars(&self) -> &[Scalar] {
        match &self.form {
            Form::One(scalar) => std::slice::from_ref(scalar),
            Form::Many(list) => list,
            Form::Null | Form::Nested(_) => &[],
        }
    }

    /// The one value, where it is neither list nor null nor nested.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.form {
            Form::One(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The statistic of this name inside a nested one.
    pub fn inner(&self, name: &str) -> Option<&Stat> {
        match &self.form {
            Form::Nested(map) => map.get(name),
            _ => None,
        }
    }
}

impl fmt::Display for Stat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_keeps_its_slot() {
        let mut keys = Keys::default();
        let (a, b) = (keys.slot("a"), keys.slot("b"));
        assert_ne!(a, b);
        assert_eq!(keys.slot("a"), a);
        assert_eq!((keys.find("b"), keys.find("c")), (Some(b), None));
        assert_eq!(keys.names(), ["a", "b"]);
    }

    #[test]
    fn every_reading_of_a_value_is_ready() {
        let scalar = |value| Stat::new(value).scalar().unwrap().clone();
        let yes = scalar(json!(true));
        assert_eq!((yes.text.as_str(), yes.number, yes.boolean, yes.truth), ("true", None, Some(true), true));
        let text = scalar(json!("Yes"));
        assert_eq!((text.text.as_str(), text.number, text.boolean, text.truth), ("yes", None, None, true));
        let number = scalar(json!(90));
        assert_eq!((number.text.as_str(), number.number, number.boolean), ("90", Some(90.0), None));
        assert_eq!(scalar(json!("12.5")).number, Some(12.5));
        assert_eq!(scalar(json!("nan")).number, None);
    }

    #[test]
    fn lists_stand_for_their_elements_and_null_for_nothing() {
        let list = Stat::new(json!([true, null, "DR"]));
        assert_eq!(list.scalars().iter().map(|one| one.text.as_str()).collect::<Vec<_>>(), ["true", "dr"]);
        assert!(list.scalar().is_none());
        assert!(Stat::new(json!(null)).is_null());
        assert!(Stat::new(json!(null)).scalars().is_empty());
        let nested = Stat::new(json!({"a": {"b": 1}}));
        assert_eq!(nested.inner("a").and_then(|a| a.inner("b")).map(Stat::raw), Some(&json!(1)));
        assert!(nested.inner("b").is_none() && list.inner("a").is_none());
    }
}
