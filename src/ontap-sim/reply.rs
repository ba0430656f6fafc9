//! Replies to writes: what was made, or the job that will make it.
//!
//! How to get it wrong: a 201 or 202 without `Location`; NetApp's own library takes such a POST for no creation.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::call::Reply;
use crate::nouns::job;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::Refusal;
use crate::rest::fields::Selection;
use crate::rest::made::Made;
use crate::rest::page;
use crate::rest::route::Endpoint;
use crate::state::State;

/// The reply to a request that started a job: its outcome if it has ended and was waited for, else where to ask for it.
pub fn of_job(
    state: &State,
    endpoint: &Endpoint,
    ask: &Ask,
    id: Uuid,
    bulk: bool,
    waits: bool,
) -> Result<Reply, Refusal> {
    let visible = waits.then(|| state.jobs.get(&id).filter(|job| !job.hidden())).flatten();
    match visible.and_then(|job| job.outcome.as_ref()) {
        Some(Ok(made)) => return Ok(written(state, endpoint, ask, made, Some(id))),
        Some(Err(refusal)) => return Err(refusal.clone()),
        None => {}
    }
    let mut body = json!({"job": job::link(id)});
    if bulk {
        body["_links"] = job::results(id, &ask.path);
    }
    let reply = |body: &Value| Reply::json(202, body);
    match ask.method {
        Method::Post if !bulk => {
            if ask.switch("return_records") == Ok(Some(true)) {
                body["num_records"] = json!(1);
                body["records"] = json!([{"uuid": ask.id, "name": ask.text("name")}]);
            }
            Ok(reply(&body).with("Location", format!("{}/{}", ask.path, ask.id)))
        }
        _ => Ok(reply(&body)),
    }
}

/// The reply to a write that is done.
pub fn written(state: &State, endpoint: &Endpoint, ask: &Ask, made: &Made, job: Option<Uuid>) -> Reply {
    let status = if ask.method == Method::Post { 201 } else { 200 };
    let mut body = json!({"num_records": made.len()});
    if let Some(job) = job {
        body["job"] = job::link(job);
    }
    let records: Vec<Value> = match ask.method {
        Method::Delete => Vec::new(),
        _ => made.iter().filter_map(|keys| read_back(state, endpoint, ask, keys)).collect(),
    };
    let location = records.first().filter(|_| status == 201 && records.len() == 1);
    let location = location.and_then(|record| endpoint.noun.href(record));
    if ask.switch("return_records") == Ok(Some(true)) {
        let selection = Selection::parse(ask.argument("fields"), endpoint.noun, ask.release, false);
        let shown = |record: &Value| match &selection {
            Ok(selection) => page::shown(ask, endpoint.noun, selection, record),
            Err(_) => record.clone(),
        };
        body["records"] = records.iter().map(shown).collect();
    }
    let reply = Reply::json(status, &body);
    match location {
        Some(location) => reply.with("Location", location),
        None => reply,
    }
}

fn read_back(state: &State, endpoint: &Endpoint, ask: &Ask, keys: &BTreeMap<String, String>) -> Option<Value> {
    let named = Ask { keys: keys.clone(), arguments: Vec::new(), ..ask.clone() };
    page::one(state, &named, endpoint.noun).ok()
}
