//! A small actor that the tests of this crate share: it writes down what it handles, and can be made to misbehave.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use actix::{Actor, ActorContext, ActorFutureExt, ActorResponse, AsyncContext, Context, Handler, Message, WrapFuture};
use tokio::sync::oneshot;

use crate::lab::Lab;
use crate::{Life, Port, Quit, Watch, raise};

pub const PATIENCE: Duration = Duration::from_secs(30);
pub const WATCH: Watch = Watch { every: Duration::from_secs(10), patience: Duration::from_secs(60) };

#[derive(Message)]
#[rtype(result = "u32")]
pub enum Job {
    /// Answered at once.
    Note(u32),
    /// Answered when the other end says so or is dropped; others are handled meanwhile.
    Hold(u32, oneshot::Receiver<()>),
    /// As `Hold`, but nothing else is handled meanwhile.
    Wait(u32, oneshot::Receiver<()>),
    Panic,
    GiveUp,
    Leave,
}

#[derive(Clone, Default)]
pub struct Log(Rc<RefCell<Vec<u32>>>);

impl Log {
    pub fn read(&self) -> Vec<u32> {
        self.0.borrow().clone()
    }

    pub fn note(&self, number: u32) {
        self.0.borrow_mut().push(number);
    }
}

pub struct Clerk {
    pub log: Log,
    pub quit: Quit,
}

impl Actor for Clerk {
    type Context = Context<Self>;
}

impl Handler<Job> for Clerk {
    type Result = ActorResponse<Self, u32>;

    fn handle(&mut self, job: Job, ctx: &mut Self::Context) -> Self::Result {
        match job {
            Job::Note(number) => self.log.note(number),
            Job::Hold(number, until) => {
                let log = self.log.clone();
                return ActorResponse::r#async(
                    async move {
                        let _released = until.await;
                        log.note(number);
                        number
                    }
                    .into_actor(self),
                );
            }
            Job::Wait(number, until) => {
                ctx.wait(until.into_actor(self).map(move |_, clerk, _| clerk.log.note(number)));
            }
            Job::Panic => panic!("boom"),
            Job::GiveUp => self.quit.because("no route", ctx),
            Job::Leave => ctx.stop(),
        }
        ActorResponse::reply(0)
    }
}

pub fn port(lab: &Lab, bound: usize) -> Port<Job> {
    Port::new("clerk", bound, PATIENCE, lab.clock.clone())
}

/// Raises a clerk behind `port`.
pub fn clerk(lab: &Lab, port: &Port<Job>) -> (Life, Log) {
    let log = Log::default();
    let (kept, plug) = (log.clone(), port.clone());
    let life = raise(&lab.vitals.vitals("clerk"), WATCH, move |raising| {
        raising.plug(&plug);
        Clerk { log: kept, quit: raising.quit() }
    });
    (life, log)
}
