//! Jobs as clients ask for them. How they are carried out stands in `jobs`.
//!
//! How to get it wrong: a failed job without `error.code` and `error.message`, on which clients crash.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lanes::Cost;
use crate::lookup::svm;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{INVALID, JOB_FAILED, NOT_SUPPORTED, Refusal};
use crate::rest::field::{integer, text, time};
use crate::rest::made::{Made, made};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
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

const INSTANCE: &str = "/api/cluster/jobs/{uuid}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection("/api/cluster/jobs", &JOB),
    each(Method::Patch, "/api/cluster/jobs", &JOB, INSTANCE).arguments(&["action"]),
    instance(INSTANCE, &JOB),
    sync(Method::Patch, INSTANCE, &JOB, Cost::Policy, change).arguments(&["action"]),
];

/// Cancels a job that has not ended: nothing of it is done any more. None can be paused.
fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let visible = |job: &&Job| (ask.svm.is_none() || ask.svm == job.svm) && !job.hidden();
    let id = ask.keys.get("uuid").and_then(|uuid| uuid.parse().ok());
    let job = id.and_then(|id| state.jobs.get(&id)).filter(visible).ok_or_else(|| Refusal::absent("uuid"))?;
    let (id, has_ended) = (job.uuid, job.outcome.is_some());
    match ask.argument("action") {
        Some("cancel") if has_ended => Err(Refusal::new(INVALID, "The job has ended.").at("action")),
        Some("cancel") => {
            state.end_job(id, Err(Refusal::new(JOB_FAILED, "The job was canceled.")));
            Ok(made(id))
        }
        Some("pause" | "resume") => Err(Refusal::new(NOT_SUPPORTED, "The job can't be paused.")),
        other => Err(Refusal::value(other.unwrap_or_default(), "action", "cancel|pause|resume")),
    }
}

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
