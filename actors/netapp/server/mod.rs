//! ServerActor: makes and removes share servers, each an SVM with a network of its own, takes over some, and lets go of some.
//!
//! It keeps nothing: what a task needs is in the task, or on the array. How to get it wrong: to begin without holding
//! the VLAN, which all servers of one network share.

mod capacity;
mod certify;
mod details;
mod directories;
mod encryption;
mod join;
mod layout;
mod manage;
pub mod names;
mod network;
mod segments;
mod session;
mod set_up;
mod tear_down;
mod unmanage;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

use actix::{Actor, Context, Handler};
use manilad_driver::{FindServer, ManageServer, SetUpServer, TearDownServer, UnmanageServer};

use crate::array::Array;
use crate::task::{Answer, begin_on_server};
use manage::{find, manage};
use set_up::set_up;
use tear_down::tear_down;
use unmanage::unmanage;

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

impl Handler<SetUpServer> for ServerActor {
    type Result = Answer<Self, BTreeMap<String, String>>;

    fn handle(&mut self, SetUpServer { subject, cancellation }: SetUpServer, _: &mut Self::Context) -> Self::Result {
        begin_on_server(self, &self.array, subject, cancellation, set_up)
    }
}

impl Handler<TearDownServer> for ServerActor {
    type Result = Answer<Self, ()>;

    fn handle(
        &mut self,
        TearDownServer { subject, cancellation }: TearDownServer,
        _: &mut Self::Context,
    ) -> Self::Result {
        begin_on_server(self, &self.array, subject, cancellation, tear_down)
    }
}

impl Handler<FindServer> for ServerActor {
    type Result = Answer<Self, Vec<IpAddr>>;

    fn handle(&mut self, FindServer { subject, cancellation }: FindServer, _: &mut Self::Context) -> Self::Result {
        begin_on_server(self, &self.array, subject, cancellation, find)
    }
}

impl Handler<ManageServer> for ServerActor {
    type Result = Answer<Self, BTreeMap<String, String>>;

    fn handle(&mut self, ManageServer { subject, cancellation }: ManageServer, _: &mut Self::Context) -> Self::Result {
        begin_on_server(self, &self.array, subject, cancellation, manage)
    }
}

impl Handler<UnmanageServer> for ServerActor {
    type Result = Answer<Self, ()>;

    fn handle(
        &mut self,
        UnmanageServer { subject, cancellation }: UnmanageServer,
        _: &mut Self::Context,
    ) -> Self::Result {
        begin_on_server(self, &self.array, subject, cancellation, unmanage)
    }
}
