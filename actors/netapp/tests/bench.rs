//! A back end's place at which the driver is tried: a simulated cluster, a running driver, its actors behind their ports.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use manilad_domain::pool::Pool;
use manilad_driver::{
    AccessPorts, Applied, ApplyRules, Cancellation, CreateInstance, Created, DeleteInstance, DeleteSnapshot,
    DesiredRule, Driver, DriverContext, EnsureInstance, Ensured, Export, FindExports, FindServer, FindSnapshot,
    ManageInstance, ManageServer, Managed, RelocateInstance, RescueInstance, ResizeInstance, RevertInstance,
    RunningDriver, ServerPorts, ServerSubject, SetUpServer, SharePorts, SnapshotPorts, SnapshotSubject, Subject,
    Survey, TakeSnapshot, TearDownServer, Trouble, UnmanageInstance, UnmanageServer,
};
use manilad_kit::lab::{self, Lab};
use manilad_kit::{Fence, Life};
use manilad_ontap::{Limiters, Limits};
use manilad_ontap_sim::{Call, Cluster, Config, Release};
use secrecy::SecretString;
use serde_json::Value;

use super::samples::SERVICE;
use super::wire::SimWire;
use crate::{Mode, NetApp, Settings, Shared};

/// As a back end has them.
pub const BOUND: usize = 512;
pub const PATIENCE: Duration = Duration::from_secs(300);

/// Everything a test needs.
pub struct Bench {
    pub lab: Lab,
    pub wire: SimWire,
    pub driver: Rc<NetApp>,
    running: Rc<dyn RunningDriver>,
    fence: Fence,
    pub shares: SharePorts,
    pub access: AccessPorts,
    pub snapshots: SnapshotPorts,
    pub servers: ServerPorts,
    _lives: [Life; 4],
}

pub fn settings() -> Settings {
    Settings::new("array.test", "svm1", "admin", SecretString::from("password"))
}

/// Of a back end that makes share servers.
pub fn with_servers() -> Settings {
    Settings { mode: Mode::Servers(Box::default()), ..settings() }
}

pub fn driver(lab: &Lab, wire: &SimWire, settings: Settings) -> NetApp {
    let (shared, wire) = (Shared::new(Limiters::new(lab.clock.clone(), Limits::default())), wire.clone());
    NetApp::new(settings, shared, Arc::new(move |_, _| Ok(Arc::new(wire.clone())))).unwrap()
}

/// Whether the back end tries again, here.
pub fn goes_on(trouble: &Trouble) -> bool {
    trouble.remedy.goes_on()
}

/// What asks for a share; nobody cancels it.
pub fn creation(subject: Subject) -> CreateInstance {
    CreateInstance { subject, cancellation: Cancellation::never() }
}

/// What asks for a share server; nobody cancels it.
pub fn set_up(subject: ServerSubject) -> SetUpServer {
    SetUpServer { subject: Box::new(subject), cancellation: Cancellation::never() }
}

/// Runs a test on a bench with the default cluster.
pub fn run<T>(test: impl AsyncFnOnce(Bench) -> T) -> T {
    run_with(Config::default(), settings(), test)
}

pub fn run_on<T>(release: Release, test: impl AsyncFnOnce(Bench) -> T) -> T {
    run_with(Config { release, ..Config::default() }, settings(), test)
}

pub fn run_with<T>(config: Config, settings: Settings, test: impl AsyncFnOnce(Bench) -> T) -> T {
    lab::run(async |lab| {
        let cluster = Cluster::open(config, lab.clock.clone()).unwrap();
        let wire = SimWire::new(cluster, lab.clock.clone());
        let driver = Rc::new(driver(&lab, &wire, settings));
        test(Bench::new(lab, wire, driver)).await
    })
}

