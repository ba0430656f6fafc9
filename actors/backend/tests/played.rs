//! A driver that does as it is told: for each task the script says what comes of it.

use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use actix::{Actor, Context, Handler, ResponseFuture};
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use manilad_domain::message::Detail;
use manilad_domain::pool::Pool;
use manilad_driver::{Arrival, Crew, Driver, Marked, Survey, Verdict};
use manilad_kit::{Life, Port, Vitals, Watch, raise};
use manilad_messages::driver::{Export, Noun, Remedy, Settle, Settled, Subject, Task, Trouble, WantedRule};
use tokio::sync::{Notify, Semaphore};

/// What comes of a task.
#[derive(Debug, Clone)]
pub enum Turn {
    Does,
    Refuses(Remedy),
    /// The actor itself dies of it.
    Panics,
    Hangs,
    /// Takes a permit, then has done it, whatever was cancelled: its call was on the wire.
    Waits(Arc<Semaphore>),
    /// Takes a permit, then makes its call, unless it is cancelled by then.
    WaitsToAct(Arc<Semaphore>),
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
    /// Whether reports succeed.
    pub able: Arc<AtomicBool>,
    pub reports: Arc<AtomicUsize>,
    picture: Arc<dyn Fn(usize) -> Option<Picture> + Send + Sync>,
    pub surveys: Arc<Mutex<usize>>,
    /// A survey takes a permit before it is answered.
    pub permits: Arc<Semaphore>,
    pub judged: Arc<Mutex<Vec<Subject>>>,
    /// Where a survey says that every instance can be mounted.
    pub exports: Arc<Mutex<Option<Vec<Export>>>>,
    pub moved: Arc<Notify>,
}

/// What a survey shows: what is marked, and one verdict on all instances.
#[derive(Debug, Clone)]
pub struct Picture {
    pub marked: Vec<Marked>,
    pub verdict: Verdict,
}

struct Shown {
    picture: Picture,
    exports: Option<Vec<Export>>,
    judged: Arc<Mutex<Vec<Subject>>>,
}

impl Survey for Shown {
    fn marked(&self) -> &[Marked] {
        &self.picture.marked
    }

    fn judge(&self, subject: &Subject, _: &[WantedRule]) -> Verdict {
        self.judged.lock().unwrap().push(subject.clone());
        self.picture.verdict.clone()
    }

    fn exports(&self, _: &Subject) -> Option<Vec<Export>> {
        self.exports.clone()
    }
}

impl Played {
    pub fn by(script: impl Fn(&Task, usize) -> Turn + Send + Sync + 'static) -> Self {
        Played {
            script: Arc::new(script),
            seen: Arc::default(),
            able: Arc::new(AtomicBool::new(true)),
            reports: Arc::default(),
            picture: Arc::new(|_| None),
            surveys: Arc::default(),
            permits: Arc::new(Semaphore::new(1000)),
            judged: Arc::default(),
            exports: Arc::default(),
            moved: Arc::default(),
        }
    }

    /// As `picture` has it, a function of how many surveys there were before; none is trouble.
    pub fn surveyed(self, picture: impl Fn(usize) -> Option<Picture> + Send + Sync + 'static) -> Self {
        Played { picture: Arc::new(picture), ..self }
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
        self.reports.fetch_add(1, SeqCst);
        let report = if self.able.load(SeqCst) { Ok(Vec::new()) } else { Err(trouble(Remedy::Again)) };
        async move { report }.boxed_local()
    }

    fn addresses(&self) -> LocalBoxFuture<'static, Result<usize, Trouble>> {
        async { Ok(2) }.boxed_local()
    }

    fn survey(&self) -> LocalBoxFuture<'static, Result<Rc<dyn Survey>, Trouble>> {
        let played = self.clone();
        async move {
            played.permits.acquire().await.unwrap().forget();
            let before = *played.surveys.lock().unwrap();
            *played.surveys.lock().unwrap() += 1;
            let picture = (played.picture)(before).ok_or_else(|| trouble(Remedy::Again))?;
            let exports = played.exports.lock().unwrap().clone();
            Ok(Rc::new(Shown { picture, exports, judged: played.judged.clone() }) as Rc<dyn Survey>)
        }
        .boxed_local()
    }

    fn moved(&self) -> LocalBoxFuture<'static, ()> {
        let moved = self.moved.clone();
        async move { moved.notified().await }.boxed_local()
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

    fn handle(&mut self, Settle(task, cancellation): Settle, _: &mut Self::Context) -> Self::Result {
        let mut seen = self.0.seen.lock().unwrap();
        let turn = (self.0.script)(&task, seen.len());
        seen.push(task.clone());
        drop(seen);
        match turn {
            Turn::Panics => panic!("as the script has it"),
            Turn::Hangs => std::future::pending().boxed_local(),
            Turn::Refuses(remedy) => std::future::ready(Err(trouble(remedy))).boxed_local(),
            Turn::Waits(permits) => async move {
                permits.acquire().await.unwrap().forget();
                Ok(done(&task))
            }
            .boxed_local(),
            Turn::WaitsToAct(permits) => async move {
                permits.acquire().await.unwrap().forget();
                if cancellation.is_cancelled() { Err(trouble(Remedy::Again)) } else { Ok(done(&task)) }
            }
            .boxed_local(),
            Turn::Does => std::future::ready(Ok(done(&task))).boxed_local(),
        }
    }
}

pub fn done(task: &Task) -> Settled {
    match task {
        Task::SetUp(subject) => {
            Settled::SetUp { details: [("vserver_name".to_owned(), format!("os_{}", subject.server.id))].into() }
        }
        Task::TearDown(_) => Settled::TornDown,
        Task::Export(subject) => Settled::Exported(vec![
            Export { path: format!("127.0.0.1:/share_{}", subject.instance), is_admin_only: false, preferred: true },
            Export { path: format!("127.0.0.2:/share_{}", subject.instance), is_admin_only: false, preferred: false },
        ]),
        Task::Create(subject) => Settled::Created(vec![Export {
            path: format!("127.0.0.1:/share_{}", subject.instance),
            is_admin_only: false,
            preferred: true,
        }]),
        Task::Delete(_) => Settled::Deleted,
        Task::Apply(..) => Settled::Applied { refused: Vec::new() },
    }
}
