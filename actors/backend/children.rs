//! The children of a back end, and how they are asked: an actor of the driver for shares, one for access rules, one for snapshots, and, where
//! share servers are made, one for those and one for their networks.

use std::rc::Rc;
use std::time::Duration;

use actix::Message;
use futures::FutureExt;
use futures::future::{LocalBoxFuture, ready};
use manilad_clock::Clock;
use manilad_domain::address::{Offer, Wish};
use manilad_domain::deadlines::TRY;
use manilad_domain::encryption_key::KeyCredential;
use manilad_domain::message::Detail;
use manilad_domain::outcome::{Remedy, Trouble};
use manilad_domain::share_server::ServerSubnet;
use manilad_domain::verb::DriverActor;
use manilad_domain::{Allocation, EncryptionKeyId, ShareNetworkSubnetId, ShareServer, ShareServerId};
use manilad_driver::{AccessPorts, FindServer, RunningDriver, ServerPorts, ServerSubject, SharePorts, SnapshotPorts};
use manilad_kit::{Cancellation, Children, Life, Port, Restarts, Unanswered, Vitals, Watch, contained, raise};
use manilad_messages::network::{Allocate, Entrust, Recognise, Release};
use manilad_network::Networks;

use crate::context::BackendContext;
use crate::network::NetworkActor;

/// How many requests the actor of networks has at once.
const NETWORK_TASKS: usize = 512;

/// Raises one incarnation of a driver actor.
type Raise = Box<dyn Fn(&dyn RunningDriver, &Vitals) -> Life>;

/// Addresses that a network service gave or offered, by subnet; none for the administrative network.
type Offers = Vec<(Option<ShareNetworkSubnetId>, Offer)>;

/// What an actor said, or why it said nothing.
type Said<T> = Result<Result<T, Trouble>, Unanswered>;

/// A child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChildName {
    Driver(DriverActor),
    Network,
}

impl ChildName {
    pub const fn name(self) -> &'static str {
        match self {
            ChildName::Driver(actor) => actor.name(),
            ChildName::Network => "network",
        }
    }
}

/// The ways to the children of one incarnation.
pub struct ChildPorts {
    clock: Clock,
    tasks: usize,
    running: Rc<dyn RunningDriver>,
    pub shares: SharePorts,
    pub access: AccessPorts,
    pub snapshots: SnapshotPorts,
    servers: Option<ServerPorts>,
    network: Option<Network>,
}

#[derive(Clone)]
struct Network {
    has_admin: bool,
    allocate: Port<Allocate>,
    recognise: Port<Recognise>,
    entrust: Port<Entrust>,
    release: Port<Release>,
}

impl ChildPorts {
    /// Prepares the children; whoever calls raises them.
    pub fn new(context: &BackendContext, running: &Rc<dyn RunningDriver>) -> (Self, Children<ChildName>) {
        let clock = &context.clock;
        let tasks = context.driver.tasks().min(context.most_tasks);
        let mut children = Children::new(clock.clone());
        let restarts =
            || Restarts::new(5, Duration::from_secs(60), Duration::from_millis(100), Duration::from_secs(10));
        let name = |actor: DriverActor| format!("{}/{}", context.service, actor.name());
        let mut add = |actor: DriverActor, raise: Raise| {
            let (vitals, running) = (context.registry.vitals(name(actor)), running.clone());
            children.add(ChildName::Driver(actor), vitals.clone(), restarts(), move || raise(&*running, &vitals));
        };
        let shares = SharePorts::new(&name(DriverActor::Share), tasks, TRY, clock);
        let ports = shares.clone();
        add(DriverActor::Share, Box::new(move |running, vitals| running.raise_shares(vitals, &ports)));
        let access = AccessPorts::new(&name(DriverActor::Access), tasks, TRY, clock);
        let ports = access.clone();
        add(DriverActor::Access, Box::new(move |running, vitals| running.raise_access(vitals, &ports)));
        let snapshots = SnapshotPorts::new(&name(DriverActor::Snapshot), tasks, TRY, clock);
        let ports = snapshots.clone();
        add(DriverActor::Snapshot, Box::new(move |running, vitals| running.raise_snapshots(vitals, &ports)));
        let servers = context.networks.as_ref().map(|_| {
            let servers = ServerPorts::new(&name(DriverActor::Server), tasks, TRY, clock);
            let ports = servers.clone();
            add(DriverActor::Server, Box::new(move |running, vitals| running.raise_servers(vitals, &ports)));
            servers
        });
        let network = context.networks.as_ref().map(|lay| {
            let networks: Rc<Networks> = Rc::new(lay(clock));
            let name = format!("{}/{}", context.service, ChildName::Network.name());
            let allocate = Port::new(format!("{name}/allocate"), NETWORK_TASKS, TRY, clock.clone());
            let release = Port::new(format!("{name}/release"), NETWORK_TASKS, TRY, clock.clone());
            let recognise = Port::new(format!("{name}/recognise"), NETWORK_TASKS, TRY, clock.clone());
            let entrust = Port::new(format!("{name}/entrust"), NETWORK_TASKS, TRY, clock.clone());
            let network = Network { has_admin: networks.admin.is_some(), allocate, recognise, entrust, release };
            let (vitals, clock) = (context.registry.vitals(name), clock.clone());
            let ports = network.clone();
            children.add(ChildName::Network, vitals.clone(), restarts(), move || {
                let ports = ports.clone();
                let actor = NetworkActor::new(clock.clone(), networks.clone());
                raise(&vitals, Watch::default(), move |raising| {
                    raising.plug(&ports.allocate);
                    raising.plug(&ports.recognise);
                    raising.plug(&ports.entrust);
                    raising.plug(&ports.release);
                    actor
                })
            });
            network
        });
        let (clock, running) = (clock.clone(), running.clone());
        (ChildPorts { clock, tasks, running, shares, access, snapshots, servers, network }, children)
    }

