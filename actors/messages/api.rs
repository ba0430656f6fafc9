//! What ApiActor receives: decisions to commit on behalf of requests.

use std::any::Any;

use actix::Message;
use manilad_domain::Fault;
use manilad_store::{Draft, Error};

/// Who is to look at the store once a decision is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owed {
    Scheduler,
    /// A back end, by the name of its service, `host@backend`.
    Backend(String),
}

/// What came of a decision: the answer for the request, and whom it concerns.
pub struct Decided {
    pub answer: Box<dyn Any + Send>,
    pub owed: Vec<Owed>,
}

/// A pure function on the newest state; run by the store's writer.
pub type Decision = Box<dyn FnOnce(&mut Draft<'_>) -> Result<Decided, Fault> + Send>;

/// Commit a decision, nudge whom it concerns, and answer.
#[derive(Message)]
#[rtype(result = "Result<Box<dyn Any + Send>, Fault>")]
pub struct Decide {
    /// What is being decided, for metrics and logs.
    pub what: &'static str,
    pub decision: Decision,
}

/// Have the store's writer decide nothing, and answer: the way that every change goes.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
pub struct Pulse;
