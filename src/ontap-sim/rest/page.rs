//! Collections and instances: choose, sort, cut into pages, show.
//!
//! Pages go on behind the last key shown, not behind a count, so that a record deleted between two pages hides no
//! other. Only a page of an order that the client asked for goes on by offset.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::rest::ask::{Ask, encoded};
use crate::rest::code::Refusal;
use crate::rest::field::Kind;
use crate::rest::fields::Selection;
use crate::rest::made::Made;
use crate::rest::noun::Noun;
use crate::rest::query::{Condition, compare};
use crate::rest::{attributes, json};
use crate::state::State;

/// All records of the noun that the request chooses, in the noun's own order.
pub fn chosen(state: &State, ask: &Ask, noun: &Noun, arguments: &[&str]) -> Result<Vec<Value>, Refusal> {
    let mut conditions = noun.conditions(ask, arguments)?;
    for (name, value) in ask.keys.iter().filter(|(_, value)| *value != "*") {
        let kind = noun.field(name, ask.release).map_or(Kind::Text, |field| field.kind);
        conditions.push(Condition::literally(name, kind, value));
    }
    let found = free_text(ask, noun)?;
    let results = job_results(state, ask)?;
    let mut records: Vec<Value> = (noun.list)(state, ask)?
        .into_iter()
        .map(json::pruned)
        .map(|record| attributes::with_attributes(state, noun, record))
        .filter(|record| conditions.iter().all(|condition| condition.holds(record)))
        .filter(|record| results.as_ref().is_none_or(|made| made.iter().any(|keys| has(record, keys))))
        .filter(|record| found.is_empty() || found.iter().any(|condition| condition.holds(record)))
        .collect();
    if let Some(array) = noun.narrowed {
        records.iter_mut().for_each(|record| narrow(record, array, &conditions));
    }
    records.sort_by_cached_key(|record| place(noun, record));
    Ok(records)
}

/// What a bulk request has made, if its results are asked for.
fn job_results(state: &State, ask: &Ask) -> Result<Option<Made>, Refusal> {
    let Some(job) = ask.argument("job_results_uuid") else { return Ok(None) };
    let job = job.parse().ok().and_then(|uuid| state.jobs.get(&uuid));
    let job = job.ok_or_else(|| Refusal::absent("job_results_uuid"))?;
    Ok(Some(job.outcome.clone().and_then(Result::ok).unwrap_or_default()))
}

fn has(record: &Value, keys: &BTreeMap<String, String>) -> bool {
    keys.iter().all(|(field, value)| json::get(record, field).map(json::text).as_ref() == Some(value))
}

/// `query=` looks for text in `query_fields=`, by default in all fields.
fn free_text(ask: &Ask, noun: &Noun) -> Result<Vec<Condition>, Refusal> {
    let Some(text) = ask.argument("query") else { return Ok(Vec::new()) };
    let fields: Vec<&str> = match ask.argument("query_fields") {
        Some(names) => names.split(',').collect(),
        None => noun.fields.iter().map(|field| field.name).collect(),
    };
    fields.into_iter().map(|field| Condition::parse(field, Kind::Text, &format!("*{text}*"))).collect()
}

/// Keeps only those members of an array that the conditions on their fields choose.
fn narrow(record: &mut Value, array: &str, conditions: &[Condition]) {
    let narrowing: Vec<(&Condition, &str)> = conditions
        .iter()
        .filter_map(|condition| Some((condition, condition.field.strip_prefix(array)?.strip_prefix('.')?)))
        .collect();
    if let Some(Value::Array(members)) = record.get_mut(array) {
        members.retain(|member| narrowing.iter().all(|(condition, field)| condition.holds_at(member, field)));
    }
}

/// A record's place in the noun's own order. Numbers are padded, so that text sorts them.
fn place(noun: &Noun, record: &Value) -> String {
    let part = |field: &&str| match json::get(record, field) {
        Some(Value::Number(number)) => format!("{:0>20}", number.to_string()),
        Some(value) => json::text(value),
        None => String::new(),
    };
    noun.order.iter().map(part).collect::<Vec<_>>().join("/")
}

/// The one record that the keys name (else 404, code 4).
pub fn one(state: &State, ask: &Ask, noun: &Noun) -> Result<Value, Refusal> {
    chosen(state, ask, noun, &[])?.into_iter().next().ok_or_else(|| Refusal::absent(noun.name))
}

