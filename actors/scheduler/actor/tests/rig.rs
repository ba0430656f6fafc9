//! A scheduler over a store in memory whose engine can refuse, hang and panic, with back ends that count nudges.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Mutex, mpsc};

use actix::fut::ready;
use manilad_decisions::promised_capacity::Promised;
use manilad_domain::intent::{Lane, Verb};
use manilad_domain::share::{Abilities, Protocol};
use manilad_domain::{Hints, Instance, InstanceId, Intent, Record, Share, ShareId, ShareType, ShareTypeId, Stamp};
use manilad_kit::lab::Lab;
use manilad_kit::{Life, Watch, raise};
use manilad_store::{Changes, Draft, Engine, Entry, Error, Memory, Options, Order, Space, Span};

use super::*;
use crate::rule_chain::Settings;

pub const SERVICES: [&str; 2] = ["node@alpha", "node@beta"];
pub const DOWN_TIME: Duration = Duration::from_secs(60);
pub const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What befalls the engine.
#[derive(Default)]
pub struct Mishaps {
    pub full: AtomicBool,
    pub panics: AtomicBool,
    pub blocks: Mutex<Option<mpsc::Receiver<()>>>,
}

struct Brittle(Memory, Arc<Mishaps>);

impl Engine for Brittle {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.0.get(key)
    }

    fn scan(&self, span: &Span, order: Order, limit: usize) -> Result<Vec<Entry>, Error> {
        if self.1.panics.swap(false, SeqCst) {
            panic!("the engine is cursed");
        }
        self.0.scan(span, order, limit)
    }

    fn apply(&self, batch: &Changes) -> Result<(), Error> {
        let blocks = self.1.blocks.lock().unwrap().take();
        if let Some(released) = blocks {
            let _or_dropped = released.recv();
        }
        self.0.apply(batch)
    }

    fn sync(&self) -> Result<(), Error> {
        self.0.sync()
    }

    fn space(&self) -> Result<Space, Error> {
        Ok(Space { size: 0, free: self.1.full.load(SeqCst).then_some(0) })
    }
}

/// A back end that counts how often it is nudged.
struct Neighbour(Arc<AtomicU64>);

impl Actor for Neighbour {
    type Context = Context<Self>;
}

impl Handler<Look> for Neighbour {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, _: Look, _: &mut Self::Context) -> Self::Result {
        self.0.fetch_add(1, SeqCst);
        Box::pin(ready(()))
    }
}

pub struct Rig {
    pub lab: Lab,
    pub mishaps: Arc<Mishaps>,
    pub context: SchedulerContext,
    pub ports: SchedulerPorts,
    /// How often back ends were asked to report.
    pub asked: Arc<AtomicU64>,
    nudges: BTreeMap<&'static str, Arc<AtomicU64>>,
    _neighbours: Vec<Life>,
}

impl Rig {
    pub fn new(lab: Lab) -> Self {
        let mishaps = Arc::<Mishaps>::default();
        let engine = Box::new(Brittle(Memory::new(), mishaps.clone()));
        let store = Store::open(engine, Options::default(), lab.clock.clone()).unwrap();
        let (mut backends, mut nudges, mut neighbours) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for service in SERVICES {
            let port = Port::new(service, 4, DOWN_TIME, lab.clock.clone());
            let (count, plug) = (Arc::<AtomicU64>::default(), port.clone());
            nudges.insert(service, count.clone());
            neighbours.push(raise(&lab.vitals.vitals(service), Watch::default(), move |raising| {
                raising.plug(&plug);
                Neighbour(count)
            }));
            backends.insert(service.to_owned(), port);
        }
        let asked = Arc::<AtomicU64>::default();
        let context = SchedulerContext {
            store,
            clock: lab.clock.clone(),
            presence: Presence::new(lab.clock.clone()),
            chain: Arc::new(Chain::configured(&Settings::default()).unwrap()),
            backends: Arc::new(backends),
            ask_for_reports: {
                let asked = asked.clone();
                Arc::new(move || {
                    asked.fetch_add(1, SeqCst);
                })
            },
            host: "node".to_owned(),
            down_time: DOWN_TIME,
            message_life: Duration::from_secs(3600),
            look_every: LOOK_EVERY,
            placements: 64,
        };
        let ports = SchedulerPorts::new(&lab.clock);
        Rig { lab, mishaps, context, ports, asked, nudges, _neighbours: neighbours }
    }

    pub fn raise(&self) -> Life {
        let (context, ports) = (self.context.clone(), self.ports.clone());
        raise(&self.lab.vitals.vitals("scheduler"), Watch::default(), move |raising| {
            ports.plug(raising);
            SchedulerActor::new(context, ports)
        })
    }

    /// A scheduler to whom both back ends have reported, each with one pool of 50 free GiB.
    pub async fn ready(lab: Lab) -> (Self, Life) {
        let rig = Rig::new(lab);
        let life = rig.raise();
        rig.lab.settle().await;
        rig.report_both().await;
        (rig, life)
    }

    pub async fn report_both(&self) {
        self.report(report("node@alpha", "nova", vec![pool("node@alpha#a")])).await;
        self.report(report("node@beta", "az2", vec![pool("node@beta#b")])).await;
    }

