//! The arrays of a trial. They outlive the daemon: what it had sent before it was killed is carried out all the same.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use manilad_clock::{Clock, Hand};
use manilad_ontap::{Broken, Reply, Request, Sent, Transport};
use manilad_ontap_sim::{ArrayLimits, Call, Cluster, Config, Profile, Release, SvmConfig};
use rand::Rng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use crate::plan::{ARRAYS, ArrayRow, Plan, stream};

/// Seconds after which a call that had no answer is not carried out any more; the daemon is told so.
pub const LATEST: u32 = 20;

/// So few that at times one can't be taken for good.
const SNAPSHOTS_PER_VOLUME: usize = 3;

/// So many volumes a node that tenants don't use them up.
const ROOMY: usize = 2500;

/// What befalls one call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fate {
    Fine,
    /// No connection comes about.
    NoConnection,
    /// It never arrives, and nobody knows.
    LostCall,
    /// It is carried out, and the answer is lost.
    LostReply,
    /// Whoever stands before the array answers with a status and a body of its own; the call is carried out later, if at all.
    Foreign(u16, &'static str, Option<Duration>),
    /// ONTAP answers that it is busy: not carried out.
    Busy,
    /// It is carried out later, and nobody knows.
    Late(Duration),
    /// Nobody is ever answered.
    Held {
        is_carried_out: bool,
    },
    /// ONTAP says no, for a reason of its own.
    Refused,
    /// Whoever asked panics, after it was carried out.
    Panics,
}

/// Why a call is broken whose asker is to panic.
pub const ASKER_PANICS: &str = "the asker panics, as the trial has it";

/// What befalls which call, counted over all arrays.
pub struct Script {
    at: Option<(u64, Fate)>,
    calls: Cell<u64>,
    has_struck: Cell<bool>,
}

impl Script {
    pub fn new(at: Option<(u64, Fate)>) -> Self {
        Script { at, calls: Cell::default(), has_struck: Cell::default() }
    }

    /// What befalls the next call.
    fn next(&self) -> Option<Fate> {
        self.calls.set(self.calls.get() + 1);
        let fate = self.at.filter(|(call, _)| *call == self.calls.get()).map(|(_, fate)| fate);
        self.has_struck.set(self.has_struck.get() || fate.is_some());
        fate
    }

    pub fn has_struck(&self) -> bool {
        self.has_struck.get()
    }

    /// Whether the array has said no.
    pub fn has_refused(&self) -> bool {
        self.has_struck() && self.at.is_some_and(|(_, fate)| fate == Fate::Refused)
    }

    /// How many calls there were.
    pub fn calls(&self) -> u64 {
        self.calls.get()
    }
}

struct Job {
    request: Request,
    answer: oneshot::Sender<Result<Reply, Broken>>,
}

/// Which volumes are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volumes {
    All,
    Mounted,
}

/// A volume that was brought back to a snapshot.
pub struct BroughtBack {
    pub volume: String,
    /// What the snapshots are called that it has then.
    pub snapshots: BTreeSet<String>,
}

/// One array, with a way to it.
pub struct Array {
    pub row: ArrayRow,
    /// Its place among the arrays.
    place: usize,
    pub cluster: Cluster,
    clock: Clock,
    plan: Rc<Plan>,
    lots: RefCell<StdRng>,
    /// Whether calls come to grief as the plan has it.
    pub is_rough: Cell<bool>,
    /// How many calls came, and how many of them came to grief.
    pub calls: Cell<(u64, u64)>,
    /// Whether each call is printed, with what becomes of it, when it is sent and when it is carried out.
    pub is_traced: bool,
    /// Set when whom the array lets in may have changed.
    pub changed: Cell<bool>,
    /// Whom it let in, by instance, when that was last looked at.
    pub admitted: RefCell<BTreeMap<String, BTreeMap<String, bool>>>,
    /// Volumes that were brought back to a snapshot, until somebody takes them.
    pub brought_back: RefCell<Vec<BroughtBack>>,
    /// Volume and name of each snapshot that something was begun with.
    pub bases: RefCell<BTreeSet<(String, String)>>,
    /// When a call was last carried out that nobody waited for any more.
    pub surprised: Cell<Duration>,
    /// Whether such a call may have shut somebody out who has not been let in again.
    pub is_in_doubt: Cell<bool>,
    /// Of the calls that were carried out, what was answered, and when.
    pub hash: RefCell<DefaultHasher>,
    /// What befalls calls in place of what the plan has.
    pub script: RefCell<Option<Rc<Script>>>,
    /// Those who are never answered.
    held: RefCell<Vec<oneshot::Sender<Result<Reply, Broken>>>>,
    pumping: RefCell<Option<actix_rt::task::JoinHandle<()>>>,
    jobs: mpsc::UnboundedSender<Job>,
}

