//! Jobs: requests that are carried out after they have been accepted.
//!
//! A job keeps its request as data, and its end is an event of the state, so an accepted job survives a kill and is
//! taken up again. 300 s after its end it is forgotten, as on the real thing. How to get it wrong: a failed job without
//! `error.code` and `error.message`, on which clients crash.

use std::time::Duration;

use manilad_clock::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::lanes::{Kind, PLACES};
use crate::nouns::{svm, volume};
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{BULK_FAILED, Refusal, UNKNOWN_PATH};
use crate::rest::noun::{Noun, integer, text, time};
use crate::rest::page;
use crate::rest::route::{self, Endpoint, Made, collection, instance};
use crate::stamp;
use crate::state::table::Row;
use crate::state::{Due, State};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    pub uuid: Uuid,
    description: String,
    pub svm: Option<Uuid>,
    /// What is to be done: one request, or the records of a bulk request. Nothing once it is done.
    asks: Vec<Ask>,
    bulk: bool,
    pub outcome: Option<Result<Made, Refusal>>,
    accepted: Timestamp,
    ended: Option<Timestamp>,
    mishap: Option<Mishap>,
    /// Running time at which its turn comes.
    #[serde(skip)]
    starts: Duration,
}

/// What a scripted fault does to a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mishap {
    /// Fails, and nothing was done.
    FailsBefore(Refusal),
    /// Fails, although everything was done.
    FailsAfter(Refusal),
    /// Is done, but can't be asked for.
    Vanishes,
    /// Runs for ever, and nothing is done.
    Hangs,
}

impl Row for Job {
    type Key = Uuid;
    const KIND: &'static str = "job";
    fn key(&self) -> Uuid {
        self.uuid
    }
}

impl Job {
    /// What is still to be done; nothing once it has ended.
    pub fn pending(&self) -> &[Ask] {
        &self.asks
    }

    /// Whether it can't be asked for.
    pub fn hidden(&self) -> bool {
        self.mishap == Some(Mishap::Vanishes)
    }
}

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
    let wanted = ask.wants("uuid");
    let jobs = state
        .jobs
        .iter()
        .filter(|job| ask.svm.is_none() || ask.svm == job.svm)
        .filter(|job| wanted.as_ref().is_none_or(|wanted| job.uuid.to_string() == *wanted))
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

/// Accepts a job. Returns it and the running time at which it will end.
pub fn accept(
    state: &mut State,
    asks: Vec<Ask>,
    bulk: bool,
    svm: Option<Uuid>,
    mishap: Option<Mishap>,
) -> Result<(Uuid, Duration), Refusal> {
    let description = asks.first().map_or_else(String::new, |ask| match ask.method {
        Method::Post if !bulk => format!("POST {}/{}", ask.path, ask.id),
        method => format!("{} {}", method.name(), ask.path),
    });
    let (starts, ends) = book(state, &asks, svm)?;
    let job = Job {
        uuid: state.clock.id(),
        description,
        svm,
        asks,
        bulk,
        outcome: None,
        accepted: state.now,
        ended: None,
        mishap,
        starts,
    };
    let id = job.uuid;
    if job.mishap != Some(Mishap::Hangs) {
        state.falls_due(ends, Due::JobEnds(id));
    }
    state.jobs.put(job);
    Ok((id, ends))
}

/// Takes places in the SVM's queue, one for each request. Returns when the first starts and the last ends.
fn book(state: &mut State, asks: &[Ask], svm: Option<Uuid>) -> Result<(Duration, Duration), Refusal> {
    let (mut starts, mut ends) = (None, state.running);
    // One after the other no further than there are places: a bulk request that is refused must not have booked much.
    for ask in asks {
        let Some((cost, ..)) = route::again(ask).and_then(|row| row.act.write(ask)) else { continue };
        let booking = state.lanes.book(svm, Kind::Write, cost, state.running)?;
        starts = starts.or(Some(booking.start));
        ends = ends.max(booking.end);
    }
    Ok((starts.unwrap_or(state.running), ends))
}

/// Most records of one bulk request.
pub const LONGEST_BULK: usize = 10 * PLACES;

