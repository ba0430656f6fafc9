//! ShareActor: makes and removes what an instance is on the array. Many tasks at a time, one per instance.
//!
//! It keeps nothing: what a task needs is in the task, or on the array. How to get it wrong: to wait here for a task,
//! which would hold up all others.

mod blueprint;
mod create;
mod delete;
mod exports;
mod find_exports;
mod found;
mod language;
mod rescue;
mod resize;
mod smb_share;
mod snaplock;
mod specs;
mod throughput;

use std::rc::Rc;

use actix::{Actor, Context, Handler};
use manilad_driver::{CreateInstance, DeleteInstance, Export, FindExports, RescueInstance, ResizeInstance};

use crate::array::Array;
use crate::task::{Answer, begin_on_instance};
use delete::delete;
use find_exports::find_exports;
use rescue::rescue;
use resize::resize;

pub use create::create;
pub use exports::exports;
pub use found::{Found, absent, find, uuid_of_svm};

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

impl Handler<CreateInstance> for ShareActor {
    type Result = Answer<Self, Vec<Export>>;

    fn handle(
        &mut self,
        CreateInstance { subject, cancellation }: CreateInstance,
        _: &mut Self::Context,
    ) -> Self::Result {
        begin_on_instance(self, &self.array, subject, cancellation, create)
    }
}

impl Handler<DeleteInstance> for ShareActor {
    type Result = Answer<Self, ()>;

    fn handle(
        &mut self,
        DeleteInstance { subject, cancellation }: DeleteInstance,
        _: &mut Self::Context,
    ) -> Self::Result {
        begin_on_instance(self, &self.array, subject, cancellation, delete)
    }
}

impl Handler<FindExports> for ShareActor {
    type Result = Answer<Self, Vec<Export>>;

    fn handle(&mut self, FindExports { subject, cancellation }: FindExports, _: &mut Self::Context) -> Self::Result {
        begin_on_instance(self, &self.array, subject, cancellation, find_exports)
    }
}

impl Handler<RescueInstance> for ShareActor {
    type Result = Answer<Self, Option<Vec<Export>>>;

    fn handle(
        &mut self,
        RescueInstance { subject, cancellation }: RescueInstance,
        _: &mut Self::Context,
    ) -> Self::Result {
        begin_on_instance(self, &self.array, subject, cancellation, rescue)
    }
}

impl Handler<ResizeInstance> for ShareActor {
    type Result = Answer<Self, ()>;

    fn handle(
        &mut self,
        ResizeInstance { subject, cancellation }: ResizeInstance,
        _: &mut Self::Context,
    ) -> Self::Result {
        begin_on_instance(self, &self.array, subject, cancellation, resize)
    }
}
