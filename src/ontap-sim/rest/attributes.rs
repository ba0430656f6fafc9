//! Keeping what is set of an object in fields that are only documented, and showing it again.
//!
//! How to get it wrong: to keep it where the write was refused, or under the name of an object that is gone; the next one of that name would
//! have it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::rest::ask::{Ask, Method};
use crate::rest::code::Refusal;
use crate::rest::made::Made;
use crate::rest::noun::Noun;
use crate::rest::route::Write;
use crate::rest::{documented, json};
use crate::rows::attributes::Attributes;
use crate::state::State;

/// Carries out a write on an object of the noun, and keeps what the array itself has no use for.
pub fn carried_out(state: &mut State, noun: &Noun, ask: &Ask, write: Write) -> Result<Made, Refusal> {
    let made = write(state, ask)?;
    if ask.flag("validate_only") == Some(true) {
        return Ok(made);
    }
    let values = only_documented(noun, ask, &ask.body, "");
    // By the keys as the array has them, however the client spelt them.
    for of in made.iter().filter_map(|keys| path_of(noun, keys, ask)) {
        match (ask.method, &values) {
            (Method::Patch, Some(values)) => {
                let mut all = state.attributes.get(&of).map_or(Value::Null, |kept| kept.values.clone());
                lay_over(&mut all, values.clone());
                keep(state, of, Some(all));
            }
            (Method::Post, values) => keep(state, of, (*values).clone()),
            (Method::Delete, _) => keep(state, of, None),
            _ => {}
        }
    }
    Ok(made)
}

fn keep(state: &mut State, of: String, values: Option<Value>) {
    match values {
        Some(values) => state.attributes.put(Attributes { of, values }),
        None if state.attributes.get(&of).is_some() => drop(state.attributes.remove(&of)),
        None => {}
    }
}

/// The path of the object with these keys, and those of the request that it does not name.
fn path_of(noun: &Noun, keys: &BTreeMap<String, String>, ask: &Ask) -> Option<String> {
    let mut all = ask.keys.clone();
    all.extend(keys.clone());
    let mut record = Map::new();
    for (name, value) in all {
        json::put(&mut record, &name, Value::String(value)).ok()?;
    }
    noun.href(&Value::Object(record))
}

/// The part of a body whose fields are only documented; none where there is none.
fn only_documented(noun: &Noun, ask: &Ask, body: &Value, path: &str) -> Option<Value> {
    let is_own = |name: &str| noun.fields.iter().any(|field| field.name == name && field.since <= ask.release);
    match body {
        Value::Object(map) => {
            let below = |(key, value): (&String, &Value)| {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                Some((key.clone(), only_documented(noun, ask, value, &path)?))
            };
            let kept: Map<String, Value> = map.iter().filter_map(below).collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(members) => {
            let kept: Vec<Value> =
                members.iter().filter_map(|member| only_documented(noun, ask, member, path)).collect();
            let is_emptied = members.is_empty() && documented::find(noun.instance, path, ask.release).is_some();
            ((!kept.is_empty() || is_emptied) && !is_own(path)).then_some(Value::Array(kept))
        }
        leaf => {
            let is_only_documented = !is_own(path) && documented::find(noun.instance, path, ask.release).is_some();
            is_only_documented.then(|| leaf.clone())
        }
    }
}

/// The record, with what was set of the object besides. What the array itself says goes before.
pub fn with_attributes(state: &State, noun: &Noun, mut record: Value) -> Value {
    if state.attributes.iter().next().is_none() {
        return record;
    }
    let kept = noun.href(&record).and_then(|of| state.attributes.get(&of));
    if let Some(kept) = kept {
        let mut whole = kept.values.clone();
        lay_over(&mut whole, record);
        record = whole;
    }
    record
}

/// Lays one value over another: objects member by member, all else as a whole.
fn lay_over(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                lay_over(under.entry(key).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over,
    }
}