/// Takes unfinished jobs up again, and sets the others a time to be forgotten, after the state was opened.
pub fn resume(state: &mut State) {
    let jobs: Vec<Job> = state.jobs.iter().cloned().collect();
    for job in jobs {
        if job.outcome.is_some() {
            state.falls_due(state.running + state.config.limits.job_memory, Due::JobForgotten(job.uuid));
        } else if job.mishap != Some(Mishap::Hangs) {
            // A queue that is shorter now than it was must not lose a job that was accepted.
            let (starts, ends) = book(state, &job.asks, job.svm).unwrap_or((state.running, state.running));
            state.jobs.note(&job.uuid, |job| job.starts = starts);
            state.falls_due(ends, Due::JobEnds(job.uuid));
        }
    }
}

/// Carries the job out.
pub fn end(state: &mut State, id: Uuid) {
    let Some(job) = state.jobs.get(&id).cloned() else { return };
    let outcome = match &job.mishap {
        Some(Mishap::FailsBefore(refusal)) => Err(refusal.clone()),
        Some(Mishap::FailsAfter(refusal)) => run(state, &job).and(Err(refusal.clone())),
        _ => run(state, &job),
    };
    let now = state.now;
    // What was asked is not needed any more, and may hold a password.
    state.jobs.change(&id, |job| (job.outcome, job.ended, job.asks) = (Some(outcome), Some(now), Vec::new()));
    state.falls_due(state.running + state.config.limits.job_memory, Due::JobForgotten(id));
}

fn run(state: &mut State, job: &Job) -> Result<Made, Refusal> {
    let carries_on = job.asks.first().map_or(Ok(None), |ask| ask.switch("continue_on_failure"))?.unwrap_or(false);
    let (mut made, mut failed): (Made, Option<Refusal>) = (Vec::new(), None);
    for ask in &job.asks {
        match act(state, ask) {
            Ok(more) => made.extend(more),
            Err(refusal) if !job.bulk => return Err(refusal),
            Err(refusal) => {
                failed = Some(refusal);
                if !carries_on {
                    break;
                }
            }
        }
    }
    let Some(cause) = failed else { return Ok(made) };
    if !carries_on {
        roll_back(state, job, made);
    }
    Err(Refusal::new(BULK_FAILED, format!("Bulk operation failed. Reason: {} (code {})", cause.message, cause.code)))
}

fn act(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    match route::again(ask).and_then(|row| row.act.write(ask)) {
        Some((_, check, write)) => {
            check(state, ask)?;
            write(state, ask)
        }
        None => Err(Refusal::new(UNKNOWN_PATH, "API not found")),
    }
}

/// Deletes for good what a bulk request has made before it failed.
fn roll_back(state: &mut State, job: &Job, made: Made) {
    for (ask, keys) in job.asks.iter().zip(made) {
        let Some(endpoint) = route::again(ask) else { continue };
        let named = Ask { keys, arguments: Vec::new(), ..ask.clone() };
        let path = page::one(state, &named, endpoint.noun).ok().and_then(|record| page::href(endpoint.noun, &record));
        let Some(path) = path else { continue };
        let force = vec![("force".to_owned(), "true".to_owned())];
        let Ok((endpoint, keys)) = route::find(Some(Method::Delete), &path) else { continue };
        let undo = Ask { method: Method::Delete, path, keys, arguments: force, body: json!({}), ..ask.clone() };
        if let Some((_, _, write)) = endpoint.act.write(&undo)
            && let Err(problem) = unmounted(state, &undo).and_then(|()| write(state, &undo))
        {
            tracing::warn!(path = undo.path, problem = problem.message, "a bulk request could not be rolled back");
        }
    }
}

/// Takes a volume that is to be deleted out of the namespace, which its deletion insists on.
fn unmounted(state: &mut State, undo: &Ask) -> Result<(), Refusal> {
    if !undo.path.starts_with(volume::COLLECTION) {
        return Ok(());
    }
    let offline =
        Ask { method: Method::Patch, arguments: Vec::new(), body: json!({"state": "offline"}), ..undo.clone() };
    act(state, &offline).map(drop)
}

/// The link under which the results of a bulk request are found.
pub fn results(job: Uuid, path: &str) -> Value {
    json!({"results": {"href": format!("{path}?job_results_uuid={job}")}})
}
