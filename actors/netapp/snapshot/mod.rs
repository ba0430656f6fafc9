//! SnapshotActor: takes snapshots of volumes, finds them and removes them. Many tasks at a time, one per snapshot.
//!
//! It keeps nothing: what a task needs is in the task, or on the array. How to get it wrong: to look for a snapshot by anything
//! but the key of a volume that carries the mark of the instance.

mod delete;
mod find;
mod take;
mod volume;

use std::rc::Rc;

use actix::{Actor, Context, Handler};
use manilad_driver::{DeleteSnapshot, FindSnapshot, TakeSnapshot};

use crate::array::Array;
use crate::task::{Answer, begin_on_snapshot};

pub struct SnapshotActor {
    array: Rc<Array>,
}

impl SnapshotActor {
    pub fn new(array: Rc<Array>) -> Self {
        SnapshotActor { array }
    }
}

impl Actor for SnapshotActor {
    type Context = Context<Self>;
}

impl Handler<TakeSnapshot> for SnapshotActor {
    type Result = Answer<Self, String>;

    fn handle(&mut self, TakeSnapshot { subject, cancellation }: TakeSnapshot, _: &mut Self::Context) -> Self::Result {
        begin_on_snapshot(self, &self.array, subject, cancellation, take::take)
    }
}

impl Handler<DeleteSnapshot> for SnapshotActor {
    type Result = Answer<Self, ()>;

    fn handle(
        &mut self,
        DeleteSnapshot { subject, cancellation }: DeleteSnapshot,
        _: &mut Self::Context,
    ) -> Self::Result {
        begin_on_snapshot(self, &self.array, subject, cancellation, delete::delete)
    }
}

impl Handler<FindSnapshot> for SnapshotActor {
    type Result = Answer<Self, Option<u64>>;

    fn handle(&mut self, FindSnapshot { subject, cancellation }: FindSnapshot, _: &mut Self::Context) -> Self::Result {
        begin_on_snapshot(self, &self.array, subject, cancellation, find::find)
    }
}
