//! What ApiActor receives.

use actix::Message;
use manilad_decisions::Owed;
use manilad_store::Error;

/// A decision is durable, and these are to look at the store.
#[derive(Debug, Clone, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub struct Committed(pub Vec<Owed>);

/// Have the store's writer decide nothing, and answer: the way that every change goes.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
pub struct Pulse;
