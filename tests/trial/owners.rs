//! Whose what is: each id that a project was told when it made something, or was given it by another.
//!
//! How to get it wrong: to take an id for told that somebody only sent and got back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Whose a share is of which nobody knows whether it was given away.
pub const NOBODY: &str = "nobody";

/// How long an id is as text.
const LENGTH: usize = 36;

/// By id the projects that have it or had it: what a project was told of it before stays its own.
#[derive(Debug, Default)]
pub struct Owners(BTreeMap<String, BTreeSet<String>>);

impl Owners {
    /// What a project was told when it made something is its own.
    pub fn note(&mut self, project: &str, told: &Value) {
        match told {
            Value::Array(members) => members.iter().for_each(|member| self.note(project, member)),
            Value::Object(members) => {
                if let Some(id) = members.get("id").and_then(Value::as_str) {
                    self.0.entry(id.to_owned()).or_default().insert(project.to_owned());
                }
                members.values().for_each(|member| self.note(project, member));
            }
            _ => {}
        }
    }

    /// An id in an answer to a project that is another's, and was not sent by itself; and whose it is.
    pub fn foreign<'a>(&self, project: &str, asked: &str, told: &'a str) -> Option<(&'a str, &BTreeSet<String>)> {
        let words = told.split(|letter: char| !letter.is_ascii_hexdigit() && letter != '-');
        let ids = words.filter(|word| word.len() == LENGTH);
        let mut owned = ids.filter_map(|id| self.0.get(id).map(|owners| (id, owners)));
        owned.find(|(id, owners)| !owners.contains(project) && !asked.contains(id))
    }
}