    /// Whether there is a network for administrators.
    pub fn has_admin_network(&self) -> bool {
        self.network.as_ref().is_some_and(|network| network.has_admin)
    }

    /// How many more tasks an actor would take now, with so many in hand.
    pub fn room(&self, actor: DriverActor, in_hand: usize) -> usize {
        let of_driver = match actor {
            DriverActor::Share => self.shares.room(),
            DriverActor::Access => self.access.room(),
            DriverActor::Snapshot => self.snapshots.room(),
            DriverActor::Server => self.servers.as_ref().map_or(self.tasks, ServerPorts::room),
        };
        let room = of_driver.min(self.tasks.saturating_sub(in_hand));
        match &self.network {
            Some(network) if actor == DriverActor::Server => {
                let Network { allocate, recognise, entrust, release, .. } = network;
                let network = [allocate.room(), recognise.room(), entrust.room(), release.room()];
                network.into_iter().fold(room, usize::min)
            }
            _ => room,
        }
    }

    /// Asks the actor of share servers, through one of its ports.
    pub fn ask_server<M, T>(
        &self,
        port: impl FnOnce(&ServerPorts) -> &Port<M>,
        message: M,
    ) -> LocalBoxFuture<'static, Said<T>>
    where
        M: Message<Result = Result<T, Trouble>> + Send + 'static,
        T: Send + 'static,
    {
        match &self.servers {
            Some(servers) => port(servers).ask(message).boxed_local(),
            None => no_networks(),
        }
    }

    /// Asks for addresses of a server, unless and until that is cancelled: as many as the driver says in each subnet, and one for administrators.
    pub fn allocate(
        &self,
        server: ShareServer,
        subnets: Vec<ServerSubnet>,
        admin: bool,
        cancellation: Cancellation,
    ) -> LocalBoxFuture<'static, Said<Offers>> {
        let Some(network) = &self.network else { return no_networks() };
        let (port, running, clock) = (network.allocate.clone(), self.running.clone(), self.clock.clone());
        async move {
            let asked = contained(&clock, TRY, running.addresses()).await;
            let count = match asked {
                Ok(Ok(count)) => count,
                Ok(Err(trouble)) => return Ok(Err(trouble)),
                Err(_) => return Err(Unanswered::Lost),
            };
            let wish = |subnet, count| Wish { server: server.id, project: server.project_id.clone(), subnet, count };
            let ids: Vec<_> = subnets.iter().map(|subnet| Some(subnet.id)).chain(admin.then_some(None)).collect();
            let own = subnets.into_iter().map(|subnet| wish(Some(subnet), count));
            let wishes = own.chain(admin.then(|| wish(None, 1))).collect();
            let answer = port.ask(Allocate(wishes, cancellation)).await;
            answer.map(|said| said.map(|offers| ids.into_iter().zip(offers).collect()))
        }
        .boxed_local()
    }

    /// Finds what is to be managed as a server on the array, and which networks its addresses there are in.
    pub fn recognise(
        &self,
        subject: Box<ServerSubject>,
        cancellation: Cancellation,
    ) -> LocalBoxFuture<'static, Said<Offers>> {
        let Some(network) = &self.network else { return no_networks() };
        let (port, has_admin) = (network.recognise.clone(), network.has_admin);
        let (server, project) = (subject.server.id, subject.server.project_id.clone());
        let subnets = subject.server.subnets.clone().into_iter().map(Some);
        let all: Vec<_> = subnets.chain(has_admin.then_some(None)).collect();
        let found = FindServer { subject, cancellation: cancellation.clone() };
        let found = self.ask_server(|servers| &servers.find, found);
        async move {
            let addresses = match found.await? {
                Ok(addresses) => addresses,
                Err(trouble) => return Ok(Err(trouble)),
            };
            let count = addresses.len();
            let wish = |subnet| Wish { server, project: project.clone(), subnet, count };
            port.ask(Recognise { wishes: all.into_iter().map(wish).collect(), addresses, cancellation }).await
        }
        .boxed_local()
    }

    /// Asks for a credential by which the array of a server reads a key, unless and until that is cancelled.
    pub fn entrust(
        &self,
        server: ShareServerId,
        key: EncryptionKeyId,
        cancellation: Cancellation,
    ) -> LocalBoxFuture<'static, Said<KeyCredential>> {
        let Some(network) = &self.network else { return no_networks() };
        network.entrust.ask(Entrust { server, key, cancellation }).boxed_local()
    }

    /// Gives the addresses of a server back, and the credential for its key, unless and until that is cancelled.
    pub fn release(
        &self,
        server: ShareServer,
        allocations: Vec<Allocation>,
        in_flight: bool,
        cancellation: Cancellation,
    ) -> LocalBoxFuture<'static, Said<()>> {
        let Some(network) = &self.network else { return no_networks() };
        network.release.ask(Release { server, allocations, in_flight, cancellation }).boxed_local()
    }
}

/// The back end made share servers when it was configured otherwise.
fn no_networks<T: 'static>() -> LocalBoxFuture<'static, Said<T>> {
    let reason =
        "the back end has driver_handles_share_servers = False, and a share server of an earlier time".to_owned();
    ready(Ok(Err(Trouble { remedy: Remedy::Again, detail: Detail::NoShareServer, reason }))).boxed_local()
}
