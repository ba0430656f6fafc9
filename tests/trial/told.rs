//! What tenants were told that a share says by now: its name, and keys of its metadata.
//!
//! How to get it wrong: to take a change without an answer for one that was not made; nobody knows.

use std::collections::BTreeMap;

use serde_json::Value;

/// By share and field what it says; none where nobody knows.
#[derive(Debug, Default)]
pub struct Told(BTreeMap<(String, &'static str), Option<String>>);

impl Told {
    pub fn note(&mut self, share: &str, field: &'static str, value: String, status: Option<u16>) {
        match status {
            Some(200..=299) => drop(self.0.insert((share.to_owned(), field), Some(value))),
            None | Some(500..=599) => drop(self.0.insert((share.to_owned(), field), None)),
            Some(_) => {}
        }
    }

    /// What a share as it is shown says otherwise.
    pub fn complaints<'a>(&'a self, shown: &'a Value) -> impl Iterator<Item = String> + 'a {
        let id = shown["id"].as_str().unwrap_or_default();
        let own = self.0.iter().filter(move |((share, _), _)| share == id);
        own.filter_map(move |((_, field), told)| {
            let found = if *field == "name" { &shown["name"] } else { &shown["metadata"][*field] };
            let told = told.as_deref().filter(|told| found.as_str() != Some(told))?;
            Some(format!("the {field} of share {id} was accepted as {told} and is {found}"))
        })
    }
}