/// The reply to GET of an instance.
pub fn instance(state: &State, ask: &Ask, noun: &Noun) -> Result<Value, Refusal> {
    let selection = Selection::parse(ask.argument("fields"), noun, ask.release, false)?;
    ask.number("max_records", 1, u64::MAX)?;
    ask.return_timeout()?;
    Ok(shown(ask, noun, &selection, &one(state, ask, noun)?))
}

/// A record as it is shown, with its link where links are wanted.
pub fn shown(ask: &Ask, noun: &Noun, selection: &Selection, record: &Value) -> Value {
    let mut shown = selection.of(record);
    if let Some(href) = noun.href(record).filter(|_| ask.links) {
        shown["_links"] = json!({"self": {"href": href}});
    }
    shown
}

/// The reply to GET of a collection.
pub fn collection(state: &State, ask: &Ask, noun: &Noun, arguments: &[&str]) -> Result<Value, Refusal> {
    let selection = Selection::parse(ask.argument("fields"), noun, ask.release, true)?;
    let order = order(ask, noun)?;
    let longest =
        ask.number("max_records", 1, u64::MAX)?.map_or(usize::MAX, |most| most.try_into().unwrap_or(usize::MAX));
    let skipped = ask.number("offset", 0, u64::MAX)?.unwrap_or(0) as usize;
    ask.return_timeout()?;

    let mut records = chosen(state, ask, noun, arguments)?;
    let myself = link(ask, &[]);
    if ask.switch("return_records")? == Some(false) {
        return Ok(json!({"num_records": records.len(), "_links": {"self": {"href": myself}}}));
    }
    if !order.is_empty() {
        records.sort_by(|left, right| sorted(&order, left, right));
    } else if let Some(start) = ask.argument("start.key") {
        records.retain(|record| place(noun, record).as_str() >= start);
    }
    let mut rest = records.split_off(skipped.min(records.len()));
    let next = (rest.len() > longest).then(|| match order.is_empty() {
        true => link(ask, &[("start.key", place(noun, &rest[longest]))]),
        false => link(ask, &[("offset", (skipped + longest).to_string())]),
    });
    rest.truncate(longest);

    let mut links = json!({});
    if ask.links {
        links["self"] = json!({"href": myself});
    }
    if let Some(next) = next {
        links["next"] = json!({"href": next});
    }
    let records: Vec<Value> = rest.iter().map(|record| shown(ask, noun, &selection, record)).collect();
    let mut body = json!({"records": records, "num_records": records.len()});
    if links.as_object().is_some_and(|links| !links.is_empty()) {
        body["_links"] = links;
    }
    Ok(body)
}

/// The request's own path and arguments, with `other` arguments for where to go on.
fn link(ask: &Ask, other: &[(&str, String)]) -> String {
    let kept = ask.arguments.iter().filter(|(name, _)| !matches!(name.as_str(), "start.key" | "offset"));
    let all = kept.map(|(name, value)| (name.as_str(), value)).chain(other.iter().map(|(name, value)| (*name, value)));
    let query: Vec<String> = all.map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    if query.is_empty() { ask.path.clone() } else { format!("{}?{}", ask.path, query.join("&")) }
}

/// `order_by=field asc|desc,…`: field, kind, descending.
fn order(ask: &Ask, noun: &Noun) -> Result<Vec<(&'static str, Kind, bool)>, Refusal> {
    let Some(wish) = ask.argument("order_by") else { return Ok(Vec::new()) };
    let part = |part: &str| {
        let (name, direction) = part.trim().split_once(' ').unwrap_or((part.trim(), "asc"));
        let field = noun.field(name, ask.release)?;
        match direction.trim().to_ascii_lowercase().as_str() {
            "asc" => Some((field.name, field.kind, false)),
            "desc" => Some((field.name, field.kind, true)),
            _ => None,
        }
    };
    wish.split(',')
        .map(|text| part(text).ok_or_else(|| Refusal::value(text, "order_by", "<field> [asc|desc]")))
        .collect()
}

fn sorted(order: &[(&'static str, Kind, bool)], left: &Value, right: &Value) -> Ordering {
    let by = |(field, kind, descending): &(&str, Kind, bool)| {
        let value = |record| json::get(record, field).map(json::text);
        let order = match (value(left), value(right)) {
            (Some(left), Some(right)) => compare(*kind, &left, &right).unwrap_or(Ordering::Equal),
            (left, right) => left.is_some().cmp(&right.is_some()),
        };
        if *descending { order.reverse() } else { order }
    };
    order.iter().map(by).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}
