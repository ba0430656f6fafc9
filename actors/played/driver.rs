//! The driver, its incarnations, and the actors that play all parts: for each task the script says what comes of it.
//!
//! A task of the actor of shares needs nothing here, as long as what it answers is [`Done`].

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use actix::{Actor, Context, Handler, ResponseFuture};
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use manilad_domain::DriverAbilities;
use manilad_domain::message::Detail;
use manilad_domain::pool::Pool;
use manilad_driver::{
    AccessPorts, Applied, ApplyRules, Cancellation, Condition, CreateInstance, Created, DeleteSnapshot, DesiredRule,
    Difference, Driver, DriverContext, Ensured, Export, FindServer, FindSnapshot, ManageServer, Managed, Marked,
    Remedy, RunningDriver, ServerPorts, ServerSubject, SetUpServer, SharePorts, ShareTask, SnapshotPorts,
    SnapshotSubject, Subject, Survey, TakeSnapshot, TearDownServer, Trouble, UnmanageServer,
};
use manilad_kit::{Life, Raising, Vitals, Watch, raise};
use tokio::sync::{Notify, Semaphore};

/// The key of a share's metadata by which it enforces rules.
pub const SWITCH: &str = "played_switch";

/// How many tasks each of its actors has at once.
pub const TASKS: usize = 64;

/// What the driver was asked.
#[derive(Debug, Clone)]
pub enum Task {
    /// A task of the actor of shares, by its name.
    Share(&'static str, Subject),
    Apply(Subject, Vec<DesiredRule>),
    TakeSnapshot(Box<SnapshotSubject>),
    DeleteSnapshot(Box<SnapshotSubject>),
    FindSnapshot(Box<SnapshotSubject>),
    SetUp(Box<ServerSubject>),
    FindServer(Box<ServerSubject>),
    ManageServer(Box<ServerSubject>),
    UnmanageServer,
    TearDown,
}

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
    Trouble { remedy, detail: Detail::UnknownError, reason: "as the script has it".into() }
}

/// What is reported of a back end, by its service.
type Offer = Arc<dyn Fn(&str) -> Vec<Pool> + Send + Sync>;

type Script = Arc<dyn Fn(&Task, usize) -> Turn + Send + Sync>;

/// Plays a script: a function of the task and of how many tasks there were before.
#[derive(Clone)]
pub struct Played {
    script: Script,
    pools: Option<Offer>,
    service: String,
    pub asked: Arc<Mutex<Vec<Task>>>,
    /// Whether reports succeed.
    pub able: Arc<AtomicBool>,
    pub reports: Arc<AtomicUsize>,
    /// A report takes this before it is answered, and gives it back.
    pub report_permit: Arc<Semaphore>,
    picture: Arc<dyn Fn(usize) -> Option<Picture> + Send + Sync>,
    pub surveys: Arc<Mutex<usize>>,
    /// A survey takes a permit before it is answered.
    pub permits: Arc<Semaphore>,
    pub judged: Arc<Mutex<Vec<Subject>>>,
    /// Where a survey says that every instance can be mounted.
    pub exports: Arc<Mutex<Option<Vec<Export>>>>,
    /// In what a survey says that every instance differs.
    pub differences: Arc<Mutex<Vec<Difference>>>,
    pub moved: Arc<Notify>,
    /// Whether what is to be rescued is there.
    pub is_there: Arc<AtomicBool>,
}

/// What a survey shows: what is marked, and one condition on all instances.
#[derive(Debug, Clone)]
pub struct Picture {
    pub marked: Vec<Marked>,
    pub condition: Condition,
}

struct Shown {
    picture: Picture,
    exports: Option<Vec<Export>>,
    differences: Vec<Difference>,
    judged: Arc<Mutex<Vec<Subject>>>,
}

impl Survey for Shown {
    fn marked(&self) -> &[Marked] {
        &self.picture.marked
    }

    fn judge(&self, subject: &Subject, _: &[DesiredRule]) -> Condition {
        self.judged.lock().unwrap().push(subject.clone());
        self.picture.condition.clone()
    }

    fn differences(&self, _: &Subject) -> Vec<Difference> {
        self.differences.clone()
    }

    fn exports(&self, _: &Subject) -> Option<Vec<Export>> {
        self.exports.clone()
    }
}

impl Played {
    pub fn by(script: impl Fn(&Task, usize) -> Turn + Send + Sync + 'static) -> Self {
        Played {
            script: Arc::new(script),
            pools: None,
            service: String::new(),
            asked: Arc::default(),
            able: Arc::new(AtomicBool::new(true)),
            reports: Arc::default(),
            report_permit: Arc::new(Semaphore::new(1)),
            picture: Arc::new(|_| None),
            surveys: Arc::default(),
            permits: Arc::new(Semaphore::new(1000)),
            judged: Arc::default(),
            exports: Arc::default(),
            differences: Arc::default(),
            moved: Arc::default(),
            is_there: Arc::new(AtomicBool::new(true)),
        }
    }