impl Bench {
    fn new(lab: Lab, wire: SimWire, driver: Rc<NetApp>) -> Self {
        let fence = Fence::new();
        let context = DriverContext { clock: lab.clock.clone(), fence: fence.clone(), service: SERVICE.to_owned() };
        let running = driver.start(context);
        let shares = SharePorts::new("shares", BOUND, PATIENCE, &lab.clock);
        let access = AccessPorts::new("access", BOUND, PATIENCE, &lab.clock);
        let snapshots = SnapshotPorts::new("snapshots", BOUND, PATIENCE, &lab.clock);
        let servers = ServerPorts::new("servers", BOUND, PATIENCE, &lab.clock);
        let lives = [
            running.raise_shares(&lab.vitals.vitals("shares"), &shares),
            running.raise_access(&lab.vitals.vitals("access"), &access),
            running.raise_snapshots(&lab.vitals.vitals("snapshots"), &snapshots),
            running.raise_servers(&lab.vitals.vitals("servers"), &servers),
        ];
        Bench { running, fence, shares, access, snapshots, servers, _lives: lives, lab, wire, driver }
    }

    /// The next incarnation on the same cluster; this one ends.
    pub fn next(self) -> Self {
        self.fence.raise();
        let Bench { lab, wire, driver, .. } = self;
        Bench::new(lab, wire, driver)
    }

    /// A back end with other settings on the same cluster; this one ends.
    pub fn next_with(self, settings: Settings) -> Self {
        self.fence.raise();
        let Bench { lab, wire, .. } = self;
        let driver = Rc::new(driver(&lab, &wire, settings));
        Bench::new(lab, wire, driver)
    }

