//! AccessActor: brings the array to the whole set of rules of an instance, in one act.
//!
//! Over NFS that is the instance's export policy, over SMB the list of its share. How to get it wrong: letting a rule
//! that the array refuses keep out, or in, clients that other rules speak of.

pub mod drift;
mod nfs;
mod rules;
mod search;
mod smb;
mod smb_plan;

use std::rc::Rc;

use actix::{Actor, Context, Handler};
use manilad_domain::share::Protocol;
use manilad_driver::{Applied, ApplyRules, DesiredRule, Subject, Trouble};

use crate::array::Array;
use crate::task::{Answer, begin_on_instance};

pub use smb_plan::Act;

/// Brings the instance to the desired rules, and tells those that the array does not take.
pub async fn apply(array: &Array, subject: &Subject, desired: &[DesiredRule]) -> Result<Applied, Trouble> {
    match subject.protocol {
        Protocol::Nfs => nfs::apply(array, subject, desired).await,
        Protocol::Cifs => smb::apply(array, subject, desired).await,
    }
}

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

impl Handler<ApplyRules> for AccessActor {
    type Result = Answer<Self, Applied>;

    fn handle(
        &mut self,
        ApplyRules { subject, rules, cancellation }: ApplyRules,
        _: &mut Self::Context,
    ) -> Self::Result {
        let work = async move |array: &Array, subject: &Subject| apply(array, subject, &rules).await;
        begin_on_instance(self, &self.array, subject, cancellation, work)
    }
}
