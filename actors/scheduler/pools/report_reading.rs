//! Reading a report: values and functions that its pools have in common are kept once.
//!
//! A request looks at a few statistics of many pools, so what counts is how much memory it has to touch: each pool holds
//! small numbers in a row, and the values that they stand for are few. Numbers live as long as the report.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use crate::pool_function::Function;
use crate::statistics::{Keys, Stat};

/// Where a back end keeps a value that its pools report.
pub(super) type Place = u32;

/// The place of no value.
pub(super) const NOWHERE: Place = Place::MAX;

/// A report on its way into the pools.
pub(super) struct Reading<'a> {
    pub keys: &'a mut Keys,
    pub values: Vec<Stat>,
    places: HashMap<Value, Place>,
    functions: HashMap<String, Arc<Function>>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(keys: &'a mut Keys) -> Self {
        Reading { keys, values: Vec::new(), places: HashMap::new(), functions: HashMap::new() }
    }

    /// The place of a value, a new one if no pool reported the same.
    pub(super) fn place(&mut self, value: Value) -> Place {
        if let Some(place) = self.places.get(&value) {
            return *place;
        }
        let place = put(&mut self.values, value.clone());
        self.places.insert(value, place);
        place
    }

    /// The function of this text, parsed once.
    pub(super) fn function(&mut self, text: &str) -> Arc<Function> {
        let keys = &mut *self.keys;
        let fresh = || Arc::new(Function::read(text, keys));
        self.functions.entry(text.to_owned()).or_insert_with(fresh).clone()
    }
}

/// Puts a value at a place of its own. Past the last number, which takes 4 billion different values, it is nowhere.
pub(super) fn put(values: &mut Vec<Stat>, value: Value) -> Place {
    let place = Place::try_from(values.len()).unwrap_or(NOWHERE);
    if place != NOWHERE {
        values.push(Stat::new(value));
    }
    place
}
