//! ShareActor: makes and removes what an instance is on the array. Many tasks at a time, one per instance.
//!
//! It keeps nothing: what a task needs is in the task, or on the array. How to get it wrong: to wait here for a task,
//! which would hold up all others.

mod blueprint;
mod create;
mod delete;
mod ensure;
mod exports;
mod find_exports;
mod former_share;
mod found;
mod language;
mod manage;
pub mod own_policy;
mod own_qos;
mod qos_type;
mod relocate;
mod repair;
mod rescue;
mod resize;
mod revert;
mod screened;
mod smb_share;
mod snaplock;
mod specs;
mod throughput;
mod unmanage;
mod wanted;

use std::rc::Rc;

use actix::{Actor, Context, Handler};
use manilad_driver::{
    CreateInstance, DeleteInstance, EnsureInstance, FindExports, ManageInstance, RelocateInstance, RescueInstance,
    ResizeInstance, RevertInstance, ShareTask, UnmanageInstance,
};

use crate::array::Array;
use crate::task::{Answer, begin_on_instance};

pub use create::create;
pub use exports::exports;
pub use found::{Found, absent, find, refuse_moved, see_svm, stranger, uuid_of_svm};
pub use wanted::Wanted;

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

/// Says which function does which task.
macro_rules! tasks {
    ($($task:ident => $work:path;)+) => {
        $(impl Handler<$task> for ShareActor {
            type Result = Answer<Self, <$task as ShareTask>::Done>;

            fn handle(&mut self, task: $task, _: &mut Self::Context) -> Self::Result {
                begin_on_instance(self, &self.array, task.subject, task.cancellation, $work)
            }
        })+
    };
}

tasks! {
    CreateInstance => create;
    RelocateInstance => relocate::relocate;
    DeleteInstance => delete::delete;
    FindExports => find_exports::find_exports;
    RescueInstance => rescue::rescue;
    EnsureInstance => ensure::ensure;
    ResizeInstance => resize::resize;
    RevertInstance => revert::revert;
    ManageInstance => manage::manage;
    UnmanageInstance => unmanage::unmanage;
}
