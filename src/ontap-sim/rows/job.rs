//! What is kept of a job, and what a scripted fault does to one.

use std::time::Duration;

use manilad_clock::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::rest::ask::Ask;
use crate::rest::code::Refusal;
use crate::rest::made::Made;
use crate::state::table::Row;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    pub uuid: Uuid,
    pub description: String,
    pub svm: Option<Uuid>,
    /// What is to be done: one request, or the records of a bulk request. Nothing once it is done.
    pub asks: Vec<Ask>,
    pub bulk: bool,
    pub outcome: Option<Result<Made, Refusal>>,
    pub accepted: Timestamp,
    pub ended: Option<Timestamp>,
    pub mishap: Option<Mishap>,
    /// Running time at which its turn comes.
    #[serde(skip)]
    pub starts: Duration,
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
