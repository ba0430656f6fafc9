//! ServerActor: makes and removes share servers, each an SVM with a network of its own.
//!
//! It keeps nothing: what a task needs is in the task, or on the array. How to get it wrong: to begin without holding
//! the VLAN, which all servers of one network share.

mod capacity;
mod certify;
mod directories;
mod join;
mod layout;
pub mod names;
mod network;
mod segments;
mod set_up;
mod tear_down;

use std::rc::Rc;

use actix::{Actor, Context, Handler, ResponseActFuture};
use manilad_messages::driver::{Settle, Settled, Task, Trouble};

use crate::array::{Array, Known};
use crate::mode::Servers;
use crate::seat::require_cluster;
use crate::task::{self, Outcome};
use crate::trouble;
use names::ServerTemplates;

pub use segments::Segments;

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

    fn handle(&mut self, Settle(task, cancellation): Settle, _: &mut Self::Context) -> Self::Result {
        let array = self.array.clone();
        task::begin(self, &self.array.clock, cancellation, async move {
            match task {
                Task::SetUp(subject) => {
                    set_up::set_up(&array, &subject).await.map(|details| Settled::SetUp { details })
                }
                Task::TearDown(subject) => tear_down::tear_down(&array, &subject).await.map(|()| Settled::TornDown),
                Task::Create(_) | Task::Delete(_) | Task::Export(_) | Task::Apply(..) => {
                    Err(trouble::never("the server actor makes and removes share servers, nothing else"))
                }
            }
        })
    }
}

/// What every task on a server begins with.
struct Standing<'a> {
    known: Rc<Known>,
    servers: &'a Servers,
    templates: &'a ServerTemplates,
}

async fn standing(array: &Array) -> Result<Standing<'_>, Trouble> {
    let (Some(servers), Some(templates)) = (array.settings.servers(), &array.templates.servers) else {
        return Err(trouble::never(format!("{} makes no share servers", array.service)));
    };
    let known = array.known().await?;
    require_cluster(&array.settings, &known.facts)?;
    Ok(Standing { known, servers, templates })
}