    /// Has a back end report at once.
    pub async fn report(&self, report: PoolReport) {
        let promised = self.promised(&report.service);
        self.report_late(report, promised).await;
    }

    /// Takes a report in for which the array was asked when this was promised.
    pub async fn report_late(&self, report: PoolReport, promised: Promised) {
        self.ports.report.ask(Report { report, promised }).await.unwrap();
    }

    pub fn promised(&self, service: &str) -> Promised {
        Promised::read(&self.context.store.snapshot().unwrap(), service).unwrap()
    }

    /// A report of the service failed.
    pub async fn no_report(&self, service: &str, is_down: bool) {
        self.ports.no_report.ask(NoReport { service: service.to_owned(), is_down }).await.unwrap();
    }
    pub async fn look(&self) {
        self.ports.look.ask(Look).await.unwrap();
    }

    /// Resolves when all commits before it are durable.
    pub async fn written(&self) {
        self.commit(|_| Ok(())).await;
    }

    /// How often a back end was nudged.
    pub async fn nudges(&self, service: &str) -> u64 {
        self.lab.settle().await;
        self.nudges[service].load(SeqCst)
    }

    pub async fn commit(&self, change: impl FnOnce(&mut Draft<'_>) -> Result<(), Error> + Send + 'static) {
        self.context.store.commit("test", change).await.unwrap();
    }

    /// Shares of 10 GiB that wait for a place, in the order of their age.
    pub async fn owe(&self, count: usize, change: fn(&mut Share)) -> Vec<(ShareId, InstanceId)> {
        let kind = ShareType {
            id: ShareTypeId(uuid::Uuid::nil()),
            name: "default".to_owned(),
            description: None,
            is_public: true,
            projects: Default::default(),
            extra_specs: crate::samples::request().extra_specs,
            created_at: stamp(0),
            updated_at: None,
        };
        let mut ids = Vec::new();
        let mut records = Vec::new();
        for number in 0..count {
            let (id, instance) = (ShareId(self.lab.clock.id()), InstanceId(self.lab.clock.id()));
            let mut share = share(id, Instance::creating(instance, None, stamp(number)), kind.id);
            change(&mut share);
            records.push((share, instance));
            ids.push((id, instance));
        }
        self.commit(move |draft| {
            draft.put(&kind)?;
            for (share, instance) in &records {
                let serial = draft.next_serial()?;
                draft.put(share)?;
                draft.put(&intent(share, *instance, serial))?;
            }
            Ok(())
        })
        .await;
        ids
    }

    /// Hints that the asker of an instance gave.
    pub async fn hint(&self, instance: InstanceId, hints: Hints) {
        let intent = Intent { hints, ..self.intent(instance).unwrap() };
        self.commit(move |draft| draft.put(&intent)).await;
    }

    /// The pool of a share that has one instance.
    pub fn pool(&self, id: ShareId) -> Option<String> {
        self.share(id).instances[0].pool.as_ref().map(ToString::to_string)
    }

    pub fn share(&self, id: ShareId) -> Share {
        self.context.store.get(&id.to_string()).unwrap().unwrap()
    }

    pub fn intent(&self, instance: InstanceId) -> Option<Intent> {
        self.context.store.get(&Intent::key_of(instance, Lane::Life)).unwrap()
    }

    pub fn all<R: Record>(&self) -> Vec<R> {
        self.context.store.all().unwrap()
    }

    /// Free GiB of each pool, as the administrator sees them.
    pub async fn free(&self) -> Vec<f64> {
        let shown = self.ports.show_pools.ask(ShowPools { of: None }).await.unwrap();
        shown.iter().map(|pool| pool.free.gib().unwrap()).collect()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(manilad_store::consistency(&self.context.store), [""; 0]);
        }
    }
}

pub fn stamp(second: usize) -> Stamp {
    Stamp(lab::START + Duration::from_secs(second as u64))
}

fn share(id: ShareId, instance: Instance, kind: ShareTypeId) -> Share {
    Share {
        id,
        project_id: "project".to_owned(),
        user_id: "user".to_owned(),
        name: None,
        description: None,
        protocol: Protocol::Nfs,
        size: 10,
        is_public: false,
        metadata: BTreeMap::new(),
        type_id: Some(kind),
        qos_type_id: None,
        abilities: Abilities::default(),
        mount_point_name: None,
        snapshot_id: None,
        task_state: None,
        encryption_key: None,
        scheduled_to_be_deleted_at: None,
        created_at: instance.created_at,
        updated_at: None,
        instances: vec![instance],
    }
}

fn intent(share: &Share, instance: InstanceId, serial: u64) -> Intent {
    Intent {
        instance,
        share: share.id,
        verb: Verb::Place,
        serial,
        service: None,
        candidates: Vec::new(),
        attempt: 0,
        spent_seconds: 0,
        hints: Default::default(),
        arguments: Box::default(),
        request_id: "req-1".to_owned(),
        project_id: "asker".to_owned(),
        user_id: "user".to_owned(),
        created_at: share.created_at,
    }
}
