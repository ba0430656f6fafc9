//! Carries jobs out: requests that are done after they have been accepted.
//!
//! A job keeps its request as data, and its end is an event of the state, so an accepted job survives a kill and is
//! taken up again. 300 s after its end it is forgotten, as on the real thing. How to get it wrong: to keep
//! what was asked after the end; it may hold a password.

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use crate::lanes::{Kind, PLACES};
use crate::lookup::volume;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{BULK_FAILED, Refusal, UNKNOWN_PATH};
use crate::rest::made::Made;
use crate::rest::{attributes, page};
use crate::routing;
use crate::rows::job::{Job, Mishap};
use crate::state::{Due, State};

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
pub fn book(state: &mut State, asks: &[Ask], svm: Option<Uuid>) -> Result<(Duration, Duration), Refusal> {
    let (mut starts, mut ends) = (None, state.running);
    // One after the other no further than there are places: a bulk request that is refused must not have booked much.
    for ask in asks {
        let Some((cost, ..)) = routing::again(ask).and_then(|row| row.act.write(ask)) else { continue };
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
    let Some(job) = state.jobs.get(&id).filter(|job| job.outcome.is_none()).cloned() else { return };
    let outcome = match &job.mishap {
        Some(Mishap::FailsBefore(refusal)) => Err(refusal.clone()),
        Some(Mishap::FailsAfter(refusal)) => run(state, &job).and(Err(refusal.clone())),
        _ => run(state, &job),
    };
    state.end_job(id, outcome);
}

pub fn run(state: &mut State, job: &Job) -> Result<Made, Refusal> {
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

pub fn act(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    match routing::again(ask).and_then(|row| Some((row.noun, row.act.write(ask)?))) {
        Some((noun, (_, check, write))) => {
            check(state, ask)?;
            attributes::carried_out(state, noun, ask, write)
        }
        None => Err(Refusal::new(UNKNOWN_PATH, "API not found")),
    }
}

/// Deletes for good what a bulk request has made before it failed.
pub fn roll_back(state: &mut State, job: &Job, made: Made) {
    for (ask, keys) in job.asks.iter().zip(made) {
        let Some(endpoint) = routing::again(ask) else { continue };
        let named = Ask { keys, arguments: Vec::new(), ..ask.clone() };
        let path = page::one(state, &named, endpoint.noun).ok().and_then(|record| endpoint.noun.href(&record));
        let Some(path) = path else { continue };
        let force = vec![("force".to_owned(), "true".to_owned())];
        let Ok((endpoint, keys)) = routing::find(Some(Method::Delete), &path) else { continue };
        let undo = Ask { method: Method::Delete, path, keys, arguments: force, body: json!({}), ..ask.clone() };
        if let Some((_, _, write)) = endpoint.act.write(&undo)
            && let Err(problem) =
                unmounted(state, &undo).and_then(|()| attributes::carried_out(state, endpoint.noun, &undo, write))
        {
            tracing::warn!(path = undo.path, problem = problem.message, "a bulk request could not be rolled back");
        }
    }
}

/// Takes a volume that is to be deleted out of the namespace, which its deletion insists on.
pub fn unmounted(state: &mut State, undo: &Ask) -> Result<(), Refusal> {
    if !undo.path.starts_with(volume::COLLECTION) {
        return Ok(());
    }
    let offline =
        Ask { method: Method::Patch, arguments: Vec::new(), body: json!({"state": "offline"}), ..undo.clone() };
    act(state, &offline).map(drop)
}
