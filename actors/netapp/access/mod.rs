//! AccessActor: brings the array to the whole set of rules of an instance, in one act.
//!
//! Over NFS that is the instance's export policy, over SMB the list of its share. How to get it wrong: letting a rule
//! that the array refuses keep out, or in, clients that other rules speak of.

pub mod drift;
mod nfs;
mod rules;
mod search;
mod smb;

use std::rc::Rc;

use actix::{Actor, Context, Handler, ResponseActFuture};
use manilad_domain::share::Protocol;
use manilad_messages::driver::{Settle, Settled, Task};

use crate::array::Array;
use crate::task::{self, Outcome};
use crate::trouble;

pub use smb::Act;

pub struct AccessActor {
    array: Rc<Array>,
}

impl AccessActor {
    pub fn new(array: Rc<Array>) -> Self {
        AccessActor { array }
    }
}

impl Actor for AccessActor {
    type Context = Context<Self>;
}

impl Handler<Settle> for AccessActor {
    type Result = ResponseActFuture<Self, Outcome>;

    fn handle(&mut self, Settle(task): Settle, _: &mut Self::Context) -> Self::Result {
        let array = self.array.clone();
        task::begin(self, &self.array.clock, async move {
            let Task::Apply(subject, wanted) = task else {
                return Err(trouble::never("the access actor makes and removes nothing"));
            };
            let applied = match subject.protocol {
                Protocol::Nfs => nfs::apply(&array, &subject, &wanted).await,
                Protocol::Cifs => {
                    let applied = smb::apply(&array, &subject, &wanted).await;
                    applied.map(|refused| Settled::Applied { refused })
                }
            };
            applied.inspect_err(|_| array.doubt_seat(&subject))
        })
    }
}
