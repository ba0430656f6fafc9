//! Waiting for work that ONTAP does after it has answered.
//!
//! A job is polled from 0.2 s to every 2 s until the deadline of its call. ONTAP forgets a job 300 s after its end ("ONTAP REST
//! reference", jobs), so one that is gone has ended, nobody knows how. How to get it wrong: taking any trouble with the polling
//! for a failure of the work; whatever can't be read is Unknown, and the caller looks at the object itself.

use std::time::Duration;

use manilad_clock::Uuid;
use serde::Deserialize;
use serde_json::Value;

use crate::client::{Call, Client};
use crate::code::Class;
use crate::endpoint::Endpoint;
use crate::error::{Error, Fault};
use crate::query::Query;
use crate::term::Term;

/// The first pause between polls, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(2));

/// A job as ONTAP tells it.
#[derive(Debug, Deserialize)]
pub(crate) struct Job {
    state: String,
    #[serde(default)]
    code: Value,
    #[serde(default)]
    message: String,
    error: Option<Fault>,
    /// `POST /api/storage/volumes/<uuid>`.
    pub(crate) description: Option<String>,
}

/// The job's end, if it is a good one; `of` is the call that started it.
pub(crate) async fn end(client: &Client, of: Endpoint, uuid: Uuid, term: &mut Term) -> Result<Job, Error> {
    let mut pause = PAUSES.0;
    loop {
        if pause >= term.left(client.clock().running()) {
            return Err(Error::unknown(of, &format!("job {uuid} has not ended in time")));
        }
        client.clock().sleep(pause).await;
        pause = pause.mul_f64(1.5).min(PAUSES.1);
        let call = Call::to(Endpoint::Job, &[&uuid.to_string()])?;
        let job: Job = match read(client, call, term).await {
            Ok(job) => job,
            Err(error) => match error.class() {
                Class::Busy | Class::Unreachable | Class::Unknown => continue,
                Class::Fenced => return Err(error),
                _ => {
                    return Err(Error::unknown(
                        of,
                        &format!("the end of job {uuid} is not known: {}", error.message()),
                    ));
                }
            },
        };
        match job.state.as_str() {
            "success" => return Ok(job),
            "queued" | "running" | "paused" | "pausing" => {}
            "failure" => {
                let fault = job.error.unwrap_or_else(|| Fault::new(&job.code, &job.message));
                return Err(Error::job(of, &fault));
            }
            other => return Err(Error::unknown(of, &format!("job {uuid} ended as {other:?}: {}", job.message))),
        }
    }
}

async fn read(client: &Client, call: Call, term: &mut Term) -> Result<Job, Error> {
    client.exchange(&call, call.path_and_query(Query::new()), term, |answer| answer.parse(call.endpoint)).await
}
