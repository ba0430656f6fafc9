//! What a noun of the REST API is made of: a table of fields, where it lives, and how its records are listed.
//!
//! Reading, querying, sorting, paging, writing and release gates all consult the same rows, so a field is described
//! once. How to get it wrong: a field that a list function fills but no row names can never be read.

use serde_json::Value;

use crate::Release;
use crate::rest::ask::{Ask, GENERAL, encoded};
use crate::rest::code::Refusal;
use crate::rest::field::{Field, within};
use crate::rest::query::Condition;
use crate::rest::{documented, json};
use crate::state::State;

/// A noun: where its instances live and what they consist of.
pub struct Noun {
    /// The word used as `target` when an instance is absent.
    pub name: &'static str,
    /// Path of one instance; `{…}` are names of fields.
    pub instance: &'static str,
    pub fields: &'static [Field],
    /// Fields that order a collection, and by which a page goes on where the last one ended.
    pub order: &'static [&'static str],
    /// An array whose members a query narrows, instead of only choosing records by them.
    pub narrowed: Option<&'static str>,
    /// All records that the caller may see. May leave out such that `Ask::wants` rules out.
    pub list: fn(&State, &Ask) -> Result<Vec<Value>, Refusal>,
}

impl Noun {
    /// The row of a field that `release` knows; of one that is only documented, it is never set.
    pub fn field(&self, name: &str, release: Release) -> Option<&'static Field> {
        let own = self.fields.iter().find(|field| field.name == name && field.since <= release);
        own.or_else(|| documented::find(self.instance, name, release))
    }

    /// Whether a field that is only documented names what a modelled one names, by another of its names. The two would not agree.
    pub fn is_other_name(&self, name: &str, release: Release) -> bool {
        let is_own = |name: &str| self.fields.iter().any(|field| field.name == name && field.since <= release);
        let others = |object: &str| ["name", "uuid", "id"].iter().any(|key| is_own(&format!("{object}.{key}")));
        let object = name.rsplit_once('.').filter(|(_, key)| ["name", "uuid", "id"].contains(key));
        object.is_some_and(|(object, _)| !is_own(name) && others(object))
    }

    /// Whether `name` is a field, or an object that holds fields, in `release`.
    pub fn knows(&self, name: &str, release: Release) -> bool {
        let own = self.fields.iter().any(|field| field.since <= release && within(field.name, name));
        own || documented::knows(self.instance, name, release)
    }

    /// The path of a record's instance. `None` when the path needs a field that the record lacks.
    pub fn href(&self, record: &Value) -> Option<String> {
        let segments = self.instance.split('/').map(|segment| {
            match segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) {
                Some(field) => Some(encoded(&json::text(json::get(record, field)?))),
                None => Some(segment.to_owned()),
            }
        });
        Some(segments.collect::<Option<Vec<_>>>()?.join("/"))
    }

    /// The conditions that the arguments set on fields; refuses arguments that are neither fields nor general nor
    /// `own`.
    pub fn conditions(&self, ask: &Ask, own: &[&str]) -> Result<Vec<Condition>, Refusal> {
        let lenient = ask.switch("ignore_unknown_fields")?.unwrap_or(false);
        let mut conditions = Vec::new();
        for (name, value) in &ask.arguments {
            if GENERAL.contains(&name.as_str()) || own.contains(&name.as_str()) {
                continue;
            }
            match self.field(name, ask.release) {
                Some(field) => conditions.push(Condition::parse(name, field.kind, value)?),
                None if lenient => {}
                None => return Err(Refusal::unexpected(name)),
            }
        }
        Ok(conditions)
    }
}
