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
use std::time::Duration;

use actix::{Actor, Context, Handler, ResponseActFuture};
use manilad_domain::message::Detail;
use manilad_domain::share::Protocol;
use manilad_messages::driver::{Remedy, Settle, Subject, Task, Trouble};

use crate::array::Array;
use crate::naming::Names;
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

    fn handle(&mut self, Settle(task, cancellation): Settle, _: &mut Self::Context) -> Self::Result {
        let array = self.array.clone();
        task::begin(self, &self.array.clock, cancellation, async move {
            let Task::Apply(subject, wanted) = task else {
                return Err(trouble::never("the access actor makes and removes nothing"));
            };
            let applied = match subject.protocol {
                Protocol::Nfs => nfs::apply(&array, &subject, &wanted).await,
                Protocol::Cifs => smb::apply(&array, &subject, &wanted).await,
            };
            applied.inspect_err(|_| array.doubt_seat(&subject))
        })
    }
}

/// That the array says that the volume is not there, so that nobody gets in. `late` is how long older calls without an
/// answer may still let somebody in, were it made again.
fn absent(array: &Array, subject: &Subject, names: &Names, late: Option<Duration>) -> Trouble {
    let told = format!("there is no volume {}", names.volume);
    match late.max(array.doubts.left(subject.instance, subject.in_flight)) {
        Some(left) => trouble::wait(left, &format!("{told}, but an older call without an answer may still make it")),
        None => Trouble { remedy: Remedy::Absent, detail: Detail::VolumeAbsent, told },
    }
}