impl Array {
    pub fn new(place: usize, plan: &Rc<Plan>, hand: &Hand, is_traced: bool) -> Rc<Self> {
        let row = ARRAYS[place];
        let volumes_per_node = if plan.is_roomy { ROOMY } else { row.volumes_per_node };
        let snapshots_per_volume = SNAPSHOTS_PER_VOLUME;
        let limits = ArrayLimits { volumes_per_node, snapshots_per_volume, ..ArrayLimits::default() };
        let clock = hand.fork(row.address);
        // The first that asks Barbican for keys.
        let release = Release::new(9, 17, 1);
        let mut config = Config { limits, release, latency: Profile::Background, ..Config::default() };
        config.svms.iter_mut().for_each(|svm: &mut SvmConfig| svm.cifs_server = Some("FILER".to_owned()));
        let cluster = Cluster::open(config, clock.clone()).unwrap();
        let (jobs, mut came) = mpsc::unbounded_channel::<Job>();
        let array = Rc::new(Array {
            row,
            place,
            cluster,
            clock,
            plan: plan.clone(),
            lots: RefCell::new(stream(plan.seed, row.address)),
            is_rough: Cell::new(true),
            calls: Cell::default(),
            is_traced,
            changed: Cell::default(),
            admitted: RefCell::default(),
            brought_back: RefCell::default(),
            bases: RefCell::default(),
            surprised: Cell::default(),
            is_in_doubt: Cell::default(),
            hash: RefCell::default(),
            script: RefCell::default(),
            held: RefCell::default(),
            pumping: RefCell::default(),
            jobs,
        });
        let own = array.clone();
        let pumping = actix_rt::spawn(async move {
            while let Some(job) = came.recv().await {
                actix_rt::spawn(own.clone().carry(job));
            }
        });
        *array.pumping.borrow_mut() = Some(pumping);
        array
    }

