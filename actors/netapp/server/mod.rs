//! ServerActor: makes and removes share servers, each an SVM with a network of its own.
//!
//! Its back end raises it only where share servers are made.

use std::rc::Rc;

use actix::{Actor, Context, Handler, ResponseActFuture};
use manilad_messages::driver::{Settle, Task};

use crate::array::Array;
use crate::task::{self, Outcome};
use crate::trouble;

pub struct ServerActor {
    array: Rc<Array>,
}

impl ServerActor {
    pub fn new(array: Rc<Array>) -> Self {
        ServerActor { array }
    }
}

impl Actor for ServerActor {
    type Context = Context<Self>;
}

impl Handler<Settle> for ServerActor {
    type Result = ResponseActFuture<Self, Outcome>;

    fn handle(&mut self, Settle(task): Settle, _: &mut Self::Context) -> Self::Result {
        let service = self.array.service.clone();
        task::begin(self, &self.array.clock, async move {
            Err(trouble::never(format!("{service} makes no share servers and can't do {:?}", task_name(&task))))
        })
    }
}

fn task_name(task: &Task) -> &'static str {
    task.noun().name()
}
