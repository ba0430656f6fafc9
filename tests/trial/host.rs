//! The machine that the daemon runs on: its disk outlives the daemon, its tasks do not.
//!
//! An incarnation lives in a set of tasks of its own, inside one task; a kill −9 drops that task, and with it every actor, every
//! request and every commit that was under way. How to get it wrong: to hold something of an incarnation here; it would be
//! alive after the kill.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::App;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::test::{TestRequest, init_service};
use manilad::boot::assembly::{Assembly, Configured, assemble};
use manilad::boot::drivers::Makers;
use manilad::boot::outside::Outside;
use manilad_clock::Hand;
use manilad_conf::Settings;
use manilad_http::serve::configure;
use manilad_kit::{Registry, Threads, Watch, lab, raise};
use manilad_netapp::NetAppMaker;
use manilad_network::Ledger;
use manilad_store::{Options, Store};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, LocalSet};

use crate::array::{Array, LATEST};
use crate::cloud::Cloud;
use crate::commits::{Activated, Commits, Complaints};
use crate::disk::Disk;
use crate::key_store::KeyStore;
use crate::neutron::Neutron;
use crate::plan::Plan;
use crate::probes::Probes;

/// A request on its way to the daemon.
struct Asked {
    request: TestRequest,
    answer: oneshot::Sender<(u16, Value)>,
}

/// What an incarnation tells the host of itself.
#[derive(Default)]
struct Life {
    door: RefCell<Option<mpsc::UnboundedSender<Asked>>>,
    store: RefCell<Option<Store>>,
    registry: RefCell<Option<Registry>>,
    /// Set where it has to end.
    fatal: RefCell<Option<String>>,
}

pub struct Host {
    pub settings: Settings,
    hand: Hand,
    pub plan: Rc<Plan>,
    pub disk: Disk,
    pub arrays: Vec<Rc<Array>>,
    pub neutron: Arc<Neutron>,
    pub keys: Arc<KeyStore>,
    life: RefCell<Rc<Life>>,
    running: RefCell<Option<JoinHandle<()>>>,
    /// What commits drafted that must not be.
    pub complaints: Complaints,
    pub activated: Activated,
    pub probes: Probes,
    pub boots: Cell<u64>,
}

impl Host {
    pub fn new(settings: Settings, hand: &Hand, plan: &Rc<Plan>, arrays: Vec<Rc<Array>>) -> Rc<Self> {
        Rc::new(Host {
            settings,
            hand: hand.clone(),
            plan: plan.clone(),
            disk: Disk::new(hand.fork("disk"), plan.slow_disk),
            arrays,
            neutron: Neutron::new(plan),
            keys: KeyStore::new(plan),
            life: RefCell::default(),
            running: RefCell::default(),
            complaints: Complaints::default(),
            activated: Activated::default(),
            probes: Probes::default(),
            boots: Cell::default(),
        })
    }

    /// Starts the daemon.
    pub fn boot(self: &Rc<Self>) {
        let life = Rc::new(Life::default());
        *self.life.borrow_mut() = life.clone();
        let host = self.clone();
        self.boots.set(self.boots.get() + 1);
        let task = tokio::task::spawn_local(async move { LocalSet::new().run_until(live(host, life)).await });
        *self.running.borrow_mut() = Some(task);
    }

    /// Ends the daemon as kill −9 does. What was on its way to the disk is there or not.
    pub async fn kill(&self) {
        // First of all: whoever gets no answer any more asks whether it serves.
        *self.life.borrow_mut() = Rc::default();
        let running = self.running.borrow_mut().take();
        if let Some(task) = running {
            task.abort();
            let _aborted = task.await;
        }
        lab::nobody_hangs();
        self.disk.crash();
    }

    /// Why the daemon had to end, if it had to.
    pub fn fatal(&self) -> Option<String> {
        self.life.borrow().fatal.borrow().clone()
    }

    /// The store of the present incarnation, once it is open.
    pub fn store(&self) -> Option<Store> {
        self.life.borrow().store.borrow().clone()
    }

    /// The actors of drivers that had to refuse work, which is only begun where there is room for it.
    pub fn crowded(&self) -> Vec<String> {
        let life = self.life.borrow();
        let actors = life.registry.borrow().as_ref().map(Registry::look).unwrap_or_default();
        let of_driver =
            |name: &str| ["/share", "/access", "/server", "/snapshot"].iter().any(|end| name.ends_with(end));
        let crowded = actors.into_iter().filter(|actor| actor.refused > 0 && of_driver(&actor.name));
        crowded.map(|actor| format!("{} had to refuse {} messages", actor.name, actor.refused)).collect()
    }