    /// As `picture` has it, a function of how many surveys there were before; none is trouble.
    pub fn surveyed(self, picture: impl Fn(usize) -> Option<Picture> + Send + Sync + 'static) -> Self {
        Played { picture: Arc::new(picture), ..self }
    }

    /// Reports these pools, a function of the service.
    pub fn offering(self, pools: impl Fn(&str) -> Vec<Pool> + Send + Sync + 'static) -> Self {
        Played { pools: Some(Arc::new(pools)), ..self }
    }

    /// How many tasks there were.
    pub fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Driver for Played {
    fn start(&self, context: DriverContext) -> Rc<dyn RunningDriver> {
        Rc::new(Played { service: context.service, ..self.clone() })
    }

    fn abilities(&self) -> DriverAbilities {
        DriverAbilities { rule_switches: &[SWITCH], ..DriverAbilities::default() }
    }

    fn tasks(&self) -> usize {
        TASKS
    }
}

impl RunningDriver for Played {
    fn report(&self) -> LocalBoxFuture<'static, Result<Vec<Pool>, Trouble>> {
        self.reports.fetch_add(1, SeqCst);
        let pools = || self.pools.as_ref().map(|pools| pools(&self.service)).unwrap_or_default();
        let report = if self.able.load(SeqCst) { Ok(pools()) } else { Err(trouble(Remedy::Again)) };
        let permit = self.report_permit.clone();
        async move {
            let _answering = permit.acquire().await.unwrap();
            report
        }
        .boxed_local()
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
            let differences = played.differences.lock().unwrap().clone();
            Ok(Rc::new(Shown { picture, exports, differences, judged: played.judged.clone() }) as Rc<dyn Survey>)
        }
        .boxed_local()
    }

    fn moved(&self) -> LocalBoxFuture<'static, ()> {
        let moved = self.moved.clone();
        async move { moved.notified().await }.boxed_local()
    }

    fn raise_shares(&self, vitals: &Vitals, ports: &SharePorts) -> Life {
        let ports = ports.clone();
        self.raise(vitals, ShareHand(self.clone()), move |raising| ports.plug(raising))
    }

    fn raise_access(&self, vitals: &Vitals, ports: &AccessPorts) -> Life {
        let ports = ports.clone();
        self.raise(vitals, Hand(self.clone()), move |raising| ports.plug(raising))
    }

    fn raise_snapshots(&self, vitals: &Vitals, ports: &SnapshotPorts) -> Life {
        let ports = ports.clone();
        self.raise(vitals, Hand(self.clone()), move |raising| ports.plug(raising))
    }

    fn raise_servers(&self, vitals: &Vitals, ports: &ServerPorts) -> Life {
        let ports = ports.clone();
        self.raise(vitals, Hand(self.clone()), move |raising| ports.plug(raising))
    }
}

impl Played {
    fn raise<A>(&self, vitals: &Vitals, hand: A, plug: impl FnOnce(&mut Raising<A>) + 'static) -> Life
    where
        A: Actor<Context = Context<A>>,
    {
        raise(vitals, Watch::default(), move |raising| {
            plug(raising);
            hand
        })
    }

    /// Plays the script for a task, and answers `done` where it is done.
    fn play<T: 'static>(&self, task: Task, cancellation: Cancellation, done: T) -> ResponseFuture<Result<T, Trouble>> {
        let mut tasks = self.asked.lock().unwrap();
        let turn = (self.script)(&task, tasks.len());
        tasks.push(task);
        drop(tasks);
        assert!(!matches!(turn, Turn::Panics), "as the script has it");
        async move {
            match turn {
                Turn::Panics => unreachable!("it has by now"),
                Turn::Hangs => std::future::pending().await,
                Turn::Refuses(remedy) => Err(trouble(remedy)),
                Turn::Does => Ok(done),
                Turn::Waits(permits) => {
                    permits.acquire().await.unwrap().forget();
                    Ok(done)
                }
                Turn::WaitsToAct(permits) => {
                    permits.acquire().await.unwrap().forget();
                    if cancellation.is_cancelled() { Err(trouble(Remedy::Again)) } else { Ok(done) }
                }
            }
        }
        .boxed_local()
    }
}

/// Plays the actor of shares.
struct ShareHand(Played);

impl Actor for ShareHand {
    type Context = Context<Self>;
}

/// Plays the other actors.
struct Hand(Played);

impl Actor for Hand {
    type Context = Context<Self>;
}

/// Where an instance can be mounted under an address.
fn export(subject: &Subject, last: u8) -> Export {
    let path = format!("127.0.0.{last}:/share_{}", subject.instance);
    Export { path, is_admin_only: false, preferred: last == 1 }
}

/// Where an instance can be mounted when that is looked up.
pub fn exports(subject: &Subject) -> Vec<Export> {
    vec![export(subject, 1), export(subject, 2)]
}

/// What the actor of shares answers where a task is done.
pub trait Done {
    fn of(task: &str, subject: &Subject, played: &Played) -> Self;
}