    pub fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(Wire { clock: self.clock.clone(), jobs: self.jobs.clone() })
    }

    /// Takes no calls any more.
    pub fn close(&self) {
        if let Some(pumping) = self.pumping.borrow_mut().take() {
            pumping.abort();
        }
    }

    fn fate(&self, lots: &mut StdRng) -> Fate {
        let percent = if self.is_rough.get() { self.plan.faults_at(self.clock.running(), self.place) } else { 0 };
        if lots.random_range(0..100) >= percent {
            return Fate::Fine;
        }
        let late = Duration::from_secs_f64(lots.random_range(0.1..f64::from(LATEST) - 1.0));
        let maybe_late = lots.random_bool(0.5).then_some(late);
        const PAGE: &str = "<html><body>no</body></html>";
        const CUT: &str = r#"{"records": [{"uuid": "4ea7a442-86d1-11e0-ae1c-12347"#;
        const WRONG: &str = r#"{"records": {"name": 7}, "num_records": "many"}"#;
        const ERROR: &str = r#"{"error": {"code": 4, "message": "upstream error"}}"#;
        match lots.random_range(0..11) {
            0 => Fate::NoConnection,
            1 => Fate::LostCall,
            2 | 3 => Fate::LostReply,
            4 | 5 => Fate::Late(late),
            6 => Fate::Busy,
            7 => Fate::Held { is_carried_out: lots.random() },
            _ => {
                let status = [200, 202, 302, 404, 408, 409, 429, 500, 502, 503, 504][lots.random_range(0..11)];
                // ONTAP itself says nothing more than 200 to some calls, so no stranger does here.
                let bodies: &[&str] =
                    if status < 300 { &[PAGE, "null", "7", CUT, WRONG] } else { &[PAGE, ERROR, "{}", "", CUT] };
                Fate::Foreign(status, bodies[lots.random_range(0..bodies.len())], maybe_late)
            }
        }
    }

    /// Carries one call out, whoever still waits for it.
    async fn carry(self: Rc<Self>, job: Job) {
        let Job { request, answer } = job;
        let (fate, before, after) = {
            let mut lots = self.lots.borrow_mut();
            let mut pause = || match lots.random_range(0..100) {
                0 => Duration::from_secs_f64(lots.random_range(0.1..4.0)),
                _ => Duration::from_millis(lots.random_range(1..50)),
            };
            let (before, after) = (pause(), pause());
            let drawn = self.fate(&mut lots);
            let scripted = self.script.borrow().as_ref().and_then(|script| script.next());
            (scripted.unwrap_or(drawn), before, after)
        };
        let (calls, struck) = self.calls.get();
        self.calls.set((calls + 1, struck + u64::from(fate != Fate::Fine)));
        let broken = |sent| Err(Broken { sent, why: "as the trial has it".to_owned() });
        let reply = |status, body: &str| Ok(Reply { status, headers: Vec::new(), body: body.as_bytes().to_vec() });
        self.trace(&request, &format!("{fate:?}"));
        self.clock.sleep(before).await;
        // Nobody may be waiting any more.
        let outcome = match fate {
            Fate::Fine => {
                self.surprises(&answer);
                Some(self.ask(request).await)
            }
            Fate::NoConnection => Some(broken(Sent::No)),
            Fate::LostCall => Some(broken(Sent::Maybe)),
            Fate::LostReply => {
                self.surprises(&answer);
                let _lost = self.ask(request).await;
                Some(broken(Sent::Maybe))
            }
            Fate::Busy => {
                let body = r#"{"error": {"code": "8", "message": "another operation is in progress"}}"#;
                Some(reply(503, body))
            }
            Fate::Foreign(status, body, late) => {
                let _told = answer.send(reply(status, body));
                if let Some(late) = late {
                    self.clock.sleep(late - before.min(late)).await;
                    self.surprised();
                    let _nobody_waits = self.ask(request).await;
                }
                return;
            }
            Fate::Refused => Some(reply(400, r#"{"error": {"code": "9999999", "message": "It is forbidden here."}}"#)),
            Fate::Panics => {
                let _nobody_waits = self.ask(request).await;
                Some(Err(Broken { sent: Sent::Maybe, why: ASKER_PANICS.to_owned() }))
            }
            Fate::Held { is_carried_out } => {
                if is_carried_out {
                    let _nobody_waits = self.ask(request).await;
                }
                return self.held.borrow_mut().push(answer);
            }
            Fate::Late(late) => {
                let _told = answer.send(broken(Sent::Maybe));
                self.clock.sleep(late - before.min(late)).await;
                self.surprised();
                let _nobody_waits = self.ask(request).await;
                return;
            }
        };
        self.clock.sleep(after).await;
        if let Some(outcome) = outcome {
            let _told = answer.send(outcome);
        }
    }

    /// Notes a call that is carried out though whoever made it is gone: killed, or out of patience.
    fn surprises(&self, answer: &oneshot::Sender<Result<Reply, Broken>>) {
        if answer.is_closed() {
            self.surprised();
        }
    }

    /// Whether it has said no, as a script had it.
    pub fn has_refused(&self) -> bool {
        self.script.borrow().as_ref().is_some_and(|script| script.has_refused())
    }

    fn surprised(&self) {
        self.surprised.set(self.clock.running());
        self.is_in_doubt.set(true);
    }

    fn trace(&self, request: &Request, what: &str) {
        self.print(|| {
            let body = String::from_utf8_lossy(request.body.as_deref().unwrap_or_default());
            format!("{} {} {body} {what}", request.method.name(), request.path_and_query)
        });
    }

    fn print(&self, line: impl FnOnce() -> String) {
        if self.is_traced {
            println!("{:>10.3} {} {}", self.clock.running().as_secs_f64(), self.row.address, line());
        }
    }

    async fn ask(&self, request: Request) -> Result<Reply, Broken> {
        self.trace(&request, "is carried out");
        let line = format!("{} {}", request.method.name(), request.path_and_query);
        (&line, &request.body, self.clock.running()).hash(&mut *self.hash.borrow_mut());
        let is_of_access = |part: &&str| request.path_and_query.contains(part);
        let touches_access = request.method.name() != "GET"
            && ["/export-policies", "/cifs/shares", "/storage/volumes"].iter().any(is_of_access);
        self.changed.set(self.changed.get() || touches_access);
        let volume = to_be_brought_back(&request);
        self.bases.borrow_mut().extend(base_of(&request));
        let call = Call {
            method: request.method.name().to_owned(),
            target: request.path_and_query,
            headers: request.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            body: request.body.unwrap_or_default().into(),
            ..Call::default()
        };
        match self.cluster.answer(call).await {
            Ok(reply) => {
                (reply.status, &reply.body[..]).hash(&mut *self.hash.borrow_mut());
                if (200..300).contains(&reply.status) {
                    self.brought_back.borrow_mut().extend(volume.and_then(|key| self.look_at(&key)));
                }
                self.print(|| format!("{line} is answered {} {}", reply.status, String::from_utf8_lossy(&reply.body)));
                Ok(Reply { status: reply.status, headers: reply.headers, body: reply.body.to_vec() })
            }
            Err(dropped) => Err(Broken { sent: Sent::Maybe, why: dropped.to_string() }),
        }
    }

    /// The volume with this key, which has just been brought back.
    fn look_at(&self, key: &str) -> Option<BroughtBack> {
        let all = self.cluster.dump().unwrap();
        let text = |one: &Value| one["name"].as_str().map(str::to_owned);
        let own = all["snapshot"].as_object()?.values().filter(|one| one["volume"] == json!(key));
        Some(BroughtBack { volume: text(&all["volume"][key])?, snapshots: own.filter_map(text).collect() })
    }

    /// By the id of each instance the clients and accounts that the export policy of its volume, whichever that is, and its SMB share name,
    /// in lower case as accounts compare, each with whether it may write. Into a volume that is not mounted nobody gets, whatever its
    /// policy names.
    pub fn admits(&self, of: Volumes) -> BTreeMap<String, BTreeMap<String, bool>> {
        let mut admitted: BTreeMap<String, BTreeMap<String, bool>> = BTreeMap::new();
        let volumes = self.cluster.admissions().unwrap();
        let there = volumes.into_iter().filter(|(_, volume)| volume.is_mounted || of == Volumes::All);
        let by_nfs = there.map(|(name, volume)| (name, volume.clients));
        for (name, whom) in by_nfs.chain(self.cluster.accounts().unwrap()) {
            let Some(instance) = name.strip_prefix("share_").map(|id| id.replace('_', "-")) else { continue };
            let admitted = admitted.entry(instance).or_default();
            whom.iter().for_each(|(one, writes)| *admitted.entry(one.to_lowercase()).or_default() |= writes);
        }
        admitted
    }

    /// What an administrator of the array reads.
    pub async fn read(&self, target: &str) -> Vec<Value> {
        let (status, body) = self.administrate("GET", target, None).await;
        assert_eq!(status, 200, "{target}: {body}");
        body["records"].as_array().cloned().unwrap_or_else(|| vec![json!(body)])
    }

    /// The name of one of its nodes.
    pub async fn a_node(&self) -> String {
        let nodes = self.read("/api/cluster/nodes?fields=name").await;
        nodes[0]["name"].as_str().unwrap().to_owned()
    }

    /// What an administrator of the array makes.
    pub async fn write(&self, target: &str, made: &Value) {
        let (status, body) = self.administrate("POST", target, Some(made)).await;
        assert!((200..300).contains(&status), "{target} {made}: {status} {body}");
    }

    /// The same of what may be refused; whether it was made.
    pub async fn tries_to_write(&self, target: &str, made: &Value) -> bool {
        let (status, _) = self.administrate("POST", target, Some(made)).await;
        (200..300).contains(&status)
    }

    /// The same of what is changed.
    pub async fn tries_to_change(&self, target: &str, change: &Value) {
        let _it_may_be_gone = self.administrate("PATCH", target, Some(change)).await;
    }

    async fn administrate(&self, method: &str, target: &str, body: Option<&Value>) -> (u16, Value) {
        let authorization = "Basic YWRtaW46cGFzc3dvcmQ=".to_owned();
        let headers = vec![("Authorization".to_owned(), authorization)];
        let body = body.map(Value::to_string).unwrap_or_default().into_bytes().into();
        let call = Call { method: method.to_owned(), target: target.to_owned(), headers, body, ..Call::default() };
        let reply = self.cluster.answer(call).await.unwrap();
        (reply.status, serde_json::from_slice(&reply.body).unwrap())
    }
}

/// Volume and name of the snapshot that the call makes a clone of, if it is such a call.
fn base_of(request: &Request) -> Option<(String, String)> {
    let body: Value = serde_json::from_slice(request.body.as_deref()?).ok()?;
    let text = |value: &Value| value["name"].as_str().map(str::to_owned);
    let clone = body.get("clone")?;
    Some((text(&clone["parent_volume"])?, text(&clone["parent_snapshot"])?))
}

/// The key of the volume that the call brings back to a snapshot, if it is such a call.
fn to_be_brought_back(request: &Request) -> Option<String> {
    let body: Value = serde_json::from_slice(request.body.as_deref()?).ok()?;
    let path = request.path_and_query.split('?').next()?;
    let restores = body.get("restore_to").is_some() || body.get("restore_to.snapshot.name").is_some();
    path.strip_prefix("/api/storage/volumes/").filter(|_| restores).map(str::to_owned)
}

/// The way to an array, over whatever a call meets on it.
struct Wire {
    clock: Clock,
    jobs: mpsc::UnboundedSender<Job>,
}

impl Transport for Wire {
    fn call(&self, request: Request) -> BoxFuture<'_, Result<Reply, Broken>> {
        let patience = request.deadline.saturating_sub(self.clock.running());
        let (answer, answered) = oneshot::channel();
        let sent = self.jobs.send(Job { request, answer });
        async move {
            let broken = |why: String| Broken { sent: Sent::Maybe, why };
            sent.map_err(|_| broken("the array is gone".to_owned()))?;
            match self.clock.within(patience, answered).await {
                Ok(Ok(Err(Broken { why, .. }))) if why == ASKER_PANICS => panic!("{ASKER_PANICS}"),
                Ok(Ok(outcome)) => outcome,
                Ok(Err(_)) => Err(broken("the connection was closed".to_owned())),
                Err(late) => Err(broken(late.to_string())),
            }
        }
        .boxed()
    }
}