    /// Makes one of the actors that there are hang; its name.
    pub fn hang(&self, number: usize) -> Option<Arc<str>> {
        let life = self.life.borrow();
        let mut actors = life.registry.borrow().as_ref().map(Registry::look)?;
        let chosen = number % actors.len();
        let name = actors.swap_remove(chosen).name;
        lab::hang(&name);
        Some(name)
    }

    /// Whether requests are answered.
    pub fn serves(&self) -> bool {
        self.life.borrow().door.borrow().is_some()
    }

    /// Status and body of the answer; none where the daemon is away, or dies meanwhile.
    pub async fn ask(&self, request: TestRequest) -> Option<(u16, Value)> {
        let (answer, answered) = oneshot::channel();
        {
            let life = self.life.borrow();
            let door = life.door.borrow();
            door.as_ref()?.send(Asked { request, answer }).ok()?;
        }
        answered.await.ok()
    }

    fn outside(&self) -> Outside {
        let clock = self.hand.fork(&format!("daemon {}", self.boots.get()));
        let spells = self.plan.cloud_away.clone();
        let is_away = move |now| spells.iter().any(|(from, until)| (*from..*until).contains(&now));
        let (neutron, keys) = (self.neutron.clone(), self.keys.clone());
        let cloud = Arc::new(Cloud { clock: clock.clone(), is_away: Box::new(is_away), neutron, keys });
        Outside {
            clock,
            threads: Threads::here(),
            cloud: Arc::new(move |_| Ok(cloud.clone())),
            ledger: Ledger::default(),
            limits: self.plan.limits,
        }
    }
}

/// One incarnation, until it is dropped.
async fn live(host: Rc<Host>, life: Rc<Life>) {
    let (failures, mut fatal) = watch::channel(None);
    let options = Options {
        on_commit: Some(Commits::new(host.complaints.clone(), host.activated.clone(), host.probes.clone()).hook()),
        fatal: Arc::new(move |why| {
            let _nobody_listens_any_more = failures.send(Some(why.to_string()));
        }),
        ..host.disk.options()
    };
    let outside = host.outside();
    let store = match Store::open(host.disk.engine(), options, outside.clock.clone()) {
        Ok(store) => store,
        Err(problem) => {
            *life.fatal.borrow_mut() = Some(format!("{problem:#}"));
            return;
        }
    };
    *life.store.borrow_mut() = Some(store.clone());
    let configured = Configured::new(&host.settings, &outside).unwrap();
    let wires: Vec<_> = host.arrays.iter().map(|array| (array.row.address, array.transport())).collect();
    let wire: manilad_netapp::Wire = Arc::new(move |settings, _| {
        let found = wires.iter().find(|(address, _)| *address == settings.hostname);
        found.map(|(_, wire)| wire.clone()).ok_or_else(|| format!("no array is at {}", settings.hostname))
    });
    let unanswered = Some(std::time::Duration::from_secs(u64::from(LATEST)));
    let maker = NetAppMaker::over(&outside.clock, unanswered, wire);
    let makers = Makers::of(vec![(manilad_netapp::TABLE.name, Box::new(maker))]);
    let assembly = assemble(&host.settings, configured, &outside, &store, &makers).await;
    let Assembly { app, root, registry, .. } = match assembly {
        Ok(assembly) => assembly,
        Err(problem) => {
            *life.fatal.borrow_mut() = Some(format!("{problem:#}"));
            return;
        }
    };
    *life.registry.borrow_mut() = Some(registry.clone());
    let tree = raise(&registry.vitals("root"), Watch::default(), move |_| root);
    let service = Rc::new(init_service(App::new().configure(configure(app))).await);
    let (door, mut came) = mpsc::unbounded_channel::<Asked>();
    *life.door.borrow_mut() = Some(door);
    let ended = life.clone();
    tokio::task::spawn_local(async move {
        let why = tokio::select! {
            biased;
            Ok(why) = fatal.wait_for(Option::is_some) => why.clone().unwrap_or_default(),
            end = tree => format!("the root ended: {end:?}"),
        };
        *ended.fatal.borrow_mut() = Some(why);
    });
    while let Some(Asked { request, answer }) = came.recv().await {
        let service = service.clone();
        tokio::task::spawn_local(async move {
            let _asker_may_be_gone = answer.send(answered(service.call(request.to_request())).await);
        });
    }
}

async fn answered<B>(serving: impl Future<Output = Result<ServiceResponse<B>, actix_web::Error>>) -> (u16, Value)
where
    B: actix_web::body::MessageBody,
{
    let response = serving.await.unwrap();
    let status = response.status().as_u16();
    let body = actix_web::test::read_body(response).await;
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}
