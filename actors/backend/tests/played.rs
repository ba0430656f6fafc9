//! A driver that does as it is told: for each task the script says what comes of it.

use std::rc::Rc;
use std::sync::{Arc, Mutex};

use actix::{Actor, Context, Handler, ResponseFuture};
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use manilad_domain::message::Detail;
use manilad_domain::pool::Pool;
use manilad_driver::{Arrival, Crew, Driver};
use manilad_kit::{Life, Port, Vitals, Watch, raise};
use manilad_messages::driver::{Export, Noun, Remedy, Settle, Settled, Task, Trouble};

/// What comes of a task.
#[derive(Debug, Clone)]
pub enum Turn {
    Does,
    Refuses(Remedy),
    /// The actor itself dies of it.
    Panics,
    Hangs,
}

pub fn trouble(remedy: Remedy) -> Trouble {
    Trouble { remedy, detail: Detail::UnknownError, told: "as the script has it".into() }
}

type Script = Arc<dyn Fn(&Task, usize) -> Turn + Send + Sync>;

/// Plays a script: a function of the task and of how many tasks there were before.
#[derive(Clone)]
pub struct Played {
    script: Script,
    pub seen: Arc<Mutex<Vec<Task>>>,
    able: bool,
}

impl Played {
    pub fn by(script: impl Fn(&Task, usize) -> Turn + Send + Sync + 'static) -> Self {
        Played { script: Arc::new(script), seen: Arc::default(), able: true }
    }

    pub fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

impl Driver for Played {
    fn arrive(&self, _: Arrival) -> Rc<dyn Crew> {
        Rc::new(self.clone())
    }
}

impl Crew for Played {
    fn report(&self) -> LocalBoxFuture<'static, Result<Vec<Pool>, Trouble>> {
        let report = if self.able { Ok(Vec::new()) } else { Err(trouble(Remedy::Again)) };
        async move { report }.boxed_local()
    }

    fn raise(&self, _: Noun, vitals: &Vitals, port: &Port<Settle>) -> Life {
        let (port, hand) = (port.clone(), Hand(self.clone()));
        raise(vitals, Watch::default(), move |raising| {
            raising.plug(&port);
            hand
        })
    }
}

struct Hand(Played);

impl Actor for Hand {
    type Context = Context<Self>;
}

impl Handler<Settle> for Hand {
    type Result = ResponseFuture<Result<Settled, Trouble>>;

    fn handle(&mut self, Settle(task): Settle, _: &mut Self::Context) -> Self::Result {
        let mut seen = self.0.seen.lock().unwrap();
        let turn = (self.0.script)(&task, seen.len());
        seen.push(task.clone());
        drop(seen);
        match turn {
            Turn::Panics => panic!("as the script has it"),
            Turn::Hangs => std::future::pending().boxed_local(),
            Turn::Refuses(remedy) => std::future::ready(Err(trouble(remedy))).boxed_local(),
            Turn::Does => std::future::ready(Ok(done(&task))).boxed_local(),
        }
    }
}

fn done(task: &Task) -> Settled {
    match task {
        Task::Create(subject) => Settled::Created(vec![Export {
            path: format!("127.0.0.1:/share_{}", subject.instance),
            is_admin_only: false,
            preferred: true,
        }]),
        Task::Delete(_) => Settled::Deleted,
        Task::Apply(..) => Settled::Applied { refused: Vec::new() },
    }
}