impl Done for () {
    fn of(_: &str, _: &Subject, _: &Played) -> Self {}
}

impl Done for Vec<Export> {
    fn of(task: &str, subject: &Subject, _: &Played) -> Self {
        if task == CreateInstance::NAME { vec![export(subject, 1)] } else { exports(subject) }
    }
}

impl Done for Created {
    fn of(task: &str, subject: &Subject, played: &Played) -> Self {
        Created { exports: Done::of(task, subject, played), is_elsewhere: false }
    }
}

impl Done for Managed {
    fn of(task: &str, subject: &Subject, played: &Played) -> Self {
        Managed { size: 3, exports: Done::of(task, subject, played) }
    }
}

impl Done for Ensured {
    fn of(task: &str, subject: &Subject, played: &Played) -> Self {
        Ensured { exports: Done::of(task, subject, played), owes_rules: false }
    }
}

/// Of what may not be there.
impl<T: Done> Done for Option<T> {
    fn of(task: &str, subject: &Subject, played: &Played) -> Self {
        played.is_there.load(SeqCst).then(|| T::of(task, subject, played))
    }
}

/// Every task of the actor of shares, whichever there are.
impl<T: ShareTask<Done: Done>> Handler<T> for ShareHand {
    type Result = ResponseFuture<Result<T::Done, Trouble>>;

    fn handle(&mut self, task: T, _: &mut Self::Context) -> Self::Result {
        let (subject, cancellation) = task.into_parts();
        let done = Done::of(T::NAME, &subject, &self.0);
        self.0.play(Task::Share(T::NAME, subject), cancellation, done)
    }
}

impl Handler<ApplyRules> for Hand {
    type Result = ResponseFuture<Result<Applied, Trouble>>;

    fn handle(&mut self, asked: ApplyRules, _: &mut Self::Context) -> Self::Result {
        self.0.play(Task::Apply(asked.subject, asked.rules), asked.cancellation, Applied::AllBut(Vec::new()))
    }
}

impl Handler<TakeSnapshot> for Hand {
    type Result = ResponseFuture<Result<String, Trouble>>;

    fn handle(&mut self, asked: TakeSnapshot, _: &mut Self::Context) -> Self::Result {
        let location = format!("played_{}", asked.subject.snapshot);
        self.0.play(Task::TakeSnapshot(asked.subject), asked.cancellation, location)
    }
}

impl Handler<DeleteSnapshot> for Hand {
    type Result = ResponseFuture<Result<(), Trouble>>;

    fn handle(&mut self, asked: DeleteSnapshot, _: &mut Self::Context) -> Self::Result {
        self.0.play(Task::DeleteSnapshot(asked.subject), asked.cancellation, ())
    }
}

impl Handler<FindSnapshot> for Hand {
    type Result = ResponseFuture<Result<Option<u64>, Trouble>>;

    fn handle(&mut self, asked: FindSnapshot, _: &mut Self::Context) -> Self::Result {
        let found = self.0.is_there.load(SeqCst).then_some(asked.subject.share.size);
        self.0.play(Task::FindSnapshot(asked.subject), asked.cancellation, found)
    }
}

impl Handler<SetUpServer> for Hand {
    type Result = ResponseFuture<Result<BTreeMap<String, String>, Trouble>>;

    fn handle(&mut self, asked: SetUpServer, _: &mut Self::Context) -> Self::Result {
        let details = [("played_server".to_owned(), asked.subject.server.id.to_string())].into();
        self.0.play(Task::SetUp(asked.subject), asked.cancellation, details)
    }
}

impl Handler<FindServer> for Hand {
    type Result = ResponseFuture<Result<Vec<IpAddr>, Trouble>>;

    fn handle(&mut self, asked: FindServer, _: &mut Self::Context) -> Self::Result {
        self.0.play(Task::FindServer(asked.subject), asked.cancellation, vec![IpAddr::from([127, 0, 0, 1])])
    }
}

impl Handler<ManageServer> for Hand {
    type Result = ResponseFuture<Result<BTreeMap<String, String>, Trouble>>;

    fn handle(&mut self, asked: ManageServer, _: &mut Self::Context) -> Self::Result {
        let details = [("played_server".to_owned(), asked.subject.server.id.to_string())].into();
        self.0.play(Task::ManageServer(asked.subject), asked.cancellation, details)
    }
}

impl Handler<UnmanageServer> for Hand {
    type Result = ResponseFuture<Result<(), Trouble>>;

    fn handle(&mut self, asked: UnmanageServer, _: &mut Self::Context) -> Self::Result {
        self.0.play(Task::UnmanageServer, asked.cancellation, ())
    }
}

impl Handler<TearDownServer> for Hand {
    type Result = ResponseFuture<Result<(), Trouble>>;

    fn handle(&mut self, asked: TearDownServer, _: &mut Self::Context) -> Self::Result {
        self.0.play(Task::TearDown, asked.cancellation, ())
    }
}
