//! ShareActor: makes and removes what an instance is on the array. Many tasks at a time, one per instance.
//!
//! It keeps nothing: what a task needs is in the task, or on the array. How to get it wrong: to wait here for a task,
//! which would hold up all others.

mod blueprint;
mod create;
mod delete;
mod export;
mod exports;
mod found;
mod language;
mod snaplock;
mod specs;
mod throughput;

use std::rc::Rc;

use actix::{Actor, Context, Handler, ResponseActFuture};
use manilad_messages::driver::{Settle, Settled, Task};

use crate::array::Array;
use crate::task::{self, Outcome};
use crate::trouble;
use delete::delete;
use export::export;

pub use create::create;
pub use exports::exports;
pub use found::{Found, find, uuid_of_svm};

pub struct ShareActor {
    array: Rc<Array>,
}

impl ShareActor {
    pub fn new(array: Rc<Array>) -> Self {
        ShareActor { array }
    }
}

impl Actor for ShareActor {
    type Context = Context<Self>;
}

impl Handler<Settle> for ShareActor {
    type Result = ResponseActFuture<Self, Outcome>;

    fn handle(&mut self, Settle(task, cancellation): Settle, _: &mut Self::Context) -> Self::Result {
        let array = self.array.clone();
        task::begin(self, &self.array.clock, cancellation, async move {
            match task {
                Task::Create(subject) => {
                    let created = create(&array, &subject).await;
                    created.map(Settled::Created).inspect_err(|_| array.doubt_seat(&subject))
                }
                Task::Delete(subject) => {
                    let deleted = delete(&array, &subject).await;
                    deleted.map(|()| Settled::Deleted).inspect_err(|_| array.doubt_seat(&subject))
                }
                Task::Export(subject) => {
                    let exported = export(&array, &subject).await;
                    exported.map(Settled::Exported).inspect_err(|_| array.doubt_seat(&subject))
                }
                Task::Apply(..) | Task::SetUp(_) | Task::TearDown(_) => {
                    Err(trouble::never("the share actor makes and removes shares, nothing else"))
                }
            }
        })
    }
}
