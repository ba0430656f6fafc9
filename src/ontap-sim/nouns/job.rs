//! Jobs as clients ask for them. How they are carried out stands in `jobs`.
//!
//! How to get it wrong: a failed job without `error.code` and `error.message`, on which clients crash.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lookup::svm;
use crate::rest::ask::Ask;
use crate::rest::code::Refusal;
use crate::rest::field::{integer, text, time};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, instance};
use crate::rows::job::Job;
use crate::stamp;
use crate::state::State;

pub static JOB: Noun = Noun {
    name: "uuid",
    instance: "/api/cluster/jobs/{uuid}",
    fields: &[
        text("uuid").key(),
        text("description"),
        text("state"),
        text("message"),
        integer("code"),
        time("start_time"),
        time("end_time"),
        text("svm.name"),
        text("svm.uuid"),
        text("error.code"),
        text("error.message"),
        text("error.target"),
    ],
    order: &["start_time", "uuid"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] =
    &[collection("/api/cluster/jobs", &JOB), instance("/api/cluster/jobs/{uuid}", &JOB)];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let uuid = ask.wants("uuid");
    let jobs = state
        .jobs
        .iter()
        .filter(|job| ask.svm.is_none() || ask.svm == job.svm)
        .filter(|job| uuid.as_ref().is_none_or(|uuid| job.uuid.to_string() == *uuid))
        .filter(|job| !job.hidden());
    Ok(jobs.map(|job| record(state, job)).collect())
}

fn record(state: &State, job: &Job) -> Value {
    let (state_name, message, code) = match &job.outcome {
        None if state.running < job.starts => ("queued", "", 0),
        None => ("running", "", 0),
        Some(Ok(_)) => ("success", "success", 0),
        Some(Err(refusal)) => ("failure", refusal.message.as_str(), refusal.code.parse().unwrap_or(0)),
    };
    json!({
        "uuid": job.uuid,
        "description": job.description,
        "state": state_name,
        "message": message,
        "code": code,
        "start_time": stamp(job.accepted),
        "end_time": job.ended.map(stamp),
        "svm": job.svm.map(|svm| svm::reference(state, svm)),
        "error": job.outcome.as_ref().and_then(|outcome| outcome.as_ref().err()).map(Refusal::to_json),
    })
}

/// The link to a job, as replies carry it.
pub fn link(job: Uuid) -> Value {
    json!({"uuid": job, "_links": {"self": {"href": format!("/api/cluster/jobs/{job}")}}})
}

/// The link under which the results of a bulk request are found.
pub fn results(job: Uuid, path: &str) -> Value {
    json!({"results": {"href": format!("{path}?job_results_uuid={job}")}})
}