    /// Does `work`, moving time on whenever nothing else can go on.
    pub async fn drive<T: 'static>(&self, work: impl Future<Output = T> + 'static) -> T {
        let task = actix_rt::spawn(work);
        for _ in 0..2_000 {
            self.lab.settle().await;
            if task.is_finished() {
                return task.await.unwrap();
            }
            self.lab.hand.step(Duration::from_millis(500));
        }
        panic!("it does not end");
    }

    pub async fn report(&self) -> Result<Vec<Pool>, Trouble> {
        self.drive(self.running.report()).await
    }

    pub async fn survey(&self) -> Result<Rc<dyn Survey>, Trouble> {
        self.drive(self.running.survey()).await
    }

    pub fn raise_fence(&self) {
        self.fence.raise();
    }

    /// One try; where it can be mounted.
    pub async fn create(&self, subject: &Subject) -> Result<Vec<Export>, Trouble> {
        Ok(self.created(subject).await?.exports)
    }

    /// One try.
    pub async fn created(&self, subject: &Subject) -> Result<Created, Trouble> {
        self.drive(self.shares.create.ask(creation(subject.clone()))).await.unwrap()
    }

    /// One look.
    pub async fn relocate(&self, subject: &Subject) -> Result<Vec<Export>, Trouble> {
        let message = RelocateInstance { subject: subject.clone(), cancellation: Cancellation::never() };
        self.drive(self.shares.relocate.ask(message)).await.unwrap()
    }

    /// One try.
    pub async fn delete(&self, subject: &Subject) -> Result<(), Trouble> {
        self.delete_unless(subject, Cancellation::never()).await
    }

    /// One try, which may be cancelled.
    pub async fn delete_unless(&self, subject: &Subject, cancellation: Cancellation) -> Result<(), Trouble> {
        let message = DeleteInstance { subject: subject.clone(), cancellation };
        self.drive(self.shares.delete.ask(message)).await.unwrap()
    }

    pub async fn find_exports(&self, subject: &Subject) -> Result<Vec<Export>, Trouble> {
        let message = FindExports { subject: subject.clone(), cancellation: Cancellation::never() };
        self.drive(self.shares.find_exports.ask(message)).await.unwrap()
    }

    pub async fn rescue(&self, subject: &Subject) -> Result<Option<Vec<Export>>, Trouble> {
        let message = RescueInstance { subject: subject.clone(), cancellation: Cancellation::never() };
        self.drive(self.shares.rescue.ask(message)).await.unwrap()
    }

    pub async fn ensure(&self, subject: &Subject) -> Result<Ensured, Trouble> {
        let message = EnsureInstance { subject: subject.clone(), cancellation: Cancellation::never() };
        self.drive(self.shares.ensure.ask(message)).await.unwrap()
    }

    /// To the size that the subject says.
    pub async fn resize(&self, subject: &Subject) -> Result<(), Trouble> {
        let message = ResizeInstance { subject: subject.clone(), cancellation: Cancellation::never() };
        self.drive(self.shares.resize.ask(message)).await.unwrap()
    }

    /// To the snapshot that the subject names.
    pub async fn revert(&self, subject: &Subject) -> Result<(), Trouble> {
        let message = RevertInstance { subject: subject.clone(), cancellation: Cancellation::never() };
        self.drive(self.shares.revert.ask(message)).await.unwrap()
    }

    /// What is at the path that the subject names.
    pub async fn manage(&self, subject: &Subject) -> Result<Managed, Trouble> {
        let message = ManageInstance { subject: subject.clone(), cancellation: Cancellation::never() };
        self.drive(self.shares.manage.ask(message)).await.unwrap()
    }

    pub async fn unmanage(&self, subject: &Subject) -> Result<(), Trouble> {
        let message = UnmanageInstance { subject: subject.clone(), cancellation: Cancellation::never() };
        self.drive(self.shares.unmanage.ask(message)).await.unwrap()
    }

    /// One try.
    pub async fn apply(&self, subject: &Subject, rules: &[DesiredRule]) -> Result<Applied, Trouble> {
        let (subject, rules) = (subject.clone(), rules.to_vec());
        let message = ApplyRules { subject, rules, cancellation: Cancellation::never() };
        self.drive(self.access.apply.ask(message)).await.unwrap()
    }

    /// One try. What the snapshot is called.
    pub async fn take_snapshot(&self, subject: &SnapshotSubject) -> Result<String, Trouble> {
        let message = TakeSnapshot { subject: Box::new(subject.clone()), cancellation: Cancellation::never() };
        self.drive(self.snapshots.take.ask(message)).await.unwrap()
    }

    /// One try.
    pub async fn delete_snapshot(&self, subject: &SnapshotSubject) -> Result<(), Trouble> {
        let message = DeleteSnapshot { subject: Box::new(subject.clone()), cancellation: Cancellation::never() };
        self.drive(self.snapshots.delete.ask(message)).await.unwrap()
    }

    /// One try.
    pub async fn find_snapshot(&self, subject: &SnapshotSubject) -> Result<Option<u64>, Trouble> {
        let message = FindSnapshot { subject: Box::new(subject.clone()), cancellation: Cancellation::never() };
        self.drive(self.snapshots.find.ask(message)).await.unwrap()
    }

    pub fn moved(&self) -> impl Future<Output = ()> + use<> {
        self.running.moved()
    }

    pub async fn addresses(&self) -> Result<usize, Trouble> {
        self.drive(self.running.addresses()).await
    }

    /// One try. The details of the server, which stands after.
    pub async fn set_up(&self, subject: &ServerSubject) -> Result<BTreeMap<String, String>, Trouble> {
        self.drive(self.servers.set_up.ask(set_up(subject.clone()))).await.unwrap()
    }

    /// One try.
    pub async fn tear_down(&self, subject: &ServerSubject) -> Result<(), Trouble> {
        self.tear_down_unless(subject, Cancellation::never()).await
    }

    /// One try, which may be cancelled.
    pub async fn tear_down_unless(&self, subject: &ServerSubject, cancellation: Cancellation) -> Result<(), Trouble> {
        let message = TearDownServer { subject: Box::new(subject.clone()), cancellation };
        self.drive(self.servers.tear_down.ask(message)).await.unwrap()
    }

    /// One try. At which addresses it serves.
    pub async fn find_server(&self, subject: &ServerSubject) -> Result<Vec<IpAddr>, Trouble> {
        let message = FindServer { subject: Box::new(subject.clone()), cancellation: Cancellation::never() };
        self.drive(self.servers.find.ask(message)).await.unwrap()
    }

    /// One try. The details of the server, which is ours after.
    pub async fn manage_server(&self, subject: &ServerSubject) -> Result<BTreeMap<String, String>, Trouble> {
        let message = ManageServer { subject: Box::new(subject.clone()), cancellation: Cancellation::never() };
        self.drive(self.servers.manage.ask(message)).await.unwrap()
    }

    /// One try.
    pub async fn unmanage_server(&self, subject: &ServerSubject) -> Result<(), Trouble> {
        let message = UnmanageServer { subject: Box::new(subject.clone()), cancellation: Cancellation::never() };
        self.drive(self.servers.unmanage.ask(message)).await.unwrap()
    }

    pub async fn pass(&self, time: Duration) {
        let step = Duration::from_secs(2);
        for _ in 0..time.as_secs().div_ceil(step.as_secs()) {
            self.lab.step(step).await;
        }
    }

    /// A call of the administrator's own.
    pub async fn call(&self, method: &str, target: &str, body: &str) {
        let basic = ("Authorization".to_owned(), "Basic YWRtaW46cGFzc3dvcmQ=".to_owned());
        let call = Call {
            method: method.to_owned(),
            target: format!("{target}?return_timeout=15"),
            headers: vec![basic],
            body: body.as_bytes().to_vec().into(),
            ..Call::default()
        };
        let cluster = self.wire.cluster.clone();
        let reply = self.drive(async move { cluster.answer(call).await.unwrap() }).await;
        assert!(reply.status < 300, "{method} {target}: {}", String::from_utf8_lossy(&reply.body));
    }

    pub async fn patch(&self, target: &str, body: &str) {
        self.call("PATCH", target, body).await;
    }

    /// How many deleted volumes keep their space.
    pub fn recovery_queue(&self) -> usize {
        self.objects("volume").iter().filter(|volume| !volume["deleted"].is_null()).count()
    }

    /// The objects of a kind on the cluster.
    pub fn objects(&self, kind: &str) -> Vec<Value> {
        let dump = self.wire.cluster.dump().unwrap();
        match &dump[kind] {
            Value::Object(map) => map.values().cloned().collect(),
            Value::Array(list) => list.clone(),
            _ => Vec::new(),
        }
    }

    /// The volumes that are neither a root nor deleted.
    pub fn volumes(&self) -> Vec<Value> {
        let mut volumes = self.objects("volume");
        volumes.retain(|volume| volume["is_root"] != true && volume["deleted"].is_null());
        volumes
    }

    /// The export policies besides the SVM's default.
    pub fn policies(&self) -> Vec<Value> {
        let mut policies = self.objects("export_policy");
        policies.retain(|policy| policy["name"] != "default");
        policies
    }

    pub fn qos_policies(&self) -> Vec<Value> {
        self.objects("qos_policy")
    }

    pub fn smb_shares(&self) -> Vec<Value> {
        let mut shares = self.objects("cifs_share");
        shares.retain(|share| share["name"].as_str().is_some_and(|name| !name.ends_with('$')));
        shares
    }

    /// `(client, may write)` of the only policy there is, in order.
    pub fn rules(&self) -> Vec<(String, bool)> {
        let policies = self.policies();
        assert_eq!(policies.len(), 1, "{policies:?}");
        let rule = |rule: &Value| (rule["clients"][0].as_str().unwrap().to_owned(), rule["rw_rule"][0] == "sys");
        policies[0]["rules"].as_array().unwrap().iter().map(rule).collect()
    }

    /// The names of the snapshots of volumes that are not deleted.
    pub fn snapshot_names(&self) -> Vec<String> {
        let volumes: Vec<Value> = self.volumes().iter().map(|volume| volume["uuid"].clone()).collect();
        let mut snapshots = self.objects("snapshot");
        snapshots.retain(|snapshot| volumes.contains(&snapshot["volume"]));
        snapshots.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    }

    pub fn assert_nothing_left(&self) {
        assert_eq!(self.volumes(), Vec::<Value>::new());
        assert_eq!(self.policies(), Vec::<Value>::new());
        assert_eq!(self.smb_shares(), Vec::<Value>::new());
        assert_eq!(self.qos_policies(), Vec::<Value>::new());
    }
}
